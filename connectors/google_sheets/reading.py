"""A worksheet from top to bottom in few requests and bounded memory.

People edit while we read. A worksheet that fits into one request is seen at one moment. A larger one is read in
blocks that overlap by a row: if that row is another one the second time, rows were moved and some may have been
missed, so the read is incomplete.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from connectors.base import IncompleteRead, SourceError
from connectors.google_sheets.client import SheetsClient
from connectors.google_sheets.grid import Header, Values, Worksheet
from connectors.google_sheets.portions import Portions
from connectors.patience import Patience


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring rows: ``values[0]`` is row number ``first``. Trailing empty rows are left out."""

    first: int
    values: Values

    def row(self, number: int) -> Sequence[object]:
        """The cells of a row; none where the service left it out."""
        index = number - self.first
        return self.values[index] if 0 <= index < len(self.values) else ()

    @property
    def last(self) -> int:
        """The number of the last row that has a cell."""
        return self.first + len(self.values) - 1


class Reader:
    """Reads one worksheet block by block. The first block, which holds the header, is fetched once."""

    def __init__(
        self, client: SheetsClient, worksheet: Worksheet, header_row: int, patience: Patience, portions: Portions
    ) -> None:
        self.width = 0
        """How far to the right the rows read so far reach."""
        self._client = client
        self._worksheet = worksheet
        self._header_row = header_row
        self._patience = patience
        self._cells = portions.cells
        self._first: Block | None = None

    async def header(self) -> Header:
        """The header. Raises SourceError where its row is empty."""
        self._first = await self._first_block()
        header = Header.of(self._first.row(self._header_row))
        if not header.positions:
            raise SourceError(
                f"Row {self._header_row} of worksheet {self._worksheet.title!r} is empty, but should hold the names of "
                "the columns. Write them there, or set 'header_row' to the row that holds them."
            )
        return header

    async def rows(self) -> AsyncIterator[tuple[int, Sequence[object]]]:
        """Every row below the header with its number. Raises IncompleteRead once something was missed."""
        block = await self._first_block()
        self._first = None  # memory holds one block, not two
        done, bottoms = self._header_row, self._bottoms()
        bottom = next(bottoms)
        while True:
            for number in range(done + 1, block.last + 1):
                yield number, block.row(number)
            if bottom is None:
                return
            done, bottom = bottom, next(bottoms)
            block = await self._next_block(block, bottom)

    def _bottoms(self) -> Iterator[int | None]:
        """The last row of each block; None, for wherever the worksheet ends, comes last."""
        height = max(2, self._cells // max(1, self._worksheet.columns))
        bottom = self._header_row - 1 + height
        while bottom < self._worksheet.rows:
            yield bottom
            bottom += height
        yield None

    async def _first_block(self) -> Block:
        if self._first is not None:
            return self._first
        bottom = next(self._bottoms())
        if bottom is None:
            return await self._fetch(1, self._worksheet.everything)
        return await self._fetch(self._header_row, self._area(self._header_row, bottom))

    async def _next_block(self, block: Block, bottom: int | None) -> Block:
        """The block below, beginning with the last filled row of ``block``. Raises IncompleteRead."""
        try:
            following = await self._fetch(block.last, self._area(block.last, bottom))
        except SourceError as error:
            raise IncompleteRead(f"Only the rows down to {block.last} were read. {error}") from error
        if list(following.row(block.last)) != list(block.row(block.last)):
            raise IncompleteRead(
                f"Only the rows down to {block.last} were read: somebody moved, removed or changed rows of worksheet "
                f"{self._worksheet.title!r} at the same time. The next run reads it again."
            )
        return following

    def _area(self, top: int, bottom: int | None) -> str:
        return self._worksheet.area((0, self._worksheet.columns - 1), (top, bottom))

    async def _fetch(self, top: int, area: str) -> Block:
        values = await self._patience(lambda: self._client.values(area))
        self.width = max(self.width, *map(len, values)) if values else self.width
        return Block(top, values)
