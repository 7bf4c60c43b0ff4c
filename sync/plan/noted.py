"""What the state shall remember of a read beside its contacts: who was missing, which rows were nobody's. Values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.contacts.json_value import Json, list_in, object_in, text_in


@dataclass(frozen=True, slots=True)
class Noted:
    """``missing``: contacts without a row → digests of the rows that they may be. ``back``: missing once, and seen now.

    ``unusable``: the rows whose keys cannot be used, as ``certainty.remembered`` writes them; None where the source
    was not read whole. ``doubts``: creates that may have been carried out twice → since when (seconds since the
    epoch); None: nothing is known of them. ``verified``: everything that the workspace holds was looked at.
    ``foreign``: another hand was noticed.
    """

    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    back: tuple[str, ...] = ()
    unusable: str | None = None
    doubts: Mapping[str, float] | None = None
    verified: bool = False
    foreign: bool = False

    def to_json(self) -> dict[str, Json]:
        """A plain value from which ``from_json`` makes the same."""
        return {
            "missing": dict(self.missing),
            "back": self.back,
            "unusable": self.unusable,
            "doubts": dict(self.doubts) if self.doubts is not None else None,
            "verified": self.verified,
            "foreign": self.foreign,
        }

    @classmethod
    def from_json(cls, payload: Json) -> Noted:
        """What ``to_json`` gave. Raises TypeError or KeyError where it is none."""
        whole = object_in(payload)
        doubts = whole["doubts"]
        return cls(
            {key: tuple(map(str, list_in(digests))) for key, digests in object_in(whole["missing"]).items()},
            tuple(map(str, list_in(whole["back"]))),
            text_in(whole["unusable"]),
            {key: float(str(since)) for key, since in object_in(doubts).items()} if doubts is not None else None,
            whole["verified"] is True,
            whole["foreign"] is True,
        )


NOTHING_NOTED = Noted()
