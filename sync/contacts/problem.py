"""A row that needs a person: one value, used by mapping, plan, apply and report alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["rejected", "failed", "held"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row or contact is not in place.

    ``rejected``: our own check refused the row. ``failed``: OpenPhone refused it, or its outcome is not known.
    ``held``: a safety limit held the change back. ``row`` is null where there is no row.
    """

    row: int | None
    external_id: str | None
    column: str | None
    value: str | None
    reason: str
    kind: Kind
