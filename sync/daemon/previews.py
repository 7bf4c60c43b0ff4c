"""Dry runs that somebody asked for, kept for a while so that they can be looked at, and approved as they were shown."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sync.plan.saved import Approved, Difference
from sync.run.put_back import Back
from sync.run.report import SyncReport

KEPT = 30
KEPT_CHANGES = 250_000
"""How many previews, and changes in all of them, are kept: the oldest go first."""


@dataclass(frozen=True, slots=True)
class Undoing:
    """An undo of a whole run."""

    run: int


What = Undoing | Back | None
"""What was tried: an undo of a run, putting one contact back, or (None) a sync."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A dry run, and when it ended (seconds since the epoch).

    ``approved``: what may be done once somebody says yes; None where nothing can be. ``moved``: somebody did, and what
    would be done by then differed; nothing was done. ``done``: the run that did it.
    """

    id: str
    sync: str
    what: What
    at: float
    report: SyncReport
    approved: Approved | None = None
    moved: Sequence[Difference] = ()
    refused: str | None = None
    done: int | None = None


@dataclass(slots=True)
class Previews:
    """Those that are kept."""

    _kept: OrderedDict[str, Preview] = field(default_factory=OrderedDict)

    def add(self, sync: str, what: What, at: float, report: SyncReport, approved: Approved | None) -> Preview:
        """Keep one more."""
        preview = Preview(secrets.token_hex(6), sync, what, at, report, approved)
        self._kept[preview.id] = preview
        while len(self._kept) > 1 and (len(self._kept) > KEPT or self._changes() > KEPT_CHANGES):
            self._kept.popitem(last=False)
        return preview

    def get(self, number: str) -> Preview | None:
        """The one of this number, if it is still kept."""
        return self._kept.get(number)

    def tell(self, preview: Preview, report: SyncReport) -> None:
        """What became of it when somebody approved it."""
        if preview.id in self._kept:
            done = report.run if report.status != "stale" else None
            refused = report.error if done is None else None
            self._kept[preview.id] = replace(preview, moved=tuple(report.stale or ()), refused=refused, done=done)

    def forget(self, sync: str) -> None:
        """A sync is no longer configured."""
        for number in [preview.id for preview in self._kept.values() if preview.sync == sync]:
            del self._kept[number]

    def _changes(self) -> int:
        return sum(len(preview.report.changes) for preview in self._kept.values())
