"""What columns are called where their headings are not all different. Pure."""

from __future__ import annotations

from collections.abc import Sequence


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
