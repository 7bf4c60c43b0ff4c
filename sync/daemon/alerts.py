"""When to tell whom: one notice per change of state, never one per run. How a notice travels is ``notify``'s matter.

What was told is remembered per channel in the state, so that neither a restart repeats a notice nor an
unreachable channel loses one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import structlog

from sync.run.report import SyncReport
from sync.state.address import StateError
from sync.state.store import State

Condition = Literal["well", "failing", "held", "rejecting"]
WELL: Condition = "well"

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
    if report.status == "locked" or report.dry_run:
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


class Alerts:
    """Remembers what each channel was told of each sync, and tells it what changed."""

    def __init__(self) -> None:
        self._told: dict[str, dict[str, str]] = {}

    async def consider(
        self, report: SyncReport, channels: Sequence[Channel], *, rejected_share: float, state_url: str, more: str
    ) -> None:
        """Tell every channel that was not yet told how the sync is after this run. Never raises for a channel."""
        condition = condition_of(report, rejected_share)
        if condition is None or not channels:
            return
        if report.name not in self._told:
            self._told[report.name] = dict(await asyncio.to_thread(_remembered, state_url, report.name))
        told = self._told[report.name]
        for channel in channels:
            if told.get(channel.name, WELL) == condition:
                continue
            try:
                await channel.send(notice_of(report, condition, more))
            except NotSent as error:
                log.error("notice not sent: tried again after the next run", sync=report.name, reason=str(error))
                continue
            told[channel.name] = condition
            log.info("notice sent", sync=report.name, channel=channel.name, condition=condition)
            await asyncio.to_thread(_remember, state_url, report.name, channel.name, condition)


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
