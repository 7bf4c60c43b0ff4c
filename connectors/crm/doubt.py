"""Doubts about the end of a read: signs of more, and a last page that is as long as a page can be. Pure.

Whatever leaves doubt raises Lost, with the setting that answers it: a read that may lack something must say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from connectors.crm.expressions import has
from connectors.crm.options import Counted, CursorPaging, LinkPaging, NextPaging, Paging, SinglePage
from connectors.crm.page import Page
from connectors.crm.paging import Lost
from connectors.crm.query import Query
from connectors.crm.signs import Word, words

_SIZE = re.compile(
    r"(?:limit|perpage|pagesize|pagelimit|size|count|max|max(?:results|records|items|pagesize)|top|first|take|rows|num"
    r"|(?:hits|results|records|items)perpage|batchsize|recordsize|fetchsize)"
)
_SIZE_IN_WORDS = re.compile(r"\b(?:first|limit|take|top|page_?size|per_?page)\b\s*[:=]?\s*(\d+)", re.IGNORECASE)
_OTHER_PAGES = re.compile(r"rel=\"?[^\";,]*\b(?:first|prev|previous|last)\b", re.IGNORECASE)
_PARTIAL = 206


def nothing_overlooked(last: Page, query: Query, records: int, pages: int) -> None:
    """Raises Lost where the last page of a read leaves doubt that it was the last."""
    if query.paging.sure:
        return
    told = list(words(last))
    if sign := _sign(last, query, told, records, pages):
        raise Lost(f"there seems to be more than was read: {sign}; look at 'paging', or say 'sure: true' there")
    if (
        not _ends_by_silence(query.paging)
        or query.states_total
        or _says_the_end(last, query.paging, told, records, pages)
    ):
        return
    if doubt := _as_long_as_can_be(last, query, told):
        raise Lost(f"{doubt}, and nothing in it says that there are no more: {_way_out(query.paging)}")


def _sign(last: Page, query: Query, told: list[Word], records: int, pages: int) -> str | None:
    """What in the last page speaks of more records, in words.

    Totals say nothing about a read of changes, nor where another is configured. A promise of a next page counts
    where no ``more`` was asked and no empty page came.
    """
    counts = query.full and not query.states_total
    silent = _ends_by_silence(query.paging)
    if silent and last.next_link:
        return "its Link header names a next page"
    denied = any(word.kind in ("next", "more") and word.value is False for word in told)
    for word in told:
        if (word.kind in ("next", "more", "last") and not silent) or (word.kind == "cursor" and (denied or not silent)):
            continue
        if sign := word.promises(records if counts else None, pages if counts else None):
            return sign
    if silent and last.answer and last.answer.status == _PARTIAL and not any(w.ends(records, pages) for w in told):
        return "its status is 206, Partial Content"
    return None


def _ends_by_silence(paging: Paging) -> bool:
    """Whether the last page is one that names no next page, without saying that there is none."""
    return isinstance(paging, SinglePage) or (not isinstance(paging, Counted) and paging.more is None)


def _says_the_end(last: Page, paging: Paging, told: list[Word], records: int, pages: int) -> bool:
    """Whether anything says that this is all: a total, an empty pointer, a Link header without a next page."""
    if _OTHER_PAGES.search(last.header("Link") or ""):
        return True
    match paging:
        case CursorPaging(next_header=str(header)) | NextPaging(next_header=str(header)):
            if last.header(header) is not None:
                return True
        case CursorPaging(cursor=str(expression)) | NextPaging(next=str(expression)):
            if has(expression, last.body):
                return True
    return any(word.ends(records, pages) for word in told)


def _as_long_as_can_be(last: Page, query: Query, told: list[Word]) -> str | None:
    """How the last page looks like a full one: as long as was asked for, or as the answer says that pages may be."""
    came, asked = len(last.records), sorted(set(_sizes(query)))
    if not came:
        return None
    if came in asked:
        return f"the last page has exactly the {came} records that were asked for"
    for word in told:
        if word.kind == "size" and word.number == came:
            return f"the last page has exactly as many records as {word.name!r} lets it have ({came})"
    if isinstance(query.paging, SinglePage) and asked and came < asked[-1] and _round(came):
        return f"{asked[-1]} records were asked for, and exactly {came} came, as if the API gave no more at once"
    return None


def _round(count: int) -> bool:
    """Whether APIs like this number as the most that they give at once."""
    return count % 50 == 0 or count in (10, 20, 25, 30, 40)


def _way_out(paging: Paging) -> str:
    sure = "or say 'sure: true' under 'paging' if these are all"
    match paging:
        case SinglePage():
            return f"say how its pages follow one another ('paging'), or give its 'total'; {sure}"
        case LinkPaging():
            return f"give 'total' or 'total_header' if the API tells one; {sure}"
    return f"say 'more' under 'paging' (an expression that is true while there is more), or give 'total'; {sure}"


def _sizes(query: Query) -> Iterator[int]:
    """How many records were asked for, in whatever parameter."""
    if size := getattr(query.paging, "size", None):
        yield size
    for name, value in [*query.url.query.items(), *query.params.items()]:
        yield from _sizes_in(name, value, 0)
    yield from _sizes_in("", query.body, 4)


def _sizes_in(name: str, value: Any, depth: int) -> Iterator[int]:
    if isinstance(value, dict) and depth:
        for inner_name, inner in value.items():
            yield from _sizes_in(str(inner_name), inner, depth - 1)
    elif isinstance(value, list) and depth:
        for inner in value:
            yield from _sizes_in("", inner, depth - 1)
    elif isinstance(value, str) and not value.isdigit():
        yield from (int(size) for size in _SIZE_IN_WORDS.findall(value))
    elif _SIZE.fullmatch(re.sub(r"[^a-z]", "", name.lower())) and str(value).isdigit():
        yield int(value)
