"""JMESPath, with errors that a user can act on, and one idea of what counts as true."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult
from jmespath.visitor import TreeInterpreter

from connectors.crm.transport import Failure

_FALSE_WORDS = frozenset({"", "false", "no", "n", "off", "0", "null", "none"})


_INTERPRETER = TreeInterpreter()


@lru_cache(maxsize=256)
def _compiled(expression: str) -> ParsedResult:
    return jmespath.compile(expression)


def evaluate(expression: str, value: Any) -> Any:
    """What the expression finds in ``value``; None where it finds nothing. Raises Failure where it cannot apply."""
    try:
        return _compiled(expression).search(value)
    except (JMESPathError, TypeError) as error:
        raise Failure(f"{expression} cannot be applied: {' '.join(str(error).split())}") from None


def has(expression: str, value: Any) -> bool | None:
    """Whether ``value`` has what the expression reaches for, be it null: None where that cannot be told.

    False means that an object is there, but not the entry in it: a typo, or an entry that was renamed or left out.
    """
    try:
        return _has(_compiled(expression).parsed, value)
    except (JMESPathError, TypeError, KeyError, IndexError):
        return None


def _has(node: Any, value: Any) -> bool | None:
    children = node["children"]
    match node["type"]:
        case "field":
            return node["value"] in value if isinstance(value, dict) else None
        case "literal" | "current":
            return True
        case "subexpression":
            found = _has(children[0], value)
            return _has(children[1], _INTERPRETER.visit(children[0], value)) if found else found
        case "index_expression" | "projection" | "filter_projection" | "value_projection" | "flatten" | "pipe":
            return _has(children[0], value)
        case "or_expression" | "multi_select_list" | "function_expression":
            told = [_has(child, value) for child in children if child["type"] != "literal" or len(children) == 1]
            if any(told) or (node["type"] == "or_expression" and children[-1]["type"] == "literal"):
                return True
            return None if not told or None in told else False
    return None


def is_true(value: Any) -> bool:
    """Whether an API means yes: JMESPath takes the number 0 and the word "false" for true, an API does not."""
    if isinstance(value, str):
        return value.strip().lower() not in _FALSE_WORDS
    return bool(value)
