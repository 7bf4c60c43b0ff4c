"""The language of intervals: "15m" and its like. One function on text."""

from __future__ import annotations

import re
from datetime import timedelta

_INTERVAL = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([smhd])\s*$", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def interval(text: str) -> timedelta | None:
    """The interval that ``text`` names ("2s", "15m", "1h", "1d"), or None where it is none."""
    match = _INTERVAL.match(text)
    if match is None or float(match[1]) <= 0:
        return None
    try:
        return timedelta(**{_UNITS[match[2]]: float(match[1])})
    except OverflowError:
        return None
