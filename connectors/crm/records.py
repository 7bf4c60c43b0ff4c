"""What a record is: where the list of records stands in an answer, and which cells a record becomes.

One record that is odd is one row that is refused; where the records of a page are odd alike, the description is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.base import Cell, Row, Unreadable
from connectors.crm.expressions import evaluate, has, is_true
from connectors.crm.options import CrmOptions
from connectors.crm.transport import Failure

_ERRORS = frozenset({"error", "specialValue"})
"""What Airtable has in place of a formula's value: ``{"error": "#ERROR!"}``, ``{"specialValue": "NaN"}``."""


class Records:
    """Turns answers into records, and records into rows."""

    def __init__(self, options: CrmOptions) -> None:
        self._where = options.records
        self._key = options.record_key
        self._columns = options.columns
        self._all_of = options.columns_from or (None if options.columns else "@")
        self._filter = options.filter
        self._deleted = options.deleted
        self._empty = [(type(value), value) for value in options.empty_values]
        self._never = dict(options.columns)
        self._plain: set[str] = set()
        self.read = 0

    @property
    def columns(self) -> list[str] | None:
        """The names of the columns, or None where the records bring their own."""
        return None if self._all_of is not None else list(self._columns)

    @property
    def never_found(self) -> Mapping[str, str]:
        """The described columns that no record so far had an entry for, each with its expression."""
        return self._never

    def found_in(self, body: Any) -> tuple[list[Any], Any]:
        """The list of records, and what holds it in the answer.

        Raises Failure where there is no list: an empty source answers with an empty one.
        """
        found = evaluate(self._where, body)
        if isinstance(found, list):
            return found, found
        if isinstance(found, dict) and self._key is not None:
            return [self._keyed(key, record) for key, record in found.items()], found
        what = "nothing" if found is None else _kind(found)
        hint = ""
        if isinstance(found, dict) and found and all(isinstance(value, dict) for value in found.values()):
            hint = "; if its entries are the records, each under its key, say 'record_key: id' (how the key is called)"
        raise Failure(f"'records' ({self._where}) finds {what} instead of a list; {_outline(body)}{hint}")

    def rows(self, records: list[Any]) -> Iterator[Row]:
        """A row for each record that passes the filter. Raises Failure where all records are odd in the same way."""
        if self._all_of is not None:
            for record in records:
                self._plain.update(_plain_names(evaluate(self._all_of, record)))
        elif self.read == 0:
            self._described_rightly(records)
        for index, record in enumerate(records, start=1):
            self.read += 1
            try:
                row = self._row(record)
            except Failure as failure:
                raise Failure(f"record {index} of the page: {failure}") from None
            if row is not None:
                yield row

    def _keyed(self, key: str, record: Any) -> Any:
        if not isinstance(record, dict):
            raise Failure(f"'records' ({self._where}) finds {_kind(record)} under {key!r}, not an object")
        return {str(self._key): key, **record}

    def _described_rightly(self, records: list[Any]) -> None:
        """Raises Failure where a column's expression finds nothing but what cannot be a cell, in several records."""
        for name, expression in self._columns.items():
            cells = [self._cell_of(name, expression, record) for record in records]
            filled = [cell for cell in cells if cell is not None]
            if len(filled) > 1 and all(isinstance(cell, Unreadable) for cell in filled):
                index = next(at for at, cell in enumerate(cells, start=1) if isinstance(cell, Unreadable))
                raise Failure(f"record {index} of the page: column {name!r} {filled[0]}")

    def _row(self, record: Any) -> Row | None:
        """None where the filter leaves the record out."""
        passes, odd = self._holds(self._filter, record, "filter")
        if self._filter is not None and not passes and odd is None:
            return None
        cells: dict[str, Cell] = {}
        if self._all_of is not None:
            cells.update(self._flattened(evaluate(self._all_of, record)))
        for name, expression in self._columns.items():
            cells[name] = self._cell_of(name, expression, record)
        for name in [name for name, expression in self._never.items() if has(expression, record) is not False]:
            del self._never[name]
        deleted, unsure = self._holds(self._deleted, record, "deleted")
        return Row(number=None, cells=cells, deleted=deleted, problem=odd or unsure)

    def _holds(self, expression: str | None, record: Any, setting: str) -> tuple[bool, str | None]:
        """Whether it holds for a record; and, where that cannot be told, why."""
        try:
            return expression is not None and is_true(evaluate(expression, record)), None
        except Failure as failure:
            return False, f"{setting!r} cannot be told for this record: {failure}"

    def _cell_of(self, name: str, expression: str, record: Any) -> Cell:
        try:
            return self._cell(evaluate(expression, record))
        except Failure as failure:
            return Unreadable(str(failure))

    def _cell(self, value: Any) -> Cell:
        if (type(value), value) in self._empty:
            return None
        if isinstance(value, list):
            items = [self._cell(item) for item in value if item is not None]
            odd = next((item for item in items if isinstance(item, Unreadable)), None)
            return odd or [item for item in items if item is not None]
        if isinstance(value, dict):
            return Unreadable(f"finds an object with {_names(value)}: say which of these is meant")
        cell: Cell = value
        return cell

    def _flattened(self, value: Any, prefix: str = "") -> Iterator[tuple[str, Cell]]:
        """Every plain value of an object under its own name, those of inner objects as ``outer.inner``.

        Lists of objects have no one value and are left out: a column of its own says which. An object or such a list
        where other records have a plain value is an odd cell.
        """
        if not isinstance(value, Mapping):
            raise Failure(f"the record is {_kind(value)}, not an object: describe its 'columns'")
        for key, inner in value.items():
            name = f"{prefix}{key}"
            if isinstance(inner, Mapping) and inner and inner.keys() <= _ERRORS:
                yield name, Unreadable(f"holds {_shown(inner)} in place of a value")
            elif isinstance(inner, Mapping):
                if name in self._plain:
                    yield name, Unreadable(f"holds an object with {_names(inner)}, where others hold a value")
                yield from self._flattened(inner, f"{name}.")
            elif _is_plain(inner):
                yield name, self._cell(inner)
            elif name in self._plain:
                yield name, Unreadable("holds a list of objects, where others hold a value")


def _plain_names(value: Any, prefix: str = "") -> Iterator[str]:
    """The names under which a record has plain values that say something."""
    for key, inner in value.items() if isinstance(value, Mapping) else ():
        if isinstance(inner, Mapping):
            yield from _plain_names(inner, f"{prefix}{key}.")
        elif _is_plain(inner) and inner not in (None, "", [], False):
            yield f"{prefix}{key}"


def _is_plain(value: Any) -> bool:
    return not isinstance(value, list) or not any(isinstance(item, dict | list) for item in value)


def _shown(value: Mapping[str, Any]) -> str:
    return ", ".join(str(inner)[:40] for inner in value.values())


def _outline(body: Any) -> str:
    if isinstance(body, Mapping):
        return f"the answer has {_names(body)}"
    return f"the answer is {_kind(body)}"


def _names(mapping: Mapping[str, Any], most: int = 12) -> str:
    names = [repr(str(name)[:40]) for name in list(mapping)[:most]]
    return (", ".join(names) + (", …" if len(mapping) > most else "")) or "no entries"


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return "null" if value is None else kinds.get(type(value), "something else")
