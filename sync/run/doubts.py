"""Creates that may have been carried out twice: the answer never came, and another was sent. They are looked at again.

A create may be carried out long after its time-out: one look is not enough. While there are two, each run says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice

from sync.state.notes import Notes

FACT = "doubts"

LATE_SECONDS = 600.0
"""How late a create that was given up may still be carried out."""

LOOKED_AT_ONCE = 20
"""As many as share a request: an unchanged run makes no more than two."""


def read(notes: Notes, sync: str) -> dict[str, float]:
    """External id → since when there is a doubt, seconds since the epoch; the oldest first."""
    doubts: dict[str, float] = json.loads(notes.fact(sync, FACT) or "{}")
    return dict(sorted(doubts.items(), key=lambda doubt: doubt[1]))


def add(notes: Notes, sync: str, external_id: str, now: float) -> None:
    """Another create is about to be sent for this contact, though the one before may yet be carried out."""
    write(notes, sync, {**read(notes, sync), external_id: now})


def write(notes: Notes, sync: str, doubts: Mapping[str, float]) -> None:
    """These are what is left; written only where they changed."""
    if dict(doubts) != read(notes, sync):
        notes.set_fact(sync, FACT, json.dumps(dict(doubts)) if doubts else None)


class Doubts:
    """The doubts of one run."""

    def __init__(self, known: Mapping[str, float], now: float) -> None:
        self._known = known
        self._now = now
        self._doubled: set[str] = set()
        self._new: dict[str, float] = {}
        self._looked: set[str] = set()
        self.looked_at: Mapping[str, float] = dict(islice(known.items(), LOOKED_AT_ONCE))
        """Those that this run looks at."""

    def looked(self, external_id: str, *, doubled: bool) -> None:
        """The workspace was looked at for this contact. ``doubled``: we made several."""
        self._looked.add(external_id)
        if doubled:
            self._doubled.add(external_id)

    def unsettled(self, external_id: str, since: float) -> None:
        """A create that was cut off is nowhere to be found: it may still come."""
        self._new[external_id] = since

    def left(self) -> dict[str, float]:
        """What is to be looked at again."""
        old = {key: since for key, since in self._known.items() if not self._settled(key, since)}
        return {**old, **dict.fromkeys(self._doubled - old.keys(), self._now), **self._new}

    def _settled(self, external_id: str, since: float) -> bool:
        late = not 0 <= self._now - since < LATE_SECONDS
        return late and external_id in self._looked and external_id not in self._doubled
