"""A mapping that is proposed to a person: which column serves which field. Values only; judges nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a field's value comes from: the first of these columns that is not empty, and how its cells are read."""

    columns: tuple[str, ...]
    split: str | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping to be looked at. ``fields``: ``firstName``, ``phoneNumbers.mobile``, … → origin.

    ``custom``: a custom field, by the name that the configuration gives it → origin. ``key`` and
    ``contact_id_column`` are empty where nothing in the source looks like one. ``notes`` are for the person.
    """

    key: tuple[str, ...] = ()
    contact_id_column: str = ""
    fields: Mapping[str, Origin] = field(default_factory=dict)
    custom: Mapping[str, Origin] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> set[str]:
        """Every column that is used for something."""
        origins = [*self.fields.values(), *self.custom.values()]
        return {*self.key, *(column for origin in origins for column in origin.columns)}
