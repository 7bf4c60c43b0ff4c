"""Rows that are none: boxes filled down below the last one, the header again, totals, and what a report ends with.

Pure, and the same for every grid of cells. Must not know which column is the key: a row with anything of its own
is a row, however poor, and is judged where keys are known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from connectors.base import Cell, Row

_UNTICKED = frozenset(
    {"false", "falsch", "faux", "falso", "onwaar", "fałsz", "ложь", "falsk", "usann", "epätosi", "☐", "✗", "✘"}
)
_NOUGHT = re.compile(r"[$€£¥]?\s?-?0+([.,]0+)?\s?[%$€£¥]?")
_COUNTED = (
    r"(records?|rows?|contacts?|customers?|clients?|accounts?|leads?|members?|people|persons?|entries|items?|count)"
)
_TOTAL = re.compile(
    rf"""(?:(?:(?:grand\s|sub-?|report\s|running\s)?totals? | (?:end|gesamt)summe | summe | gesamt | somme | totaal)
        (?:\s+(?:for|of|number\s+of)\b.*|\s+{_COUNTED})?\s*(?:[:=].*|\(?\d[\d.,]*\)?)?
    | (?:{_COUNTED}|record\s+count|row\s+count)\s*[:=]\s*\d[\d.,]*
    | \d[\d.,]*\s+{_COUNTED}(?:\s+(?:total|listed|found|exported))?\s*\.?
    | page\s+\d+(?:\s*(?:of|/)\s*\d+)? | (?:as\s+of|report\s+date)\b.*)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_CLOSING = re.compile(
    r"""(?:report\s+)?(?:generated|printed|exported|created)\s+(?:by|on|at)\b.*
    | (?:copyright\s*(?:\(c\)|©|\d{4})|©|\(c\)\s*(?:copyright|\d{4})).* | confidential\s+information\b.*
    | [-*=\s]*end\s+of\s+(?:report|file|list|data)\b.*
    | (?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s.*\b\d{4}\b.*\d{1,2}:\d{2}.*""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
"""What stands only below a report, and so tells of the lines beside it."""

_AMOUNT = re.compile(r"[-(]?\s*[$€£¥]?\s*-?\d{1,3}([.,\s']?\d{3})*([.,]\d+)?\s*[%$€£¥]?\)?|[$€£¥]?\d+[.,]\d{2}")
_WORDS = """
    tot gra sub rep run end ges sum som tota rec row con cus cli acc lea mem peo per ent ite cou pag gen pri exp cre
    as_ cop mon tue wed thu fri sat sun fal fau onw fał лож usa epä"""
_BEGINNINGS = frozenset(word.replace("_", " ") for word in _WORDS.split())
"""What any of these words may begin with: nearly all rows are told from them by that."""

_SIGNS = frozenset("-*=©($€£¥☐✗✘")
_LONGEST_COUNT = 6
"""More digits than that in a row, without a separator, may be a phone number."""

_NARROW = 3
"""A table of fewer columns has rows of one cell."""


class Sieve:
    """Lets the rows of a table through, one after the other, and keeps what is none.

    Lines of one cell below a blank row wait: if what only reports end with follows, they are none either.
    ``besides``: columns that say nothing of a row.
    """

    __slots__ = ("_besides", "_closed", "_header", "_last", "_waiting")

    def __init__(self, columns: Sequence[str], header_row: int, besides: frozenset[str] = frozenset()) -> None:
        self._header = tuple(column for column in columns if column not in besides)
        self._besides = besides
        self._last = header_row
        self._waiting: list[Row] = []
        self._closed = False

    def __call__(self, row: Row) -> Sequence[Row]:
        """What can be let through now that this row was seen."""
        number, cells = row.number or 0, row.cells
        if self._besides:
            cells = {column: cell for column, cell in cells.items() if column not in self._besides}
        if self.is_none(cells):
            return ()
        gap, self._last = number > self._last + 1, number
        if (gap or self._waiting or self._closed) and self._is_line(cells):
            if not self._closed:
                self._waiting.append(row)
            return ()
        self._closed = False
        if not self._waiting:
            return (row,)
        return (*self.rest(), row)

    def rest(self) -> list[Row]:
        """What waited to the end, and is let through."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def is_none(self, cells: Mapping[str, Cell]) -> bool:
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
                return self._is_foot(cells) or self._says_nothing(cells)
            return False
        return True

    def _is_foot(self, cells: Mapping[str, Cell]) -> bool:
        filled = [str(cell).strip() for cell in cells.values() if not _is_blank(cell)]
        if len(self._header) < 2 or not is_foot(filled):
            return False
        if _CLOSING.fullmatch(filled[0]):
            self._waiting.clear()
            self._closed = True
        return True

    def _is_line(self, cells: Mapping[str, Cell]) -> bool:
        """Whether it is a line of text in the first column: words, where a table has rows."""
        if len(self._header) < _NARROW:
            return False
        first, *others = cells.values()
        return isinstance(first, str) and " " in first.strip() and all(map(_is_blank, others))

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
    """Whether these cells, of a record as it stands in a file, are what a report ends with.

    Beside the words there may be amounts, or the same words again, as Mindbody repeats them.
    """
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled or not (_TOTAL.fullmatch(filled[0]) or _CLOSING.fullmatch(filled[0])):
        return False
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
