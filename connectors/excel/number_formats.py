"""Numbers as a workbook shows them, where that is more than their value: ids with zeros in front, telephone numbers.

Amounts, shares and dates are not shown here: their value says more than their look. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_PIECE = re.compile(
    r"""
      "(?P<quoted>[^"]*)"
    | \\(?P<escaped>.)
    | \[(?P<bracket>[^\]]*)\]
    | (?P<digits>[0\#?])
    | (?P<plain>[-+()\s/:'!^&~{}<>=$])
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?)")
_TELEPHONE = frozenset("+()-./ \u00a0")
_LARGEST = 10**15
"""Beyond it a workbook does not know a number's last digits."""


@dataclass(frozen=True, slots=True)
class Mask:
    """One section of a number format: what stands between digits, and how many there are at least.

    ``pieces``: a placeholder for a digit ("0", "#" or "?"), or text after a colon.
    """

    pieces: Sequence[str]
    condition: tuple[str, float] | None = None

    @property
    def telling(self) -> bool:
        """Whether digits written so are a name for something and not an amount."""
        zeros = sum(piece == "0" for piece in self.pieces)
        literal = "".join(piece[1:] for piece in self.pieces if piece[0] == ":")
        if zeros > 1:
            return True
        placeholders = zeros + sum(piece in "#?" for piece in self.pieces)
        inside = "".join("0" if piece[0] != ":" else piece[1:] for piece in self.pieces).strip()
        telephone = bool(literal.strip()) and _TELEPHONE.issuperset(literal)
        return bool(placeholders) and telephone and not inside.startswith("-")

    def shown(self, digits: str) -> str:
        """The digits as this section shows them."""
        last_first: list[str] = []
        left = digits
        first = next(place for place, piece in enumerate(self.pieces) if piece[0] != ":")
        for place in range(len(self.pieces) - 1, -1, -1):
            piece = self.pieces[place]
            if piece[0] == ":":
                last_first.append(piece[1:])
            elif place == first:
                last_first.append(left or ("0" if piece == "0" else ""))
                left = ""
            else:
                last_first.append(left[-1:] or ("0" if piece == "0" else ""))
                left = left[:-1]
        return "".join(reversed(last_first)).strip()

    def holds(self, value: int) -> bool:
        """Whether the section's condition is met; one without a condition takes what is not negative."""
        if self.condition is None:
            return value >= 0
        sign, limit = self.condition
        return {
            "<=": value <= limit,
            ">=": value >= limit,
            "<>": value != limit,
            "<": value < limit,
            ">": value > limit,
            "=": value == limit,
        }[sign]


@lru_cache(maxsize=1024)
def masks(format_code: str) -> tuple[Mask, ...]:
    """The sections of a number format, if one of them is telling; none where the number's value says it all."""
    found = []
    for section in _sections(format_code):
        mask = _mask(section)
        if mask is None:
            break  # what follows is for negative numbers, zero or text
        found.append(mask)
    return tuple(found) if any(mask.telling for mask in found) else ()


def as_shown(value: int, format_code: str) -> str | None:
    """The number as the workbook shows it, where that is telling."""
    if not 0 <= value < _LARGEST:
        return None
    for mask in masks(format_code):
        if mask.holds(value):
            return mask.shown(str(value)) if mask.telling else None
    return None


def _sections(format_code: str) -> list[str]:
    sections, begun = [], ""
    for match in _PIECE.finditer(format_code):
        if match[0] == ";":
            sections.append(begun)
            begun = ""
        else:
            begun += match[0]
    return [*sections, begun]


def _mask(section: str) -> Mask | None:
    """The section's mask, or None where it does more than to put digits into their places."""
    pieces: list[str] = []
    condition = None
    for match in _PIECE.finditer(section):
        if match["bracket"] is not None:
            found = _CONDITION.fullmatch(match["bracket"].strip())
            condition = (found[1], float(found[2])) if found else condition
            if match["bracket"].lower().strip("hms") == "":
                return None  # hours that have gone by
        elif match["digits"]:
            pieces.append(match["digits"])
        elif match["other"] is not None:
            return None
        else:
            pieces.append(":" + (match["quoted"] or match["escaped"] or match["plain"] or ""))
    if not any(piece[0] != ":" for piece in pieces):
        return None
    if any(piece == ":/" for piece in pieces) and "?" in section:
        return None  # a fraction
    return Mask(tuple(piece for piece in pieces if piece != ":"), condition)
