"""When to tell whom: one notice per change of state, never one per run. How a notice travels is ``notify``'s matter.

What was told is remembered per channel in the state, so that neither a restart repeats a notice nor an
unreachable channel loses one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import structlog

from sync.characters import one_line
from sync.contacts.in_words import named, problem_line
from sync.run import summary
from sync.run.commands import Commands
from sync.run.report import SyncReport
from sync.run.summary import Held
from sync.state.address import StateError
from sync.state.store import State
from sync.unexpected import unexpected

Condition = Literal["well", "failing", "held", "rejecting"]
WELL: Condition = "well"

QUEUE = 100
"""How many notices may wait for one channel; what finds no room is told after a later run."""

LONGEST = 30.0
"""Seconds after which a channel is given up that keeps no deadline of its own."""

NAMED = 5
"""So many people a notice names; a command lists the others."""

ANY = Commands()
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person is told: a line that says it all, and what more there is to know."""

    subject: str
    text: str


class Channel(Protocol):
    """A way to a person. ``name`` tells it from the others, in logs and in the state."""

    @property
    def name(self) -> str: ...

    async def send(self, notice: Notice) -> None:
        """Raises NotSent."""
        ...


class NotSent(Exception):
    """A notice could not be delivered; the message holds no secret."""


def condition_of(report: SyncReport, rejected_share: float) -> Condition | None:
    """How the sync is after this run; None where the run says nothing about it."""
    if report.status in ("locked", "stale") or report.dry_run:
        return None
    if report.status == "failed":
        return "failing"
    if report.counts["held"]:
        return "held"
    return "rejecting" if report.counts["rejected"] > rejected_share * report.counts["rows"] else WELL


def notice_of(report: SyncReport, condition: Condition, more: str, commands: Commands = ANY) -> Notice:
    """The words for a sync that is now in this condition: whom it is about, and what to do. ``more``: where to look."""
    name, counts = report.name, report.counts
    if condition == "failing":
        return Notice(f"{name} fails", f"{report.error} It is tried again on schedule. {more}")
    if condition == "held":
        what = "1 change is" if counts["held"] == 1 else f"{counts['held']:,} changes are"
        told = [line for group in summary.held(report) for line in _held_lines(group, name, commands)]
        return Notice(f"{name}: {what} held back", "\n".join([*told, f"The rest went on. {more}"]))
    if condition == "rejecting":
        share = f"{counts['rejected']} of {counts['rows']} rows are rejected"
        rows = [problem_line(problem) for problem in summary.problems(report)]
        told = ["Their contacts are left as they are:" if rows else "Their contacts are left as they are."]
        return Notice(f"{name}: {share}", "\n".join([*told, *_few(rows, commands.problems(name)), more]))
    return Notice(f"{name} is well again", f"{counts['rows']} rows were read. {more}")


def _held_lines(group: Held, sync: str, commands: Commands) -> Iterator[str]:
    """Why, whom, and the command that lets them through."""
    yield f"{group.title}: {one_line(group.danger.reason)}."
    whom = [
        f"{named(pair.was, pair.was_key)} may be {named(pair.now, pair.now_key, pair.row)}: {one_line(pair.why)}"
        for pair in group.pairs
    ]
    whom += [f"{change.action} {named(change.person, change.external_id, change.row)}" for change in group.changes]
    yield from _few(whom, commands.problems(sync))
    if group.besides:
        yield f"{group.besides[:1].upper()}{group.besides[1:]}."
    if group.danger.option:
        yield f"If that is meant, let them through once: {commands.run(sync, group.danger.option)}"


def _few(whom: Sequence[str], listing: str) -> Iterator[str]:
    """The first few, how many more there are, and what lists them."""
    yield from (f"- {each}" for each in whom[:NAMED])
    if len(whom) > NAMED:
        yield f"- … and {len(whom) - NAMED:,} more: {listing}"


