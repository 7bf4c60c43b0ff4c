"""One run, for whoever looks back: what it changed, who started it, what it put back, or who put it back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sync.contacts.problem import Action
from sync.state.history import ChangeRecord, RunRecord
from sync.state.store import State

NEEDS_A_PERSON = ("rejected", "failed", "held")


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run, and what the history keeps of it.

    ``undone_by``: the runs that put it back, oldest first. ``listed``: action → how many changes the history has; what
    was taken over as it was is counted by the run, but not listed. ``unknown``: how many of them have an outcome that
    was never learnt. ``going_on``: it is under way.
    """

    run: RunRecord
    undone_by: tuple[int, ...] = ()
    listed: Mapping[str, int] = field(default_factory=dict)
    unknown: int = 0
    going_on: bool = False

    @property
    def status(self) -> str:
        """As the run ended: its report's word; ``running``, or ``interrupted`` where it never came to its end."""
        if self.run.ended_at is None:
            return "running" if self.going_on else "interrupted"
        return self.run.status or "interrupted"

    @property
    def seconds(self) -> float | None:
        """How long it took; None where it has no end."""
        return None if self.run.ended_at is None else self.run.ended_at - self.run.started_at

    @property
    def problems(self) -> int:
        """How many rows and contacts needed a person when it ended."""
        return sum(self.run.counts.get(name, 0) for name in NEEDS_A_PERSON)

    @property
    def changes(self) -> int:
        """How many changes can be listed."""
        return sum(self.listed.values())


def run_facts(state: State, run: int, *, going_on: bool = False) -> RunFacts | None:
    """The run with this number; None where the history has none."""
    record = state.history.run(run)
    return _facts(state, record, going_on) if record else None


def last_run_facts(state: State, sync: str | None = None) -> RunFacts | None:
    """The newest run that changed something (what it sent before it was cut off, too), of one sync or of all."""
    record = state.lookback.last_that_changed(sync)
    return _facts(state, record, False) if record else None


def _facts(state: State, record: RunRecord, going_on: bool) -> RunFacts:
    listed, unknown = state.lookback.listed_of_run(record.id)
    return RunFacts(record, state.lookback.undone_by(record.id), listed, unknown, going_on)


def changes_of(
    state: State, run: int, *, action: Action | None = None, limit: int | None = None, offset: int = 0
) -> list[ChangeRecord]:
    """A portion of what a run changed, in the order in which it was sent."""
    return state.lookback.changes_of_run(run, action=action, limit=limit, offset=offset)


def every_change_of(state: State, run: int, *, action: Action | None = None) -> Iterator[ChangeRecord]:
    """All of it, read in portions."""
    return state.lookback.every_change_of_run(run, action=action)
