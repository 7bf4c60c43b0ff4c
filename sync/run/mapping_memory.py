"""What the state remembers of how each field was mapped when the sync was last in step.

By it a run tells what a changed mapping brings from what a changed source brings. Two mappings of one field are
remembered while contacts move from one to the other: a run that is cut off, or held back, leaves some with each.
"""

from __future__ import annotations

import json

from sync.mapping.mapper import Mapper
from sync.plan.plan import Plan
from sync.state.notes import Notes

FACT = "mapping"

_UNMAPPED = [""]


class MappingMemory:
    """The memory of one sync, seen from today's mapping. Nothing is remembered before its first whole run."""

    def __init__(self, notes: Notes, sync: str, mapper: Mapper) -> None:
        self._notes = notes
        self._sync = sync
        self._now = {part: [digest] for part, digest in mapper.parts.items()}
        written = notes.fact(sync, FACT)
        self._known: dict[str, list[str]] | None = json.loads(written) if written else None

    @property
    def changed(self) -> frozenset[str]:
        """The parts that are, for some contacts at least, mapped otherwise than when they were last in step."""
        known = self._known
        if known is None:
            return frozenset()
        return frozenset(part for part in {**known, **self._now} if _of(known, part) != _of(self._now, part))

    def begin(self) -> None:
        """Contacts are about to be brought from what was known to what is."""
        known, now = self._known, self._now
        if known is not None and self.changed:
            self._remember({part: list(dict.fromkeys(_of(known, part) + _of(now, part))) for part in {**known, **now}})

    def carried_out(self, plan: Plan) -> None:
        """The plan was carried out to its end: every contact is as it is mapped now, if no update was left out."""
        held = any(back.action == "update" for back in plan.held_back)
        if not held and plan.incomplete is None:
            self._remember(self._now)

    def _remember(self, mappings: dict[str, list[str]]) -> None:
        if mappings != self._known:
            self._known = mappings
            self._notes.set_fact(self._sync, FACT, json.dumps(mappings, sort_keys=True))


def _of(mappings: dict[str, list[str]], part: str) -> list[str]:
    return mappings.get(part, _UNMAPPED)
