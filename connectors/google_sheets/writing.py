"""Results into their rows: a fresh look at the keys, then one request with the cells that change; batch by batch.

Each batch is a unit: when the service makes us wait, the look is taken again before anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from connectors.base import RowResult, SourceError
from connectors.google_sheets.client import SheetsClient
from connectors.google_sheets.errors import GridChanged
from connectors.google_sheets.grid import Header, Values, Worksheet, spans
from connectors.google_sheets.options import WriteBack
from connectors.google_sheets.placing import FreshRow, Placement, changes, key_columns, merged, place
from connectors.google_sheets.portions import Portions
from connectors.patience import Patience

_LOOKS = 3


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
            unplaced += await self._patience(partial(self._write_batch, batch, edge))
        return unplaced

    async def _write_batch(self, batch: Sequence[RowResult], edge: int) -> list[RowResult]:
        found = await self._place(batch)
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
            await self._client.write(merged(cells, self._worksheet))
            self._header = header
        return found.unplaced

    async def _place(self, batch: Sequence[RowResult]) -> Placement:
        """Look where the rows were, and everywhere if one of them is gone from there."""
        numbers = [result.number for result in batch if result.number is not None]
        if len(numbers) == len(batch):
            try:
                rows = await self._look(batch, min(numbers), max(numbers))
            except GridChanged:
                rows = []
            found = place(batch, rows, self._columns, all_rows=False)
            if not found.unplaced:
                return found
        rows = await self._look(batch, self._header_row + 1, None)
        return place(batch, rows, self._columns, all_rows=True)

    async def _look(self, batch: Sequence[RowResult], top: int, bottom: int | None) -> list[FreshRow]:
        """The cells that matter of the rows from ``top``, read by the header that stands in the same answer."""
        keys = key_columns(batch)
        for _ in range(_LOOKS):
            header = self._header
            header.require(keys)
            wanted = [header.positions[name] for name in (*keys, *self._columns.columns) if name in header.positions]
            across = spans(wanted)
            areas = [self._worksheet.area(span, (top, bottom)) for span in across]
            first, *found = await self._client.values_of([self._worksheet.whole_row(self._header_row), *areas])
            self._header = Header.of(first[0] if first else ())
            if self._header.positions == header.positions:
                return _rows(header, top, dict(zip(across, found, strict=True)))
        raise SourceError("The columns of the worksheet were moved again and again while results were written.")

    async def _make_room(self, columns: int) -> None:
        """Widen the grid to ``columns`` where it is narrower."""
        lacking = columns - self._worksheet.columns
        if lacking > 0:
            await self._client.append_columns(self._worksheet.id, lacking)
            self._worksheet = replace(self._worksheet, columns=columns)


def _rows(header: Header, top: int, found: Mapping[tuple[int, int], Values]) -> list[FreshRow]:
    """Rows put together again from the spans of columns that were read."""
    rows = []
    for index in range(max(map(len, found.values()), default=0)):
        row: list[object] = [None] * header.width
        for (left, _), values in found.items():
            part = values[index] if index < len(values) else ()
            row[left : left + len(part)] = part
        rows.append(FreshRow(top + index, header.cells(row)))
    return rows
