"""What the page needs from the state, read at once and in a thread. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sync.contacts.problem import Problem
from sync.daemon.web.chart import DAYS
from sync.redaction import Redactor
from sync.run.report import CHANGES, tidied
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


def read_facts(url: str, names: Iterable[str], now: float, redactor: Redactor) -> dict[str, SyncFacts]:
    """The facts of these syncs, without any secret that an older version may have kept. Raises StateError."""
    with State.open(url, read_only=True) as state:
        return {name: _clean(_facts(state, name, now), redactor) for name in names}


def _clean(facts: SyncFacts, redactor: Redactor) -> SyncFacts:
    runs = (replace(run, error=redactor.message(run.error)) if run.error else run for run in facts.runs)
    problems = (tidied(problem, redactor) for problem in facts.problems)
    return replace(facts, runs=tuple(runs), problems=tuple(problems))


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
