"""Rows whose contact is made, but whose cell does not show its id yet: remembered by their place and their cells.

A row without an id is known by its content. A person who edits it before its id is written would make it another row,
and another contact: so the state keeps, of each such row, its number and a digest of each of its cells.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from connectors.base import Cell, Row
from sync.state.notes import Notes

FACT = "unwritten"
_COMMON = 20
"""A cell that so many rows share tells none of them."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What is remembered of a row. ``marks``: a digest of each cell that says something."""

    number: int | None
    marks: frozenset[str]

    @classmethod
    def of(cls, row: Row, columns: Iterable[str]) -> Trace:
        """The row's cells in these columns."""
        marks = (_mark(column, row.cells.get(column)) for column in columns)
        return cls(row.number, frozenset(filter(None, marks)))

    def likeness(self, other: Trace) -> int:
        """How much speaks for two traces being of one row; 0: too little."""
        shared = len(self.marks & other.marks)
        here = self.number is not None and self.number == other.number
        if not here and 2 * shared < max(1, min(len(self.marks), len(other.marks))):
            return 0
        return 2 * shared + here


class Unwritten:
    """What the state remembers of such rows, by the external id of their contact."""

    def __init__(self, notes: Notes, sync: str) -> None:
        self._notes = notes
        self._sync = sync
        self._stored = notes.fact(sync, FACT)
        raw: Mapping[str, tuple[int | None, list[str]]] = json.loads(self._stored or "{}")
        self.traces = {key: Trace(number, frozenset(marks)) for key, (number, marks) in raw.items()}

    def remember(self, traces: Mapping[str, Trace]) -> None:
        """These rows, and no others, are without their id."""
        self.traces = dict(traces)
        value = {key: [trace.number, sorted(trace.marks)] for key, trace in sorted(traces.items())}
        stored = json.dumps(value) if value else None
        if stored != self._stored:
            self._notes.set_fact(self._sync, FACT, stored)
            self._stored = stored

    def recognised(self, rows: Sequence[Trace], seen: Collection[str]) -> dict[int, str]:
        """Which of these rows is which of those remembered, besides the ones that were ``seen``: place → external id.

        The likest first; each is one row's at most.
        """
        left = {key: trace for key, trace in self.traces.items() if key not in seen}
        index = _index(left)
        likely = sorted(
            (-likeness, place, key)
            for place, row in enumerate(rows)
            for key in {key for mark in (*row.marks, row.number) for key in index.get(mark, ())}
            if (likeness := row.likeness(left[key]))
        )
        found: dict[int, str] = {}
        taken: set[str] = set()
        for _, place, key in likely:
            if place not in found and key not in taken:
                found[place] = key
                taken.add(key)
        return found


def _index(traces: Mapping[str, Trace]) -> dict[str | int | None, list[str]]:
    """Mark, or place → the rows that have it."""
    found: dict[str | int | None, list[str]] = defaultdict(list)
    for key, trace in traces.items():
        for mark in (*trace.marks, trace.number):
            found[mark].append(key)
    return {mark: keys for mark, keys in found.items() if len(keys) <= _COMMON and mark is not None}


def _mark(column: str, cell: Cell) -> str:
    said = str(cell if cell is not None else "").strip()
    return hashlib.blake2b(f"{column}={said}".encode("utf-8", "replace"), digest_size=5).hexdigest() if said else ""
