"""Signs in an answer that it is only the first of several pages, for APIs that are configured to have one."""

from __future__ import annotations

from typing import Any

from connectors.crm.expressions import is_true
from connectors.crm.page import Page

_PROMISES = {
    *("next", "nextpage", "nextpagetoken", "nextpageurl", "nexturl", "nextlink", "nextcursor", "nextrecordsurl"),
    *("nextoffset", "hasmore", "hasnext", "hasnextpage", "hasmorepage", "morerecords", "moreitems", "@odata.nextlink"),
}
_TOTALS = {"total", "totalcount", "totalsize", "totalrecords", "totalresults", "totalitems", "totalelements"}
_DEPTH = 2


def sign_of_more(page: Page) -> str | None:
    """What in the answer speaks of more records than it holds, in words; None where nothing does."""
    if page.next_link:
        return "its Link header names a next page"
    if isinstance(page.body, dict):
        return _in_mapping(page.body, len(page.records), _DEPTH)
    return None


def _in_mapping(mapping: dict[str, Any], held: int, depth: int) -> str | None:
    for key, value in mapping.items():
        plain = key.lower().replace("_", "").replace("-", "")
        if plain in _PROMISES and is_true(value):
            return f"{key!r} is set"
        if plain in _TOTALS and isinstance(value, int) and value > held:
            return f"{key!r} is {value}, the page holds {held}"
        if depth and isinstance(value, dict) and (sign := _in_mapping(value, held, depth - 1)):
            return sign
    return None
