"""When each sync runs: the configuration's words → APScheduler's triggers → calls. Knows nothing of what a run does."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import structlog
import tzlocal
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from sync.clock import Clock
from sync.config.cron import cron_values
from sync.config.model import Config, SyncConfig
from sync.options import interval
from sync.unexpected import unexpected

DEFAULT = "1h"
"""How often a sync runs that names no schedule."""

LOOK_SECONDS = 15.0
"""How often the clock is looked at: it may be set, and the machine may sleep."""

JUMP_SECONDS = 5.0
"""What a clock may gain or lose from one look to the next without having been set."""

OVERDUE_SECONDS = 60.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Timing:
    """When one sync runs. Equal timings need no new place in the timetable."""

    schedule: str
    jitter: timedelta | None
    zone: tzinfo

    @classmethod
    def of(cls, sync: SyncConfig, zone: tzinfo) -> Timing:
        return cls(sync.schedule or DEFAULT, interval(sync.jitter) if sync.jitter else None, zone)

    def trigger(self) -> Any:
        """The trigger that fires at these times."""
        jitter = self.jitter.total_seconds() if self.jitter else None
        every = interval(self.schedule)
        if every is not None:
            return IntervalTrigger(seconds=every.total_seconds(), timezone=self.zone, jitter=jitter)
        days = _cron_triggers(self.schedule, self.zone)
        for trigger in days:
            trigger.jitter = jitter
        return OrTrigger(days) if len(days) > 1 else days[0]


def _cron_triggers(text: str, zone: tzinfo) -> list[CronTrigger]:
    """Cron's rules, not APScheduler's: Sunday is 0, and where both kinds of day are restricted either will do."""
    minute, hour, day, month, weekday = cron_values(text)
    clock = {"minute": _listed(minute), "hour": _listed(hour), "month": _listed(month), "timezone": zone}
    # APScheduler's week begins on Monday.
    on_weekdays = _listed(frozenset((number - 1) % 7 for number in weekday) if weekday is not None else None)
    if day is None or weekday is None or any(field.startswith("*") for field in (text.split()[2], text.split()[4])):
        return [CronTrigger(day=_listed(day), day_of_week=on_weekdays, **clock)]
    return [CronTrigger(day=_listed(day), **clock), CronTrigger(day_of_week=on_weekdays, **clock)]


def _listed(values: frozenset[int] | None) -> str:
    return "*" if values is None else ",".join(str(value) for value in sorted(values))


def zone_of(config: Config) -> tzinfo:
    """Whose clock the schedules, and the page, go by."""
    return ZoneInfo(config.timezone) if config.timezone else tzlocal.get_localzone()


@dataclass(slots=True)
class _Turn:
    """When one sync is due (seconds since the epoch). ``left_out``: the first turn that was, since one began.

    ``at_once``: it has not been called yet, and is due whatever the clock says.
    """

    timing: Timing
    trigger: Any
    due: float
    left_out: float | None = None
    at_once: bool = True

    def after(self, now: float) -> float:
        """When it is due next. Turns that were missed are one; an interval that was kept goes on evenly."""
        every = interval(self.timing.schedule)
        evenly = every is not None and 0 <= now - self.due < every.total_seconds()
        previous = self._at(self.due if evenly else now)
        found: datetime | None = self.trigger.get_next_fire_time(previous, self._at(now))
        return found.timestamp() if found is not None else math.inf

    def moved(self, now: float, by: float) -> float:
        """When it is due by a clock that was set back: intervals are as long as they were, cron goes by the clock."""
        return self.due + by if interval(self.timing.schedule) is not None else self.after(now)

    def _at(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, self.timing.zone)


class Timetable:
    """Calls ``run`` with a sync's name whenever that sync is due: at first at once, one call a sync at a time.

    The triggers are APScheduler's, the waiting is not: its scheduler waits for as long as the clock said before it was
    set. This one looks at the clock every ``LOOK_SECONDS``.
    """

    def __init__(self, run: Callable[[str], Awaitable[None]], clock: Clock = Clock()) -> None:
        self._run = run
        self._clock = clock
        self._turns: dict[str, _Turn] = {}
        self._calls: dict[str, asyncio.Future[None]] = {}
        self._watching: asyncio.Task[None] | None = None
        self._looked = (clock.now(), clock.monotonic())

    def follow(self, config: Config) -> None:
        """Take up the configuration's syncs: new ones are due at once, those with the same times keep their turn."""
        zone, now = zone_of(config), self._clock.now()
        turns: dict[str, _Turn] = {}
        for name, sync in config.syncs.items():
            timing, known = Timing.of(sync, zone), self._turns.get(name)
            if known is not None and known.timing == timing:
                turns[name] = known
                continue
            turns[name] = _Turn(timing, timing.trigger(), now)
            if known is not None:
                turns[name].due, turns[name].at_once = turns[name].after(now), False
            _announce(name, sync, timing)
        self._turns = turns
        if self._watching is not None:
            self.start()

    def start(self) -> None:
        """Begin to call. Inside the event loop."""
        self.pause()
        self._watching = asyncio.create_task(self._watch())

    def next_run(self, name: str) -> datetime | None:
        """When this sync is due again."""
        turn = self._turns.get(name)
        return datetime.fromtimestamp(turn.due, turn.timing.zone) if turn and turn.due < math.inf else None

    def overdue_since(self, name: str) -> float | None:
        """Since when this sync should have begun a run, in seconds since the epoch; None where it is on time.

        A turn that is left out since the run before still goes on is overdue when the next one is left out, too.
        """
        turn = self._turns.get(name)
        if turn is None:
            return None
        looked, at = self._looked
        now = looked + self._clock.monotonic() - at  # by a clock that nobody set
        if turn.left_out is not None:
            between = turn.after(turn.due) - turn.due
            return turn.left_out if now - turn.left_out > max(OVERDUE_SECONDS, between) else None
        return turn.due if now - turn.due > OVERDUE_SECONDS else None

    def pause(self) -> None:
        """Call nothing any more; what was called may finish."""
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None

    def end(self) -> None:
        """Stop, and cancel calls that are still under way."""
        self.pause()
        for call in self._calls.values():
            call.cancel()

    async def _watch(self) -> None:
        while True:
            try:
                wait = self._look()
            except Exception as error:  # such as a clock that shows a year that is none
                log.error("the timetable is looked at again soon", reason=unexpected(error))
                wait = LOOK_SECONDS
            await self._clock.sleep(wait)

    def _look(self) -> float:
        """Call what is due; the seconds until the next look."""
        now = self._clock.now()
        self._notice_jump(now)
        for name, turn in self._turns.items():
            if turn.due <= now:
                self._take_turn(name, turn, now)
        first = min((turn.due for turn in self._turns.values()), default=math.inf)
        return min(LOOK_SECONDS, max(0.0, first - self._clock.now()))

    def _notice_jump(self, now: float) -> None:
        """A clock that was set, or a machine that slept. Ahead: what is due by then is due. Back: turns move along."""
        (looked, at), passed = self._looked, self._clock.monotonic()
        self._looked = (now, passed)
        jump = now - (looked + passed - at)
        if abs(jump) < JUMP_SECONDS:
            return
        log.warning("the clock jumped: schedules go by what it says now", seconds=round(jump))
        for turn in self._turns.values():
            if jump < 0:
                turn.due = now if turn.at_once else turn.moved(now, jump)
            if turn.left_out is not None:
                turn.left_out += jump

    def _take_turn(self, name: str, turn: _Turn, now: float) -> None:
        call = self._calls.get(name)
        if call is None or call.done():
            self._calls[name] = asyncio.ensure_future(self._run(name))
            turn.left_out = None
        else:
            log.info("still running: this turn is left out", sync=name)
            turn.left_out = turn.left_out if turn.left_out is not None else turn.due
        turn.due, turn.at_once = turn.after(now), False


def _announce(name: str, sync: SyncConfig, timing: Timing) -> None:
    default = sync.schedule is None
    log.info("scheduled", sync=name, schedule=timing.schedule, by_default=default, time_zone=str(timing.zone))
