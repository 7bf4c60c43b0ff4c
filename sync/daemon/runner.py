"""Runs syncs inside the daemon: one run a sync at a time, each counted, told of, and never the end of the others.

Knows neither schedules nor HTTP. The configuration in ``loaded`` may be exchanged while runs are under way.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import structlog

from sync.clock import Clock
from sync.config.jobs import Jobs
from sync.config.model import LoadedConfig
from sync.daemon.alerts import Alerts
from sync.daemon.metrics import Metrics
from sync.daemon.notify import channels
from sync.openphone.options import OpenPhoneOptions
from sync.openphone.pacing import Pace
from sync.openphone.patience import Patience
from sync.run.commands import Commands
from sync.run.job import RunOptions
from sync.run.report import SyncReport
from sync.run.story import run_sync
from sync.state.address import StateError
from sync.state.store import State
from sync.unexpected import unexpected

PREVIEW_CHANGES = 100
"""How many changes of a preview are kept to be shown; all are counted."""

NOTICE_SECONDS = 2.0
"""How long a stop waits for notices; the next program tells what was not told."""

SUCCEEDED = frozenset({"ok", "partial", "held"})
REMEMBERED_RUNS = 200

Activity = Literal["sync", "preview"]
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a sync's last run of this daemon ended."""

    status: str
    error: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """A dry run that somebody asked for, and when it ended (seconds since the epoch)."""

    at: float
    report: SyncReport


class Runner:
    """The syncs of one configuration, as they run."""

    def __init__(
        self,
        loaded: LoadedConfig,
        metrics: Metrics,
        stop: asyncio.Event,
        clock: Clock = Clock(),
        patience: Patience = Patience(),
    ) -> None:
        self.loaded = loaded
        self.ended: dict[str, Ended] = {}
        self.previews: dict[str, Preview] = {}
        self.doing: dict[str, Activity] = {}
        self._metrics = metrics
        self._stop = stop
        self._clock = clock
        self._patience = patience
        self._alerts = Alerts()
        self._turns: dict[str, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._paced: tuple[OpenPhoneOptions, Pace] | None = None

    async def follow(self, loaded: LoadedConfig) -> None:
        """Take up a configuration; runs under way end with the one that they began with."""
        gone = self.loaded.config.syncs.keys() - loaded.config.syncs.keys()
        self.loaded = loaded
        for name in gone:
            self.ended.pop(name, None)
            self.previews.pop(name, None)
            self._metrics.forget(name)
        for name in loaded.config.syncs:
            self._metrics.expect(name)
        await asyncio.to_thread(self._recall, loaded)

    def begin(self, name: str, activity: Activity) -> asyncio.Task[None] | None:
        """Start a run or a preview that somebody asked for; None where the sync is busy already."""
        if name in self.doing or self._stop.is_set():
            return None
        return asyncio.create_task(self.run(name) if activity == "sync" else self._preview(name))

    async def run(self, name: str) -> None:
        """One run of one sync, after whatever that sync is doing now. Never raises."""
        with self._known_task():
            async with self._turns.setdefault(name, asyncio.Lock()):
                report = await self._pass(name, "sync")
                if report is None:
                    return
                self._metrics.count_run(report, self._clock.now())
                await asyncio.to_thread(self._count_tracked, self.loaded, name)
                if not report.cut_short:
                    self._tell(report)

    async def finish(self, seconds: float) -> None:
        """Wait for what is under way, notices last and not long; what takes longer is cancelled."""
        began = self._clock.monotonic()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)
        for task in self._tasks:
            task.cancel()
        left = seconds - (self._clock.monotonic() - began)
        await self._alerts.finish(min(NOTICE_SECONDS, left))

    async def _preview(self, name: str) -> None:
        with self._known_task():
            async with self._turns.setdefault(name, asyncio.Lock()):
                report = await self._pass(name, "preview")
            if report is not None:
                del report.changes[PREVIEW_CHANGES:]
                self.previews[name] = Preview(self._clock.now(), report)

    async def _pass(self, name: str, activity: Activity) -> SyncReport | None:
        loaded = self.loaded
        if self._stop.is_set() or name not in loaded.config.syncs:
            return None
        options = RunOptions(dry_run=activity == "preview")
        jobs = Jobs(loaded, self._clock, self._patience)
        self.doing[name] = activity
        self._metrics.running(name, True)
        try:
            async with jobs.client(self._pace(loaded.config.openphone)) as client:
                try:
                    report = await run_sync(jobs.job(name, client, self._stop, options))
                finally:
                    self._metrics.count_traffic(name, client)
        except Exception as error:
            log.debug("traceback", sync=name, exc_info=True)
            said = loaded.redactor().message(unexpected(error))
            report = SyncReport(name, dry_run=options.dry_run, error=said)
        finally:
            self.doing.pop(name, None)
            self._metrics.running(name, False)
        if activity == "sync" and report.status != "locked":
            self.ended[name] = Ended(report.status, report.error)
        if report.error is not None and not report.cut_short:
            log.error("run failed", sync=name, run=report.run, reason=report.error)
        return report

    def _pace(self, openphone: OpenPhoneOptions) -> Pace:
        """The one pace of this key, first come, first served."""
        if self._paced is None or self._paced[0] != openphone:
            self._paced = (openphone, Pace(openphone.requests_per_second, self._clock))
        return self._paced[1]

    def _tell(self, report: SyncReport) -> None:
        config = self.loaded.config.alerts
        more = f"To look: openphone-sync status -c {self.loaded.path} on {socket.gethostname()}."
        self._alerts.consider(
            report,
            channels(config),
            rejected_share=config.rejected_share,
            state_url=self.loaded.state_url(),
            more=more,
            commands=Commands(str(self.loaded.path), several=len(self.loaded.config.syncs) > 1),
        )

    @contextmanager
    def _known_task(self) -> Iterator[None]:
        """The current task is one that ``finish`` waits for."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            yield
        finally:
            self._tasks.discard(task)

    def _count_tracked(self, loaded: LoadedConfig, name: str) -> None:
        with _reading(loaded) as state:
            if state is not None:
                self._metrics.contacts(name, state.contacts.count(name))

    def _recall(self, loaded: LoadedConfig) -> None:
        """What the state knows from before: contacts tracked, and when each sync last succeeded."""
        with _reading(loaded) as state:
            for name in loaded.config.syncs if state is not None else ():
                assert state is not None
                self._metrics.contacts(name, state.contacts.count(name))
                done = (
                    run for run in state.history.runs(name, REMEMBERED_RUNS) if run.status in SUCCEEDED and run.ended_at
                )
                if (last := next(done, None)) is not None and last.ended_at is not None:
                    self._metrics.succeeded(name, last.ended_at)


@contextmanager
def _reading(loaded: LoadedConfig) -> Iterator[State | None]:
    """The state to read from, or None where it cannot be read: the next run says why."""
    try:
        state = State.open(loaded.state_url(), read_only=True)
    except StateError:
        yield None
        return
    with state:
        try:
            yield state
        except StateError as error:
            log.warning("the state cannot be read", reason=str(error))
