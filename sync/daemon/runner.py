"""Runs syncs inside the daemon: one run a sync at a time, each counted, told of, and never the end of the others.

Knows neither schedules nor HTTP. The configuration in ``loaded`` may be exchanged while runs are under way.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import structlog

from sync.clock import Clock
from sync.config.jobs import Jobs
from sync.config.model import LoadedConfig
from sync.daemon.alerts import Alerts
from sync.daemon.errands import BY_SCHEDULE, BY_START, Done, Errand, Hands, sync_now
from sync.daemon.metrics import Metrics
from sync.daemon.notify import channels
from sync.daemon.previews import Previews
from sync.daemon.progress import Progress
from sync.openphone.client import OpenPhone
from sync.openphone.options import OpenPhoneOptions
from sync.openphone.pacing import Pace
from sync.openphone.patience import Patience
from sync.run.commands import Commands
from sync.run.report import SyncReport
from sync.state.address import StateError
from sync.state.store import State
from sync.unexpected import unexpected

NOTICE_SECONDS = 2.0
"""How long a stop waits for notices; the next program tells what was not told."""

SUCCEEDED = frozenset({"ok", "partial", "held"})
REMEMBERED_RUNS = 200

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a sync's last run of this daemon ended."""

    status: str
    error: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """What a decision came to, for whoever made it. ``href``: where to look."""

    text: str
    href: str = ""


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
        self.previews = Previews()
        self.progress = Progress()
        self.doing: dict[str, str] = {}
        self.said: dict[str, Said] = {}
        self._to_start = set(loaded.config.syncs)
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
            self.previews.forget(name)
            self._metrics.forget(name)
        for name in loaded.config.syncs:
            self._metrics.expect(name)
        await asyncio.to_thread(self._recall, loaded)

    def begin(self, name: str, errand: Errand) -> asyncio.Task[Done | None] | None:
        """Start what somebody asked for; None where the sync is busy already."""
        if name in self.doing or self._stop.is_set():
            return None
        return asyncio.create_task(self.carry_out(name, errand))

    async def run(self, name: str) -> None:
        """One run of one sync, as the schedule has it, after whatever that sync is doing now. Never raises."""
        by = BY_START if name in self._to_start else BY_SCHEDULE
        self._to_start.discard(name)
        await self.carry_out(name, sync_now(by))

    async def carry_out(self, name: str, errand: Errand) -> Done | None:
        """An errand, after whatever the sync is doing now; None where nothing may begin any more. Never raises."""
        with self._known_task():
            async with self._turns.setdefault(name, asyncio.Lock()):
                done = await self._pass(name, errand)
                if done is None or done.report.dry_run or done.report.status == "stale":
                    return done
                self._metrics.count_run(done.report, self._clock.now())
                await asyncio.to_thread(self._count_tracked, self.loaded, name)
                if errand.is_a_run and not done.report.cut_short:
                    self._tell(done.report)
                return done

    @asynccontextmanager
    async def client(self) -> AsyncIterator[OpenPhone]:
        """A client that keeps the pace of all others, for one question."""
        async with Jobs(self.loaded, self._clock, self._patience).client(
            self._pace(self.loaded.config.openphone)
        ) as client:
            yield client

    async def finish(self, seconds: float) -> None:
        """Wait for what is under way, notices last and not long; what takes longer is cancelled."""
        began = self._clock.monotonic()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)
        for task in self._tasks:
            task.cancel()
        left = seconds - (self._clock.monotonic() - began)
        await self._alerts.finish(min(NOTICE_SECONDS, left))

    async def _pass(self, name: str, errand: Errand) -> Done | None:
        loaded = self.loaded
        if self._stop.is_set() or name not in loaded.config.syncs:
            return None
        jobs = Jobs(loaded, self._clock, self._patience, errand.started_by)
        self.doing[name] = errand.doing
        self._metrics.running(name, True)
        try:
            async with jobs.client(self._pace(loaded.config.openphone)) as client:
                watcher = self.progress.of(name)
                hands = Hands(name, jobs, client, self._stop, watcher, self._clock, self.previews)
                try:
                    done = await errand.do(hands)
                finally:
                    self._metrics.count_traffic(name, client)
        except Exception as error:
            log.debug("traceback", sync=name, exc_info=True)
            said = loaded.redactor().message(unexpected(error))
            done = Done(SyncReport(name, dry_run=not errand.is_a_run, error=said))
        finally:
            self.doing.pop(name, None)
            self.progress.ended(name)
            self._metrics.running(name, False)
        report = done.report
        if errand.is_a_run and not report.dry_run and report.status not in ("locked", "stale"):
            self.ended[name] = Ended(report.status, report.error)
        if report.error is not None and not report.cut_short:
            log.error("run failed", sync=name, run=report.run, reason=report.error)
        return done

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
