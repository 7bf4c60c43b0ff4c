"""The connector: open the spreadsheet, find the worksheet, read its rows, write results back beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import structlog
from pydantic import BaseModel

from connectors.base import Cell, Context, ReadSummary, Row, RowResult
from connectors.google_sheets.grid import Header, cell, choose_worksheet
from connectors.google_sheets.options import GoogleSheetsOptions
from connectors.google_sheets.placing import changes
from connectors.google_sheets.portions import Portions
from connectors.header_row import LOOKED_AT
from connectors.no_rows import Sieve
from connectors.patience import MayPass, Patience, Timing

if TYPE_CHECKING:
    from connectors.google_sheets.client import SheetsClient
    from connectors.google_sheets.reading import Reader
    from connectors.google_sheets.writing import Writer


log = structlog.get_logger()

_ATTEMPTS = 5
_SECONDS = 120.0
"""Quotas are counted per minute, so there is time for an attempt in the next one."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A worksheet that was found and whose header was read; ``writer`` where results are written back."""

    reader: Reader
    header: Header
    writer: Writer | None


class GoogleSheetsConnector:
    """One worksheet as a source of rows. Reads nothing twice: ``columns`` and ``read`` share their requests."""

    name: ClassVar[str] = "google_sheets"
    Options: ClassVar[type[BaseModel]] = GoogleSheetsOptions

    def __init__(
        self,
        options: GoogleSheetsOptions,
        context: Context,
        *,
        timing: Timing | None = None,
        portions: Portions | None = None,
    ) -> None:
        self._options = options
        self._portions = portions or Portions()
        self._context = context
        self._timing = timing or Timing()
        self._patience = Patience(_ATTEMPTS, _SECONDS, timing=self._timing, on_trouble=_warn)
        self._client: SheetsClient | None = None
        self._sheet: _Sheet | None = None
        self._rows = 0

    @property
    def contact_id_column(self) -> str | None:
        """The column that holds contact ids, if ``write_back`` names one."""
        return self._options.write_back.contactId if self._options.write_back else None

    async def columns(self) -> Sequence[str]:
        """The names in the header row. Raises SourceError."""
        sheet = await self._opened()
        return list(sheet.header.positions)

    async def read(self, bookmark: str | None) -> AsyncIterator[Row]:
        """Every row that says something. A sheet has no memory of changes, so ``bookmark`` is not used."""
        sheet = await self._opened()
        self._rows = 0
        sieve = Sieve(list(sheet.header.positions), self._options.header_row, self._marks())
        async for number, values in sheet.reader.rows():
            for row in sieve(Row(number, sheet.header.cells(values))):
                self._rows += 1
                yield row
        for row in sieve.rest():
            self._rows += 1
            yield row

    async def top(self) -> Sequence[Sequence[Cell]]:
        """The first rows as they stand, whatever ``header_row`` says. Raises SourceError."""
        # Only here, because gspread and google-auth take a third of a second to import.
        from connectors.google_sheets.client import SheetsClient

        if self._client is None:
            self._client = await SheetsClient.open(self._options, self._context.folder, self._timing)
        client, patience = self._client, self._patience
        worksheet = choose_worksheet(await patience(client.worksheets), self._options.worksheet)
        area = worksheet.area((0, max(0, worksheet.columns - 1)), (1, LOOKED_AT))
        return [[cell(value) for value in row] for row in await patience(lambda: client.values(area))]

    def summary(self) -> ReadSummary:
        """How many rows were read, and with how many requests."""
        requests = self._client.requests if self._client else 0
        return ReadSummary(details={"rows": self._rows, "requests": requests})

    def shows(self, row: Row, result: RowResult) -> bool:
        """Whether the write-back cells of ``row``, as read, say all that ``result`` has to say."""
        return self._options.write_back is None or not changes(row.cells, result, self._options.write_back)

    async def write_back(self, results: Sequence[RowResult]) -> Sequence[RowResult]:
        """Write results into the rows that have their keys; returns those that found none. Raises SourceError."""
        if not results:
            return []
        sheet = await self._opened()
        return await sheet.writer.write(results, sheet.reader.width) if sheet.writer else []

    async def prove_writable(self) -> None:
        """Raises SourceError, with who must be made Editor, where results could not be written."""
        sheet = await self._opened()
        if sheet.writer is not None:
            await sheet.writer.prove()

    async def close(self) -> None:
        """Give the connections back."""
        if self._client is not None:
            await self._client.close()

    def _marks(self) -> frozenset[str]:
        """The columns that we write beside a row: they say nothing of its own, but a contact's id does."""
        ours = self._options.write_back
        return frozenset(name for name in (ours.status, ours.error) if name) if ours else frozenset()

    async def _opened(self) -> _Sheet:
        """The spreadsheet opened, the worksheet found, its header read; all of it once."""
        if self._sheet is None:
            self._sheet = await self._open()
        return self._sheet

    async def _open(self) -> _Sheet:
        # Only here, because gspread and google-auth take a third of a second to import.
        from connectors.google_sheets.client import SheetsClient
        from connectors.google_sheets.reading import Reader
        from connectors.google_sheets.writing import Writer

        options, patience = self._options, self._patience
        client = self._client or await SheetsClient.open(options, self._context.folder, self._timing)
        self._client = client
        worksheet = choose_worksheet(await patience(client.worksheets), options.worksheet)
        reader = Reader(client, worksheet, options.header_row, patience, self._portions)
        header, ours = await reader.header(), options.write_back
        writer = Writer(client, worksheet, options.header_row, header, ours, patience, self._portions) if ours else None
        return _Sheet(reader, header, writer)


def _warn(trouble: MayPass, attempt: int, wait: float) -> None:
    log.warning("google sheets: trying again", seconds=wait, attempt=attempt, reason=str(trouble))
