"""Contacts whose rows are missing: gathers the rows that may be theirs, and says of each contact whether it is gone.

What it says is decided in ``plan.certainty``; what the state shall remember of it is written by ``note``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from connectors.base import Row, is_blank
from sync.mapping.fields import shown
from sync.mapping.mapper import Mapper
from sync.plan.certainty import Absence, Doubt, ReadRows, Unusable, absence, newly_unusable, remembered
from sync.plan.noted import Noted
from sync.run import doubts
from sync.run.session import Session

FACT = "unusable_rows"

NOWHERE = Absence()


@dataclass(frozen=True, slots=True)
class Read:
    """How a read ended. ``full``: every record was seen. ``one_moment``: as they were at one moment.

    ``said_gone``: contacts whose records the source itself calls deleted.
    """

    full: bool = False
    one_moment: bool = True
    said_gone: Collection[str] = ()


@dataclass(slots=True)
class Judged:
    """What became of each missing contact, as far as that is not certain; what is to be remembered of all."""

    rows: dict[str, tuple[Unusable, ...]] = field(default_factory=dict)
    waits: set[str] = field(default_factory=set)
    missing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    back: tuple[str, ...] = ()
    unusable: str | None = None

    @property
    def noted(self) -> Noted:
        """What the state shall remember."""
        return Noted(self.missing, self.back, self.unusable)

    def doubt(self, foreign: str | None) -> Doubt:
        """Why deletes are not certain."""
        return Doubt(self.rows, foreign)


class Absences:
    """Hears of every row that says of no contact that it is there; then judges who is missing."""

    def __init__(self, session: Session, mapper: Mapper) -> None:
        self._mapper = mapper
        self._columns = [column for column in mapper.value_columns if column not in mapper.key_columns]
        self._known = session.state.contacts.absent(session.at.sync)
        self._before = session.state.notes.fact(session.at.sync, FACT)
        self._rows: list[Unusable] = []
        self._doubled: set[bytes] = set()

    def keyless(self, row: Row) -> None:
        """A row whose key is empty or cannot be read."""
        if not self._blank(row):
            self._rows.append(Unusable(row.number, self._mapper.fingerprint(row).hex(), self._likeness(row)))

    def doubled(self, row: Row, fingerprint: bytes, first: bytes) -> None:
        """A row whose key another row has, the one with the fingerprint ``first``."""
        if self._blank(row):
            return
        if first not in self._doubled:
            self._doubled.add(first)
            self._rows.append(Unusable(row.number, first.hex(), counts=True))
        self._rows.append(Unusable(row.number, fingerprint.hex()))

    def judge(self, missing: Iterable[str], seen: Collection[str], read: Read) -> Judged:
        """What becomes of these contacts."""
        rows = ReadRows(self._rows, newly_unusable(self._rows, self._before), waits=not read.one_moment)
        judged = Judged(
            back=tuple(sorted(key for key in self._known if key in seen and key not in read.said_gone)),
            unusable=remembered(self._rows) if read.full else None,
        )
        for external_id in missing:
            certain = external_id in read.said_gone
            gap = NOWHERE if certain else absence(self._known.get(external_id), rows)
            if gap.rows:
                judged.rows[external_id] = gap.rows
            if gap.waits:
                judged.waits.add(external_id)
            digests = tuple(row.digest for row in gap.rows)
            if self._known.get(external_id) != digests:
                judged.missing[external_id] = digests
        return judged

    def _blank(self, row: Row) -> bool:
        """A row with nothing in it is nobody's."""
        return all(is_blank(row.cells.get(column)) for column in self._columns)

    def _likeness(self, row: Row) -> str | None:
        desired, _ = self._mapper.desired(row, "-")
        if desired is not None and any((*desired.phone_numbers.values(), *desired.emails.values())):
            return None
        cells = [re.sub(r"\d+", "#", shown(row.cells.get(column)).strip()) for column in self._columns]
        return hashlib.blake2b(repr(cells).encode(), digest_size=8).hexdigest()


def note(noted: Noted, session: Session) -> None:
    """Remember what a read showed."""
    state, sync = session.state, session.at.sync
    if noted.missing:
        state.contacts.note_absent(sync, noted.missing)
    if noted.back:
        state.contacts.note_back(sync, noted.back)
    if noted.unusable is not None and noted.unusable != state.notes.fact(sync, FACT):
        state.notes.set_fact(sync, FACT, noted.unusable)
    if noted.doubts is not None:
        doubts.write(state.notes, sync, noted.doubts)
