"""What the page needs from the state, read at once and in a thread. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sync.contacts.problem import Problem
from sync.daemon.web.chart import DAYS
from sync.run.report import CHANGES
from sync.state.history import ChangeRecord, RunRecord
from sync.state.store import State

RECENT_RUNS = 500
SHOWN_CHANGES = 20
_SECONDS = DAYS * 86400.0


@dataclass(frozen=True, slots=True)
class SyncFacts:
    """What the state knows of one sync. ``changed``: the last run that changed something, and its ``changes``."""

    tracked: int = 0
    runs: tuple[RunRecord, ...] = ()
    eventful: tuple[RunRecord, ...] = ()
    problems: tuple[Problem, ...] = ()
    changed: RunRecord | None = None
    changes: tuple[ChangeRecord, ...] = ()


def read_facts(url: str, names: Iterable[str], now: float) -> dict[str, SyncFacts]:
    """The facts of these syncs. Raises StateError."""
    with State.open(url, read_only=True) as state:
        return {name: _facts(state, name, now) for name in names}


def _facts(state: State, name: str, now: float) -> SyncFacts:
    eventful = state.history.eventful_runs(name, now - _SECONDS)
    changed = next((run for run in eventful if any(run.counts.get(name) for name in CHANGES)), None)
    return SyncFacts(
        tracked=state.contacts.count(name),
        runs=tuple(state.history.runs(name, RECENT_RUNS)),
        eventful=tuple(eventful),
        problems=tuple(state.history.problems(name)),
        changed=changed,
        changes=tuple(state.history.changes_made(changed.id, SHOWN_CHANGES)) if changed else (),
    )
