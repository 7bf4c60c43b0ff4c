"""What an answer says of its list, whatever the configuration asks for: in any header, in any word of its body.

A cursor that is looked for in the wrong place seems to have ended; the answer itself often tells that it has not.
Words are taken as they are written everywhere: ``hasMore``, ``has_more``, ``X-Has-More`` and ``has-more`` are one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from connectors.crm.expressions import is_true
from connectors.crm.page import Page

Kind = Literal["next", "cursor", "more", "cut", "last", "pages", "total", "size"]
"""What a word speaks of: where the next page is, or may be; that there is more; that the list was cut; that this is
its end; how many pages there are; how many records; how many a page may have."""

_ITEMS = (
    "records?|results?|items?|rows?|entr(?:y|ies)|elements?|objects?|contacts?|people|persons?|users?|customers?|leads?"
    "|members?|accounts?|compan(?:y|ies)|documents?|docs?|entit(?:y|ies)|resources?|hits?|match(?:es)?|nodes?|data"
)
_FILL = (
    f"x|wp|ms|odata|http|has|have|is|are|was|there|any|{_ITEMS}|pages?|paging|pagination|links?|url|uri|href|path|cursor|token"
    "|key|offset|start|after|skip|marker|list|batch|set|search|query|ids?|number|no|num|of|to|the|meta|response"
    "|collection|index|ref|available|exists?|position|pointer|filtered|table|matching|found|all|full"
)
_COUNT = "count|counts|size|number|num|hits"
_WORDS: dict[Kind, re.Pattern[str]] = {
    "pages": re.compile(
        "(?:x|wp|meta|pagination|paging|list)*(?:(?:total|num|number|numberof|count|max|last)pages?(?:count|number|no|num)?"
        "|pages?(?:count|total)|pages|totalpages?)"
    ),
    "size": re.compile(
        f"(?:x|wp|meta|pagination|paging|list)*(?:limit|(?:{_ITEMS}|hits)*perpage|page(?:size|limit)|max(?:results|items|records"
        "|pagesize)|batchsize)"
    ),
    "last": re.compile(
        f"(?:{_FILL})*(?:last|final|done|finished|completed?|end|eof|exhausted)(?:{_FILL}|reached)*"
        f"|(?:{_FILL})*reached(?:the)?end(?:{_FILL})*"
    ),
    "cut": re.compile(
        f"(?:{_FILL})*(?:truncated|incomplete|partial|capped|clipped|cutoff|cut|overflow|limited)(?:{_FILL})*"
        f"|(?:{_FILL})*(?:limit|max|maximum)(?:{_FILL})*(?:exceeded|reached|hit)|exceeded(?:{_FILL}|transfer)*limit"
    ),
    "next": re.compile(
        f"(?:{_FILL})*next(?:{_FILL})*|(?:{_FILL})*(?:continue|continuation|resumption)(?:{_FILL})*|lastevaluatedkey"
    ),
    "cursor": re.compile("(?:x|ms)*(?:(?:end|page)?cursor|pagetoken|searchafter|scrollid)"),
    "more": re.compile(
        f"(?:{_FILL})*more(?:{_FILL})*|(?:remaining|left)(?:{_ITEMS})(?:count)?|(?:{_ITEMS})(?:count)?(?:remaining|left)"
    ),
    "total": re.compile(f"(?:{_FILL})*total(?:{_FILL}|{_COUNT})*|(?:{_FILL})*(?:count|found)|numfound|numresults|hits"),
}
_X_TOTAL = re.compile(r"x-total-(?!time|ms\b|bytes|requests|cost|quota|credits|duration)", re.IGNORECASE)
_ENVELOPE = re.compile(
    f"(?:{_FILL}|info|metadata|additional|summary|count|total|next|body|payload|content|cursors|list|headers?|lastpage|api)+"
)
_ANYWHERE = ("next", "cursor", "more", "cut")
_DEPTH = 4
_LONGEST = 48


@dataclass(frozen=True, slots=True)
class Word:
    """One word of an answer that speaks of its list: what it is called there, of what it speaks, what it says."""

    name: str
    kind: Kind
    value: Any

    @property
    def number(self) -> int | None:
        """The number that it says, if it says one."""
        value = self.value
        if isinstance(value, dict):
            value = next((value[key] for key in ("value", "count", "total") if key in value), None)
        if isinstance(value, str) and value.strip().isdigit():
            return int(value)
        return value if type(value) is int else None

    def promises(self, read: int | None, pages: int | None) -> str | None:
        """How it says that there is more than so many records on so many pages; None where it does not."""
        number = self.number
        match self.kind:
            case "total" if read is not None and number is not None and number > read:
                return f"{self.name!r} is {number}, but {read} came"
            case "pages" if pages is not None and number is not None and number > pages:
                return f"{self.name!r} is {number}, but {pages} came"
            case "next" | "more" | "cut" if _is_set(self.value):
                return f"{self.name!r} is set"
            case "cursor" if isinstance(self.value, str) and _is_set(self.value):
                return f"{self.name!r} is set"
            case "last" if self.value is False or str(self.value).lower() == "false":
                return f"{self.name!r} is false"
        return None

    def ends(self, read: int, pages: int) -> bool:
        """Whether it says that so many records, on so many pages, are all."""
        match self.kind:
            case "total":  # what is only called a count may be that of the page
                return self.number == read and (
                    pages > 1 or re.search("total|found|range", self.name.lower()) is not None
                )
            case "pages":
                return self.number == pages
            case "next" | "cursor" | "more" | "cut":
                return not _is_set(self.value)
            case "last":
                return is_true(self.value)
        return False


def words(page: Page) -> Iterator[Word]:
    """Every word in a page's answer that speaks of its list; never one out of a record."""
    if isinstance(page.body, dict) and page.body is not page.found:
        records = {id(record) for record in page.records} | {id(page.found)}
        yield from _in_mapping(page.body, records, _DEPTH, True)
    for name, value in page.answer.headers.items() if page.answer else ():
        yield from _in_header(name, value)


