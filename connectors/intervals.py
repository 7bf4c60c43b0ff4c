"""Lengths of time as people write them: ``15m``. Pure."""

from __future__ import annotations

import re
from datetime import timedelta

_LENGTH = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([smhd])\s*$", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def interval(text: str) -> timedelta | None:
    """The interval that ``text`` names ("2s", "15m", "1h", "1d"), or None where it is none."""
    return length(text) or None


def length(text: str) -> timedelta | None:
    """The same, where nothing ("0s") is a length, too."""
    match = _LENGTH.match(text)
    if match is None:
        return None
    try:
        return timedelta(**{_UNITS[match[2]]: float(match[1])})
    except OverflowError:
        return None
