"""A sync held through a PostgreSQL state: its lock, its fence and all that a run writes are one session.

Whoever loses the session loses the lock, and can write nothing afterwards: not to the state, and, since every request
that changes something is preceded by a look at the fence, not to OpenPhone either. Knows nothing of what a run does.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection
from sqlalchemy.pool import NullPool

from sync.state.address import StateError, errors_named, shown_address
from sync.state.database import Database
from sync.state.lock import Locked, lock_number
from sync.state.schema import LEASES

_POOLER = (
    "state {shown}: something between us and the database does not keep sessions (a pooler in transaction mode, such "
    "as PgBouncer's), so that no lock would hold. Give the address of the database itself, or a pool in session mode."
)


@dataclass(frozen=True, slots=True)
class Fence:
    """What must still be so before anything is written: this session, and nobody after us (``token``)."""

    sync: str
    token: int
    session: int
    shown: str

    def check(self, connection: Connection) -> None:
        """Raises StateError where another run has taken the sync, or the session is another. Whoever wants to take it
        waits until the transaction ends."""
        query = sa.select(LEASES.c.token, sa.func.pg_backend_pid()).where(LEASES.c.sync == self.sync)
        token, session = connection.execute(query.with_for_update(read=True)).one()
        if token != self.token:
            raise StateError(
                f"state {self.shown}: another run has taken over the sync {self.sync!r}, since this one had lost its "
                "connection. What was done is kept; nothing more is sent."
            )
        if session != self.session:
            raise StateError(
                f"state {self.shown}: the connection broke off, and the lock with it. What was done is kept, and "
                "nothing more is sent; run again."
            )


def take(database: Database, url: URL, sync: str) -> None:
    """Hold the sync in this database's own session, for as long as that lives. Raises Locked and StateError."""
    number, shown = lock_number(sync), shown_address(url)
    with database.transaction() as connection:
        if not connection.execute(sa.select(sa.func.pg_try_advisory_lock(number))).scalar():
            raise Locked("another run holds this sync (advisory lock in the state database): nothing was done")
    _refuse_pooler(url, number, shown)
    with database.transaction() as connection:
        taken = connection.execute(
            sa.text(
                "INSERT INTO leases (sync, token) VALUES (:sync, 1) ON CONFLICT (sync) "
                "DO UPDATE SET token = leases.token + 1 RETURNING token, pg_backend_pid()"
            ),
            {"sync": sync},
        )
        token, session = taken.one()
    database.fence = Fence(sync, token, session, shown).check


def give_back(database: Database, sync: str) -> None:
    """Let the sync go. The end of the session does so, too, but a server may see that a moment later."""
    database.fence = None
    with suppress(StateError), database.transaction() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_unlock(lock_number(sync))))


def _refuse_pooler(url: URL, number: int, shown: str) -> None:
    """A lock that a second session is given, too, is none."""
    with errors_named(shown):
        engine = sa.create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as other:
                given = bool(other.execute(sa.select(sa.func.pg_try_advisory_lock(number))).scalar())
                if given:
                    other.execute(sa.select(sa.func.pg_advisory_unlock(number)))
        finally:
            engine.dispose()
    if given:
        raise StateError(_POOLER.format(shown=shown))
