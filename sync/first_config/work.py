"""A proposal in the making: which columns are still free, what each field has, what a person must be told.

A column serves one field, and the key besides. Judges nothing by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sync.first_config.headings import Heading, match
from sync.first_config.proposal import Origin
from sync.first_config.survey import Survey


@dataclass(slots=True)
class Work:
    """``free``: the columns that serve nothing yet, with their headings as they are read for this row's person.

    ``left_out``: columns that look useful and are not used, each with the reason. ``nobodys``: rows with one of these
    in the column do not count.
    """

    survey: Survey
    region: str
    free: dict[str, Heading]
    fields: dict[str, Origin] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    nobodys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def best(self, wanted: Mapping[str, int]) -> str | None:
        """The free column whose heading is the likeliest of the wanted: one with something in it, if there is any."""
        found = [
            (self.survey.is_empty(c), rank, c) for c, heading in self.free.items() if (rank := match(heading, wanted))
        ]
        return min(found, key=lambda each: each[:2])[2] if found else None

    def take(self, name: str, origin: Origin) -> None:
        """Gives the field this origin; its columns serve no other."""
        self.fields[name] = origin
        for column in origin.used:
            self.free.pop(column, None)

    def leave(self, column: str, why: str) -> None:
        """Leaves a column out, and remembers why."""
        self.free.pop(column, None)
        self.left_out.setdefault(column, why)

    def is_unique(self, column: str) -> bool:
        """Whether the column is filled in each row that counts, and never holds a value twice."""
        if column in self.survey.unique:
            return True
        if not self.nobodys or self.survey.rows > len(self.survey.rows_seen):
            return False
        rows = [r for r in self.survey.rows_seen if not any(r.get(c) in words for c, words in self.nobodys.items())]
        return len({row.get(column, "") for row in rows} - {""}) == len(rows) > 0

    def sample(self, column: str) -> list[str]:
        """Some values of a column."""
        return list(self.survey.samples[column])

    def columns_of(self, names: Iterable[str]) -> list[str]:
        """The first columns of those fields that have any; of columns that are joined, the one that is filled most."""
        return [self._first(self.fields[name]) for name in names if name in self.fields]

    def _first(self, origin: Origin) -> str:
        return min(origin.columns, key=self.survey.blank) if origin.joined else origin.columns[0]
