"""Tables to standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from sync.sheet import lines


def print_sheet(header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """The table to standard output, in UTF-8 wherever that is."""
    output = sys.stdout.buffer
    for line in lines(header, rows):
        output.write(line.encode("utf-8", "replace"))
    output.flush()
