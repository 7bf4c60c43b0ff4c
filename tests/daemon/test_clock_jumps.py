"""Clocks that are set and machines that sleep: schedules go by what the clock says now; what is overdue is known."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import pytest

from sync.clock import Clock
from sync.config.model import Config
from sync.daemon.schedule import LOOK_SECONDS, Timetable
from sync.sandbox import SandboxOptions, SandboxThread
from tests.support.daemons import CSV, DaemonProcess, until
from tests.support.paths import ROOT

START = datetime(2026, 11, 24, 20, 0, 30, tzinfo=UTC).timestamp()
HOUR = 3600.0


class Machine:
    """A machine whose time passes by itself, in steps, and whose clock is set by hand."""

    def __init__(self) -> None:
        self.set_by = 0.0
        self.passed = 0.0
        self.looks = 0
        self.frozen = False
        self.clock = Clock(
            now=lambda: START + self.set_by + self.passed, monotonic=lambda: self.passed, sleep=self.sleep
        )

    async def sleep(self, seconds: float) -> None:
        """The time that was asked for passes at once, where somebody lets it pass."""
        assert seconds <= LOOK_SECONDS
        self.looks += 1
        while self.frozen:  # noqa: ASYNC110 - time that does not pass sets no event
            await asyncio.sleep(0)
        self.passed += seconds
        await asyncio.sleep(0)

    async def passes(self, seconds: float) -> None:
        """At least so much time."""
        end = self.passed + seconds
        while self.passed < end:  # noqa: ASYNC110 - likewise
            await asyncio.sleep(0)


def config(**schedules: str) -> Config:
    plain = {"source": {"type": "csv", "path": "x.csv"}, "key": "id", "fields": {"firstName": "n"}}
    syncs = {name: plain | {"schedule": schedule} for name, schedule in schedules.items()}
    return Config.model_validate({"openphone": {"api_key": "k"}, "timezone": "UTC", "syncs": syncs})


Run = Callable[[str], Awaitable[None]]


@asynccontextmanager
async def timetable(machine: Machine, run: Run, **schedules: str) -> AsyncIterator[Timetable]:
    made = Timetable(run, machine.clock)
    made.follow(config(**schedules))
    made.start()
    try:
        yield made
    finally:
        made.end()


def counting() -> tuple[Counter[str], Run]:
    calls: Counter[str] = Counter()

    async def run(name: str) -> None:
        calls[name] += 1

    return calls, run


@pytest.mark.parametrize("hours", [-2, -48, -24 * 365 * 30])
async def test_set_back_it_goes_on_as_often(hours: float) -> None:
    machine, (calls, run) = Machine(), counting()
    async with timetable(machine, run, every="15m", cron="*/15 * * * *", daily="0 7 * * *") as made:
        await machine.passes(60)
        machine.set_by += hours * HOUR
        await machine.passes(HOUR)
        assert calls["every"] in (4, 5)
        assert calls["cron"] in (5, 6)
        assert calls["daily"] == 1
        assert made.overdue_since("every") is None
        for name in ("every", "cron", "daily"):
            upcoming = made.next_run(name)
            assert upcoming is not None
            assert 0 <= upcoming.timestamp() - machine.clock.now() <= (24 * HOUR if name == "daily" else 900)


@pytest.mark.parametrize("schedule", ["1h", "0 7 * * *"])
@pytest.mark.parametrize("hours", [-2, 2])
async def test_a_clock_that_is_set_while_the_daemon_starts_delays_no_first_run(schedule: str, hours: int) -> None:
    machine, (calls, run) = Machine(), counting()
    made = Timetable(run, machine.clock)
    made.follow(config(customers=schedule))
    machine.set_by = hours * HOUR
    made.start()
    await machine.passes(60)
    made.end()
    assert calls == {"customers": 1}


@pytest.mark.parametrize("hours", [2, 24 * 365 * 50])
async def test_set_forward_what_was_missed_is_one_turn_within_a_minute(hours: float) -> None:
    machine, (calls, run) = Machine(), counting()
    async with timetable(machine, run, every="15m", cron="*/15 * * * *", second="1s") as made:
        await machine.passes(60)
        before = Counter(calls)
        machine.set_by += hours * HOUR
        assert made.overdue_since("every") is None  # nobody could have looked yet
        await machine.passes(60)
        assert calls["every"] - before["every"] == 1
        assert calls["cron"] - before["cron"] in (1, 2)
        assert calls["second"] - before["second"] <= 70


async def test_small_corrections_of_the_clock_are_no_jump() -> None:
    machine, (calls, run) = Machine(), counting()
    async with timetable(machine, run, every="15m") as made:
        await machine.passes(60)
        due = made.next_run("every")
        for _ in range(20):
            machine.set_by -= 1
            await machine.passes(LOOK_SECONDS)
        assert made.next_run("every") == due
        assert calls["every"] == 1


async def test_a_run_that_does_not_end_makes_the_next_ones_overdue() -> None:
    machine = Machine()
    release = asyncio.Event()

    async def run(name: str) -> None:
        if name == "stuck":
            await release.wait()

    async with timetable(machine, run, stuck="15m", well="15m") as made:
        await machine.passes(20 * 60)
        assert made.overdue_since("stuck") is None  # one turn left out is an ordinary long run
        await machine.passes(15 * 60)
        assert made.overdue_since("stuck") == START + 15 * 60
        assert made.overdue_since("well") is None
        machine.set_by -= 2 * HOUR
        await machine.passes(60)
        assert made.overdue_since("stuck") == pytest.approx(START + 15 * 60 - 2 * HOUR)
        release.set()
        await machine.passes(15 * 60)
        assert made.overdue_since("stuck") is None


async def test_a_short_interval_is_not_overdue_by_a_run_of_a_few_seconds() -> None:
    machine = Machine()

    async def run(name: str) -> None:
        await machine.passes(30)

    async with timetable(machine, run, busy="2s") as made:
        for _ in range(20):
            await machine.passes(10)
            assert made.overdue_since("busy") is None


async def test_a_timetable_that_stands_still_is_overdue_by_a_clock_that_nobody_set() -> None:
    machine, (_, run) = Machine(), counting()
    async with timetable(machine, run, every="15m") as made:
        await machine.passes(60)
        machine.frozen = True
        machine.passed += HOUR
        machine.set_by -= 2 * HOUR
        assert made.overdue_since("every") == START + 15 * 60


JUMPING = """
import asyncio, pathlib, sys, time
from sync.cli.common import Surroundings
from sync.cli.main import main
from sync.clock import Clock

