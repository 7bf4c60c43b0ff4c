"""The ``json_lines`` source: a file with a JSON object on each line, one row each."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, Field

from connectors.base import Cell, Context, IncompleteRead, Options, ReadSummary, Row, SourceError, Unreadable


class JsonLinesOptions(Options):
    """What ``source:`` may say. ``Options`` refuses every key that is not named here."""

    type: Literal["json_lines"] = "json_lines"
    path: Path = Field(description="the .jsonl file, beside the configuration")


class JsonLinesConnector:
    """Reads what many programs log and export."""

    name: ClassVar[str] = "json_lines"
    Options: ClassVar[type[BaseModel]] = JsonLinesOptions

    def __init__(self, options: JsonLinesOptions, context: Context) -> None:
        self._path = context.folder / options.path
        self._columns: dict[str, None] = {}
        self._records = 0

    async def columns(self) -> Sequence[str]:
        """Every name that an object has, once the file has shown that it can be read."""
        for _, found in self._objects(self._lines()):
            self._columns |= dict.fromkeys(found)
        return list(self._columns)

    async def read(self, bookmark: str | None) -> AsyncIterator[Row]:
        """Every object. A file whose last line was cut was not read in full, and must say so."""
        for number, found in self._objects(self._lines()):
            self._records += 1
            yield Row(number, {column: _cell(found.get(column)) for column in self._columns})

    def summary(self) -> ReadSummary:
        """Every object was seen: a contact without one is gone."""
        return ReadSummary(full=True, details={"records": self._records})

    async def close(self) -> None:
        """Nothing is kept open."""

    def _lines(self) -> list[str]:
        try:
            return self._path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(f"{self._path} cannot be read: {error}") from None

    def _objects(self, lines: list[str]) -> Iterator[tuple[int, dict[str, object]]]:
        """Each object with its row's number; there is no header, so the first is row 2."""
        for number, line in enumerate(lines, start=1):
            try:
                found = json.loads(line) if line.strip() else {}
            except ValueError:
                error = IncompleteRead if number == len(lines) else SourceError
                raise error(f"{self._path}, line {number} is not JSON: correct it, or export the file again") from None
            if not isinstance(found, dict):
                raise SourceError(f"{self._path}, line {number} holds no object: this is another kind of file")
            if found:
                yield number + 1, found


def _cell(value: object) -> Cell:
    """A value of JSON as a cell. What no cell can hold rejects its row, if its column is mapped."""
    if isinstance(value, list):
        return [_cell(each) for each in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return Unreadable("is an object: name what is meant")
