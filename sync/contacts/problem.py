"""A row that needs a person: one value, used by mapping, plan, apply and report alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal, get_args

from sync.contacts.json_value import Json, object_in, text_in
from sync.contacts.person import NOBODY, Person

Action = Literal["create", "update", "delete", "adopt"]
Kind = Literal["rejected", "failed", "held"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row or contact is not in place.

    ``rejected``: our own check refused the row. ``failed``: OpenPhone refused it, or its outcome is not known.
    ``held``: a safety limit held the change (``action``) back; ``remedy`` says how to let it through.
    ``row`` is null where there is no row. ``person``: whom it is about, as far as that is known. ``cells``: the row as
    it was, column → text, where a row is the reason.
    """

    row: int | None
    external_id: str | None
    column: str | None
    value: str | None
    reason: str
    kind: Kind
    action: Action | None = None
    remedy: str | None = None
    person: Person = NOBODY
    cells: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The whole of it as one sentence, what to do included."""
        remedy = f"; {self.remedy}" if self.remedy else ""
        held_back = f"{self.action} held back: " if self.kind == "held" and self.action else ""
        return f"{held_back}{self.reason}{remedy}"

    def to_json(self) -> dict[str, Json]:
        """A plain value from which ``from_json`` makes the same problem."""
        return asdict(self)

    @classmethod
    def from_json(cls, payload: Mapping[str, Json]) -> Problem:
        """What ``to_json`` gave. Raises ValueError where it is none."""
        try:
            whole = object_in(payload)
            row = whole["row"]
            if not isinstance(row, int | None):
                raise TypeError(f"row {row!r} is no number")
            return cls(
                row=row,
                external_id=text_in(whole["external_id"]),
                column=text_in(whole["column"]),
                value=text_in(whole["value"]),
                reason=text_in(whole["reason"]) or "",
                kind=_kind(whole["kind"]),
                action=action_in(whole["action"]) if whole["action"] is not None else None,
                remedy=text_in(whole["remedy"]),
                person=Person.from_json(whole["person"]),
                cells={name: text_in(cell) or "" for name, cell in object_in(whole["cells"]).items()},
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a problem: {type(error).__name__} {error}") from error


def action_in(value: Json) -> Action:
    """The action of this name. Raises TypeError where there is none."""
    for action in get_args(Action):
        if value == action:
            named: Action = action
            return named
    raise TypeError(f"{value!r} is no action")


def _kind(value: Json) -> Kind:
    for kind in get_args(Kind):
        if value == kind:
            named: Kind = kind
            return named
    raise TypeError(f"{value!r} is no kind of problem")
