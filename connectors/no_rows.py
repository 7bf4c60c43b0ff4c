"""Rows that are none: boxes filled down below the last one, the header again, totals, and what a report ends with.

Pure, and the same for every grid of cells. Must not know which column is the key: a row with anything of its own
is a row, however poor, and is judged where keys are known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from connectors.base import Cell

_UNTICKED = frozenset(
    {"false", "falsch", "faux", "falso", "onwaar", "fałsz", "ложь", "falsk", "usann", "epätosi", "☐", "✗", "✘"}
)
_NOUGHT = re.compile(r"[$€£¥]?\s?-?0+([.,]0+)?\s?[%$€£¥]?")
_COUNTED = (
    r"(records?|rows?|contacts?|customers?|clients?|accounts?|leads?|members?|people|persons?|entries|items?|count)"
)
_FOOT = re.compile(
    rf"""(?:(?:(?:grand\s|sub-?|report\s|running\s)?totals? | (?:end|gesamt)summe | summe | gesamt | somme | totaal)
        (?:\s+(?:for|of|number\s+of)\b.*|\s+{_COUNTED})?\s*(?:[:=].*|\(?\d[\d.,]*\)?)?
    | (?:{_COUNTED}|record\s+count|row\s+count)\s*[:=]\s*\d[\d.,]*
    | \d[\d.,]*\s+{_COUNTED}(?:\s+(?:total|listed|found|exported))?\s*\.?
    | [-*=\s]*end\s+of\s+(?:report|file|list|data)\b.* | page\s+\d+(?:\s*(?:of|/)\s*\d+)?
    | (?:report\s+)?(?:generated|printed|exported|created)\s+(?:by|on|at)\b.* | (?:as\s+of|report\s+date)\b.*
    | (?:copyright\s*(?:\(c\)|©|\d{{4}})|©|\(c\)\s*(?:copyright|\d{{4}})).* | confidential\s+information\b.*)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_AMOUNT = re.compile(r"[-(]?\s*[$€£¥]?\s*-?\d{1,3}([.,\s']?\d{3})*([.,]\d+)?\s*[%$€£¥]?\)?|[$€£¥]?\d+[.,]\d{2}")
_WORDS = """
    tot gra sub rep run end ges sum som tota rec row con cus cli acc lea mem peo per ent ite cou pag gen pri exp cre
    as_ cop fal fau onw fał лож usa epä"""
_BEGINNINGS = frozenset(word.replace("_", " ") for word in _WORDS.split())
"""What any of these words may begin with: nearly all rows are told from them by that."""

_SIGNS = frozenset("-*=©($€£¥☐✗✘")
_LONGEST_COUNT = 6
"""More digits than that in a row, without a separator, may be a phone number."""


class NoRows:
    """Tells rows that are none from those that are, for one header."""

    __slots__ = ("_header", "_several")

    def __init__(self, columns: Sequence[str]) -> None:
        self._header = tuple(columns)
        self._several = len(self._header) > 1

    def __call__(self, cells: Mapping[str, Cell]) -> bool:
        """Whether a row says nothing of anybody; a blank one is."""
        for column, first in cells.items():
            if first is None or first == "":
                continue
            if not isinstance(first, str):
                return not (first or column == self._header[0]) and self._says_nothing(cells)
            text = first.strip()
            if not text:
                continue
            if text == column:
                return self._is_header(cells)
            if text[:3].casefold() in _BEGINNINGS or text[0] in _SIGNS or _begins_with_number(text):
                if self._several and _FOOT.fullmatch(text):
                    return _nothing_else([str(cell).strip() for cell in cells.values() if not _is_blank(cell)])
                return self._says_nothing(cells)
            return False
        return True

    def _says_nothing(self, cells: Mapping[str, Cell]) -> bool:
        """Nothing but boxes without a tick, and noughts in what is calculated, which stands in no first column."""
        return all(
            _is_blank(cell) or _is_unticked(cell) or (column != self._header[0] and _is_nought(cell))
            for column, cell in cells.items()
        )

    def _is_header(self, cells: Mapping[str, Cell]) -> bool:
        """Whether it is the header again, as pages that were joined have it."""
        filled = [(column, str(cell).strip()) for column, cell in cells.items() if not _is_blank(cell)]
        return len(filled) * 2 > len(self._header) and all(column == cell for column, cell in filled)


def is_foot(cells: Sequence[str]) -> bool:
    """Whether these cells, of a record as it stands in a file, are what a report ends with."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return bool(filled) and _FOOT.fullmatch(filled[0]) is not None and _nothing_else(filled)


def _nothing_else(filled: Sequence[str]) -> bool:
    """Whether beside the words there are only amounts, or the same words again, as Mindbody repeats them."""
    return all(cell == filled[0] or _is_amount(cell) for cell in filled[1:])


def _begins_with_number(text: str) -> bool:
    """As "12 rows" does, and a nought."""
    return text[0].isdecimal() and (" " in text or text[0] == "0")


def _is_blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _is_unticked(cell: Cell) -> bool:
    return cell is False or (isinstance(cell, str) and cell.strip().casefold() in _UNTICKED)


def _is_nought(cell: Cell) -> bool:
    if isinstance(cell, str):
        return _NOUGHT.fullmatch(cell.strip()) is not None
    return isinstance(cell, int | float) and cell == 0


def _is_amount(text: str) -> bool:
    return _AMOUNT.fullmatch(text) is not None and not (text.isdecimal() and len(text) > _LONGEST_COUNT)
