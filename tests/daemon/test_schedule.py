"""Schedules: cron by cron's own rules, intervals, time zones, and one call a sync at a time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from sync.config.model import Config
from sync.daemon.schedule import DEFAULT, Timetable, Timing, zone_of

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 11, 24, 20, 0, 30, tzinfo=UTC)  # a Tuesday


def fires(schedule: str, count: int = 3, zone: ZoneInfo | None = None) -> list[str]:
    trigger = Timing(schedule, None, zone or ZoneInfo("UTC")).trigger()
    found: list[datetime] = []
    previous = None
    now = START
    while len(found) < count:
        previous = trigger.get_next_fire_time(previous, now)
        found.append(previous)
        now = previous + timedelta(seconds=1)
    return [f"{at:%a %d %b %H:%M}" for at in found]


def config(**syncs: dict[str, object]) -> Config:
    plain = {"source": {"type": "csv", "path": "x.csv"}, "key": "id", "fields": {"firstName": "n"}}
    return Config.model_validate(
        {"openphone": {"api_key": "k"}, "timezone": "UTC", "syncs": {n: plain | s for n, s in syncs.items()}}
    )


async def until(reached: Callable[[], bool]) -> None:
    """Return as soon as ``reached`` holds; fail where it never does."""
    async with asyncio.timeout(5):
        while True:
            if reached():
                return
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("*/15 * * * *", ["Tue 24 Nov 20:15", "Tue 24 Nov 20:30", "Tue 24 Nov 20:45"]),
        ("5/25 21 * * *", ["Tue 24 Nov 21:05", "Tue 24 Nov 21:30", "Tue 24 Nov 21:55"]),
        ("0 7 * * 0", ["Sun 29 Nov 07:00", "Sun 06 Dec 07:00", "Sun 13 Dec 07:00"]),
        ("0 7 * * 7", ["Sun 29 Nov 07:00", "Sun 06 Dec 07:00", "Sun 13 Dec 07:00"]),
        ("0 7 * * 5-7", ["Fri 27 Nov 07:00", "Sat 28 Nov 07:00", "Sun 29 Nov 07:00"]),
        ("0 7 * * sun-tue", ["Sun 29 Nov 07:00", "Mon 30 Nov 07:00", "Tue 01 Dec 07:00"]),
        ("0 7 1 jan,DEC *", ["Tue 01 Dec 07:00", "Fri 01 Jan 07:00", "Wed 01 Dec 07:00"]),
        ("0 7 1 * mon", ["Mon 30 Nov 07:00", "Tue 01 Dec 07:00", "Mon 07 Dec 07:00"]),  # either day will do
    ],
)
def test_cron_means_what_cron_says(schedule: str, expected: list[str]) -> None:
    assert fires(schedule) == expected


def test_schedules_go_by_the_time_zones_clock() -> None:
    assert fires("0 7 * * *", 1, BERLIN) == ["Wed 25 Nov 07:00"]
    winter = Timing("0 7 * * *", None, BERLIN).trigger().get_next_fire_time(None, START)
    summer = Timing("0 7 * * *", None, BERLIN).trigger().get_next_fire_time(None, START.replace(month=7))
    assert (winter.utcoffset(), summer.utcoffset()) == (timedelta(hours=1), timedelta(hours=2))


def test_jitter_only_delays_or_moves_by_what_is_allowed() -> None:
    trigger = Timing("1h", timedelta(seconds=30), ZoneInfo("UTC")).trigger()
    assert trigger.jitter == 30


def test_a_sync_without_a_schedule_runs_every_hour() -> None:
    assert Timing.of(config(a={}).syncs["a"], ZoneInfo("UTC")).schedule == DEFAULT == "1h"


def test_the_zone_is_the_machines_unless_it_is_configured() -> None:
    assert str(zone_of(config(a={}))) == "UTC"
    assert zone_of(config(a={}).model_copy(update={"timezone": None})) is not None


async def test_every_sync_is_called_at_once_and_one_call_at_a_time() -> None:
    calls: Counter[str] = Counter()
    under_way: Counter[str] = Counter()
    release = asyncio.Event()

    async def run(name: str) -> None:
        calls[name] += 1
        under_way[name] += 1
        assert under_way[name] == 1
        if name == "slow":
            await release.wait()
        under_way[name] -= 1

    timetable = Timetable(run)
    timetable.follow(config(slow={"schedule": "0.05s"}, quick={"schedule": "0.05s"}))
    timetable.start()
    await until(lambda: calls["quick"] >= 4)
    assert calls["slow"] == 1
    release.set()
    await until(lambda: calls["slow"] >= 2)
    timetable.pause()
    timetable.end()


async def test_a_new_configuration_keeps_the_turns_of_what_did_not_change() -> None:
    async def run(name: str) -> None:
        """Nothing to do."""

    timetable = Timetable(run)
    timetable.follow(config(a={"schedule": "1h"}, b={"schedule": "1h"}, c={"schedule": "1h"}))
    timetable.start()
    await until(lambda: all((at := timetable.next_run(n)) is not None and at > datetime.now(UTC) for n in "abc"))
    before = {name: timetable.next_run(name) for name in "abc"}
    timetable.follow(config(a={"schedule": "1h"}, b={"schedule": "2h"}, d={}))
    assert timetable.next_run("a") == before["a"]
    assert timetable.next_run("c") is None
    later, earlier = timetable.next_run("b"), before["b"]
    assert later is not None
    assert earlier is not None
    assert later > earlier
    assert timetable.next_run("d") is not None
    timetable.end()


def test_intervals_follow_one_another_evenly() -> None:
    trigger = Timing("90s", None, ZoneInfo("UTC")).trigger()
    times = [START]
    for _ in range(3):
        times.append(trigger.get_next_fire_time(times[-1], times[-1]))
    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(seconds=90)}
