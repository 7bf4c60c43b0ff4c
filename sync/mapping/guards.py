"""What exporters put around a value so that a spreadsheet leaves it alone: taken off, and nothing of it is lost. Pure.

``'+1415…`` and ``="007"`` keep a number as it is written; ``=+1…`` is what a spreadsheet makes of a plus.
"""

from __future__ import annotations

import re

_FORMULA = re.compile(r"=\s*(\"(?:[^\"]|\"\")*\"|'[^']*')\s*")
_SIGNED = re.compile(r"=\s*[+-]?\s*[(\d][\d\s().,-]*")
_GUARDED = re.compile(r"['’‘`´](?=[=+\-@(\d])")
_MARKS = "'’‘`´"
_QUOTES = (("'", "'"), ('"', '"'), ("“", "”"), ("‘", "’"), ("„", "“"), ("«", "»"))


def without_guard(written: str) -> str:
    """Text without what guards it; an apostrophe goes only where a spreadsheet would spoil what follows."""
    plain = _without_formula(written.strip())
    return plain[1:].strip() if _GUARDED.match(plain) else plain


def bare(written: str) -> str:
    """The same where the value is no text: a number, an address, a date, a key. Quotes around it go, too."""
    if written[:1].isalnum():
        return written.strip()  # as most are
    plain = without_guard(written)
    for opening, closing in _QUOTES:
        if len(plain) > 2 and plain[0] == opening and plain[-1] == closing and opening not in plain[1:-1]:
            return plain[1:-1].strip()
    rest = plain[1:].lstrip()
    return rest if plain[:1] in _MARKS and rest[:1].isalnum() else plain


def _without_formula(written: str) -> str:
    if not written.startswith("="):
        return written
    if formula := _FORMULA.fullmatch(written):
        inner = formula[1]
        return inner[1:-1].replace(inner[0] * 2, inner[0]).strip()
    return written[1:].strip() if _SIGNED.fullmatch(written) else written
