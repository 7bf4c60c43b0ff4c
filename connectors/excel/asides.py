"""What a workbook says beside its values, which the reading library leaves out. A value; reads no file.

The library gives an empty cell for an error and for a formula that was never calculated. Both would clear what a
contact has, so a second look finds them; it also finds how numbers are shown, and rows that people do not see.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.base import Unreadable
from connectors.excel.number_formats import as_shown

UNCALCULATED = Unreadable(
    "holds a formula that was never calculated: open the workbook in a spreadsheet program and save it"
)

Place = tuple[int, int]
"""A cell's row and column, both from 0."""


@dataclass(slots=True)
class Asides:
    """Of one worksheet. ``formats``: of cells whose number is shown in a telling way; ``shown``: what a cell shows."""

    errors: dict[Place, str] = field(default_factory=dict)
    uncalculated: set[Place] = field(default_factory=set)
    formats: dict[Place, str] = field(default_factory=dict)
    shown: dict[Place, str] = field(default_factory=dict)
    hidden: list[int] = field(default_factory=list)

    def touched_rows(self) -> frozenset[int]:
        """The rows in which a cell is not just its value."""
        places = (*self.errors, *self.uncalculated, *self.formats, *self.shown)
        return frozenset(row for row, _ in places)

    def of(self, place: Place, value: object) -> object:
        """What stands in this cell, if its value is this."""
        if place in self.errors:
            return self.errors[place]
        if place in self.uncalculated:
            return UNCALCULATED if value in (None, "") else value
        if place in self.shown:
            return self.shown[place]
        code = self.formats.get(place)
        if code is None or isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            return value
        shown = as_shown(int(value), code)
        return value if shown is None else shown
