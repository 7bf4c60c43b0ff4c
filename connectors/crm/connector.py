"""A read of a CRM from top to bottom: decide what to ask, turn the pages, make rows, vouch for all of it or say not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NoReturn

from pydantic import BaseModel
from yarl import URL

from connectors.base import Context, IncompleteRead, ReadSummary, Row, SourceError
from connectors.crm.bookmark import Bookmark, changes_since, crm_time, fingerprint
from connectors.crm.client import Client
from connectors.crm.doubt import nothing_overlooked
from connectors.crm.judgement import Judge
from connectors.crm.ledger import Ledger
from connectors.crm.options import CrmOptions
from connectors.crm.page import Page, parsed
from connectors.crm.paging import ByNumber, ByOffset, Lost, Pager, pager
from connectors.crm.presets import described_by_user
from connectors.crm.query import Query, changes, everything
from connectors.crm.records import Records
from connectors.crm.transport import Answer, Failure
from connectors.patience import Timing

_SEVERAL = 5
"""Of fewer records it cannot be told that a column is in none: an API may leave out what is empty."""


@dataclass(frozen=True, slots=True)
class _Opening:
    """The first answer of a read; when it was asked by our clock, and by the CRM's."""

    answer: Answer
    asked_at: datetime
    crm_time: datetime


