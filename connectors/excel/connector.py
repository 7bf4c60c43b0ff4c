"""Rows from a sheet of a workbook: .xlsx, .xls or .ods.

The workbook is read whole, at one moment, through python-calamine; what that leaves out (errors, formulas without a
result, how ids and telephone numbers are shown, hidden rows) comes from a second look. Knows nothing of OpenPhone.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, Field

from connectors import base
from connectors.base import Cell, Context, ReadSummary, Row, SourceError
from connectors.excel.cells import as_cell
from connectors.excel.workbook import Sheet, read_sheet
from connectors.files import FilePath, GivenFile, same_file
from connectors.header_row import LOOKED_AT
from connectors.headings import distinct, trimmed
from connectors.no_rows import Sieve
from connectors.threads import in_thread

_ROWS_BETWEEN_PAUSES = 1000
_FEW = 5


def _title(text: object) -> object:
    """A sheet called 2024 is text to us; blank text, as an unset ``${NAME:-}`` leaves it, counts as not given."""
    if isinstance(text, str):
        return text.strip() or None
    return str(text) if type(text) is int else text


class ExcelOptions(base.Options):
    """``sheet`` is a title, by default the first that people see; ``header_row`` counts from 1."""

    type: Literal["excel"] = "excel"
    path: FilePath
    sheet: Annotated[str | None, BeforeValidator(_title)] = None
    header_row: int = Field(default=1, ge=1)


@dataclass(frozen=True, slots=True)
class _Table:
    """A sheet whose header was found: the columns' names and the places of their cells."""

    sheet: Sheet
    header: int
    columns: tuple[str, ...]
    places: tuple[int, ...]


class ExcelConnector:
    """A workbook's sheet as a source of rows."""

    name: ClassVar[str] = "excel"
    Options: ClassVar[type[BaseModel]] = ExcelOptions

    def __init__(self, options: ExcelOptions, context: Context) -> None:
        self._options = options
        self._path = GivenFile(options.path, context.folder, "workbook")
        self._sheet: Sheet | None = None
        self._table: _Table | None = None
        self._rows = 0

    async def version(self) -> str:
        return await self._path.version()

    async def columns(self) -> Sequence[str]:
        return (await self._opened()).columns

    async def read(self, bookmark: str | None = None) -> AsyncIterator[Row]:
        table = await self._opened()
        self._rows = 0
        for row in _rows(table):
            yield row
            self._rows += 1
            if self._rows % _ROWS_BETWEEN_PAUSES == 0:
                await asyncio.sleep(0)

    def summary(self) -> ReadSummary:
        return ReadSummary(one_moment=self._path.one_moment, details={"records": self._rows})

    @property
    def notes(self) -> Sequence[str]:
        """That hidden rows are read, and what the way to the file is like."""
        if self._table is None:
            return self._path.notes
        numbers = [row + 1 for row in self._table.sheet.hidden if row > self._table.header]
        if not numbers:
            return self._path.notes
        some = ", ".join(map(str, numbers[:_FEW])) + (" and more" if len(numbers) > _FEW else "")
        what = "1 row is" if len(numbers) == 1 else f"{len(numbers)} rows are"
        hidden = f"{what} hidden in sheet {self._table.sheet.title!r} (row {some}), and read like the others"
        return (*self._path.notes, hidden)

    async def top(self) -> Sequence[Sequence[Cell]]:
        """The first rows as they stand, whatever ``header_row`` says. Raises SourceError."""
        sheet = await self._read()
        return [[_readable(value) for value in row] for row in sheet.rows[:LOOKED_AT]]

    async def close(self) -> None:
        self._sheet = self._table = None
        self._path.close()

    async def _opened(self) -> _Table:
        if self._table is None:
            self._table = self._table_of(await self._read())
        return self._table

    async def _read(self) -> Sheet:
        if self._sheet is None:
            await self._path.fetch()
            self._sheet = await in_thread(
                lambda: read_sheet(self._bytes(), self._options.sheet, str(self._path)), "excel-source"
            )
        return self._sheet

    def _table_of(self, sheet: Sheet) -> _Table:
        header = self._find_header(sheet)
        names = distinct([_heading(cell) for cell in sheet.rows[header]])
        places = tuple(place for place, name in enumerate(names) if name)
        return _Table(sheet, header, tuple(names[place] for place in places), places)

    def _bytes(self) -> bytes:
        with self._path.errors_named(), self._path.open() as file:
            before = os.fstat(file.fileno())
            data = file.read()
            after = self._path.stat()
        if not same_file(before, after):
            raise SourceError(f"{self._path} changed while it was read: run again when it is saved")
        return data

    def _find_header(self, sheet: Sheet) -> int:
        """The first row with a name in it, from ``header_row`` on."""
        for number in range(self._options.header_row - 1, len(sheet.rows)):
            if any(_heading(cell) for cell in sheet.rows[number]):
                return number
        raise SourceError(
            f"sheet {sheet.title!r} of {self._path} has no header: its first row must name the columns, or "
            f"'header_row' say which does. The workbook has the sheets {', '.join(map(repr, sheet.titles))}"
        )


def _heading(value: object) -> str:
    cell = _readable(value)
    return "" if cell is None else trimmed(" ".join(str(cell).split()))


def _readable(value: object) -> Cell:
    cell = as_cell(value)
    return None if isinstance(cell, base.Unreadable) else cell


def _rows(table: _Table) -> Iterator[Row]:
    """Every row under the header that says something: what is none is kept back, as in any sheet."""
    sheet = table.sheet
    touched = sheet.asides.touched_rows()
    sieve = Sieve(table.columns, table.header + 1)
    for number in range(table.header + 1, len(sheet.rows)):
        values: Sequence[object] = sheet.rows[number]
        if number in touched:
            values = [sheet.asides.of((number, place), value) for place, value in enumerate(values)]
        found: dict[str, Cell] = {
            name: as_cell(values[place]) if place < len(values) else None
            for name, place in zip(table.columns, table.places, strict=True)
        }
        yield from sieve(Row(number + 1, found))
    yield from sieve.rest()
