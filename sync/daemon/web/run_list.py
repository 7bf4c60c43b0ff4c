"""``/syncs/NAME/runs``: the runs by day, what each did, quiet ones gathered. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sync.daemon.web.html import link
from sync.daemon.web.site import Moments
from sync.daemon.web.words import Moment, duration
from sync.state.history import RunRecord
from sync.wording import listed

PAGE = 60

DONE = {"created": ("create", "added"), "updated": ("update", "changed"), "deleted": ("delete", "deleted"),
        "adopted": ("adopt", "taken over")}  # fmt: skip
LEFT = {"rejected": "rejected", "failed": "failed", "held": "held back", "waiting": "missing once"}
TONES = {"ok": "good", "partial": "warn", "held": "warn", "failed": "bad"}
STATUS = {
    "ok": "Everything in place",
    "partial": "Some rows need you",
    "held": "Changes held back",
    "failed": "Did not work",
    "locked": "Another run was under way",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a run did, and where it is listed."""

    words: str
    href: str


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run; or several quiet ones that followed one another, of which ``quiet`` says how many."""

    id: int
    tone: str
    status: str
    when: Moment
    took: str
    by: str
    did: tuple[Part, ...]
    left: str
    error: str
    quiet: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """A day's runs."""

    name: str
    runs: tuple[RunLine, ...]


@dataclass(frozen=True, slots=True)
class RunsView:
    """The runs, newest first. ``older``: where there are more."""

    days: tuple[Day, ...]
    eventful: bool
    older: str


def runs_view(name: str, runs: Sequence[RunRecord], clock: Moments, *, eventful: bool, more: bool) -> RunsView:
    """These runs by day."""
    days: list[tuple[str, list[RunLine]]] = []
    for run in runs:
        line = run_line(run, clock)
        day = clock.day(run.started_at)
        if not days or days[-1][0] != day:
            days.append((day, []))
        of_day = days[-1][1]
        if _is_quiet(run) and of_day and of_day[-1].quiet:
            of_day[-1] = _one_more(of_day[-1])
        else:
            of_day.append(line)
    query = {"before": runs[-1].id, "show": None if eventful else "all"} if more else {}
    older = link(f"/syncs/{name}/runs", **query) if more else ""
    return RunsView(tuple(Day(day, tuple(lines)) for day, lines in days), eventful, older)


def run_line(run: RunRecord, clock: Moments) -> RunLine:
    """One run."""
    tone, status = TONES.get(run.status or "", "idle"), STATUS.get(run.status or "", "Did not end")
    if run.cut_short:
        tone, status = "idle", "Was stopped"
    if run.undoes is not None and run.status == "ok":
        status = f"Put back run {run.undoes}"
    return RunLine(
        id=run.id,
        tone=tone,
        status=status,
        when=clock.at(run.started_at),
        took=duration(timedelta(seconds=run.ended_at - run.started_at)) if run.ended_at else "",
        by=run.started_by or "",
        did=did(run),
        left=listed([f"{run.counts[name]:,} {word}" for name, word in LEFT.items() if run.counts.get(name)]),
        error=(run.error or "").partition("\n")[0],
        quiet=1 if _is_quiet(run) else 0,
    )


def did(run: RunRecord) -> tuple[Part, ...]:
    """What a run did, kind by kind."""
    return tuple(
        Part(f"{run.counts[name]:,} {word}", link(f"/runs/{run.id}", show=action))
        for name, (action, word) in DONE.items()
        if run.counts.get(name)
    )


def _is_quiet(run: RunRecord) -> bool:
    return run.status == "ok" and not run.changes and not any(run.counts.get(name) for name in LEFT)


def _one_more(line: RunLine) -> RunLine:
    return replace(line, quiet=line.quiet + 1)
