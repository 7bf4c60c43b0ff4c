"""One page of an API's answer, and what is asked to get it. Values only."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from yarl import URL

from connectors.crm.fields import Param
from connectors.crm.transport import Answer, Failure


@dataclass(frozen=True, slots=True)
class Ask:
    """How one page's request differs from the query's: further parameters, or another address altogether."""

    params: Mapping[str, Param] = field(default_factory=dict)
    body: Mapping[str, Param] = field(default_factory=dict)
    url: URL | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """An answer: ``number`` counts from 1, ``body`` is its JSON, ``records`` the list found in it.

    ``total``: how many records the API says there are, where it is asked. ``blank``: it answered with a status that
    means "no records", and no body.
    """

    number: int
    url: URL
    body: Any
    records: list[Any]
    total: Any = None
    next_link: str | None = None
    blank: bool = False


def with_params(url: URL, params: Mapping[str, Param]) -> URL:
    """The address with parameters; those that are null are left out."""
    return url.update_query({name: _text(value) for name, value in params.items() if value is not None})


def with_entries(body: Any, entries: Mapping[str, Param]) -> Any:
    """The JSON body with further entries, each at its dotted path."""
    if not entries:
        return body
    result = {} if body is None else copy.deepcopy(body)
    for path, value in entries.items():
        _put(result, path.split("."), value)
    return result


def parsed(answer: Answer) -> Any:
    """The answer's JSON. Raises Failure where it is none."""
    try:
        return json.loads(answer.text, parse_constant=_not_json)
    except (ValueError, RecursionError):
        start = " ".join(answer.text.split())[:60]
        kind = answer.headers.get("Content-Type", "no content type")
        raise Failure(f"the answer is not JSON ({kind}): it begins with {start!r}") from None


def _not_json(word: str) -> None:
    raise ValueError(word)


def _text(value: Param) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _put(body: Any, path: list[str], value: Param) -> None:
    for step in path[:-1]:
        body = body.setdefault(step, {})
    body[path[-1]] = value
