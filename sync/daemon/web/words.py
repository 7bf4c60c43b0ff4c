"""Times, numbers and values as a person reads them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from sync.contacts.json_value import Json
from sync.contacts.value_text import value_text
from sync.options import interval
from sync.wording import counted as counted

_UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day"}
_NEAR = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time: by the clock, and from now."""

    clock: str
    distance: str
    iso: str


def moment(at: float, now: float, zone: tzinfo) -> Moment:
    """``at`` and ``now`` in seconds since the epoch."""
    then, today = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(now, zone)
    days = (today.date() - then.date()).days
    near = {0: "today", 1: "yesterday", -1: "tomorrow"}
    day = near.get(days) or f"{then.day} {then:%b}" + (f" {then.year}" if then.year != today.year else "")
    return Moment(f"{day} {then:%H:%M}", _distance(timedelta(seconds=at - now)), then.isoformat(timespec="seconds"))


def day(at: float, now: float, zone: tzinfo) -> str:
    """``Today``, ``Yesterday``, ``Tuesday 24 November``."""
    then, today = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(now, zone)
    near = {0: "Today", 1: "Yesterday"}.get((today.date() - then.date()).days)
    return near or f"{then:%A} {then.day} {then:%B}" + (f" {then.year}" if then.year != today.year else "")


def _distance(ahead: timedelta) -> str:
    if abs(ahead) < _NEAR:
        return "now" if ahead >= timedelta(0) else "just now"
    span = duration(abs(ahead))
    return f"in {span}" if ahead > timedelta(0) else f"{span} ago"


def duration(span: timedelta) -> str:
    """``2 hours``: the largest unit of which there is at least one (two of minutes to hours, and so on)."""
    seconds = span.total_seconds()
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size * (2 if unit != "minute" else 1):
            return counted(int(seconds // size), unit)
    return counted(max(1, int(seconds)), "second")


def schedule(text: str) -> str:
    """``every 15 minutes``; cron stays cron."""
    if interval(text) is None:
        return f"by the schedule {text}"
    value, unit = text.strip()[:-1].strip(), _UNITS[text.strip()[-1]]
    return f"every {unit}" if value == "1" else f"every {value} {unit}s"


def value(raw: Json) -> str:
    """A field's value on one line; empty text where there is none."""
    return value_text(raw, lambda label, text: f"{text} ({label})")
