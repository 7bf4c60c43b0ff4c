"""What a run has to say of single rows though nothing is wrong with them: bounded, so that nobody is drowned in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from connectors.base import Row
from sync.contacts.change import Adopt, Decision, InStep, Update
from sync.contacts.contact import Contact
from sync.contacts.warning import RowWarning, WarningKind
from sync.mapping.mapper import Understood, changed, dropped
from sync.plan.decide import Wanted, merge

MOST = 100
"""So many of one kind are said of one column; the rest is counted."""


class Remarks:
    """Gathers them in the order in which they come."""

    def __init__(self) -> None:
        self._said: list[RowWarning] = []
        self._counts: dict[tuple[WarningKind, str], int] = defaultdict(int)

    def understood(self, understood: Understood, row: Row, external_id: str) -> None:
        """What was left out of a row's values, and what was lost on the way."""
        for bad in understood.dropped:
            self.note(bad.column, dropped(bad, row, external_id))
        for each in understood.changed:
            self.note(each.column, changed(each, row, external_id))

    def kept(self, item: Wanted, found: Sequence[Contact], decision: Decision) -> None:
        """What stays as the app has it, though the row wants something else."""
        if not item.policies or not isinstance(decision, InStep | Update | Adopt):
            return
        held = next((contact for contact in found if contact.id == decision.contact_id), None)
        if held is None:
            return
        last = item.last if item.tracked and decision.contact_id == item.contact_id else None
        for each in merge(item, held, last).kept:
            self.note(each.part, RowWarning("kept", each.text, item.row, item.external_id))

    def note(self, column: str, warning: RowWarning) -> None:
        """One of them, about this column or field."""
        self._counts[warning.kind, column] += 1
        if self._counts[warning.kind, column] <= MOST:
            self._said.append(warning)

    def warnings(self) -> list[RowWarning]:
        """All that is to be said."""
        more = [
            RowWarning(kind, f"{column}: likewise in {count - MOST:,} more rows")
            for (kind, column), count in self._counts.items()
            if count > MOST
        ]
        return [*self._said, *more]
