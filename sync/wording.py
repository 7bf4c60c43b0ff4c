"""How names and numbers are said in messages: lists, counts, the name that was most likely meant. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

_LABELS: Mapping[str, str] = {
    "firstName": "First name",
    "lastName": "Last name",
    "company": "Company",
    "role": "Role",
    "phoneNumbers": "Phone",
    "emails": "E-mail",
    "sourceUrl": "Link",
    "source": "Source label",
    "externalId": "Key",
}

_ALIKE = 0.65
"""How like a name must be to be offered (difflib's ratio)."""


def one_of(names: Sequence[str]) -> str:
    """``a, b or c``."""
    return _joined(names, "or")


def listed(names: Sequence[str]) -> str:
    """``a, b and c``."""
    return _joined(names, "and")


def _joined(names: Sequence[str], last_word: str) -> str:
    *most, last = names or [""]
    return f"{', '.join(most)} {last_word} {last}" if most else last


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """``1 row``, ``1,234 rows``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def field_label(name: str) -> str:
    """A field as people call it: ``First name``; a custom field by its own name."""
    return _LABELS.get(name) or name.removeprefix("customFields.")


def nearest(wrong: str, right: Iterable[str]) -> str | None:
    """The right name that ``wrong`` most likely stands for; case, spaces and dashes make no difference."""
    folded: dict[str, str] = {}
    for name in right:
        folded.setdefault(_fold(name), name)
    near = get_close_matches(_fold(wrong), folded, n=1, cutoff=_ALIKE)
    return folded[near[0]] if near else None


def did_you_mean(wrong: str, right: Iterable[str]) -> str:
    """``; did you mean 'x'?``, or nothing where no name is near."""
    near = nearest(wrong, right)
    return f"; did you mean {near!r}?" if near else ""


def _fold(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()
