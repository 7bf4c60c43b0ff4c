"""Counts what was read and holds it against what the API promised. Complete or not at all.

Pure: pages go in, Failure comes out where the count cannot be trusted.
"""

from __future__ import annotations

import hashlib
import json

from connectors.crm.options import CursorPaging, Paging
from connectors.crm.page import Page
from connectors.crm.paging import Lost
from connectors.crm.signs import whole


class Ledger:
    """The books of one read."""

    def __init__(self, paging: Paging, *, states_total: bool, max_pages: int) -> None:
        self.pages = 0
        self.records = 0
        self.longest = 0
        self.shrank = False
        """Whether the last page with records was shorter than one before it."""
        self.totals: list[int] = []
        self._states_total = states_total
        self._max_pages = max_pages
        self._watches = not (paging.sure or isinstance(paging, CursorPaging))  # a cursor does not slip
        self._watched: list[int] = []
        self._last_page = 0
        self._seen: set[bytes] = set()

    def enter(self, page: Page) -> None:
        """Books a page. Raises Lost where it was seen before, or where totals contradict each other."""
        if page.records:
            self._never_seen(page)
        self.pages += 1
        self.records += len(page.records)
        if page.records:
            self.shrank = len(page.records) < self.longest
        self.longest = max(self.longest, len(page.records))
        self._book_total(page)
        self._watch_total(page)

    def may_go_on(self) -> None:
        """Raises Lost where the limit of pages is reached and more are to come."""
        if self.pages >= self._max_pages:
            raise Lost(f"there is more, but the limit of {self._max_pages} pages is reached (max_pages)")

    def close(self) -> None:
        """Raises Lost where the API's total is not what was read."""
        if self.totals and self.records != self.totals[-1]:
            raise Lost(f"the API says that it has {self.totals[-1]} records, but {self.records} were read")

    def _book_total(self, page: Page) -> None:
        if page.blank or not self._states_total or (page.total is None and self.totals):
            return
        try:
            self.totals.append(_whole(page.total))
        except ValueError:
            raise Lost(f"the total is {page.total!r}, not a number") from None
        _refuse_moved(self.totals)

    def _watch_total(self, page: Page) -> None:
        """A total that nobody asked for tells of slips, too; where it is another on each page it is no total."""
        if self._states_total or not self._watches or page.blank or not page.records:
            return
        stated = whole(page)
        if stated is None or (self._watched and stated == self._watched[-1] - self._last_page):
            self._watches = False  # what is left, or what the page has
            return
        self._watched.append(stated)
        self._last_page = len(page.records)
        _refuse_moved(self._watched)

    def _never_seen(self, page: Page) -> None:
        print_ = hashlib.sha256(json.dumps(page.records, sort_keys=True).encode()).digest()
        if print_ in self._seen:
            raise Lost(
                "the page holds the same records as an earlier one: the API ignores the paging parameters, or repeats "
                "its last page (then say with 'more' when there is more)"
            )
        self._seen.add(print_)


def _refuse_moved(totals: list[int]) -> None:
    if len(set(totals)) > 1:
        raise Lost(
            f"the total changed from {totals[-2]} to {totals[-1]} while pages were read: a record came or went "
            "meanwhile, and another may have slipped between two pages"
        )


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(value)
    return int(value)
