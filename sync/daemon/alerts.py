"""When to tell whom: one notice per change of state, never one per run. How a notice travels is ``notify``'s matter.

What was told is remembered per channel in the state, so that neither a restart repeats a notice nor an
unreachable channel loses one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import structlog

from sync.run.report import SyncReport
from sync.state.address import StateError
from sync.state.store import State
from sync.unexpected import unexpected

Condition = Literal["well", "failing", "held", "rejecting"]
WELL: Condition = "well"

QUEUE = 100
"""How many notices may wait for one channel; what finds no room is told after a later run."""

LONGEST = 30.0
"""Seconds after which a channel is given up that keeps no deadline of its own."""

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


def notice_of(report: SyncReport, condition: Condition, more: str) -> Notice:
    """The words for a sync that is now in this condition. ``more``: where to look."""
    name, counts = report.name, report.counts
    if condition == "failing":
        return Notice(f"{name} fails", f"{report.error} It is tried again on schedule. {more}")
    if condition == "held":
        reasons = " ".join(f"{back.danger.text}." for back in report.held_back)
        return Notice(f"{name}: {counts['held']} changes are held back", f"{reasons} The rest went on. {more}")
    if condition == "rejecting":
        share = f"{counts['rejected']} of {counts['rows']} rows are rejected"
        return Notice(f"{name}: {share}", f"Their contacts are left as they are. {more}")
    return Notice(f"{name} is well again", f"{counts['rows']} rows were read. {more}")


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
        self, report: SyncReport, channels: Sequence[Channel], *, rejected_share: float, state_url: str, more: str
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
            queue.append(_Errand(report.name, condition, notice_of(report, condition, more), state_url, channel))
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
