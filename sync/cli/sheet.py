"""Tables for spreadsheets: CSV in which nothing is taken for a formula, and letters are what they are."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator

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
    yield "\ufeff" + _line(header)
    for row in rows:
        yield _line(row)


def print_sheet(header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """The table to standard output, in UTF-8 wherever that is."""
    output = sys.stdout.buffer
    for line in lines(header, rows):
        output.write(line.encode("utf-8", "replace"))
    output.flush()


def _line(values: Iterable[str]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written).writerow([cell(value) for value in values])
    return written.getvalue()
