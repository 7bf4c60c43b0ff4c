"""Where the header of a grid of cells stands: below titles, a report's head and notes, wherever the grid is from.

Pure: rows of cells in, a row's number out. Knows no words of its own: ``known`` tells which headings people use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Grid = Sequence[Sequence[object]]

LOOKED_AT = 60
"""How many rows from the top are looked at."""

_LONGEST = 80
_WIDE_ENOUGH = 0.6
_NAMES_ENOUGH = 0.75
_HOLDS_A_VALUE = re.compile(
    r"""\S+@\S+\.\S+                         # an e-mail address
    | [a-z]+://\S+                           # a web address
    | ['+(\s]*\d[\d\s().+/,:'-]*%?           # a number, a phone number, a date
    | [$€£¥]\s?-?\d[\d.,]* | -?\d[\d.,]*\s?[$€£¥]
    | true | false | yes | no""",
    re.VERBOSE | re.IGNORECASE,
)


def find_header(grid: Grid, known: Callable[[str], bool] = lambda heading: False) -> int | None:
    """The number, from 1, of the row that names the columns; None where every row seems to hold values.

    ``known``: whether a cell is a heading that people use. The row with the most of them is the header; without
    enough of them the first that is about as wide as the rows below, and holds nothing that a value looks like.
    """
    rows = {number: filled for number, row in enumerate(grid[:LOOKED_AT], start=1) if (filled := _filled(row))}
    if not rows:
        return None
    familiar = {number: len({cell.casefold() for cell in cells if known(cell)}) for number, cells in rows.items()}
    widest = max(map(len, rows.values()))
    naming = [number for number, cells in rows.items() if _names(cells)]
    best = max(rows, key=lambda number: (familiar[number], -number))
    if best in naming and familiar[best] >= min(2, widest):
        return best
    first = min(rows)
    if first in naming and familiar[first] and len(rows[first]) > 1 and familiar[first] == familiar[best]:
        return first
    for number in naming:
        if len(rows[number]) >= widest * _WIDE_ENOUGH and (number > 1 or familiar[number] or not _stands_alone(rows)):
            return number
    return first if familiar[first] or first in naming else None


def _stands_alone(rows: dict[int, list[str]]) -> bool:
    """Whether the first row is a title: one cell above rows of several."""
    first, *others = rows
    return len(rows[first]) == 1 and bool(others) and max(len(rows[number]) for number in others) > 1


def _filled(row: Sequence[object]) -> list[str]:
    cells = ("" if cell is None else str(cell).strip() for cell in row)
    return [cell for cell in cells if cell]


def _names(cells: Sequence[str]) -> bool:
    """Whether the cells could be names of columns: short, different, and hardly one that looks like a value."""
    fitting = [cell for cell in cells if len(cell) <= _LONGEST and not _HOLDS_A_VALUE.fullmatch(cell)]
    return len(fitting) >= len(cells) * _NAMES_ENOUGH and len(set(cells)) * 2 > len(cells)