@dataclass(frozen=True, slots=True)
class _Errand:
    """What one channel is to be told of one sync."""

    sync: str
    condition: Condition
    notice: Notice
    state_url: str
    channel: Channel


class Alerts:
    """Remembers what each channel was told of each sync, and tells it what changed, beside everything else.

    Each channel has a queue of its own: one that is slow or out of order holds up neither the others nor any run.
    """

    def __init__(self) -> None:
        self._told: dict[str, dict[str, str]] = {}
        self._queues: dict[str, deque[_Errand]] = {}
        self._errands: dict[str, asyncio.Task[None]] = {}
        self._closed = False

    def consider(
        self,
        report: SyncReport,
        channels: Sequence[Channel],
        *,
        rejected_share: float,
        state_url: str,
        more: str,
        commands: Commands = ANY,
    ) -> None:
        """See that every channel gets to know how the sync is after this run. Waits for nothing, never raises."""
        condition = condition_of(report, rejected_share)
        if condition is None or self._closed:
            return
        for channel in channels:
            queue = self._queues.setdefault(channel.name, deque())
            last = next((errand.condition for errand in reversed(queue) if errand.sync == report.name), None)
            if condition == (last or self._told.get(report.name, {}).get(channel.name)):
                continue
            if len(queue) >= QUEUE:
                _not_sent(report.name, f"{channel.name} has {QUEUE} notices before it")
                continue
            queue.append(
                _Errand(report.name, condition, notice_of(report, condition, more, commands), state_url, channel)
            )
            if channel.name not in self._errands:
                self._errands[channel.name] = asyncio.create_task(self._run_errands(channel.name))

    async def finish(self, seconds: float) -> None:
        """Wait for what is under way; what takes longer is given up, and told by the next program instead."""
        self._closed = True
        if self._errands:
            _, late = await asyncio.wait(self._errands.values(), timeout=max(0.0, seconds))
            for task in late:
                task.cancel()

    async def delivered(self) -> None:
        """Wait until every queue is empty."""
        while self._errands:
            await asyncio.wait(self._errands.values())

    async def _run_errands(self, channel: str) -> None:
        queue = self._queues[channel]
        try:
            while queue:
                try:
                    await self._tell(queue[0])
                except Exception as error:
                    _not_sent(queue[0].sync, unexpected(error))
                queue.popleft()
        finally:
            del self._errands[channel]

    async def _tell(self, errand: _Errand) -> None:
        sync, channel = errand.sync, errand.channel
        if sync not in self._told:
            found = await asyncio.to_thread(_remembered, errand.state_url, sync)
            self._told.setdefault(sync, dict(found))
        told = self._told[sync]
        if told.get(channel.name, WELL) == errand.condition:
            told[channel.name] = errand.condition
            return
        try:
            async with asyncio.timeout(LONGEST):
                await channel.send(errand.notice)
        except NotSent as error:
            _not_sent(sync, str(error))
            return
        except TimeoutError:
            _not_sent(sync, f"{channel.name} takes longer than {LONGEST:.0f} s")
            return
        told[channel.name] = errand.condition
        log.info("notice sent", sync=sync, channel=channel.name, condition=errand.condition)
        await asyncio.to_thread(_remember, errand.state_url, sync, channel.name, errand.condition)


def _not_sent(sync: str, reason: str) -> None:
    log.error("notice not sent: tried again after the next run", sync=sync, reason=reason)


def _remembered(url: str, sync: str) -> Mapping[str, str]:
    try:
        with State.open(url, read_only=True) as state:
            return state.notes.noticed(sync)
    except StateError:
        return {}  # the run has told the same


def _remember(url: str, sync: str, channel: str, condition: str) -> None:
    try:
        with State.open(url) as state:
            state.notes.note_notice(sync, channel, condition)
    except StateError as error:
        log.warning("the notice is not remembered", sync=sync, reason=str(error))
