"""How much of a worksheet goes into one request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Portions:
    """``cells`` read at once: 5,000 rows of the 26 columns that a new sheet has, some 2 MB of JSON. ``results``
    written at once."""

    cells: int = 130_000
    results: int = 500
