"""One page of an API's answer, and what is asked to get it. Values only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from yarl import URL

from connectors.crm.placing import placed
from connectors.crm.transport import Answer, Failure


@dataclass(frozen=True, slots=True)
class Ask:
    """How one page's request differs from the query's: further parameters, or another address altogether."""

    params: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    url: URL | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """An answer: ``number`` counts from 1, ``body`` is its JSON, ``records`` the list found in it.

    ``total``: how many records the API says there are, where it is asked. ``blank``: it answered with a status that
    means "no records", and no body. ``found``: what holds the records in ``body``.
    """

    number: int
    url: URL
    body: Any
    records: list[Any]
    total: Any = None
    answer: Answer | None = None
    blank: bool = False
    found: Any = None

    @property
    def next_link(self) -> str | None:
        """The address that the Link header names for the next page."""
        return self.answer.next_link if self.answer else None

    def header(self, name: str) -> str | None:
        """What a header says, by its name in any case."""
        return self.answer.headers.get(name) if self.answer else None


def with_params(url: URL, params: Mapping[str, Any]) -> URL:
    """The address with parameters; a list repeats its parameter, those that are null are left out."""
    texts = {name: _texts(value) for name, value in params.items() if value is not None}
    return url.update_query(texts) if texts else url


def with_entries(body: Any, entries: Mapping[str, Any]) -> Any:
    """The JSON body with further entries, each at its dotted path. Raises Failure where there is no place for one."""
    for path, value in entries.items():
        try:
            body = placed(body, path, value)
        except ValueError as error:
            raise Failure(str(error)) from None
    return body


def parsed(answer: Answer) -> Any:
    """The answer's JSON, which is UTF-8 whatever its label says. Raises Failure where it is none."""
    if answer.garbled:
        raise Failure("the answer is not UTF-8, as JSON must be: its names would be garbled")
    try:
        return answer.json
    except (ValueError, RecursionError):
        start = " ".join(answer.text.split())[:60]
        kind = answer.headers.get("Content-Type", "no content type")
        raise Failure(f"the answer is not JSON ({kind}): it begins with {start!r}") from None


def _texts(value: Any) -> str | list[str]:
    return [_text(item) for item in value] if isinstance(value, list) else _text(value)


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"))
    return str(value).lower() if isinstance(value, bool) else str(value)