def whole(page: Page) -> int | None:
    """How many records the answer says that there are in all, though nobody asked: not what this page has."""
    totals = [word.number for word in words(page) if word.kind == "total" and word.number is not None]
    return next((total for total in totals if total > len(page.records)), None)


def _in_header(name: str, value: str) -> Iterator[Word]:
    if name.lower() == "content-range":
        total = value.rpartition("/")[2]
        if total.isdigit():
            yield Word(name, "total", int(total))
        return
    if value.lstrip().startswith("{"):  # X-Pagination: {"totalPages": 7}
        try:
            body = json.loads(value)
        except (ValueError, RecursionError):
            return
        yield from _in_mapping(body, set(), _DEPTH, True)
        return
    kind = "total" if _X_TOTAL.match(name) and not _kind(name) else _kind(name)
    if kind is not None:
        yield Word(name, kind, value)


def _in_mapping(mapping: dict[str, Any], records: set[int], depth: int, envelope: bool) -> Iterator[Word]:
    """Words of the list's envelope; further in, of what is called like one, or has a list in it."""
    envelope = envelope or any(_lists(value, records) for value in mapping.values())
    filtered = any("filtered" in name.lower() and type(value) is int for name, value in mapping.items())
    for name, value in mapping.items():
        if id(value) in records:
            continue
        kind = _kind(name)
        if kind == "total" and filtered and "filtered" not in name.lower():
            kind = None  # of all that there is, before the filter
        if kind is not None and (envelope or kind in _ANYWHERE) and _plausible(kind, value):
            yield Word(name, kind, value)
        if depth and isinstance(value, dict):
            inner = envelope and _ENVELOPE.fullmatch(_plain(name)) is not None
            yield from _in_mapping(value, records, depth - 1, inner)
        elif isinstance(value, list):
            yield from _in_links(value)


def _in_links(links: list[Any]) -> Iterator[Word]:
    """``links: [{"rel": "next", "href": …}]``, as some hypermedia has it."""
    for link in links[:20]:
        if isinstance(link, dict) and len(link) <= 6:
            relation = link.get("rel", link.get("relation"))
            if isinstance(relation, str) and relation.lower() == "next":
                yield Word("next", "next", link.get("href", link.get("url")))


def _plausible(kind: Kind, value: Any) -> bool:
    if kind == "last":
        return isinstance(value, bool) or str(value).lower() in ("true", "false")
    if kind in ("pages", "size"):
        return not isinstance(value, dict | list | bool)
    if kind in _ANYWHERE:
        return not isinstance(value, list)
    return not isinstance(value, list | bool)


def _lists(value: Any, records: set[int]) -> bool:
    """Whether it is the list of the records, or of what holds one each."""
    if not isinstance(value, list):
        return False
    first = value[0] if value else None
    inner = first.values() if isinstance(first, dict) else ()
    return id(value) in records or id(first) in records or any(id(each) in records for each in inner)


@lru_cache(maxsize=1024)
def _kind(name: str) -> Kind | None:
    plain = _plain(name)
    if len(plain) > _LONGEST:
        return None
    return next((kind for kind, word in _WORDS.items() if word.fullmatch(plain)), None)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _is_set(value: Any, depth: int = 3) -> bool:
    if isinstance(value, dict):
        return depth > 0 and any(_is_set(inner, depth - 1) for inner in value.values())
    return is_true(value) and not isinstance(value, list)
