"""The worksheets of the local Google: cells, ranges in A1 notation, and how the service reads and writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Date:
    """A cell that holds a number and shows it as a date."""

    serial: float
    shown: str


@dataclass(frozen=True)
class Formula:
    """A cell that somebody typed ``=…`` into, and what it shows."""

    typed: str
    shows: str = "#NAME?"


class Refused(Exception):
    """An answer in the shape that Google gives errors."""

    def __init__(self, code: int, message: str, status: str, reason: str = "", **metadata: str) -> None:
        super().__init__(message)
        error: dict[str, Any] = {"code": code, "message": message, "status": status}
        if reason:
            info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}
            error["details"] = [info | {"metadata": metadata}]
        self.code, self.payload = code, {"error": error}


@dataclass
class Sheet:
    """One worksheet: ``rows[0]`` is row 1. People edit it directly, the server through requests."""

    title: str
    rows: list[list[Any]]
    id: int = 0
    row_count: int = 1000
    column_count: int = 26
    hidden: bool = False
    chart: bool = False

    def column(self, name: str, header_row: int = 1) -> list[Any]:
        """The cells under a header, empty ones as ""."""
        position = self.rows[header_row - 1].index(name)
        return [
            row[position] if position < len(row) and row[position] is not None else "" for row in self.body(header_row)
        ]

    def body(self, header_row: int = 1) -> list[list[Any]]:
        """The rows below the header."""
        return self.rows[header_row:]

    def sort(self, key: Callable[[list[Any]], Any], header_row: int = 1) -> None:
        """A person sorts the rows below the header."""
        self.rows[header_row:] = sorted(self.rows[header_row:], key=key)

    def insert(self, number: int, cells: Sequence[Any] = ()) -> None:
        """A person inserts a row, which then has this number."""
        self.rows.insert(number - 1, list(cells))
        self.row_count += 1

    def delete(self, number: int) -> None:
        """A person deletes a row."""
        del self.rows[number - 1]
        self.row_count -= 1

    def get(self, row: int, column: int) -> Any:
        """The cell at a row number and a position from 0."""
        cells = self.rows[row - 1] if row <= len(self.rows) else []
        return cells[column] if column < len(cells) else None

    def put(self, row: int, column: int, value: Any) -> None:
        """Set a cell; what lies between it and the cells there are becomes empty."""
        while len(self.rows) < row:
            self.rows.append([])
        cells = self.rows[row - 1]
        cells.extend([None] * (column + 1 - len(cells)))
        cells[column] = value

    @property
    def properties(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "sheetId": self.id,
            "title": self.title,
            "sheetType": "OBJECT" if self.chart else "GRID",
        }
        if self.hidden:
            found["hidden"] = True
        if not self.chart:
            found["gridProperties"] = {"rowCount": self.row_count, "columnCount": self.column_count}
        return found


@dataclass
class Area:
    """A range of a worksheet: rows from 1, columns from 0, both ends included."""

    sheet: Sheet
    top: int
    bottom: int
    left: int
    right: int
    text: str


def area_of(sheets: list[Sheet], text: str) -> Area:
    """A range in A1 notation: a whole sheet, cells, rows, or columns; open ends reach to the edge of the grid."""
    found = re.fullmatch(r"('(?:[^']|'')+'|[^'!]+)(?:!([A-Z]*)(\d*)(?::([A-Z]*)(\d*))?)?", text)
    title = found[1] if found else ""
    title = title[1:-1].replace("''", "'") if title.startswith("'") else title
    sheet = next((sheet for sheet in sheets if sheet.title == title), None)
    if found is None or sheet is None:
        raise Refused(400, f"Unable to parse range: {text}", "INVALID_ARGUMENT")
    left, top, right, bottom = found[2] or "", found[3] or "", found[4], found[5]
    if right is None and (left or top):
        right, bottom = left, top
    return Area(
        sheet,
        int(top or 1),
        int(bottom or sheet.row_count),
        _position(left) if left else 0,
        _position(right) if right else sheet.column_count - 1,
        text,
    )


def _position(column: str) -> int:
    position = 0
    for letter in column:
        position = position * 26 + ord(letter) - ord("A") + 1
    return position - 1


def beyond(area: Area) -> Refused:
    """What the service says of a range that reaches over the grid's edge."""
    limits = f"Max rows: {area.sheet.row_count}, max columns: {area.sheet.column_count}"
    return Refused(400, f"Range ({area.text}) exceeds grid limits. {limits}", "INVALID_ARGUMENT")


def values_in(sheets: list[Sheet], text: str, query: Mapping[str, list[str]]) -> dict[str, Any]:
    """What a range holds, as the service answers it."""
    area = area_of(sheets, text)
    if area.bottom > area.sheet.row_count or area.right >= area.sheet.column_count or area.top > area.sheet.row_count:
        raise beyond(area)
    rows = [
        _without_tail([_rendered(area.sheet.get(row, column), query) for column in range(area.left, area.right + 1)])
        for row in range(area.top, min(area.bottom, len(area.sheet.rows)) + 1)
    ]
    rows = _without_tail(rows)
    answer: dict[str, Any] = {"range": text, "majorDimension": "ROWS"}
    return answer | {"values": rows} if rows else answer


def _without_tail(items: list[Any]) -> list[Any]:
    """What the service leaves out: empty cells at a row's end, empty rows at a range's end."""
    end = len(items)
    while end and items[end - 1] in ("", []):
        end -= 1
    return items[:end]


def _rendered(value: Any, query: Mapping[str, list[str]]) -> Any:
    formatted = query.get("valueRenderOption", ["FORMATTED_VALUE"])[0] == "FORMATTED_VALUE"
    if value is None:
        return ""
    if isinstance(value, Date):
        as_text = formatted or query.get("dateTimeRenderOption", ["SERIAL_NUMBER"])[0] == "FORMATTED_STRING"
        return value.shown if as_text else value.serial
    if isinstance(value, Formula):
        return value.shows
    if formatted and isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value) if formatted else value


def as_typed(value: Any, option: str) -> Any:
    """What a written value becomes: as it is with RAW, as if typed by a person with USER_ENTERED."""
    if value == "":
        return None
    if option == "USER_ENTERED" and isinstance(value, str):
        return Formula(value) if value.startswith("=") else int(value) if value.isdigit() else value
    return value
