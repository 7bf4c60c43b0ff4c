"""Signs in the last page of a read that there is more than was read, whatever the configuration asks for.

A cursor that is looked for in the wrong place seems to have ended; the answer itself often tells that it has not.
"""

from __future__ import annotations

from typing import Any

from connectors.crm.expressions import is_true
from connectors.crm.options import Counted, Paging, SinglePage
from connectors.crm.page import Page

_PROMISES = {
    *("next", "nextpage", "nextpagetoken", "nextpageurl", "nexturl", "nextlink", "nextcursor", "nextrecordsurl"),
    *("nextoffset", "hasmore", "hasnext", "hasnextpage", "hasmorepage", "morerecords", "moreitems", "@odata.nextlink"),
}
_TOTALS = {"total", "totalcount", "totalsize", "totalrecords", "totalresults", "totalitems", "totalelements"}
_DEPTH = 2


def sign_of_more(page: Page, paging: Paging, *, read: int | None) -> str | None:
    """What in the last page speaks of more records, in words; None where nothing does.

    ``read`` is how many records were read in all, or None where totals say nothing about this read. A promise of a
    next page counts where no ``more`` was asked and no empty page came.
    """
    if paging.sure:
        return None
    promises = _PROMISES if _ends_by_silence(paging) else set()
    if promises and page.next_link:
        return "its Link header names a next page"
    return _in_mapping(page.body, promises, read, _DEPTH) if isinstance(page.body, dict) else None


def _ends_by_silence(paging: Paging) -> bool:
    """Whether the last page is one that names no next page, without saying that there is none."""
    return isinstance(paging, SinglePage) or (not isinstance(paging, Counted) and paging.more is None)


def _in_mapping(mapping: dict[str, Any], promises: set[str], read: int | None, depth: int) -> str | None:
    for key, value in mapping.items():
        plain = key.lower().replace("_", "").replace("-", "")
        if plain in promises and is_true(value):
            return f"{key!r} is set"
        if read is not None and plain in _TOTALS and type(value) is int and value > read:
            return f"{key!r} is {value}, but {read} came"
        if depth and isinstance(value, dict) and (sign := _in_mapping(value, promises, read, depth - 1)):
            return sign
    return None
