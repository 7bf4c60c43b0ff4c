"""A source as it was seen: some values of each column, and which could be a key. Proposes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.base import Cell
from sync.contacts.contact import EXTERNAL_ID_MAX
from sync.first_config import vocabulary
from sync.first_config.headings import Heading, email_label, key_rank, match, phone_label
from sync.mapping import values
from sync.mapping.values import ValueUnreadable

SAMPLES = 200
"""How many different values of a column are looked at, and how many whole rows."""

_KINDS_OF_ROWS = 10_000
"""How many kinds of rows, by which of their cells are filled, are told apart."""


@dataclass(slots=True)
class Survey:
    """What is known of a source's columns after its rows went by: some values of each, and which could be a key.

    ``summaries``: columns that hold what others hold, too.
    """

    columns: tuple[str, ...]
    rows: int = 0
    summaries: Collection[str] = ()
    samples: dict[str, dict[str, None]] = field(default_factory=dict)
    rows_seen: list[dict[str, str]] = field(default_factory=list)
    _seen: dict[str, set[int]] = field(default_factory=dict)
    _filled: Counter[frozenset[str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.samples = {column: {} for column in self.columns}
        self._seen = {column: set() for column in self.columns}

    @property
    def telling(self) -> list[str]:
        """The columns that say what no other says."""
        return [column for column in self.columns if column not in self.summaries]

    def add(self, cells: Mapping[str, Cell]) -> None:
        """Look at one more row."""
        self.rows += 1
        row: dict[str, str] = {}
        for column, sample in self.samples.items():
            try:
                value = values.text(cells.get(column))
            except ValueUnreadable:
                value = ""
            if value:
                row[column] = value
                if len(sample) < SAMPLES:
                    sample[value] = None
            if column in self._seen:
                self._identify(column, value)
        if len(self.rows_seen) < SAMPLES:
            self.rows_seen.append(row)
        kind = frozenset(row)
        if kind in self._filled or len(self._filled) < _KINDS_OF_ROWS:
            self._filled[kind] += 1

    def _identify(self, column: str, value: str) -> None:
        mark, seen = hash(value), self._seen[column]
        if not value or len(value) > EXTERNAL_ID_MAX or mark in seen:
            del self._seen[column]
        else:
            seen.add(mark)

    def blank(self, *columns: str) -> int:
        """How many rows have nothing in any of these columns."""
        wanted = frozenset(columns)
        return sum(rows for kind, rows in self._filled.items() if not kind & wanted)

    def filled_without(self, column: str, without: Sequence[str]) -> bool:
        """Whether there are rows with something in this column, and nothing in the others."""
        others = frozenset(without)
        return any(column in kind and not kind & others for kind in self._filled)

    def is_empty(self, column: str) -> bool:
        """Whether there are rows, and none has anything in this column."""
        return self.rows > 0 and not self.samples[column]

    @property
    def unique(self) -> tuple[str, ...]:
        """The columns that are never blank and never hold a value twice; none where there are no rows."""
        return tuple(self._seen) if self.rows else ()

    def lasting_keys(self) -> tuple[str, ...]:
        """The unique columns that are called like a key."""
        return tuple(column for column in self.unique if key_rank(Heading.of(column)) is not None)

    def nearest_keys(self) -> list[tuple[str, int]]:
        """The addresses and numbers that come nearest to a key, each with how many rows lack one or share it."""
        found = []
        for column in self.columns:
            heading = Heading.of(column)
            if (email_label(heading) or phone_label(heading)) and self.samples[column]:
                lacking = self.blank(column)
                shared = 0
                if self.rows <= SAMPLES:
                    values_seen = [row[column] for row in self.rows_seen if column in row]
                    shared = len(values_seen) - len(set(values_seen))
                if lacking + shared < self.rows:
                    found.append((column, lacking + shared))
        return sorted(found, key=lambda each: each[1])[:2]

    def likeliest_keys(self) -> tuple[str, ...]:
        """The unique columns, those that identify a person longest first: keys, addresses, the rest, names."""

        def rank(column: str) -> int:
            heading = Heading.of(column)
            if key_rank(heading) is not None:
                return 0
            if email_label(heading) or phone_label(heading):
                return 1
            names = (vocabulary.FIRST, vocabulary.LAST, vocabulary.FULL, vocabulary.COMPANY)
            return 3 if any(match(heading, each) is not None for each in names) else 2

        return tuple(sorted(self.unique, key=rank))
