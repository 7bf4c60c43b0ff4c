"""What one read asks for: all the records, or those changed since a moment. The configuration made concrete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from yarl import URL

from connectors.crm.bookmark import with_since, written
from connectors.crm.expressions import evaluate
from connectors.crm.fields import Param
from connectors.crm.options import CrmOptions, Paging
from connectors.crm.page import Ask, with_entries, with_params
from connectors.crm.transport import Answer, Request

_NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True)
class Query:
    """One question to the API, asked page by page. ``empty`` are the statuses that mean "no records"."""

    full: bool
    url: URL
    method: str
    params: Mapping[str, Param]
    headers: Mapping[str, str]
    body: Any
    paging: Paging
    total: str | None
    total_header: str | None
    empty: frozenset[int]
    max_records: int | None = None

    def request(self, ask: Ask) -> Request:
        """The request for one page. An address that the API gave holds its parameters already."""
        url = with_params(self.url, {**self.params, **ask.params}) if ask.url is None else ask.url
        return Request(url, self.method, headers=self.headers, body=with_entries(self.body, ask.body))

    @property
    def states_total(self) -> bool:
        """Whether the configuration says where the API states its total."""
        return self.total is not None or self.total_header is not None

    def stated_total(self, answer: Answer, body: Any) -> Any:
        """The total as the API states it, or None."""
        if self.total is not None:
            return evaluate(self.total, body)
        if self.total_header is None:
            return None
        stated = answer.headers.get(self.total_header)
        return stated.rpartition("/")[2] if stated and self.total_header.lower() == "content-range" else stated

    @property
    def empty_at_once(self) -> frozenset[int]:
        """The statuses that mean "no records" on the first page, too: one such as 404 may mean a wrong address."""
        return frozenset(status for status in self.empty if status < 400)


def everything(options: CrmOptions) -> Query:
    """The question for every record."""
    return Query(
        full=True,
        url=URL(options.url),
        method=options.method,
        params=options.params,
        headers=_revealed(options),
        body=options.body,
        paging=options.paging,
        total=options.total,
        total_header=options.total_header,
        empty=frozenset(options.empty_status),
    )


def changes(options: CrmOptions, since: datetime) -> Query:
    """The question for the records that changed since a moment."""
    incremental = options.incremental
    if incremental is None:
        raise ValueError("the configuration does not say how to read changes")
    moment = written(since, incremental)
    short = {} if incremental.param is None else {incremental.param: moment}
    own_way = incremental.paging is not None
    return Query(
        full=False,
        url=URL(with_since(incremental.url or options.url, moment)),
        method=incremental.method or options.method,
        params={**options.params, **with_since(incremental.params, moment), **short},
        headers={**_revealed(options), **with_since(incremental.headers, moment)},
        body=with_since(options.body if incremental.body is None else incremental.body, moment),
        paging=incremental.paging or options.paging,
        total=incremental.total or (None if own_way else options.total),
        total_header=None if own_way else options.total_header,
        empty=frozenset({*options.empty_status, _NOT_MODIFIED}),
        max_records=incremental.max_records,
    )


def _revealed(options: CrmOptions) -> dict[str, str]:
    return {name: value.get_secret_value() for name, value in options.headers.items()}
