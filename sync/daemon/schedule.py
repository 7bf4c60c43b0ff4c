"""When each sync runs: the configuration's words → APScheduler's triggers. Knows nothing of what a run does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import structlog
import tzlocal
from apscheduler.events import EVENT_JOB_MAX_INSTANCES, JobSubmissionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from sync.config.cron import cron_values
from sync.config.model import Config, SyncConfig
from sync.options import interval

DEFAULT = "1h"
"""How often a sync runs that names no schedule."""

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


class Timetable:
    """Calls ``run`` with a sync's name whenever that sync is due: at first at once, one call a sync at a time."""

    def __init__(self, run: Callable[[str], Awaitable[None]]) -> None:
        async def fire(name: str) -> None:
            await run(name)

        self._fire = fire
        self._timings: dict[str, Timing] = {}
        self._scheduler = AsyncIOScheduler(
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None}, timezone=ZoneInfo("UTC")
        )
        self._scheduler.add_listener(_left_out, EVENT_JOB_MAX_INSTANCES)

    def follow(self, config: Config) -> None:
        """Take up the configuration's syncs: new ones are due at once, those with the same times keep their turn."""
        zone = zone_of(config)
        timings = {name: Timing.of(sync, zone) for name, sync in config.syncs.items()}
        for name in self._timings.keys() - timings.keys():
            self._scheduler.remove_job(name)
        for name, timing in timings.items():
            if name not in self._timings:
                now = datetime.now(zone)
                self._scheduler.add_job(self._fire, timing.trigger(), args=[name], id=name, next_run_time=now)
                _announce(name, config.syncs[name], timing)
            elif timing != self._timings[name]:
                self._scheduler.reschedule_job(name, trigger=timing.trigger())
                _announce(name, config.syncs[name], timing)
        self._timings = timings

    def start(self) -> None:
        """Begin to call. Inside the event loop."""
        self._scheduler.start()

    def next_run(self, name: str) -> datetime | None:
        """When this sync is due again."""
        job = self._scheduler.get_job(name)
        return job.next_run_time if job is not None else None

    def pause(self) -> None:
        """Call nothing any more; what was called may finish."""
        self._scheduler.pause()

    def end(self) -> None:
        """Stop. This cancels calls that are still under way (APScheduler 3.11, whatever ``wait`` says)."""
        self._scheduler.shutdown(wait=False)


def _announce(name: str, sync: SyncConfig, timing: Timing) -> None:
    default = sync.schedule is None
    log.info("scheduled", sync=name, schedule=timing.schedule, by_default=default, time_zone=str(timing.zone))


def _left_out(event: JobSubmissionEvent) -> None:
    log.info("still running: this turn is left out", sync=event.job_id)
