"""A source as it was seen: some values of each column, and which could be a key. Proposes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.base import Cell
from sync.contacts.contact import EXTERNAL_ID_MAX
from sync.first_config import vocabulary
from sync.first_config.headings import Heading, email_label, match, phone_label
from sync.mapping import values
from sync.mapping.values import ValueUnreadable

SAMPLES = 200
"""How many different values of a column are looked at."""


@dataclass(slots=True)
class Survey:
    """What is known of a source's columns after its rows went by: some values of each, and which could be a key."""

    columns: tuple[str, ...]
    rows: int = 0
    samples: dict[str, dict[str, None]] = field(default_factory=dict)
    _seen: dict[str, set[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.samples = {column: {} for column in self.columns}
        self._seen = {column: set() for column in self.columns}

    def add(self, cells: Mapping[str, Cell]) -> None:
        """Look at one more row."""
        self.rows += 1
        for column, sample in self.samples.items():
            try:
                value = values.text(cells.get(column))
            except ValueUnreadable:
                value = ""
            if value and len(sample) < SAMPLES:
                sample[value] = None
            if column in self._seen:
                self._identify(column, value)

    def _identify(self, column: str, value: str) -> None:
        mark, seen = hash(value), self._seen[column]
        if not value or len(value) > EXTERNAL_ID_MAX or mark in seen:
            del self._seen[column]
        else:
            seen.add(mark)

    @property
    def unique(self) -> tuple[str, ...]:
        """The columns that are never blank and never hold a value twice; none where there are no rows."""
        return tuple(self._seen) if self.rows else ()

    def likeliest_keys(self) -> tuple[str, ...]:
        """The unique columns, those that identify a person longest first: keys, addresses, the rest, names."""

        def rank(column: str) -> int:
            heading = Heading.of(column)
            if match(heading, vocabulary.KEYS) is not None:
                return 0
            if email_label(heading) or phone_label(heading):
                return 1
            names = (vocabulary.FIRST, vocabulary.LAST, vocabulary.FULL, vocabulary.COMPANY)
            return 3 if any(match(heading, each) is not None for each in names) else 2

        return tuple(sorted(self.unique, key=rank))
