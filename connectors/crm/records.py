"""What a record is: where the list of records stands in an answer, and which cells a record becomes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.base import Cell, Row
from connectors.crm.expressions import evaluate, is_true
from connectors.crm.options import CrmOptions
from connectors.crm.transport import Failure


class Records:
    """Turns answers into records, and records into rows."""

    def __init__(self, options: CrmOptions) -> None:
        self._where = options.records
        self._columns = options.columns
        self._all_of = options.columns_from or (None if options.columns else "@")
        self._filter = options.filter
        self._deleted = options.deleted

    @property
    def columns(self) -> list[str] | None:
        """The names of the columns, or None where the records bring their own."""
        return None if self._all_of is not None else list(self._columns)

    def found_in(self, body: Any) -> list[Any]:
        """The list of records. Raises Failure where there is no list: an empty source answers with an empty one."""
        found = evaluate(self._where, body)
        if not isinstance(found, list):
            what = "nothing" if found is None else _kind(found)
            raise Failure(f"'records' ({self._where}) finds {what} instead of a list; {_outline(body)}")
        return found

    def rows(self, records: list[Any]) -> Iterator[Row]:
        """A row for each record that passes the filter. Raises Failure naming the record it cannot read."""
        for index, record in enumerate(records, start=1):
            try:
                if self._filter is None or is_true(evaluate(self._filter, record)):
                    yield self._row(record)
            except Failure as failure:
                raise Failure(f"record {index} of the page: {failure}") from None

    def _row(self, record: Any) -> Row:
        cells: dict[str, Cell] = {}
        if self._all_of is not None:
            cells.update(_flattened(evaluate(self._all_of, record)))
        for name, expression in self._columns.items():
            cells[name] = _cell(name, evaluate(expression, record))
        deleted = self._deleted is not None and is_true(evaluate(self._deleted, record))
        return Row(number=None, cells=cells, deleted=deleted)


def _cell(column: str, value: Any) -> Cell:
    if isinstance(value, list):
        return [_cell(column, item) for item in value if item is not None]
    if isinstance(value, dict):
        raise Failure(f"column {column!r} finds an object with {_names(value)}: say which of these is meant")
    cell: Cell = value
    return cell


def _flattened(value: Any, prefix: str = "") -> Iterator[tuple[str, Cell]]:
    """Every plain value of an object under its own name, those of inner objects as ``outer.inner``.

    Lists of objects have no one value and are left out: a column of its own says which.
    """
    if not isinstance(value, Mapping):
        raise Failure(f"the record is {_kind(value)}, not an object: describe its 'columns'")
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _flattened(inner, f"{prefix}{key}.")
        elif not isinstance(inner, list) or not any(isinstance(item, dict | list) for item in inner):
            yield f"{prefix}{key}", _cell(key, inner)


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
