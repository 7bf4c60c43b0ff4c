"""What the daemon can be asked to do with a sync: a run, a preview, just what a preview showed, letting held changes
through, putting back. Each is a value that the runner carries out when it is the sync's turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sync.clock import Clock
from sync.config.jobs import Jobs
from sync.daemon.previews import Preview, Previews, Undoing, What
from sync.openphone.client import OpenPhone
from sync.plan.let_through import Shown, as_shown
from sync.plan.saved import Approved, Asked
from sync.run.approval import Approval, approved_by
from sync.run.job import RunOptions
from sync.run.put_back import Back, put_back
from sync.run.report import SyncReport
from sync.run.spared import spare
from sync.run.story import run_sync
from sync.run.undo import undo
from sync.run.watching import Watcher
from sync.state.store import State

BY_PAGE = "the page"
BY_PROGRAM = "a program"
BY_SCHEDULE = "the schedule"
BY_START = "the daemon's start"

_WHOLE = Asked()


@dataclass(frozen=True, slots=True)
class Hands:
    """What an errand works with."""

    sync: str
    jobs: Jobs
    client: OpenPhone
    stop: asyncio.Event
    watcher: Watcher
    clock: Clock
    previews: Previews


@dataclass(frozen=True, slots=True)
class Errand:
    """One thing to do. ``doing``: what it is called while it goes on. ``is_a_run``: it tells how the sync is."""

    doing: str
    started_by: str
    do: Callable[[Hands], Awaitable[Done]]
    is_a_run: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What an errand came to: the report of what was done or tried; the preview that there is to look at."""

    report: SyncReport
    preview: Preview | None = None


def sync_now(started_by: str) -> Errand:
    """One run as the schedule has it."""

    async def do(hands: Hands) -> Done:
        return Done(await _run(hands, RunOptions()))

    return Errand("sync", started_by, do, is_a_run=True)


def preview(what: What = None, asked: Asked = _WHOLE) -> Errand:
    """A dry run to look at; ``what``: of an undo."""

    async def do(hands: Hands) -> Done:
        report, approved = await _tried(hands, what, asked)
        return Done(report, hands.previews.add(hands.sync, what, hands.clock.now(), report, approved))

    return Errand("preview", BY_PAGE, do)


def apply(shown: Preview, approved: Approved) -> Errand:
    """Just what a preview showed, or nothing."""

    async def do(hands: Hands) -> Done:
        report = await _carry_out(hands, shown.what, Approval(approved))
        hands.previews.tell(shown, report)
        return Done(report, shown)

    return Errand("apply", BY_PAGE, do, is_a_run=shown.what is None)


def let_through(shown: Sequence[Shown], left_out: Sequence[str] = ()) -> Errand:
    """These held changes, as they were shown; whom the person left out stays held from then on.

    Where they are no longer as shown nothing is done: a preview says what is.
    """
    keys = tuple(dict.fromkeys(each.external_id for each in shown))
    asked = Asked(only=keys, through=keys)

    async def do(hands: Hands) -> Done:
        report, approved = await _tried(hands, None, asked)
        if approved is not None and as_shown(shown, report.changes):
            await asyncio.to_thread(_spare, hands, left_out, keys)
            carried_out = await _run(hands, RunOptions.to_do(Approval(approved)))
            if carried_out.status != "stale":
                return Done(carried_out)
        return Done(report, hands.previews.add(hands.sync, None, hands.clock.now(), report, approved))

    return Errand("apply", BY_PAGE, do)


def _spare(hands: Hands, left_out: Sequence[str], through: Sequence[str]) -> None:
    with State.open(hands.jobs.loaded.state_url(), clock=hands.clock) as state:
        spare(hands.sync, state.notes, left_out, through)


async def _tried(hands: Hands, what: What, asked: Asked) -> tuple[SyncReport, Approved | None]:
    """A dry run, and what may be done once somebody approves it."""
    if what is None:
        report = await _run(hands, RunOptions(dry_run=True, only=asked.only, through=asked.through))
    else:
        report = await _turned_round(hands, what, dry_run=True)
    return report, approved_by(report, asked, hands.client)


async def _carry_out(hands: Hands, what: What, approval: Approval) -> SyncReport:
    if what is None:
        return await _run(hands, RunOptions.to_do(approval))
    return await _turned_round(hands, what, dry_run=False, approval=approval)


async def _run(hands: Hands, options: RunOptions) -> SyncReport:
    return await run_sync(hands.jobs.job(hands.sync, hands.client, hands.stop, options, hands.watcher))


async def _turned_round(
    hands: Hands, what: Undoing | Back, *, dry_run: bool, approval: Approval | None = None
) -> SyncReport:
    at = hands.jobs.workplace(hands.sync, hands.client, hands.stop, dry_run=dry_run)
    label = hands.jobs.label(hands.sync)
    if isinstance(what, Back):
        return await put_back(at, what, label, approval)
    return await undo(at, what.run, label, approval, hands.watcher)
