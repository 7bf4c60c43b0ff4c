"""Rows from a CSV file, whatever its encoding and separator.

The file is looked through once to settle its encoding (never two in one file), then streamed row by row: memory
does not grow with it. Broken quoting ends the read, because rows that it may have swallowed must not be taken for
deleted. Knows nothing of OpenPhone.
"""

from __future__ import annotations

import asyncio
import csv
import io
import os
import stat
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import BinaryIO, ClassVar, Literal

from pydantic import BaseModel, Field, field_validator

from connectors import base
from connectors.base import Cell, Context, IncompleteRead, ReadSummary, Row, SourceError
from connectors.headings import distinct
from connectors.text_encoding import NotText, find_encoding, is_text_encoding
from connectors.threads import in_thread

SEPARATORS = (",", ";", "\t", "|")
_SAMPLE_CHARACTERS = 64 * 1024
_SAMPLE_RECORDS = 10
_LARGEST_CELL = 4 * 1024 * 1024
_ROWS_BETWEEN_PAUSES = 1000


class CsvOptions(base.Options):
    """``encoding`` and ``delimiter`` are recognised where they are not given; ``header_row`` counts from 1."""

    type: Literal["csv"] = "csv"
    path: str = Field(min_length=1)
    encoding: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    header_row: int = Field(default=1, ge=1)

    @field_validator("encoding")
    @classmethod
    def _exists(cls, encoding: str | None) -> str | None:
        if encoding is not None and not is_text_encoding(encoding):
            raise ValueError(f"{encoding!r} is not an encoding: write one such as utf-8, utf-16 or windows-1252")
        return encoding

    @field_validator("delimiter")
    @classmethod
    def _separates(cls, delimiter: str | None) -> str | None:
        if delimiter in ('"', "\r", "\n"):
            raise ValueError(f"{delimiter!r} cannot separate cells")
        return delimiter


@dataclass(frozen=True, slots=True)
class _Header:
    """The columns of a file, the record they stand in, and which cells of a record they take."""

    number: int
    columns: tuple[str, ...]
    kept: tuple[bool, ...]

    @classmethod
    def of(cls, number: int, cells: Sequence[str]) -> _Header:
        names = [cell.strip() for cell in cells]
        return cls(number, tuple(filter(None, distinct(names))), tuple(map(bool, names)))


@dataclass(frozen=True, slots=True)
class _OpenFile:
    """A file that was looked through: its text from the beginning, its separator and its header."""

    raw: BinaryIO
    before: os.stat_result
    encoding: str
    delimiter: str
    header: _Header


