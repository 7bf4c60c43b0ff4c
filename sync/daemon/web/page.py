"""What the page says: facts → words and lists that the template only has to lay out. Pure: no I/O, no clock."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Literal

from sync.config.model import Config
from sync.contacts.problem import Action, Problem
from sync.daemon.runner import Activity, Ended, Preview
from sync.daemon.web import words
from sync.daemon.web.changes import ChangeView, from_history, from_plan
from sync.daemon.web.chart import Chart, chart
from sync.daemon.web.facts import SyncFacts
from sync.daemon.web.words import Moment, counted
from sync.run.report import CHANGES, SyncReport
from sync.state.history import RunRecord
from sync.wording import listed

SHOWN_PROBLEMS = 100
SHOWN_PREVIEW = 50

Tone = Literal["good", "busy", "warn", "bad", "idle"]
_BUSY: Mapping[str, str] = {"sync": "Syncing now …", "preview": "Preparing the preview …"}
_DONE = {"created": "added", "updated": "changed", "deleted": "deleted", "adopted": "taken over"}
_LEFT = {
    "unchanged": "unchanged",
    "rejected": "rejected",
    "failed": "failed",
    "held": "held back",
    "waiting": "missing once",
}
_PASS_ONCE = re.compile(r"--max-(?:deletes|rewrites) \S+")


@dataclass(frozen=True, slots=True)
class Headline:
    """How things are, in a few words and a sentence."""

    tone: Tone
    words: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class HeldView:
    """Changes that a limit held back, and what to do about them."""

    reason: str
    command: str
    does: str


@dataclass(frozen=True, slots=True)
class PreviewView:
    """A dry run: what a sync would do."""

    when: Moment
    summary: str
    waiting: str
    error: str | None
    changes: tuple[ChangeView, ...]
    more: int
    problems: tuple[Problem, ...]
    more_problems: int
    held: tuple[HeldView, ...]


@dataclass(frozen=True, slots=True)
class SyncView:
    """One sync on the page."""

    name: str
    source: str
    schedule: str
    headline: Headline
    busy: str | None
    last: Moment | None
    next: Moment | None
    contacts: str
    summary: str
    waiting: str
    held: tuple[HeldView, ...]
    problems: tuple[Problem, ...]
    more_problems: int
    changed: Moment | None
    changes: tuple[ChangeView, ...]
    more_changes: int
    chart: Chart | None
    preview: PreviewView | None


@dataclass(frozen=True, slots=True)
class PageView:
    """The whole page."""

    headline: Headline
    syncs: tuple[SyncView, ...]
    made: Moment
    zone: str
    state_error: str | None


@dataclass(frozen=True, slots=True)
class Moments:
    """The clock that the page goes by."""

    now: float
    zone: tzinfo

    def at(self, seconds: float) -> Moment:
        return words.moment(seconds, self.now, self.zone)


@dataclass(frozen=True, slots=True)
class Known:
    """What the daemon knows of one sync beside the state."""

    schedule: str
    doing: Activity | None = None
    next_run: datetime | None = None
    ended: Ended | None = None
    preview: Preview | None = None


def page(
    config: Config, path: Path, facts: Mapping[str, SyncFacts], known: Mapping[str, Known], clock: Moments,
    state_error: str | None = None,
) -> PageView:  # fmt: skip
    """The page about these syncs. ``facts`` is empty where the state cannot be read."""
    syncs = tuple(_sync(config, path, name, facts.get(name, SyncFacts()), known[name], clock) for name in config.syncs)
    made = clock.at(clock.now)
    return PageView(_overall([sync.headline for sync in syncs]), syncs, made, str(clock.zone), state_error)


def _overall(headlines: Sequence[Headline]) -> Headline:
    bad = sum(1 for each in headlines if each.tone == "bad")
    warn = sum(1 for each in headlines if each.tone == "warn")
    if bad:
        return Headline("bad", f"{_so_many(bad, len(headlines))} {'does' if bad == 1 else 'do'} not work")
    if warn:
        return Headline("warn", f"{_so_many(warn, len(headlines))} {'needs' if warn == 1 else 'need'} you")
    if any(each.tone in ("idle", "busy") for each in headlines):
        return Headline("busy", "Getting started")
    return Headline("good", "Everything is in place")


def _so_many(some: int, all_of_them: int) -> str:
    """``1 of 3 syncs``; where there is only one, ``The sync``."""
    return f"{some} of {all_of_them} syncs" if all_of_them > 1 else "The sync"


def _sync(config: Config, path: Path, name: str, facts: SyncFacts, known: Known, clock: Moments) -> SyncView:
    finished = [run for run in facts.runs if run.ended_at is not None]
    last = finished[0] if finished else None
    rows = [problem for problem in facts.problems if problem.kind != "held"]
    return SyncView(
        name=name,
        source=str(config.syncs[name].source["type"]).replace("_", " "),
        schedule=words.schedule(known.schedule),
        headline=_headline(facts, finished, known, clock),
        busy=_BUSY[known.doing] if known.doing else None,
        last=clock.at(last.ended_at) if last and last.ended_at else None,
        next=clock.at(known.next_run.timestamp()) if known.next_run else None,
        contacts=counted(facts.tracked, "contact"),
        summary=_summary(last.counts) if last and last.status != "failed" else "",
        waiting=_waiting(last.counts) if last and last.status != "failed" else "",
        held=held_views(facts.problems, path, name),
        problems=tuple(rows[:SHOWN_PROBLEMS]),
        more_problems=max(0, len(rows) - SHOWN_PROBLEMS),
        changed=clock.at(facts.changed.started_at) if facts.changed else None,
        changes=tuple(from_history(record) for record in facts.changes),
        more_changes=_more(facts),
        chart=chart(facts.eventful, facts.tracked, clock.now, clock.zone),
        preview=_preview(known.preview, path, name, clock) if known.preview else None,
    )


def _headline(facts: SyncFacts, finished: Sequence[RunRecord], known: Known, clock: Moments) -> Headline:
    if not finished:
        if known.ended is not None and known.ended.status == "failed":  # not even the state could be used
            return Headline("bad", "Not working", known.ended.error or "")
        return Headline("busy", "The first sync is under way") if known.doing else Headline("idle", "Has not run yet")
    last = finished[0]
    if last.cut_short:
        return Headline("idle", "The last run was stopped", "What it did is kept; the next run goes on from there.")
    if last.status == "failed":
        return Headline("bad", "Not working", f"{last.error or 'The run failed.'} {_since(finished, clock)}".strip())
    if last.status == "held":
        what = listed(_held_back(facts.problems)) or "changes"
        return Headline("warn", f"{what} held back until you decide", "Everything else went on.")
    if last.status == "partial":
        rows = len({(p.row, p.external_id) for p in facts.problems if p.kind != "held"})
        needs = "needs" if rows == 1 else "need"
        return Headline("warn", f"{counted(rows, 'row')} {needs} you", "Everything else is in place.")
    return Headline("good", "Everything is in place")


def _since(finished: Sequence[RunRecord], clock: Moments) -> str:
    """Since when it fails, where that is more than one run."""
    failing = next((at for at, run in enumerate(finished) if run.status != "failed"), len(finished))
    if failing < 2:
        return "It is tried again on schedule."
    first = clock.at(finished[failing - 1].started_at)
    times = f"{failing}" if failing < len(finished) else f"at least {failing}"
    return f"It has failed {times} times since {first.clock}, and is tried again on schedule."


def _summary(counts: Mapping[str, int]) -> str:
    """``1,204 rows read: 3 added, 1 changed, 1,200 unchanged``."""
    parts = [f"{counts[name]:,} {word}" for name, word in (_DONE | _LEFT).items() if counts.get(name)]
    return f"{counted(counts.get('rows', 0), 'row')} read" + (f": {', '.join(parts)}" if parts else "")


def _waiting(counts: Mapping[str, int]) -> str:
    """What becomes of contacts whose rows one full read missed; empty where there are none."""
    number = counts.get("waiting", 0)
    if not number:
        return ""
    what, goes = ("row is", "its contact goes") if number == 1 else ("rows are", "their contacts go")
    return f"{number:,} {what} missing for the first time: {goes} when the next full read misses {_them(number)}, too."


def _them(number: int) -> str:
    return "it" if number == 1 else "them"


def _more(facts: SyncFacts) -> int:
    if facts.changed is None:
        return 0
    total = sum(facts.changed.counts.get(name, 0) for name in CHANGES)
    return max(0, total - len(facts.changes))


def _held_back(problems: Sequence[Problem]) -> list[str]:
    """``["18 deletes", "1 update"]``."""
    actions = Counter(problem.action or "change" for problem in problems if problem.kind == "held")
    return [counted(count, action) for action, count in actions.items()]


def held_views(problems: Sequence[Problem], path: Path, name: str) -> tuple[HeldView, ...]:
    """What is held back, by reason: with the command that lets it through once, or else shows it."""
    held = (problem for problem in problems if problem.kind == "held")
    by_reason = Counter((problem.action, problem.reason, problem.remedy) for problem in held)
    run = f"openphone-sync run -c {shlex.quote(str(path))} {shlex.quote(name)}"
    return tuple(_held_view(*why, count, run) for why, count in by_reason.items())


def _held_view(action: Action | None, reason: str, remedy: str | None, count: int, run: str) -> HeldView:
    """The remedy knows the option, and its number: more may have to pass than is held for this reason."""
    said = reason[:1].upper() + reason[1:]
    option = _PASS_ONCE.search(remedy or "")
    if option is not None:
        first, _, _ = str(remedy).rpartition("if they ")
        besides = first.removesuffix("or ").rstrip(" ;,")
        said += f". {besides[:1].upper()}{besides[1:]}" if besides else ""
    if option is None and action != "delete":
        return HeldView(said, f"{run} --dry-run", "Look at what would change:")
    does = f"If that is meant, let {_them(count)} through once:"
    return HeldView(said, f"{run} {option[0] if option else f'--max-deletes {count}'}", does)


def _preview(preview: Preview, path: Path, name: str, clock: Moments) -> PreviewView:
    report = preview.report
    rows = [problem for problem in report.problems if problem.kind != "held"]
    return PreviewView(
        when=clock.at(preview.at),
        summary=_would(report),
        waiting=_waiting(report.counts),
        error=report.error,
        changes=tuple(from_plan(change) for change in report.changes[:SHOWN_PREVIEW]),
        more=max(0, _planned(report) - SHOWN_PREVIEW),
        problems=tuple(rows[:SHOWN_PROBLEMS]),
        more_problems=max(0, len(rows) - SHOWN_PROBLEMS),
        held=held_views(report.problems, path, name),
    )


def _planned(report: SyncReport) -> int:
    return sum(report.counts[name] for name in CHANGES)


def _would(report: SyncReport) -> str:
    parts = [f"{report.counts[name]:,} {word}" for name, word in _DONE.items() if report.counts[name]]
    number = sum(report.counts[name] for name in _DONE)
    if not parts:
        return "A sync now would change nothing."
    return f"A sync now would touch {counted(number, 'contact')}: {', '.join(parts)}."
