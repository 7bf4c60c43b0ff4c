"""Did what was written land in the rows that it was meant for, and if not, what puts it right? Pure.

Between the last look at a worksheet and the write of a result people insert, delete and sort rows: then results stand
beside the neighbours. A row is known again by its own cells, those that we do not write.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.base import Cell, RowResult
from connectors.google_sheets.grid import text
from connectors.google_sheets.options import WriteBack
from connectors.google_sheets.placing import FreshRow, Placement, changes, place, to_show

Own = tuple[tuple[str, str], ...]
Cells = dict[tuple[int, str], str]
"""What to write: row number and column → text; "" empties the cell."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One write: the rows as they were looked at just before, and the results that went to some of them."""

    before: Sequence[FreshRow]
    placed: Sequence[tuple[FreshRow, RowResult]]


def landed(attempt: Attempt, now: Iterable[FreshRow], columns: WriteBack) -> bool:
    """Whether every row still stands where it stood, and shows its result."""
    by_number = {row.number: row for row in now}
    for meant, result in attempt.placed:
        row = by_number.get(meant.number)
        if row is None or _own(row, columns) != _own(meant, columns) or changes(row.cells, result, columns):
            return False
    return True


def righted(attempt: Attempt, now: Sequence[FreshRow], columns: WriteBack) -> tuple[Placement, Cells]:
    """Where each result belongs among all rows as they are ``now``, and the cells that bring them there.

    What landed beside another row is taken away again: that row gets back what it had.
    """
    restored = _restored(attempt, now, columns)
    results = [result for _, result in attempt.placed]
    found = place(results, [restored.get(row.number, row) for row in now], columns, all_rows=True)
    wanted: Cells = {}
    for number, row in restored.items():
        wanted |= {(number, name): text(row.cells.get(name)) for name in columns.columns}
    for row, result in found.placed:
        wanted |= {(row.number, name): said for name, said in to_show(result, columns).items()}
    held = {row.number: row.cells for row in now}
    cells = {at: said for at, said in wanted.items() if text(held[at[0]].get(at[1])) != said.strip()}
    return found, cells


def _restored(attempt: Attempt, now: Sequence[FreshRow], columns: WriteBack) -> dict[int, FreshRow]:
    """The rows that others' results landed in, by number, as they were before."""
    before: dict[Own, list[FreshRow]] = defaultdict(list)
    for row in attempt.before:
        before[_own(row, columns)].append(row)
    victims = _victims(attempt, now, columns, before.keys())
    taken = {_id(row, columns) for row in now if row.number not in victims}
    restored = {}
    for number, row in victims.items():
        alike = before.get(_own(row, columns), [])
        had = next((one for one in alike if not _id(one, columns) or _id(one, columns) not in taken), None)
        cells: Mapping[str, Cell] = had.cells if had else {}
        taken.add(_id(had, columns) if had else "")
        restored[number] = replace(row, cells={**row.cells, **{name: cells.get(name) for name in columns.columns}})
    return restored


def _victims(
    attempt: Attempt, now: Sequence[FreshRow], columns: WriteBack, known: Collection[Own]
) -> dict[int, FreshRow]:
    """The rows that show a result that was meant for another row."""
    by_number = {row.number: row for row in now}
    standing = {_own(row, columns) for row in now}
    victims = {}
    for meant, result in attempt.placed:
        row = by_number.get(meant.number)
        if row is None or _own(row, columns) == _own(meant, columns) or changes(row.cells, result, columns):
            continue  # it stands where it stood, or the result went along when it was moved
        shared = {cell for cell in _own(row, columns) if cell[1]} & set(_own(meant, columns))
        if _own(row, columns) in known or _own(meant, columns) in standing or not shared:
            victims[row.number] = row  # else it is the row itself, edited meanwhile
    return victims


def _own(row: FreshRow, columns: WriteBack) -> Own:
    """The cells of a row that we do not write."""
    return tuple((name, text(value)) for name, value in sorted(row.cells.items()) if name not in columns.columns)


def _id(row: FreshRow, columns: WriteBack) -> str:
    return text(row.cells.get(columns.contactId)) if columns.contactId else ""
