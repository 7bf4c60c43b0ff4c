"""Which character separates the cells of a text: the one under which its rows are alike. Reads no file."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

from connectors.base import Cell
from connectors.header_row import LOOKED_AT

SEPARATORS = (",", ";", "\t", "|")
SAMPLE_RECORDS = 10
"""How many rows under the header are compared with it."""


def likeliest_delimiter(sample: str, header_row: int = 1) -> str:
    """The separator under which the header has several cells and the rows below it as many; a comma if none.

    Where two fit alike, the one that no space follows (``Last, First;Phone``), then the one that gives more cells.
    """
    best, best_score = ",", (0.0, False, 0)
    for delimiter in SEPARATORS:
        records = _sample_records(sample, delimiter, header_row)
        if not records or len(records[0]) < 2:
            continue
        header = records[0]
        alike = sum(len(record) == len(header) for record in records) / len(records)
        tight = not any(cell.startswith(" ") for cell in header[1:])
        score = (alike, tight, len(header))
        if score > best_score:
            best, best_score = delimiter, score
    return best


def first_rows(sample: str, separators: Iterable[str | None]) -> list[list[Cell]]:
    """The first rows, under the separator that makes most of them alike; titles above a table may have none."""
    best: list[list[Cell]] = []
    best_score = (-1, 0)
    for separator in separators:
        records: list[list[Cell]] = []
        with suppress(csv.Error):
            for cells in csv.reader(io.StringIO(sample, newline=""), delimiter=separator or ","):
                records.append(list(cells))
                if len(records) == LOOKED_AT:
                    break
        widths = Counter(len(cells) for cells in records if len(cells) > 1)
        width, alike = widths.most_common(1)[0] if widths else (0, 0)
        if (alike, width) > best_score:
            best, best_score = records, (alike, width)
    return best


def _sample_records(sample: str, delimiter: str, header_row: int) -> list[list[str]]:
    """The header and the first rows under it that are not blank; separators in quotes do not count."""
    records: list[list[str]] = []
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    try:
        for number, cells in enumerate(reader, start=1):
            if number >= header_row and any(cell.strip() for cell in cells):
                records.append(cells)
            if len(records) > SAMPLE_RECORDS:
                break
    except csv.Error:
        pass  # the reading proper will say where
    return records
