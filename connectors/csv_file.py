"""Rows from a CSV file, whatever its encoding and separator.

The file is looked through once to settle its encoding (never two in one file), then streamed row by row: memory
does not grow with it. Broken quoting ends the read, because rows that it may have swallowed must not be taken for
deleted; so does a last row that was cut. Knows nothing of OpenPhone.
"""

from __future__ import annotations

import asyncio
import csv
import io
import os
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import compress
from typing import BinaryIO, ClassVar, Literal

from pydantic import BaseModel, Field, field_validator

from connectors import base, not_a_table
from connectors.base import Cell, Context, IncompleteRead, ReadSummary, Row, SourceError, TextEncoding
from connectors.delimiter import SAMPLE_RECORDS, SEPARATORS, first_rows, likeliest_delimiter
from connectors.files import FilePath, GivenFile, same_file
from connectors.headings import distinct, trimmed
from connectors.no_rows import Sieve, is_foot
from connectors.text_encoding import BrokenUtf8, EncodingName, NotText, find_encoding
from connectors.threads import in_thread

_SAMPLE_CHARACTERS = 64 * 1024
_LARGEST_CELL = 4 * 1024 * 1024
_ROWS_BETWEEN_PAUSES = 1000
_ESCAPED = "surrogateescape"
_BROKEN = re.compile("[\udc80-\udcff]+")
_NOTHING = " \t\x1a"
"""What may stand alone in a last line that says nothing: some programs end a file with Ctrl-Z."""

_LONGEST_SEPARATOR_LINE = 12
_SEPARATOR_LINE = re.compile('\ufeff?"?sep=([^\r\n"]|\t)"?[\r\n]*', re.IGNORECASE)
"""What tells Excel which separator follows. It takes the line for no row, and so do we."""


class CsvOptions(base.Options):
    """``encoding`` and ``delimiter`` are recognised where they are not given; ``header_row`` counts from 1."""

    type: Literal["csv"] = "csv"
    path: FilePath
    encoding: EncodingName | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    header_row: int = Field(default=1, ge=1)

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
        names = [trimmed(cell) for cell in cells]
        return cls(number, tuple(filter(None, distinct(names))), tuple(map(bool, names)))

    @property
    def least(self) -> int:
        """How many cells a record has that is whole."""
        return max((place for place, kept in enumerate(self.kept, start=1) if kept), default=0)


@dataclass(frozen=True, slots=True)
class _OpenFile:
    """A file that was looked through: its text from the beginning, its separator and its header.

    ``ended``: its last line has an end, so that it was not cut within it.
    """

    raw: BinaryIO
    before: os.stat_result
    encoding: TextEncoding
    delimiter: str
    header: _Header
    ended: bool


