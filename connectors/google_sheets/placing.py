"""Which row does a result belong to, and what changes there? Pure.

People sort and insert rows while we work. A result belongs to the row that has its key; where it was when it was
read only says where to look first. Where several rows have the key, the contact's id in the row decides; where that
does not either, the result stays unplaced: an id in the wrong row is worse than an id that comes with the next run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.base import Cell, RowResult
from connectors.google_sheets.grid import Worksheet, spans, text
from connectors.google_sheets.options import WriteBack

CELL_CHARACTERS = 50_000
"""More than this in a cell and the service refuses the whole request."""

Identity = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FreshRow:
    """A row as it stands just before writing: the cells that identify it and those that are written."""

    number: int
    cells: Mapping[str, Cell]


@dataclass(slots=True)
class Placement:
    """The row of each result, and the results that have none."""

    placed: list[tuple[FreshRow, RowResult]] = field(default_factory=list)
    unplaced: list[RowResult] = field(default_factory=list)


def to_show(result: RowResult, columns: WriteBack) -> dict[str, str]:
    """What the write-back cells of a row should say. An id is never taken away, so no id means no change."""
    wanted = {columns.contactId: result.contact_id or None, columns.status: result.status, columns.error: result.error}
    return {
        column: said[:CELL_CHARACTERS] for column, said in wanted.items() if column is not None and said is not None
    }


def changes(cells: Mapping[str, Cell], result: RowResult, columns: WriteBack) -> dict[str, str]:
    """The write-back cells of a row that do not say yet what they should."""
    wanted = to_show(result, columns)
    return {column: said for column, said in wanted.items() if text(cells.get(column)) != said.strip()}


def key_columns(results: Iterable[RowResult]) -> list[str]:
    """Every column that identifies one of the results."""
    return list(dict.fromkeys(column for result in results for column in result.key))


def place(results: Sequence[RowResult], rows: Sequence[FreshRow], columns: WriteBack, *, all_rows: bool) -> Placement:
    """The row of each result among ``rows``. Unless these are all rows, only a row that stayed where it was is sure."""
    found = Placement()
    by_number = {row.number: row for row in rows}
    moved = []
    for result in results:
        row = by_number.get(result.number) if result.number is not None else None
        if row and _has_key(row, result) and _may_hold(row, result, columns):
            found.placed.append((by_number.pop(row.number), result))
        else:
            moved.append(result)
    if all_rows:
        _place_moved(moved, by_number, columns, found)
    else:
        found.unplaced = moved
    return found


def _place_moved(
    results: Sequence[RowResult], free: Mapping[int, FreshRow], columns: WriteBack, found: Placement
) -> None:
    for same_columns in _grouped_by_columns(results):
        candidates = defaultdict(list)
        for row in free.values():
            candidates[_identity(row.cells, same_columns[0].key)].append(row)
        groups = defaultdict(list)
        for result in same_columns:
            groups[_identity(result.key, result.key)].append(result)
        for identity, group in groups.items():
            known = _identifies(group[0])
            _pair(group, candidates[identity] if known else [], columns, found)


def _pair(group: list[RowResult], rows: list[FreshRow], columns: WriteBack, found: Placement) -> None:
    """Give each result of one key its row among the rows with that key, or none where that would be a guess."""
    rest, left = [], list(rows)
    for result in group:
        own = next((row for row in left if _id_in(row, columns) and _id_in(row, columns) == result.contact_id), None)
        if own is None:
            rest.append(result)
        else:
            left.remove(own)
            found.placed.append((own, result))
    if len(rows) == len(group) == 1 and rows[0].number == group[0].number:
        free = left  # a contact that was made anew: the id of the old one gives way
    else:
        free = [row for row in left if all(_may_hold(row, result, columns) for result in rest)]
    if len(free) != len(rest):
        found.unplaced += rest
        return
    rest.sort(key=lambda result: result.number or 0)
    found.placed += zip(free, rest, strict=True)


def _grouped_by_columns(results: Sequence[RowResult]) -> list[list[RowResult]]:
    groups: dict[frozenset[str], list[RowResult]] = defaultdict(list)
    for result in results:
        groups[frozenset(result.key)].append(result)
    return list(groups.values())


def _identity(cells: Mapping[str, Cell], columns: Iterable[str]) -> Identity:
    return tuple((column, text(cells.get(column))) for column in sorted(columns))


def _identifies(result: RowResult) -> bool:
    """Whether the key says anything: a blank one fits every blank row."""
    return any(text(value) for value in result.key.values())


def _has_key(row: FreshRow, result: RowResult) -> bool:
    return all(text(row.cells.get(column)) == text(value) for column, value in result.key.items())


def _may_hold(row: FreshRow, result: RowResult, columns: WriteBack) -> bool:
    """Whether a row with the result's key may take it: an id goes where there is none, or the one it replaces."""
    if result.contact_id is None or columns.contactId in result.key:
        return True
    return _identifies(result) and _id_in(row, columns) in ("", result.contact_id)


def _id_in(row: FreshRow, columns: WriteBack) -> str:
    return text(row.cells.get(columns.contactId)) if columns.contactId else ""


def merged(cells: Mapping[tuple[int, int], str], worksheet: Worksheet) -> dict[str, list[list[str]]]:
    """Cells, by row number and position, as few ranges: neighbours are joined, first across, then down."""
    by_row: dict[int, list[int]] = defaultdict(list)
    for number, position in cells:
        by_row[number].append(position)
    open_blocks: dict[tuple[int, int], list[int]] = {}
    ranges: dict[str, list[list[str]]] = {}

    def close(span: tuple[int, int], numbers: list[int]) -> None:
        area = worksheet.area(span, (numbers[0], numbers[-1]))
        ranges[area] = [[cells[number, position] for position in range(span[0], span[1] + 1)] for number in numbers]

    for number in sorted(by_row):
        for span in spans(by_row[number]):
            numbers = open_blocks.get(span)
            if numbers and numbers[-1] == number - 1:
                numbers.append(number)
                continue
            if numbers:
                close(span, numbers)
            open_blocks[span] = [number]
    for span, numbers in open_blocks.items():
        close(span, numbers)
    return ranges