file = pathlib.Path(sys.argv.pop())
def offset(which):
    return float(file.read_text().split()[which])
async def sleep(seconds):
    await asyncio.sleep(min(seconds, 0.05))
clock = Clock(now=lambda: time.time() + offset(0), monotonic=lambda: time.monotonic() + offset(1), sleep=sleep)
main(sys.argv[1:], obj=Surroundings(clock=clock))
"""


class JumpingDaemon(DaemonProcess):
    """A daemon whose clocks can be set."""

    def set_clocks(self, wall: float, monotonic: float = 0) -> None:
        beside = self.folder / "offset.new"
        beside.write_text(f"{wall} {monotonic}")
        beside.replace(self.folder / "offset")

    def __enter__(self) -> Self:
        self.write_config()
        self.set_clocks(0)
        command = [sys.executable, "-c", JUMPING, "daemon", "-c", str(self.config), str(self.folder / "offset")]
        self._log = (self.folder / "stderr.txt").open("w")
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=self._log, stdout=self._log)
        until(lambda: answers(self))
        return self


@pytest.mark.parametrize("hours", [-2, 2])
def test_the_daemon_goes_on_by_the_new_clock(tmp_path: Path, hours: int) -> None:
    (tmp_path / "customers.csv").write_text(CSV)
    with (
        SandboxThread(SandboxOptions(requests_per_second=1000)) as sandbox,
        JumpingDaemon(tmp_path, sandbox, schedule="1s") as daemon,
    ):
        until(lambda: daemon.get("/readyz").status == 200)
        daemon.set_clocks(hours * HOUR)
        daemon.csv.write_text(CSV.replace("Ann", "Anna"))
        until(lambda: sandbox.by_external_id("c1")[0]["defaultFields"]["firstName"] == "Anna")
        until(lambda: daemon.logged("the clock jumped: schedules go by what it says now"))
        assert daemon.get("/readyz").status == 200
        assert 'openphone_sync_overdue_seconds{sync="customers"} 0.0' in daemon.get("/metrics").text
        assert daemon.stop()[0] == 0


def test_readiness_and_metrics_know_that_a_run_is_overdue(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text(CSV)
    with (
        SandboxThread(SandboxOptions(latency=60)) as sandbox,
        JumpingDaemon(tmp_path, sandbox, schedule="1s") as daemon,
    ):
        until(lambda: daemon.logged("still running: this turn is left out"))
        assert "overdue" not in daemon.get("/readyz").text
        daemon.set_clocks(200, 200)
        until(lambda: "overdue" in daemon.get("/readyz").text)
        answer = daemon.get("/readyz")
        assert answer.status == 503
        assert re.match(
            r"customers: has not run yet; a run is overdue since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00: "
            "the one before is still under way\n$",
            answer.text,
        )
        overdue = re.search(r'openphone_sync_overdue_seconds\{sync="customers"\} (\S+)', daemon.get("/metrics").text)
        assert overdue is not None
        assert float(overdue[1]) > 150
        assert daemon.stop()[0] == 0


def answers(daemon: DaemonProcess) -> bool:
    try:
        return daemon.get("/healthz").status == 200
    except OSError:
        return False
