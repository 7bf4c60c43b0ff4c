"""One mapped field and one row → the field's values, and those that could not be read.

Pure. Knows how a ``FieldSpec`` chooses, splits and translates cells; what a value may look like is the affair of the
reader it is given (``values``), and what becomes of bad values that of the mapper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from connectors.base import Cell, Unreadable, is_blank
from sync.mapping import pieces, values
from sync.mapping.options import FieldSpec
from sync.mapping.pieces import Piece, Pieces
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
    """What a field came to in one row: its values in order, each once, and those that could not be read.

    ``changed``: cells of which something was lost on the way; ``reason`` says what. ``column``: the one that decided.
    """

    values: tuple[V_co, ...] = ()
    bad: tuple[Bad, ...] = ()
    changed: tuple[Bad, ...] = ()
    column: str | None = None

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
    pieces: Pieces = pieces.of_notes
    """What takes a cell apart."""
    one_tag: Pieces | None = None
    """The same for what a list, or a configured separator, has taken apart already."""

    whole: frozenset[str] = frozenset()
    """Columns of which no part is taken: a company that stands in for a name has no first name."""

    @property
    def columns(self) -> tuple[str, ...]:
        return self.template.columns if self.template else self.spec.columns

    @property
    def column(self) -> str:
        """The column that a problem names where no cell decided."""
        return self.columns[0] if self.columns else self.name

    def reading(self, cells: Cells) -> Reading[V_co]:
        """What the field is in this row."""
        return self._plain_reading(cells) or self.reading_in_full(cells)

    def _plain_reading(self, cells: Cells) -> Reading[V_co] | None:
        """The same for a column's text that is one value and loses nothing; None where there is more to it."""
        spec = self.spec
        if len(spec.columns) != 1 or spec.map or spec.split is not None or self.template or self.whole:
            return None
        cell = cells.get(spec.columns[0])
        if not isinstance(cell, str) or not cell.strip():
            return None
        taken = self.pieces(cell)
        if len(taken) != 1 or taken[0].lost is not None or is_blank(taken[0].cell):
            return None
        try:
            return Reading((self.read(taken[0].cell),), column=spec.columns[0])
        except ValueUnreadable:
            return None

    def reading_in_full(self, cells: Cells) -> Reading[V_co]:
        """The same, whatever there is to it."""
        if self.false_is_nothing and not self.spec.map:
            cells = {column: _without_false(cells.get(column)) for column in self.columns}
        changed: list[Bad] = []
        found: dict[V_co, None] = {}
        bad: list[Bad] = []
        column = self.column
        try:
            for column, cell in self._candidates(cells):
                items = self._items(cell) if column not in self.whole else self._unsplit(cell)
                for item in items:
                    self._take(column, item, (found, bad, changed))
                if found or bad or not any(item.lost for item in items):
                    break  # else the cell stands for nothing, as an empty one does
        except ValueUnreadable as unreadable:
            return Reading(bad=(Bad(self.column, "", unreadable.reason),))
        if not found and not bad and not is_blank(self.spec.default):
            self._take(self.column, Piece(self.spec.default), (found, bad, changed))
        return Reading(tuple(found), tuple(bad), tuple(changed), column)

    def _take(self, column: str, item: Piece, into: tuple[dict[V_co, None], list[Bad], list[Bad]]) -> None:
        """Reads one value of a cell of this column ``into`` the values, the bad ones and the changed ones."""
        found, bad, changed = into
        try:
            if not is_blank(item.cell):
                found[self.read(item.cell)] = None
        except ValueUnreadable as unreadable:
            bad.append(Bad(column, shown(item.cell), unreadable.reason))
        else:
            if item.lost:
                changed.append(Bad(column, shown(item.cell), item.lost))

    def _candidates(self, cells: Cells) -> Iterator[tuple[str, Cell]]:
        """The cells that may decide, each with its column: those that are not empty, in order; else the fixed value."""
        if self.template:
            yield self.column, self.template.render(cells)
            return
        filled = [(column, cell) for column in self.spec.columns if not is_blank(cell := cells.get(column))]
        yield from filled or [(self.column, self.spec.value)]

    def _items(self, cell: Cell) -> list[Piece]:
        """The cell's values: split, translated by ``map``, taken apart; what is nothing has no cell.

        A list fills a field that may hold many value by value; any other field is given the list as it is.
        """
        apart = (isinstance(cell, list) and self.many) or self.spec.split is not None
        parts: list[Cell] = [*cell] if isinstance(cell, list) and self.many else [cell]
        if self.spec.split:
            parts = [piece for part in parts for piece in _split(part, self.spec.split)]
        take = (self.one_tag if apart else None) or self.pieces
        if not self.spec.map:
            return [piece for part in parts if not is_blank(part) for piece in take(part)]
        return [piece for part in parts or [None] for piece in self._translated(part, take)]

    def _unsplit(self, cell: Cell) -> list[Piece]:
        """A company's name: whole, in the first part."""
        return [*pieces.of_text(cell)] if self.spec.part == "first" else []

    def _translated(self, part: Cell, take: Pieces) -> Sequence[Piece]:
        """What ``map`` makes of the cell, or of each value in it; what it says is taken as it is."""
        if (whole := self._translate(part)) is not part:
            return (Piece(whole),)
        if is_blank(part):
            return ()
        each = [(piece, self._translate(piece.cell)) for piece in take(part)]
        return [piece if to is piece.cell else Piece(to) for piece, to in each]

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
    return [*pieces.split_at(cell, separator)]


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
