"""Results into their rows: a fresh look at the keys, one request with the cells that change, another look; by batches.

When the service makes us wait, the look is taken again before anything is written. What landed beside a row that
somebody moved in between is put right at once: an id in the wrong row would be believed by the next run.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

from connectors.base import RowResult, SourceError
from connectors.google_sheets.client import SheetsClient
from connectors.google_sheets.errors import GridChanged
from connectors.google_sheets.grid import Header, Values, Worksheet, spans
from connectors.google_sheets.options import WriteBack
from connectors.google_sheets.placing import FreshRow, Placement, changes, key_columns, merged, place
from connectors.google_sheets.portions import Portions
from connectors.google_sheets.righting import Attempt, landed, righted
from connectors.patience import Patience

_LOOKS = 3
_AROUND = 5000
"""Rows above and below those of a batch that are looked at, too: by them a row that was moved is known again."""

_WITNESSES = 3
"""Columns beside the key by which a row is known again."""


class Writer:
    """Writes results into one worksheet; keeps up with its header and its width."""

    def __init__(
        self,
        client: SheetsClient,
        worksheet: Worksheet,
        header_row: int,
        header: Header,
        columns: WriteBack,
        patience: Patience,
        portions: Portions,
    ) -> None:
        self._client = client
        self._worksheet = worksheet
        self._header_row = header_row
        self._header = header
        self._columns = columns
        self._patience = patience
        self._at_once = portions.results

    async def write(self, results: Sequence[RowResult], edge: int) -> list[RowResult]:
        """Write ``results`` where they belong; returns those that found no row. Raises SourceError.

        ``edge`` is how far to the right any row reaches: columns are made beyond it.
        """
        unplaced: list[RowResult] = []
        for start in range(0, len(results), self._at_once):
            batch = results[start : start + self._at_once]
            attempts: list[Attempt] = []
            unplaced += await self._patience(partial(self._write_batch, batch, edge, attempts))
            for attempt in attempts[:1]:  # what was looked at before the first is what the rows had
                unplaced += await self._look_again(attempt)
        return unplaced

    async def prove(self) -> None:
        """A write that changes nothing. Raises SourceError where one that does would be refused."""
        positions = [self._header.positions[name] for name in self._columns.columns if name in self._header.positions]
        row = min(self._header_row + 1, self._worksheet.rows) if positions else self._header_row
        areas = [self._worksheet.area((position, position), (row, row)) for position in positions or [0]]
        await self._patience(partial(self._client.touch, areas))

    async def _write_batch(self, batch: Sequence[RowResult], edge: int, attempts: list[Attempt]) -> list[RowResult]:
        rows, found = await self._place(batch)
        missing = [name for name in self._columns.columns if name not in self._header.positions]
        header = self._header.extended(missing, edge)
        cells = {
            (row.number, header.positions[name]): said
            for row, result in found.placed
            for name, said in changes(row.cells, result, self._columns).items()
        }
        if cells:
            cells |= {(self._header_row, header.positions[name]): name for name in missing}
            await self._make_room(header.width if missing else 0)
            attempts.append(Attempt(rows, found.placed))
            await self._client.write(merged(cells, self._worksheet))
            self._header = header
        return found.unplaced

    async def _look_again(self, attempt: Attempt) -> list[RowResult]:
        """Put right what landed beside a row that was moved meanwhile; returns the results whose row is gone."""
        results = [result for _, result in attempt.placed]
        numbers = [row.number for row, _ in attempt.placed]
        unplaced: list[RowResult] = []
        for _ in range(_LOOKS):
            if landed(attempt, await self._patience(partial(self._span, results, numbers)), self._columns):
                return unplaced
            found = await self._patience(partial(self._put_right, attempt, results))
            unplaced += found.unplaced
            attempt = Attempt(attempt.before, found.placed)
            results = [result for _, result in found.placed]
            numbers = [row.number for row, _ in found.placed]
            if not results:
                return unplaced
        raise SourceError(
            "The rows of the worksheet were moved again and again while results were written: some ids may stand in "
            "other rows. Run again when nobody sorts it."
        )

    async def _put_right(self, attempt: Attempt, results: Sequence[RowResult]) -> Placement:
        now = await self._look(results, self._header_row + 1, None)
        found, cells = righted(attempt, now, self._columns)
        positions = self._header.positions
        if cells:
            await self._client.write(
                merged({(number, positions[name]): said for (number, name), said in cells.items()}, self._worksheet)
            )
        return found

    async def _place(self, batch: Sequence[RowResult]) -> tuple[list[FreshRow], Placement]:
        """Look where the rows were, and everywhere if one of them is gone from there."""
        numbers = [result.number for result in batch if result.number is not None]
        top, bottom = self._header_row + 1, None
        if len(numbers) == len(batch):
            rows = await self._span(batch, numbers, _AROUND)
            found = place(batch, rows, self._columns, all_rows=False)
            if not found.unplaced:
                return rows, found
        rows = await self._look(batch, top, bottom)
        return rows, place(batch, rows, self._columns, all_rows=True)

    async def _span(self, results: Sequence[RowResult], numbers: Sequence[int], around: int = 0) -> list[FreshRow]:
        """The rows from the first to the last of these; none where the worksheet no longer reaches so far."""
        top = max(self._header_row + 1, min(numbers) - around)
        bottom = max(numbers) + around
        try:
            return await self._look(results, top, bottom if bottom < self._worksheet.rows else None)
        except GridChanged:
            return []

    async def _look(self, batch: Sequence[RowResult], top: int, bottom: int | None) -> list[FreshRow]:
        """The cells that matter of the rows from ``top``, read by the header that stands in the same answer."""
        keys = key_columns(batch)
        for _ in range(_LOOKS):
            header = self._header
            header.require(keys)
            own = [name for name in header.positions if name not in self._columns.columns][:_WITNESSES]
            wanted = [
                header.positions[name] for name in (*keys, *own, *self._columns.columns) if name in header.positions
            ]
            across = spans(wanted)
            areas = [self._worksheet.area(span, (top, bottom)) for span in across]
            first, *found = await self._client.values_of([self._worksheet.whole_row(self._header_row), *areas])
            self._header = Header.of(first[0] if first else ())
            if self._header.positions == header.positions:
                seen = {*keys, *own, *self._columns.columns}
                return _rows(header, top, dict(zip(across, found, strict=True)), seen)
        raise SourceError("The columns of the worksheet were moved again and again while results were written.")

    async def _make_room(self, columns: int) -> None:
        """Widen the grid to ``columns`` where it is narrower."""
        lacking = columns - self._worksheet.columns
        if lacking > 0:
            await self._client.append_columns(self._worksheet.id, lacking)
            self._worksheet = replace(self._worksheet, columns=columns)


def _rows(header: Header, top: int, found: Mapping[tuple[int, int], Values], seen: Collection[str]) -> list[FreshRow]:
    """Rows put together again from the spans of columns that were read."""
    rows = []
    for index in range(max(map(len, found.values()), default=0)):
        row: list[object] = [None] * header.width
        for (left, _), values in found.items():
            part = values[index] if index < len(values) else ()
            row[left : left + len(part)] = part
        rows.append(FreshRow(top + index, {name: cell for name, cell in header.cells(row).items() if name in seen}))
    return rows
