"""Phone numbers as most people write them, read by one expression; equal to what ``phonenumbers`` makes of them. Pure.

North America alone, whose numbers have one length and no digit in front that means something else. A test holds this
against the library on random numbers.
"""

from __future__ import annotations

import re

_NORTH_AMERICAN = re.compile(r"(\+1|1)?[ .-]?(?:\(([2-9]\d\d)\) ?|([2-9]\d\d)[ .-]?)([2-9]\d\d)[ .-]?(\d{4})", re.ASCII)
_REGIONS = frozenset({"US", "CA"})
"""Where such a number needs no country code."""


def plain(written: str, region: str) -> str | None:
    """The number in E.164, or None where it takes the library to tell."""
    found = _NORTH_AMERICAN.fullmatch(written)
    if found is None or (found[1] != "+1" and region not in _REGIONS):
        return None
    return f"+1{found[2] or found[3]}{found[4]}{found[5]}"
