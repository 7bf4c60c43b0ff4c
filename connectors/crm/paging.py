"""How pages follow one another: from a page, what to ask next, or that it was the last.

Pure. Whatever leaves doubt whether a page was the last raises Lost: a read that may lack something must say so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from yarl import URL

from connectors.crm.expressions import evaluate
from connectors.crm.fields import Param
from connectors.crm.options import (
    CursorPaging,
    LinkPaging,
    NextPaging,
    OffsetPaging,
    PagePaging,
    Paging,
    SinglePage,
    Sized,
)
from connectors.crm.page import Ask, Page
from connectors.crm.signs import sign_of_more
from connectors.crm.transport import Failure


class Lost(Failure):
    """The way to the next page is lost: the read is incomplete."""


class Pager(Protocol):
    """One way of paging."""

    def first(self) -> Ask:
        """How to ask for the first page."""
        ...

    def following(self, page: Page) -> Ask | None:
        """How to ask for the page after ``page``; None where it was the last. Raises Lost."""
        ...


def pager(options: Paging) -> Pager:
    """The way of paging that the configuration describes."""
    match options:
        case SinglePage():
            return Single(options)
        case PagePaging() | OffsetPaging():
            return Counting(options)
        case CursorPaging():
            return Pointing(options, lambda page: evaluate(options.cursor, page.body), _as_cursor(options))
        case NextPaging():
            return Pointing(options, lambda page: evaluate(options.next, page.body), _as_address)
        case LinkPaging():
            return Pointing(options, lambda page: page.next_link, _as_address)


class Single:
    """Everything at once: an answer that shows signs of a further page is not everything."""

    def __init__(self, options: SinglePage) -> None:
        self._sure = options.sure

    def first(self) -> Ask:
        """How to ask for the only page."""
        return Ask()

    def following(self, page: Page) -> Ask | None:
        """None. Raises Lost where the answer speaks of more."""
        if not self._sure and (sign := sign_of_more(page)):
            raise Lost(
                f"'paging' is none, but there seems to be more than this one page: {sign} "
                "(if this is all, write paging: {type: none, sure: true})"
            )
        return None


class Counting:
    """Pages by number or offset. The offset grows by what came, not by what was asked for."""

    def __init__(self, options: PagePaging | OffsetPaging) -> None:
        self._options = options
        self._position = options.first if isinstance(options, PagePaging) else 0

    def first(self) -> Ask:
        """How to ask for the first page."""
        return self._ask()

    def following(self, page: Page) -> Ask | None:
        """The next number, until the API says or shows that there is no more."""
        if self._ended(page):
            return None
        self._position += 1 if isinstance(self._options, PagePaging) else len(page.records)
        return self._ask()

    def _ended(self, page: Page) -> bool:
        if page.blank:
            return True
        more = _promise(self._options, page)
        if more is True and not page.records:
            raise Lost("the API says that there is more, but the page is empty")
        if more is not None:
            return not more
        if self._options.end == "short":
            return len(page.records) < (self._options.size or 0)
        return not page.records

    def _ask(self) -> Ask:
        return _placed(self._options, {**_size(self._options), self._options.param: self._position})


class Pointing:
    """Each page points to the next, by a cursor or an address; the one that does not is the last."""

    def __init__(self, options: Sized, pointer: Callable[[Page], Any], ask: Callable[[str, Page], Ask]) -> None:
        self._options = options
        self._pointer = pointer
        self._ask = ask
        self._seen: set[str] = set()

    def first(self) -> Ask:
        """How to ask for the first page."""
        return _placed(self._options, _size(self._options))

    def following(self, page: Page) -> Ask | None:
        """Where the page points. Raises Lost where it points nowhere though it promises more, or back."""
        if page.blank:
            if page.number > 1:
                raise Lost("the page before said that there is more, but nothing came")
            return None
        found, more = self._pointer(page), _promise(self._options, page)
        if more is False:
            return None
        if found is None or found is False or found == "":
            if more is True:
                raise Lost("the API says that there is more, but not where: the next page is missing")
            return None
        if isinstance(found, bool) or not isinstance(found, str | int):
            raise Lost(f"what should lead to the next page is {type(found).__name__}, not text")
        if str(found) in self._seen:
            raise Lost("the API leads back to a page that was already read")
        self._seen.add(str(found))
        return self._ask(str(found), page)


def _as_cursor(options: CursorPaging) -> Callable[[str, Page], Ask]:
    return lambda cursor, _: _placed(options, {**_size(options), options.param: cursor})


def _as_address(address: str, page: Page) -> Ask:
    try:
        return Ask(url=page.url.join(URL(address)))
    except ValueError:
        raise Lost("the address of the next page is not an address") from None


def _promise(options: Sized, page: Page) -> bool | None:
    """What the page says of more: yes, no, or None where the configuration does not ask."""
    if options.more is None:
        return None
    more = evaluate(options.more, page.body)
    if not isinstance(more, bool):
        raise Lost(f"the page does not say whether there is more ({options.more} is {more!r})")
    return more


def _size(options: Sized) -> dict[str, Param]:
    return {options.size_param: options.size} if options.size_param is not None else {}


def _placed(options: Sized, params: dict[str, Param]) -> Ask:
    return Ask(body=params) if options.send == "body" else Ask(params=params)
