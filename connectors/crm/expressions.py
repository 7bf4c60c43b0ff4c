"""JMESPath, with errors that a user can act on, and one idea of what counts as true."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult

from connectors.crm.transport import Failure

_FALSE_WORDS = frozenset({"", "false", "no", "n", "off", "0", "null", "none"})


@lru_cache(maxsize=256)
def _compiled(expression: str) -> ParsedResult:
    return jmespath.compile(expression)


def evaluate(expression: str, value: Any) -> Any:
    """What the expression finds in ``value``; None where it finds nothing. Raises Failure where it cannot apply."""
    try:
        return _compiled(expression).search(value)
    except (JMESPathError, TypeError) as error:
        raise Failure(f"{expression} cannot be applied: {' '.join(str(error).split())}") from None


def is_true(value: Any) -> bool:
    """Whether an API means yes: JMESPath takes the number 0 and the word "false" for true, an API does not."""
    if isinstance(value, str):
        return value.strip().lower() not in _FALSE_WORDS
    return bool(value)