class CrmConnector:
    """Reads any JSON-over-HTTP API as its configuration describes it."""

    name: ClassVar[str] = "crm"
    Options: ClassVar[type[BaseModel]] = CrmOptions

    def __init__(self, options: CrmOptions, context: Context, *, timing: Timing | None = None) -> None:
        self._options = options
        self._timing = timing or Timing()
        self._client = Client(options, self._timing, context.secrets)
        self._judge = Judge(options)
        self._described = described_by_user(options)
        self._records = Records(options)
        self._opening: _Opening | None = None
        self._ledger: Ledger | None = None
        self._summary: ReadSummary | None = None

    async def columns(self) -> Sequence[str] | None:
        """The configured columns, once the first page has shown that the CRM lets us in; None without any."""
        query = everything(self._options)
        try:
            self._opening = await self._open(query)
            page = self._page(self._opening.answer, 1, query)
            for _ in Records(self._options).rows(page.records):
                pass
        except Failure as failure:
            self._fail(failure, 1)
        return self._records.columns

    async def sample(self) -> Sequence[Row]:
        """The rows of the first page, and of the second where the first leads to one. What was read stays unread."""
        query, number = everything(self._options), 1
        rows: list[Row] = []
        pages = pager(query.paging)
        try:
            opening = self._opening = await self._open(query)
            page = pages.received(self._page(opening.answer, number, query))
            rows += self._records.rows(page.records)
            if (following := pages.following(page)) is not None:
                number = 2
                answer = await self._client.ask(query.request(following), accept=query.empty)
                rows += self._records.rows(pages.received(self._page(answer, number, query)).records)
        except Failure as failure:
            self._fail(failure, number)
        return rows

    def absent(self) -> Mapping[str, str]:
        """The columns of the configuration, not those of a preset, that no record has had, if several were read."""
        if self._records.read < _SEVERAL:
            return {}
        never = self._records.never_found
        return {name: expression for name, expression in never.items() if name in self._described}

    async def read(self, bookmark: str | None) -> AsyncIterator[Row]:
        """Every record, or those changed since the bookmark; a row for each that passes the filter."""
        self._summary = None
        going_on = changes_since(self._options, bookmark, self._timing.now())
        query = everything(self._options) if going_on is None else changes(self._options, going_on[1])
        try:
            opening = await self._open(query)
            if self._too_many(opening, query):
                query, going_on = everything(self._options), None
                opening = await self._open(query)
        except Failure as failure:
            self._fail(failure, 1)
        ledger = self._ledger = Ledger(query.paging, states_total=query.states_total, max_pages=self._options.max_pages)
        async for page in self._pages(query, opening, ledger):
            try:
                for row in self._records.rows(page.records):
                    yield row
            except Failure as failure:
                self._fail(failure, page.number)
        self._summary = self._sum_up(ledger, query, opening, going_on[0] if going_on else None)

    def summary(self) -> ReadSummary:
        """What was read; valid once ``read`` has ended."""
        if self._summary is None:
            raise RuntimeError("nothing was read to the end")
        return self._summary

    async def close(self) -> None:
        """Ends the connections."""
        await self._client.close()

    async def _pages(self, query: Query, opening: _Opening, ledger: Ledger) -> AsyncIterator[Page]:
        """Page after page, until there is certainly no more."""
        pages, answer, number = pager(query.paging), opening.answer, 1
        try:
            while True:
                page = pages.received(self._page(answer, number, query))
                ledger.enter(page)
                yield page
                following = pages.following(page)
                if following is None:
                    break
                ledger.may_go_on()
                number += 1
                answer = await self._client.ask(query.request(following), accept=query.empty)
            ledger.close()
            await self._really_gone(pages, page, query, ledger)
            nothing_overlooked(page, query, ledger.records, ledger.pages)
        except Failure as failure:
            self._fail(failure, number)

    async def _really_gone(self, pages: Pager, last: Page, query: Query, ledger: Ledger) -> None:
        """A status such as 404 in place of a page may mean its end, or that the address is gone for a moment.

        After a page that was shorter than the first it is the end. Otherwise the first page must still be there, and
        the one after must not.
        """
        unsure = last.blank and last.number > 1 and last.answer is not None and last.answer.status >= 400
        if not isinstance(pages, ByNumber | ByOffset) or not unsure or query.states_total or ledger.shrank:
            return
        for ask, there, said in (
            (pages.beyond(ledger.longest), False, "but the page after it is there"),
            (pager(query.paging).first(), True, "and the first page is no longer there, either"),
        ):
            answer = await self._client.ask(query.request(ask), accept=query.empty)
            page = self._page(answer, last.number, query)
            if bool(page.records) != there:
                raise Lost(f"{last.answer.status if last.answer else ''} came in its place, {said}")

    async def _open(self, query: Query) -> _Opening:
        """The first answer; a full read uses the one that ``columns`` has fetched."""
        if query.full and self._opening is not None:
            opening, self._opening = self._opening, None
            return opening
        asked_at = self._timing.now()
        answer = await self._client.ask(query.request(pager(query.paging).first()), accept=query.empty_at_once)
        return _Opening(answer, asked_at, crm_time(answer.headers.get("Date"), asked_at))

    def _page(self, answer: Answer, number: int, query: Query) -> Page:
        if answer.status in query.empty:
            return Page(number=number, url=answer.url, body=None, records=[], answer=answer, blank=True)
        body, wrong = parsed(answer), self._judge.failure(answer)
        try:
            records, found = self._records.found_in(body)
        except Failure as failure:
            raise Failure(f"{wrong}; {failure}" if wrong else str(failure)) from None
        if wrong:
            raise Failure(wrong)
        return Page(number, answer.url, body, records, query.stated_total(answer, body), answer, found=found)

    def _too_many(self, opening: _Opening, query: Query) -> bool:
        """Whether more changed than the API gives away in this way."""
        if query.max_records is None:
            return False
        total = self._page(opening.answer, 1, query).total
        return isinstance(total, int) and total > query.max_records

    def _sum_up(self, ledger: Ledger, query: Query, opening: _Opening, last: Bookmark | None) -> ReadSummary:
        details = {"pages": ledger.pages, "records": ledger.records}
        if self._options.incremental is None:
            return ReadSummary(full=True, details=details)
        full = opening.asked_at if last is None else last.full
        mark = Bookmark(since=opening.crm_time, full=full, asked=fingerprint(self._options))
        return ReadSummary(full=query.full, bookmark=mark.text(), details=details)

    def _fail(self, failure: Failure, page: int) -> NoReturn:
        """The failure as the engine knows it: with the first page nothing is known, later on a part is."""
        text, where = self._client.scrubber.clean(str(failure)), self._where()
        if self._ledger is None or (page == 1 and not self._ledger.records):
            raise SourceError(f"{where}: {text}" if page == 1 else f"{where}: page {page}: {text}") from None
        pages, records = self._ledger.pages, self._ledger.records
        raise IncompleteRead(
            f"{where}: page {page}: {text} ({_many(records, 'record')} on {_many(pages, 'page')} were read)"
        ) from None

    def _where(self) -> str:
        """The host: an address may hold secrets in its path, too."""
        return URL(self._options.url).host or ""


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