class CsvConnector:
    """A CSV file as a source of rows."""

    name: ClassVar[str] = "csv"
    Options: ClassVar[type[BaseModel]] = CsvOptions

    def __init__(self, options: CsvOptions, context: Context) -> None:
        self._options = options
        self._path = context.folder / Path(options.path).expanduser()
        self._file: _OpenFile | None = None
        self._rows = 0

    async def columns(self) -> Sequence[str]:
        return (await self._opened()).header.columns

    async def read(self, bookmark: str | None = None) -> AsyncIterator[Row]:
        file = await self._opened()
        self._rows = 0
        for row in self._stream(file):
            yield row
            self._rows += 1
            if self._rows % _ROWS_BETWEEN_PAUSES == 0:
                await asyncio.sleep(0)

    def summary(self) -> ReadSummary:
        return ReadSummary(details={"records": self._rows})

    async def close(self) -> None:
        if self._file is not None:
            self._file.raw.close()
            self._file = None

    # --- opening: encoding, separator, header

    async def _opened(self) -> _OpenFile:
        if self._file is None:
            self._file = await in_thread(self._open, "csv-source")
        return self._file

    def _open(self) -> _OpenFile:
        try:
            self._check_kind()
            raw = self._path.open("rb")
        except FileNotFoundError:
            raise SourceError(f"{self._path} does not exist") from None
        except OSError as error:
            raise SourceError(f"{self._path} cannot be read: {error.strerror}") from None
        try:
            return self._look_through(raw)
        except BaseException as error:
            raw.close()
            if isinstance(error, OSError):
                raise SourceError(f"{self._path} cannot be read: {error.strerror}") from None
            raise

    def _check_kind(self) -> None:
        """Before opening, because a pipe would keep us waiting."""
        mode = self._path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise SourceError(f"{self._path} is a folder: give the CSV file in it")
        if not stat.S_ISREG(mode):
            raise SourceError(f"{self._path} is not a file")

    def _look_through(self, raw: BinaryIO) -> _OpenFile:
        before = os.fstat(raw.fileno())
        try:
            encoding = find_encoding(raw, self._options.encoding)
        except NotText as problem:
            raise SourceError(f"{self._path} {problem}") from None
        delimiter = self._options.delimiter or self._find_delimiter(raw, encoding)
        return _OpenFile(raw, before, encoding, delimiter, self._find_header(raw, encoding, delimiter))

    def _find_delimiter(self, raw: BinaryIO, encoding: str) -> str:
        with _Text(raw, encoding) as lines:
            sample = lines.read(_SAMPLE_CHARACTERS)
        if len(sample) == _SAMPLE_CHARACTERS:
            sample = sample[: sample.rfind("\n") + 1] or sample
        return likeliest_delimiter(sample, self._options.header_row)

    def _find_header(self, raw: BinaryIO, encoding: str, delimiter: str) -> _Header:
        """The first record with a name in it, from ``header_row`` on."""
        with _Text(raw, encoding) as lines:
            for number, cells in self._records(lines, delimiter):
                if number >= self._options.header_row and any(cell.strip() for cell in cells):
                    return _Header.of(number, cells)
        raise SourceError(f"{self._path} has no header: its first row must name the columns")

    # --- reading

    def _stream(self, file: _OpenFile) -> Iterator[Row]:
        """Every row under the header that is not blank, and the certainty that the file stayed as it was."""
        try:
            with _Text(file.raw, file.encoding) as lines:
                yield from _rows(file.header, self._records(lines, file.delimiter))
        except (OSError, UnicodeError, SourceError) as error:
            self._check_unchanged(file)
            if isinstance(error, SourceError):
                raise
            raise IncompleteRead(f"{self._path} could not be read to its end: {error}") from error
        self._check_unchanged(file)

    def _records(self, lines: io.TextIOWrapper, delimiter: str) -> Iterator[tuple[int, list[str]]]:
        """Records with their numbers; a line break in quotes does not count, a blank line does."""
        csv.field_size_limit(_LARGEST_CELL)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        number = 0
        try:
            for number, cells in enumerate(reader, start=1):
                yield number, cells
        except csv.Error as error:
            raise SourceError(
                f"{self._path}, row {number + 1} (line {reader.line_num}): {error}: check the quotes around its cells"
            ) from None

    def _check_unchanged(self, file: _OpenFile) -> None:
        try:
            now = self._path.stat()
        except OSError:
            raise IncompleteRead(f"{self._path} disappeared while it was read: run again") from None
        if _identity(now) != _identity(file.before):
            raise IncompleteRead(f"{self._path} changed while it was read: run again when it is complete")


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


class _Text(io.TextIOWrapper):
    """The file's text from its beginning; leaving it does not close the file."""

    def __init__(self, raw: BinaryIO, encoding: str) -> None:
        raw.seek(0)
        super().__init__(raw, encoding=encoding, newline="")

    def __exit__(self, *_: object) -> None:
        self.detach()


def _rows(header: _Header, records: Iterator[tuple[int, list[str]]]) -> Iterator[Row]:
    columns, width = header.columns, len(header.kept)
    every = all(header.kept)
    for number, cells in records:
        if number <= header.number:
            continue
        if len(cells) < width:
            cells += [""] * (width - len(cells))
        found: dict[str, Cell] = dict(zip(columns, cells if every else compress(cells, header.kept), strict=False))
        if any(found.values()) and any(map(str.strip, map(str, found.values()))):
            yield Row(number, found)


def likeliest_delimiter(sample: str, header_row: int = 1) -> str:
    """The separator under which the header has several cells and the rows below it as many; a comma if none.

    Where two fit alike, the one that no space follows (``Last, First;Phone``), then the one that gives more cells.
    """
    best, best_score = ",", (0.0, False, 0)
    for delimiter in SEPARATORS:
        records = _sample_records(sample, delimiter, header_row)
        if not records or len(records[0]) < 2:
            continue
        header = records[0]
        alike = sum(len(record) == len(header) for record in records) / len(records)
        tight = not any(cell.startswith(" ") for cell in header[1:])
        score = (alike, tight, len(header))
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _sample_records(sample: str, delimiter: str, header_row: int) -> list[list[str]]:
    """The header and the first rows under it that are not blank; separators in quotes do not count."""
    records: list[list[str]] = []
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    try:
        for number, cells in enumerate(reader, start=1):
            if number >= header_row and any(cell.strip() for cell in cells):
                records.append(cells)
            if len(records) > _SAMPLE_RECORDS:
                break
    except csv.Error:
        pass  # the reading proper will say where
    return records
