"""A mapping that is proposed to a person: which column serves which field. Values only; judges nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a field's value comes from: the first of these columns that is not empty, and how its cells are read.

    ``part``: which of a whole name, whose family comes first with that ``order``; ``label_column``: where the value's
    label stands. ``joined``: all the columns in a row make the value, and not the first that is filled.
    """

    columns: tuple[str, ...]
    split: str | None = None
    format: str | None = None
    part: Literal["first", "last"] | None = None
    label_column: str | None = None
    order: Literal["family_first"] | None = None
    joined: bool = False

    @property
    def used(self) -> tuple[str, ...]:
        """Every column that it needs."""
        return (*self.columns, self.label_column) if self.label_column else self.columns


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping to be looked at. ``fields``: ``firstName``, ``phoneNumbers.mobile``, … → origin.

    ``custom``: a custom field, by the name that the configuration gives it → origin. ``key`` and
    ``contact_id_column`` are empty where nothing in the source looks like one. ``notes`` are for the person, and so
    are the columns that are ``left_out``, each with the reason. ``without``: rows with one of these in the column are
    nobody's.
    """

    key: tuple[str, ...] = ()
    contact_id_column: str = ""
    fields: Mapping[str, Origin] = field(default_factory=dict)
    custom: Mapping[str, Origin] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    without: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def columns(self) -> set[str]:
        """Every column that is used for something."""
        origins = [*self.fields.values(), *self.custom.values()]
        return {*self.key, *(column for origin in origins for column in origin.used)}

    @property
    def reasons(self) -> dict[str, list[str]]:
        """Why columns are left out → those columns; without those that serve something all the same."""
        found: dict[str, list[str]] = {}
        for column, why in self.left_out.items():
            if column not in self.columns:
                found.setdefault(why, []).append(column)
        return found
