"""Cells, headers and ranges of a worksheet, as plain values and pure functions. Knows nothing of the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.base import Cell, SourceConfigError, SourceError
from connectors.headings import distinct, trimmed

Values = Sequence[Sequence[object]]
"""Rows of cells as the service gives them: trailing empty rows and cells are left out."""


@dataclass(frozen=True, slots=True)
class Worksheet:
    """One tab of a spreadsheet and the size of its grid."""

    id: int
    title: str
    rows: int
    columns: int

    def area(self, columns: tuple[int, int], rows: tuple[int, int | None]) -> str:
        """The range from corner to corner in A1 notation; columns count from 0, rows from 1, None is the bottom."""
        (left, right), (top, bottom) = columns, rows
        return f"{self.everything}!{letters(left)}{top}:{letters(right)}{bottom or ''}"

    def whole_row(self, number: int) -> str:
        """One row from edge to edge, however many columns there are by now."""
        return f"{self.everything}!{number}:{number}"

    @property
    def everything(self) -> str:
        """The whole worksheet as a range; the quotes keep a named range of the same name out of it."""
        return "'" + self.title.replace("'", "''") + "'"


def choose_worksheet(sheets: Sequence[Mapping[str, Any]], wanted: str | None) -> Worksheet:
    """The worksheet called ``wanted``, or the first that is not hidden. Raises SourceConfigError with those there are.

    ``sheets`` is the ``sheets`` of the service's metadata; tabs that hold a chart have no grid and do not count.
    """
    grids = [sheet["properties"] for sheet in sheets if "gridProperties" in sheet["properties"]]
    grids.sort(key=lambda properties: properties.get("index", 0))
    if wanted is None:
        fitting = [properties for properties in grids if not properties.get("hidden")] or grids
    else:
        fitting = [properties for properties in grids if properties["title"].strip() == wanted]
    if not fitting:
        titles = ", ".join(repr(properties["title"]) for properties in grids) or "none with cells"
        raise SourceConfigError(f"The spreadsheet has no worksheet {wanted or 'with cells'!r}. It has: {titles}.")
    size = fitting[0]["gridProperties"]
    return Worksheet(
        fitting[0].get("sheetId", 0), fitting[0]["title"], size.get("rowCount", 0), size.get("columnCount", 0)
    )


def letters(column: int) -> str:
    """A column's letters in A1 notation: 0 is A, 26 is AA."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def cell(value: object) -> Cell:
    """A value of the service as a cell. A sheet knows only one kind of number, so 5.0 is 5."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, (int, float)):
        return value
    return str(value) if value not in (None, "") else None


def text(value: Cell) -> str:
    """What a cell says, whatever its type: a key typed as 7 and one typed as "7" are the same key."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


@dataclass(frozen=True, slots=True)
class Header:
    """The named columns of a worksheet: name → position from 0. ``width`` is the length of the header row."""

    positions: Mapping[str, int]
    width: int

    @classmethod
    def of(cls, row: Sequence[object]) -> Header:
        """The header in ``row``: names are trimmed, blank ones left out, equal ones told apart."""
        names = distinct([trimmed(text(cell(value))) for value in row])
        return cls({name: position for position, name in enumerate(names) if name}, len(row))

    def cells(self, row: Sequence[object]) -> dict[str, Cell]:
        """The named cells of a row; what the service left out is empty."""
        return {name: cell(row[position]) if position < len(row) else None for name, position in self.positions.items()}

    def extended(self, names: Sequence[str], edge: int) -> Header:
        """With columns called ``names`` made beyond both the header and ``edge``."""
        if not names:
            return self
        start = max(self.width, edge)
        made = {name: start + index for index, name in enumerate(names)}
        return Header({**self.positions, **made}, start + len(names))

    def require(self, columns: Sequence[str]) -> None:
        """Raises SourceError unless all of ``columns`` are there."""
        gone = [name for name in columns if name not in self.positions]
        if gone:
            raise SourceError(f"The worksheet no longer has the column {', '.join(map(repr, gone))}: was it renamed?")


def spans(positions: Sequence[int]) -> list[tuple[int, int]]:
    """Neighbouring positions joined: [0, 1, 2, 5] is [(0, 2), (5, 5)]."""
    joined: list[tuple[int, int]] = []
    for position in sorted(set(positions)):
        if joined and joined[-1][1] == position - 1:
            joined[-1] = (joined[-1][0], position)
        else:
            joined.append((position, position))
    return joined
