"""One mapped field and one row → the field's values, and those that could not be read.

Pure. Knows how a ``FieldSpec`` chooses, splits and translates cells; what a value may look like is the affair of the
reader it is given (``values``), and what becomes of bad values that of the mapper.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from connectors.base import Cell, Unreadable, is_blank
from sync.mapping import values
from sync.mapping.options import FieldSpec
from sync.mapping.template import Template
from sync.mapping.values import ValueUnreadable

Value = str | bool | int | float
"""What a reader makes of one cell."""
V = TypeVar("V", bound=Value)
V_co = TypeVar("V_co", bound=Value, covariant=True)

Cells = Mapping[str, Cell]
Reader = Callable[[Cell], V]


@dataclass(frozen=True, slots=True)
class Bad:
    """A value that could not be read, and the column that held it."""

    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reading(Generic[V_co]):
    """What a field came to in one row: its values in order, each once, and those that could not be read."""

    values: tuple[V_co, ...] = ()
    bad: tuple[Bad, ...] = ()

    @property
    def first(self) -> V_co | None:
        return self.values[0] if self.values else None

    @property
    def usable(self) -> bool:
        """False where only bad values were found: nothing is known of what the field should be."""
        return bool(self.values) or not self.bad


@dataclass(frozen=True, slots=True)
class Field(Generic[V_co]):
    """One mapped field: where its cell comes from, how each value in it is read, and whether it may hold many."""

    name: str
    spec: FieldSpec
    read: Callable[[Cell], V_co]
    many: bool = False
    template: Template | None = None
    false_is_nothing: bool = False
    """Some databases say false for empty: nobody is called so."""

    @property
    def columns(self) -> tuple[str, ...]:
        return self.template.columns if self.template else self.spec.columns

    @property
    def column(self) -> str:
        """The column that a problem names where no cell decided."""
        return self.columns[0] if self.columns else self.name

    def reading(self, cells: Cells) -> Reading[V_co]:
        if self.false_is_nothing and not self.spec.map:
            cells = {column: _without_false(cells.get(column)) for column in self.columns}
        try:
            column, cell = self._pick(cells)
        except ValueUnreadable as unreadable:
            return Reading(bad=(Bad(self.column, "", unreadable.reason),))
        found: dict[V_co, None] = {}
        bad: list[Bad] = []
        for item in self._items(cell):
            try:
                found[self.read(item)] = None
            except ValueUnreadable as unreadable:
                bad.append(Bad(column, shown(item), unreadable.reason))
        return Reading(tuple(found), tuple(bad))

    def _pick(self, cells: Cells) -> tuple[str, Cell]:
        """The cell, and the column that it came from: the first that is not empty."""
        if self.template:
            return self.column, self.template.render(cells)
        for column in self.spec.columns:
            cell = cells.get(column)
            if not is_blank(cell):
                return column, cell
        return self.column, self.spec.value

    def _items(self, cell: Cell) -> list[Cell]:
        """The cell's values: split, translated by ``map``, without empty ones; else the default.

        A list fills a field that may hold many value by value; any other field is given the list as it is.
        """
        parts: list[Cell] = [*cell] if isinstance(cell, list) and self.many else [cell]
        if self.spec.split is not None:
            parts = [piece for part in parts for piece in _split(part, self.spec.split)]
        if self.spec.map:
            parts = [self._translate(part) for part in parts or [None]]
        items = [part for part in parts if not is_blank(part)]
        return items or ([] if is_blank(self.spec.default) else [self.spec.default])

    def _translate(self, cell: Cell) -> Cell:
        try:
            written = values.text(cell)
        except ValueUnreadable:
            if not isinstance(cell, str):
                return cell
            written = cell.strip()  # such as #N/A, which a map may make something of
        if written in self.spec.map:
            return self.spec.map[written]
        folded = written.casefold()
        return next((to for value, to in self.spec.map.items() if value.strip().casefold() == folded), cell)


def _split(cell: Cell, separator: str) -> list[Cell]:
    if not isinstance(cell, str):
        return [cell]
    return [piece.strip() for piece in cell.split(separator)]


def _without_false(cell: Cell) -> Cell:
    if isinstance(cell, list):
        return [item for item in cell if item is not False]
    return None if cell is False else cell


def shown(cell: Cell) -> str:
    """A cell for people to see, whatever is in it."""
    if isinstance(cell, Unreadable):
        return ""
    try:
        return values.text(cell)
    except ValueUnreadable:
        return cell.strip() if isinstance(cell, str) else "" if isinstance(cell, int) else repr(cell)
