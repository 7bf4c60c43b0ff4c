"""A problem of a row, with whom the row speaks of and the row as it was: what a person needs to find and mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from connectors.base import Row
from sync.contacts.person import Person
from sync.contacts.problem import Problem
from sync.mapping.fields import Field, shown
from sync.mapping.mapper import Mapper
from sync.redaction import shortened


def of_row(problem: Problem, row: Row, mapper: Mapper) -> Problem:
    """The problem, and what can be read of its row."""
    cells = {column: shortened(shown(cell)) for column, cell in row.cells.items()}
    return replace(problem, person=_person(row, mapper), cells=cells)


def _person(row: Row, mapper: Mapper) -> Person:
    names = [_first(mapper.scalars, name, row) for name in ("firstName", "lastName")]
    numbers = (_first(fields, label, row) for fields in (mapper.phone_numbers, mapper.emails) for label in fields)
    name, company = " ".join(filter(None, names)), _first(mapper.scalars, "company", row)
    return Person(name or None, company or None, next(filter(None, numbers), None))


def _first(fields: Mapping[str, Field[str]], name: str, row: Row) -> str | None:
    return fields[name].reading(row.cells).first if name in fields else None
