"""How pages follow one another: from a page, what to ask next, or that it was the last.

Pure. Whatever leaves doubt whether a page was the last raises Lost: a read that may lack something must say so.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from yarl import URL

from connectors.crm.expressions import evaluate
from connectors.crm.options import (
    Addressed,
    Counted,
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
from connectors.crm.transport import Failure


class Lost(Failure):
    """The way to the next page is lost: the read is incomplete."""


class Pager(Protocol):
    """One way of paging."""

    def first(self) -> Ask:
        """How to ask for the first page."""
        ...

    def received(self, page: Page) -> Page:
        """The page as it counts: without what it repeats of the one before. Raises Lost."""
        ...

    def following(self, page: Page) -> Ask | None:
        """How to ask for the page after ``page``; None where it was the last. Raises Lost."""
        ...


def pager(options: Paging) -> Pager:
    """The way of paging that the configuration describes."""
    match options:
        case SinglePage():
            return Single()
        case PagePaging():
            return ByNumber(options)
        case OffsetPaging():
            return ByOffset(options)
        case CursorPaging():
            return Pointing(options, _pointer(options.cursor, options.next_header), _as_cursor(options))
        case NextPaging():
            return Pointing(options, _pointer(options.next, options.next_header), _as_address(options))
        case LinkPaging():
            return Pointing(options, lambda page: page.next_link, _as_address(options))


class Single:
    """Everything at once."""

    def first(self) -> Ask:
        """How to ask for the only page."""
        return Ask()

    def received(self, page: Page) -> Page:
        """The page as it is."""
        return page

    def following(self, page: Page) -> Ask | None:
        """None: there are no others."""
        return None


class ByNumber:
    """Pages by number, until the API says or shows that there is no more."""

    def __init__(self, options: PagePaging) -> None:
        self._options = options
        self._number = options.first

    def first(self) -> Ask:
        """How to ask for the first page."""
        return _counted(self._options, self._options.param, self._number)

    def received(self, page: Page) -> Page:
        """The page as it is."""
        return page

    def following(self, page: Page) -> Ask | None:
        """The next number."""
        self._number += 1
        return None if _ended(self._options, page) else self.first()

    def beyond(self, step: int) -> Ask:
        """How to ask for the page after the one that was said not to be there."""
        del step
        return self.first()


class ByOffset:
    """Pages by offset. It grows by what came, not by what was asked for: an API may give less."""

    def __init__(self, options: OffsetPaging) -> None:
        self._options = options
        self._came = 0
        self._anchor: Any = None

    def first(self) -> Ask:
        """How to ask for the first page; later on, for the next."""
        again = 1 if self._options.anchor is not None and self._came else 0
        return _counted(self._options, self._options.param, self._came - again)

    def received(self, page: Page) -> Page:
        """The page without the record that the one before ended with, which must be there."""
        if self._options.anchor is None:
            return page
        if self._came:
            if page.blank or not page.records or self._identity(page.records[0]) != self._anchor:
                raise Lost(
                    "it does not begin with the record that the page before ended with: records came or went meanwhile"
                )
            page = replace(page, records=page.records[1:])
        if page.records:
            self._anchor = self._identity(page.records[-1])
        return page

    def following(self, page: Page) -> Ask | None:
        """The next offset."""
        self._came += len(page.records)
        return None if _ended(self._options, page) else self.first()

    def beyond(self, step: int) -> Ask:
        """How to ask for the page after the one that was said not to be there; pages have ``step`` records."""
        return _counted(self._options, self._options.param, self._came + step)

    def _identity(self, record: Any) -> Any:
        found = evaluate(str(self._options.anchor), record)
        if found is None:
            raise Lost(f"a record has nothing that identifies it ({self._options.anchor})")
        return found


class Pointing:
    """Each page points to the next, by a cursor or an address; the one that does not is the last."""

    def __init__(self, options: Sized, pointer: Callable[[Page], Any], ask: Callable[[Any, Page], Ask]) -> None:
        self._options = options
        self._pointer = pointer
        self._ask = ask
        self._seen: set[str] = set()

    def first(self) -> Ask:
        """How to ask for the first page."""
        return _placed(self._options, _size(self._options))

    def received(self, page: Page) -> Page:
        """The page as it is."""
        return page

    def following(self, page: Page) -> Ask | None:
        """Where the page points. Raises Lost where it points nowhere though it promises more, or back."""
        if page.blank:
            if page.number > 1:
                raise Lost("the page before said that there is more, but nothing came")
            return None
        found, more = self._pointer(page), _promise(self._options, page)
        if more is False:
            return None
        if found is None or found is False or found in ("", [], {}):
            if more is True:
                raise Lost("the API says that there is more, but not where: the next page is missing")
            return None
        if found is True:
            raise Lost(
                "what should lead to the next page is only true: say 'more' for that, and where the next page is told"
            )
        seen = found if isinstance(found, str) else json.dumps(found, sort_keys=True)
        if seen in self._seen:
            raise Lost("the API leads back to a page that was already read")
        self._seen.add(seen)
        return self._ask(found, page)


def _pointer(expression: str | None, header: str | None) -> Callable[[Page], Any]:
    if expression is not None:
        return lambda page: evaluate(expression, page.body)
    return lambda page: (page.header(str(header)) or "").strip()


def _as_cursor(options: CursorPaging) -> Callable[[Any, Page], Ask]:
    """The cursor as it came: in a body a list stays a list, in an address it repeats the parameter."""

    def ask(cursor: Any, _: Page) -> Ask:
        plain = isinstance(cursor, list | dict) or options.send == "body"
        return _placed(options, {**_size(options), options.param: cursor if plain else str(cursor)})

    return ask


def _as_address(options: Addressed) -> Callable[[Any, Page], Ask]:
    def ask(address: Any, page: Page) -> Ask:
        if not isinstance(address, str) or address.isdigit():
            raise Lost(
                f"what should be the address of the next page is {str(address)[:60]!r}: if it is a page's number or a "
                "cursor, say paging: {type: cursor, param: …}"
            )
        try:
            url = page.url.join(URL(address))
            return Ask(url=page.url.origin().join(url.relative()) if options.keep_origin else url)
        except ValueError:
            raise Lost("the address of the next page is not an address") from None

    return ask


def _promise(options: Sized, page: Page) -> bool | None:
    """What the page says of more: yes, no, or None where the configuration does not ask."""
    if options.more is None:
        return None
    more = evaluate(options.more, page.body)
    if not isinstance(more, bool):
        raise Lost(f"the page does not say whether there is more ({options.more} is {more!r})")
    return more


def _ended(options: PagePaging | OffsetPaging, page: Page) -> bool:
    """Whether a counted page was the last: by the API's word, or because it is empty (or short, where that is sure)."""
    if page.blank:
        return True
    more = _promise(options, page)
    if more is True and not page.records:
        raise Lost("the API says that there is more, but the page is empty")
    if more is not None:
        return not more
    return len(page.records) < (options.size or 0) if options.end == "short" else not page.records


def _counted(options: Counted, param: str, position: int) -> Ask:
    return _placed(options, {**_size(options), param: position})


def _size(options: Sized) -> dict[str, Any]:
    return {options.size_param: options.size} if options.size_param is not None else {}


def _placed(options: Sized, params: dict[str, Any]) -> Ask:
    return Ask(body=params) if options.send == "body" else Ask(params=params)
