"""Rows that ``where`` leaves out: as if they were not there. How many and why is told.

A record that an incremental read gives, and that is left out, is gone; in a full read it is simply missing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from connectors.base import Row
from sync.contacts.problem import Problem
from sync.mapping.values import ValueUnreadable
from sync.mapping.where import Condition, left_out
from sync.run.identity import Identity


class Filtering:
    """Sieves the rows of one run. ``reasons``: why rows were left out → how many. ``left``: whose they were."""

    def __init__(self, where: dict[str, Condition], identity: Identity, *, changes_only: bool) -> None:
        self._where = where
        self._identity = identity
        self.changes_only = changes_only
        self.reasons: Counter[str] = Counter()
        self.left: set[str] = set()

    def sieved(self, row: Row) -> Row | None:
        """The row, or None where it is left out; with its problem where nobody can say."""
        if not self._where or row.deleted or row.problem is not None:
            return row
        try:
            why = left_out(self._where, row.cells)
        except ValueUnreadable as unreadable:
            return replace(row, problem=f"whether 'where' keeps this row cannot be told: {unreadable.reason}")
        if why is None:
            return row
        self.reasons[why] += 1
        if self.changes_only:
            who = self._identity.of(row)
            if who is not None and not isinstance(who, Problem):
                self.left.add(who.external_id)
        return None
