"""A value of the reading library as a cell. Pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from connectors.base import Cell, Unreadable


def as_cell(value: object) -> Cell:
    """A workbook knows only one kind of number, so 1001.0 is 1001; a date at midnight is a date.

    A time of day is text (``12:30``), as is a length of time (``30:00:00``).
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool | str | Unreadable | int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, datetime):
        whole = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return value.date() if whole else value.replace(microsecond=0) if value.microsecond < 1000 else value
    if isinstance(value, date):
        return value
    if isinstance(value, time):
        return value.isoformat(timespec="seconds" if value.second else "minutes")
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return str(value)
