"""Something a person should know of, though nothing is wrong with the row: one value, from mapping to report."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, get_args

from sync.contacts.json_value import Json, object_in, text_in

WarningKind = Literal[
    "doubles",
    "look_alike",
    "changed_value",
    "kept",
    "encoding",
    "mapping_changed",
    "removed",
    "foreign_hand",
    "unreadable",
    "in_the_clear",
    "source",
]


@dataclass(frozen=True, slots=True)
class RowWarning:
    """``row`` and ``external_id`` are None where it is about no row."""

    kind: WarningKind
    text: str
    row: int | None = None
    external_id: str | None = None

    def to_json(self) -> dict[str, Json]:
        """As the report promises it; ``from_json`` makes the same of it."""
        return asdict(self)

    @classmethod
    def from_json(cls, payload: Json) -> RowWarning:
        """What ``to_json`` gave. Raises TypeError or KeyError where it is none."""
        whole = object_in(payload)
        row = whole["row"]
        if not isinstance(row, int | None):
            raise TypeError(f"row {row!r} is no number")
        return cls(_kind(whole["kind"]), text_in(whole["text"]) or "", row, text_in(whole["external_id"]))


def _kind(value: Json) -> WarningKind:
    for kind in get_args(WarningKind):
        if value == kind:
            named: WarningKind = kind
            return named
    raise TypeError(f"{value!r} is no kind of warning")
