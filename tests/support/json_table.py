"""A connector of a stranger's that writes back: a table in a JSON file. Tests install it by an entry point."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel

from connectors.base import Cell, Context, Options, ReadSummary, Row, RowResult, SourceError

FIRST_ROW = 2


class TableOptions(Options):
    """``write_back``: what is shown → the column for it. ``numbered``: whether rows have numbers."""

    path: Path
    write_back: dict[str, str] | None = None
    numbered: bool = True
    breaks: bool = False


class JsonTable:
    """``[{"id": "1", …}, …]``; every batch that is written back is noted in a file beside it."""

    name: ClassVar[str] = "json_table"
    Options: ClassVar[type[BaseModel]] = TableOptions

    def __init__(self, options: TableOptions, context: Context) -> None:
        self._options = options
        self._path = context.folder / options.path
        self._columns = options.write_back or {}

    async def columns(self) -> Sequence[str] | None:
        rows = self._load()
        return list(rows[0]) if rows else []

    async def read(self, bookmark: str | None) -> AsyncIterator[Row]:
        for place, cells in enumerate(self._load()):
            yield Row(place + FIRST_ROW if self._options.numbered else None, cells)

    def summary(self) -> ReadSummary:
        return ReadSummary()

    async def close(self) -> None:
        """Nothing is held open."""

    @property
    def contact_id_column(self) -> str | None:
        return self._columns.get("contactId")

    def shows(self, row: Row, result: RowResult) -> bool:
        return all(row.cells.get(column) == value for column, value in self._cells(result).items())

    async def write_back(self, results: Sequence[RowResult]) -> Sequence[RowResult]:
        if self._options.breaks:
            raise SourceError("the table cannot be written")
        rows, lost = self._load(), []
        for result in results:
            hint = rows[result.number - FIRST_ROW :] if result.number else []
            mine = [row for row in (*hint, *rows) if all(row.get(name) == cell for name, cell in result.key.items())]
            if mine:
                mine[0].update(self._cells(result))
            else:
                lost.append(result)
        self._path.write_text(json.dumps(rows))
        with self._path.with_suffix(".log").open("a") as log:
            log.write(json.dumps([result.number for result in results]) + "\n")
        return lost

    def _cells(self, result: RowResult) -> dict[str, Cell]:
        values = {"contactId": result.contact_id or "", "status": result.status, "error": result.error}
        return {column: values[what] for what, column in self._columns.items()}

    def _load(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(self._path.read_text())
        return rows
