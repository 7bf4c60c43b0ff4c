"""Which label a number or an address has in a card, and whether it is the person's own. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

_KNOWN = (
    ("fax", ("fax",)),
    ("pager", ("pager", "beeper")),
    ("mobile", ("cell", "mobile", "iphone", "handy", "mobil")),
    ("main", ("main",)),
    ("work", ("work", "business", "office", "arbeit", "company")),
    ("home", ("home", "privat", "private")),
)
"""The first that fits counts: a mobile for work is a mobile."""

FIXED = ("mobile", "work", "home", "main", "other", "fax", "pager")
_APPLES = re.compile(r"_\$!<(.*)>!\$_")
_NOT_OURS = frozenset({"fax", "pager"})
_OTHERS = re.compile(
    r"assistant|secretary|spouse|partner|husband|wife|mother|father|parent|child|son\b|daughter|brother|sister|friend"
    r"|manager|emergency|landlord|next.of.kin|referr",
    re.IGNORECASE,
)
"""Labels that name another person."""


def label(types: Sequence[str], custom: str | None) -> str:
    """The label, as a part of a column's name: what the owner wrote counts, else the types of the property."""
    if custom and custom.strip():
        written = _APPLES.sub(r"\1", custom.strip())
        return _known(written.casefold().split()) or _known([written.casefold()]) or _as_name(written)
    return _known([each.casefold() for each in types]) or _own_type(types) or "other"


def own(name: str) -> bool:
    """Whether what has this label reaches the person by voice: no fax, and nobody else's."""
    return name not in _NOT_OURS and not _OTHERS.search(name)


def _known(words: Sequence[str]) -> str | None:
    for name, forms in _KNOWN:
        if any(word == form or (name == "fax" and form in word) for word in words for form in forms):
            return name
    return None


def _own_type(types: Sequence[str]) -> str | None:
    """A type of one's own, such as X-Reception."""
    written = next((each[2:] for each in types if each.casefold().startswith("x-")), None)
    return _known([written.casefold()]) or _as_name(written) if written else None


def _as_name(text: str) -> str:
    return re.sub(r"[^\w]+", "_", text.strip()).strip("_").casefold() or "other"
