"""The state as a whole: what we know between runs, behind one address. Holds people's data: mode 0600."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Self

import sqlalchemy as sa

from sync.clock import Clock
from sync.state.contacts import Contacts
from sync.state.database import Database
from sync.state.history import History
from sync.state.lookback import Lookback
from sync.state.notes import Notes
from sync.state.schema import CONTACTS, RUNS


@dataclass(frozen=True, slots=True)
class State:
    """A state that is open. Use as a context manager, or ``close`` it."""

    contacts: Contacts
    history: History
    notes: Notes
    lookback: Lookback
    database: Database

    @classmethod
    def open(cls, url: str, *, read_only: bool = False, glance: bool = False, clock: Clock = Clock()) -> Self:
        """Open the state, making it if it is not there.

        ``read_only``: nothing on the disk changes; a state that is not there yet is empty. ``glance``: to answer at
        once, a file is not looked through for damage. Raises StateError.
        """
        database = Database.open(url, read_only=read_only, glance=glance)
        return cls(Contacts(database, clock), History(database, clock), Notes(database), Lookback(database), database)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the database go."""
        self.database.close()

    def syncs(self) -> list[str]:
        """Every sync that the state knows, by name."""
        with self.database.transaction() as connection:
            names = connection.execute(sa.union(sa.select(CONTACTS.c.sync), sa.select(RUNS.c.sync))).scalars()
            return sorted(names)
