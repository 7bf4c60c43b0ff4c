"""What reading the source, and looking at the workspace, amounts to, as it grows."""

from __future__ import annotations

from dataclasses import dataclass, field

from sync.contacts.change import Decision
from sync.contacts.warning import RowWarning
from sync.plan.certainty import Waiting


@dataclass(slots=True)
class Tally:
    """``rows``: how many speak of somebody. ``read``: how many there were.

    ``unchanged``: how many contacts are in step. The rest is as in ``Findings``."""

    rows: int = 0
    read: int = 0
    unchanged: int = 0
    decisions: list[Decision] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    warnings: list[RowWarning] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    as_before: dict[str, frozenset[str]] = field(default_factory=dict)
    own_rows: dict[str, int | None] = field(default_factory=dict)