class CsvConnector:
    """A CSV file as a source of rows."""

    name: ClassVar[str] = "csv"
    Options: ClassVar[type[BaseModel]] = CsvOptions

    def __init__(self, options: CsvOptions, context: Context) -> None:
        self._options = options
        self._path = GivenFile(options.path, context.folder, "CSV file")
        self._file: _OpenFile | None = None
        self._rows = 0

    async def version(self) -> str:
        return await self._path.version()

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
        return ReadSummary(one_moment=self._path.one_moment, details={"records": self._rows})

    async def top(self) -> Sequence[Sequence[Cell]]:
        """The first rows as they stand, whatever ``header_row`` says. Raises SourceError."""
        file = await self._opened()
        said, sample = _beginning(file.raw, file.encoding.name)
        return first_rows(sample, [self._options.delimiter or said] if self._options.delimiter or said else SEPARATORS)

    @property
    def text_encoding(self) -> TextEncoding | None:
        return self._file.encoding if self._file else None

    @property
    def notes(self) -> Sequence[str]:
        return self._path.notes

    async def close(self) -> None:
        if self._file is not None:
            self._file.raw.close()
            self._file = None
        self._path.close()

    # --- opening: encoding, separator, header

    async def _opened(self) -> _OpenFile:
        if self._file is None:
            await self._path.fetch()
            self._file = await in_thread(self._open, "csv-source")
        return self._file

    def _open(self) -> _OpenFile:
        with self._path.errors_named():
            raw = self._path.open()
            try:
                return self._look_through(raw)
            except BaseException:
                raw.close()
                raise

    def _look_through(self, raw: BinaryIO) -> _OpenFile:
        before = os.fstat(raw.fileno())
        try:
            encoding = find_encoding(raw, self._options.encoding)
        except BrokenUtf8 as problem:
            raise SourceError(f"{self._path} {problem}: {self._broken_place(raw)}") from None
        except NotText as problem:
            raise SourceError(f"{self._path} {problem.words('CSV')}") from None
        self._check_is_table(raw, encoding.name)
        delimiter = self._options.delimiter or self._find_delimiter(raw, encoding.name)
        header = self._find_header(raw, encoding.name, delimiter)
        return _OpenFile(raw, before, encoding, delimiter, header, _has_ended(raw, encoding.name))

    def _check_is_table(self, raw: BinaryIO, encoding: str) -> None:
        _, sample = _beginning(raw, encoding)
        wrong = not_a_table.from_text(sample) or not_a_table.quoted_whole(
            sample.splitlines()[:SAMPLE_RECORDS], SEPARATORS
        )
        if wrong is not None:
            raise SourceError(f"{self._path} {wrong}")

    def _find_delimiter(self, raw: BinaryIO, encoding: str, errors: str = "strict") -> str:
        said, sample = _beginning(raw, encoding, errors)
        return said or likeliest_delimiter(sample, self._options.header_row)

    def _find_header(self, raw: BinaryIO, encoding: str, delimiter: str) -> _Header:
        """The first record with a name in it, from ``header_row`` on."""
        with _Text(raw, encoding) as lines:
            for number, cells in self._records(lines, delimiter):
                if number >= self._options.header_row and any(cell.strip() for cell in cells):
                    return _Header.of(number, cells)
        raise SourceError(f"{self._path} has no header: its first row must name the columns")

    def _broken_place(self, raw: BinaryIO) -> str:
        """Where the first bytes stand that are no UTF-8, and what to do about them."""
        delimiter = self._options.delimiter or self._find_delimiter(raw, "utf-8-sig", _ESCAPED)
        heading: list[str] = []
        where = "the text"
        with _Text(raw, "utf-8-sig", _ESCAPED) as lines, suppress(SourceError):
            for number, cells in self._records(lines, delimiter):
                where = f"row {number + 1}"
                if (place := next((n for n, cell in enumerate(cells) if _BROKEN.search(cell)), None)) is not None:
                    column = heading[place] if place < len(heading) and heading[place] else str(place + 1)
                    where = f"row {number}, column {column!r} ({_BROKEN.sub('�', cells[place])[:60]!r})"
                    break
                if not heading and number >= self._options.header_row and any(map(str.strip, cells)):
                    heading = [cell.strip() for cell in cells]
        return (
            f"{where} holds bytes in another encoding, or was cut. Correct it and save the file as UTF-8, or export it "
            "again; if the whole file is in another encoding, name it: 'encoding' (such as windows-1252, gb18030)"
        )

    # --- reading

    def _stream(self, file: _OpenFile) -> Iterator[Row]:
        """Every row under the header that is not blank, and the certainty that the file stayed as it was."""
        try:
            with _Text(file.raw, file.encoding.name) as lines:
                records = self._records(lines, file.delimiter)
                yield from _rows(file.header, records if file.ended else self._whole(file.header, records))
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
            where = f"{self._path}, row {number + 1} (line {reader.line_num})"
            if "unexpected end of data" in str(error):
                raise IncompleteRead(
                    f"{where}: the file ends within quotes: it was cut, or a quote is never closed. Export it "
                    "again, or check the quotes around the cells of that row."
                ) from None
            raise SourceError(f"{where}: {error}: check the quotes around its cells") from None

    def _whole(self, header: _Header, records: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
        """Every record of a file without a last line end, unless the last one was cut: that is not given."""
        last: tuple[int, list[str]] | None = None
        try:
            for record in records:
                if last is not None:
                    yield last
                last = record
        except IncompleteRead:
            if last is not None:
                yield last
            raise
        if last is None or not any(cell.strip(_NOTHING) for cell in last[1]):
            return
        number, cells = last
        if is_foot(cells):
            return
        if number > header.number and len(cells) < header.least:
            raise IncompleteRead(
                f"{self._path} ends in the middle of row {number}: it has {len(cells)} of {header.least} cells and no "
                "line end, so the file was cut. Export it again; if that row is whole, end it with a line break."
            )
        yield last

    def _check_unchanged(self, file: _OpenFile) -> None:
        try:
            now = self._path.stat()
        except OSError:
            raise IncompleteRead(f"{self._path} disappeared while it was read: run again") from None
        if not same_file(file.before, now):
            raise IncompleteRead(f"{self._path} changed while it was read: run again when it is complete")


class _Text(io.TextIOWrapper):
    """The file's text from its first row; leaving it does not close the file. ``separator``: what is said above it."""

    def __init__(self, raw: BinaryIO, encoding: str, errors: str = "strict") -> None:
        raw.seek(0)
        super().__init__(raw, encoding=encoding, errors=errors, newline="")
        said = _SEPARATOR_LINE.fullmatch(self.readline(_LONGEST_SEPARATOR_LINE))
        self.separator = said[1] if said else None
        if said is None:
            self.seek(0)

    def __exit__(self, *_: object) -> None:
        self.detach()


def _beginning(raw: BinaryIO, encoding: str, errors: str = "strict") -> tuple[str | None, str]:
    """The separator that a first line names, if it does, and whole lines from the first row on."""
    with _Text(raw, encoding, errors) as lines:
        sample = lines.read(_SAMPLE_CHARACTERS)
        if len(sample) == _SAMPLE_CHARACTERS:
            sample = sample[: sample.rfind("\n") + 1] or sample
        return lines.separator, sample


def _has_ended(raw: BinaryIO, encoding: str) -> bool:
    """Whether the last character ends a line. Every encoding that we read writes it in at most two bytes."""
    raw.seek(max(0, raw.seek(0, os.SEEK_END) - 2))
    last = raw.read()
    return last.strip(b"\0")[-1:] in (b"\n", b"\r")


def _rows(header: _Header, records: Iterator[tuple[int, list[str]]]) -> Iterator[Row]:
    columns, width = header.columns, len(header.kept)
    sieve = Sieve(columns, header.number)
    every = all(header.kept)
    for number, cells in records:
        if number <= header.number:
            continue
        if len(cells) < width:
            cells += [""] * (width - len(cells))
        found: dict[str, Cell] = dict(zip(columns, cells if every else compress(cells, header.kept), strict=False))
        yield from sieve(Row(number, found))
    yield from sieve.rest()
