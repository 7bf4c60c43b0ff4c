"""Which columns the records of a source had, where nothing but its records tells.

A mapped column that no record has is a typo, or was renamed in the source: read on, it would clear everyone's value.
Records of mixed shapes are fine: one that has the column is enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.base import Connector, Row
from sync.mapping.columns import columns_without_records, mapped_columns
from sync.mapping.options import MappingOptions
from sync.plan.rewrites import FEWEST_MOVED
from sync.run.mapping_notes import Sample

LOOKED_AT = 1000
"""Records that ``check`` looks at, at most; it ends at the first by which every mapped column was seen."""


class ColumnsSeen:
    """Takes every record of a source; ``columns`` is what the source says of itself, None where it cannot.

    ``sample`` keeps one of them, to be shown.
    """

    def __init__(self, options: MappingOptions, columns: Sequence[str] | None, sample: Sample | None = None) -> None:
        self._options = options
        self._sample = sample
        self._missing = {column for _, column in mapped_columns(options)} if columns is None else set()
        self._unfilled = set(self._missing)
        self._had: dict[str, None] = {}
        self._records = 0

    @property
    def settled(self) -> bool:
        """Every mapped column was seen."""
        return not self._missing

    def note(self, row: Row) -> None:
        """One record; one that the source says is deleted need not have more than its key."""
        if self._sample is not None:
            self._sample.note(row)
        if self._unfilled and not row.deleted:
            self._unfilled -= {column for column in self._unfilled if row.cells.get(column) is not None}
        if self._missing and not row.deleted:
            self._records += 1
            self._had.update(dict.fromkeys(row.cells))
            self._missing -= row.cells.keys()

    def mistakes(self, sync: str, most: int = 0) -> list[str]:
        """A message for each mapped column that no record had; none where there was no record. ``most``: as in
        ``columns_without_records``."""
        if not self._records or not self._missing:
            return []
        return columns_without_records(self._options, list(self._had), sync, most)

    def emptied(self, sync: str, counts: Mapping[str, int]) -> list[str]:
        """A message for each field that would be emptied in several contacts by columns with null in every record.

        ``counts``: in how many, by part. An API that knows no such column any more may say null instead of nothing.
        """
        columns: dict[str, list[str]] = {}
        for path, column in mapped_columns(self._options):
            columns.setdefault(path.removeprefix("fields."), []).append(column)
        return [
            f"every record of the source has null in the column {columns[part][0]!r} (syncs.{sync}.fields.{part}), "
            f"which would empty it in {count} contacts: was it renamed in the source? If it is meant, run once with "
            f"--max-rewrites {count}"
            for part, count in counts.items()
            if count >= FEWEST_MOVED and columns.get(part) and self._unfilled.issuperset(columns[part])
        ]


async def look_at_the_first(connector: Connector, sample: Sequence[Row], seen: ColumnsSeen, sync: str) -> list[str]:
    """What is wrong with the mapping by the source's first records: by the ``sample`` of them, if that is enough.

    Raises SourceError.
    """
    for row in sample:
        seen.note(row)
    if seen.settled:
        return []
    rows, count = connector.read(None), 0
    try:
        async for row in rows:
            seen.note(row)
            count += 1
            if seen.settled or count == LOOKED_AT:
                break
    finally:
        if close := getattr(rows, "aclose", None):  # a stranger's read need not be a generator
            await close()
    return seen.mistakes(sync, most=LOOKED_AT if count == LOOKED_AT else 0)
