"""What columns are called: headings without marks that nobody sees, and told apart where they are alike. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_JOINERS = "\u200c\u200d"
"""Invisible too, but within words of Persian and Hindi they are spelling."""

_AROUND = re.compile(rf"^[\s{_JOINERS}]+|[\s{_JOINERS}]+$")


def trimmed(heading: str) -> str:
    """The heading as it is seen: no invisible marks, no spaces around it, a no-break space is a space."""
    if heading.isascii():
        return heading.strip()
    seen = "".join(
        " " if unicodedata.category(character) == "Zs" else character
        for character in heading
        if unicodedata.category(character) != "Cf" or character in _JOINERS
    )
    return _AROUND.sub("", seen)


def distinct(headings: Sequence[str]) -> list[str]:
    """The headings, told apart: the first of several keeps its name, the second is called "name (2)", and so on.

    A number that stands in another heading is passed over. Blank headings stay blank.
    """
    written = frozenset(headings)
    numbers: dict[str, int] = {}
    names = []
    for heading in headings:
        number = numbers.get(heading, 0) + 1
        while number > 1 and f"{heading} ({number})" in written:
            number += 1
        numbers[heading] = number
        names.append(heading if number == 1 or not heading else f"{heading} ({number})")
    return names
