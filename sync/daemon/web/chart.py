"""The last weeks as a chart: contacts as a line, changes as bars, a place for each day. Pure; draws no SVG itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from sync.daemon.web.words import counted
from sync.run.report import CHANGES
from sync.state.history import RunRecord

DAYS = 28
WIDTH, LINE_TOP, LINE_BOTTOM, BAR_TOP, BAR_BOTTOM = 560, 8, 60, 74, 112
HEIGHT = BAR_BOTTOM


@dataclass(frozen=True, slots=True)
class Bar:
    """One day's changes."""

    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws: places in a box of WIDTH by HEIGHT, and the same in words."""

    bars: tuple[Bar, ...]
    line: str
    area: str
    dot: tuple[float, float]
    first_day: str
    summary: str


@dataclass(frozen=True, slots=True)
class _Day:
    day: date
    contacts: int
    changes: int


def chart(runs: Sequence[RunRecord], tracked: int, now: float, zone: tzinfo) -> Chart | None:
    """The chart of the runs that changed something (newest first), or None where there were none.

    ``tracked``: the contacts that the sync tracks now, from which earlier numbers are counted back.
    """
    days = _days(runs, tracked, datetime.fromtimestamp(now, zone).date(), zone)
    if not any(day.changes or day.contacts for day in days):
        return None
    step = WIDTH / DAYS
    low, high = min(day.contacts for day in days), max(day.contacts for day in days)
    most = max(day.changes for day in days)
    points = [
        (round((at + 0.5) * step, 1), _place(day.contacts, low, high, LINE_TOP, LINE_BOTTOM))
        for at, day in enumerate(days)
    ]
    line = "M" + " L".join(f"{x} {y}" for x, y in points)
    total = sum(day.changes for day in days)
    return Chart(
        bars=tuple(_bar(at, day, step, most) for at, day in enumerate(days) if day.changes),
        line=line,
        area=f"{line} L{points[-1][0]} {LINE_BOTTOM} L{points[0][0]} {LINE_BOTTOM} Z",
        dot=points[-1],
        first_day=_named(days[0].day),
        summary=f"From {days[0].contacts:,} to {counted(days[-1].contacts, 'contact')}, "
        f"with {counted(total, 'change')}; at most {most:,} on one day.",
    )


def _days(runs: Sequence[RunRecord], tracked: int, today: date, zone: tzinfo) -> list[_Day]:
    """One entry a day, oldest first; the number of contacts is that at the day's end."""
    changes: dict[date, int] = {}
    growth: dict[date, int] = {}
    for run in runs:
        day = datetime.fromtimestamp(run.started_at, zone).date()
        counts = run.counts
        changes[day] = changes.get(day, 0) + sum(counts.get(name, 0) for name in CHANGES)
        grown = counts.get("created", 0) + counts.get("adopted", 0) - counts.get("deleted", 0)
        growth[day] = growth.get(day, 0) + grown
    days: list[_Day] = []
    contacts = tracked
    for back in range(DAYS):
        day = today - timedelta(days=back)
        days.append(_Day(day, max(0, contacts), changes.get(day, 0)))
        contacts -= growth.get(day, 0)
    return days[::-1]


def _bar(at: int, day: _Day, step: float, most: int) -> Bar:
    height = max(2.0, round((BAR_BOTTOM - BAR_TOP) * day.changes / most, 1))
    title = f"{_named(day.day)}: {counted(day.changes, 'change')}, {counted(day.contacts, 'contact')}"
    return Bar(round(at * step + 2, 1), round(BAR_BOTTOM - height, 1), round(step - 4, 1), height, title)


def _place(value: int, low: int, high: int, top: float, bottom: float) -> float:
    """Higher values stand higher; the scale begins at 0 unless the line would then be flat."""
    floor = 0 if low < high * 0.7 else low - max(1.0, (high - low) * 0.5)
    share = (value - floor) / (high - floor) if high > floor else 0.0
    return round(bottom - share * (bottom - top), 1)


def _named(day: date) -> str:
    return f"{day.day} {day:%b}"
