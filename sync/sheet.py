"""Tables for spreadsheets: CSV in which nothing is taken for a formula, and letters are what they are."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

MARK = "\ufeff"
"""What a table begins with, so that spreadsheets know its UTF-8."""

_COMMANDS = ("=", "+", "-", "@", "\t", "\r", "\n")
_ONE_NUMBER = re.compile(r"[+-]?\d[\d.,]*", re.ASCII)


def cell(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would calculate.

    One number is none: ``+14155550100`` stays as it is, while ``+1-415-555-0100`` would be subtracted.
    """
    bare = text.lstrip(" ")
    return f"'{text}" if bare.startswith(_COMMANDS) and not _ONE_NUMBER.fullmatch(bare) else text


def lines(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The table line by line, ends of lines included; the first begins with the mark by which UTF-8 is known."""
    yield MARK + line(header)
    for row in rows:
        yield line(row)


def line(values: Iterable[str]) -> str:
    """One line of a table, its end included."""
    written = io.StringIO(newline="")
    csv.writer(written).writerow([cell(value) for value in values])
    return written.getvalue()
