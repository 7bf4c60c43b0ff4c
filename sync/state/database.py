"""The database behind the state: opened, brought up to date, one transaction after another.

An SQLite file by default (mode 0600, one connection), PostgreSQL for pods without a disk. Knows no table but the one
that holds the schema's version.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.pool import NullPool, StaticPool

from sync.state.address import IN_MEMORY, address, errors_named, shown_address, sqlite_file
from sync.state.causes import StateError, advice, unusable
from sync.state.copies import copy_rows, cut_off, rolled_back
from sync.state.migrations import MIGRATIONS
from sync.state.schema import META

Migrations = Sequence[Callable[[Connection], None]]

_SCHEMA_LOCK = 0x6F70736D
"""PostgreSQL's advisory lock for making the schema; the locks of runs are other numbers."""


class Database:
    """One connection, whose transactions come one after another."""

    def __init__(self, engine: Engine, shown: str, migrations: Migrations) -> None:
        self._engine = engine
        self._shown = shown
        self._migrations = migrations
        self._connection: Connection | None = None
        self.fence: Callable[[Connection], None] | None = None
        """What every transaction checks first, where several machines share the database. Raises StateError."""
        self._one_at_a_time = threading.Lock()  # a worker's transaction and the event loop's share the connection

    @classmethod
    def open(
        cls, url: str, *, read_only: bool = False, glance: bool = False, migrations: Migrations = MIGRATIONS
    ) -> Self:
        """Open the database, making it if it is not there.

        ``read_only``: nothing in it changes; one that is not there yet is empty, and an older one is read from a copy
        that is brought up to date. ``glance``: a file is not looked through for damage first, which takes as long as
        it is large; what is damaged where it is read is found all the same. Raises StateError.
        """
        parsed = address(url)
        shown = shown_address(parsed)
        with errors_named(shown):
            file = cut_off(parsed) if read_only else None
            opened = cls(rolled_back(file) if file else _engine(_at_hand(parsed, read_only)), shown, migrations)
            try:
                opened._connect(glance=glance)
                if read_only:
                    return opened._to_read()
                opened._migrate()
                opened._settle()
            except BaseException:
                opened.close()
                raise
        return opened

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All of it or nothing. Raises StateError."""
        with errors_named(self._shown), self._one_at_a_time, self._connected().begin():
            if self.fence is not None:
                self.fence(self._connected())
            yield self._connected()

    def leave_no_trace(self) -> None:
        """What was deleted leaves the file, too, whenever that was; not what others keep of it (copies, PostgreSQL)."""
        if self._engine.dialect.name != "sqlite":
            return
        with errors_named(self._shown), self._one_at_a_time:
            for statement in ("PRAGMA secure_delete=ON", "VACUUM"):
                self._connected().exec_driver_sql(statement)
            self._connected().commit()

    def check_fence(self) -> None:
        """Whether what was held is still ours. Raises StateError where it is not."""
        with self.transaction():
            pass

    def _connected(self) -> Connection:
        if self._connection is None:
            raise RuntimeError("the state is closed")
        return self._connection

    def _connect(self, *, glance: bool = False) -> None:
        self._connection = self._engine.connect()
        if self._engine.dialect.name != "sqlite":
            return
        # FULL: an intent must survive a power cut before the request leaves. No WAL: it breaks on network volumes.
        self._connection.exec_driver_sql("PRAGMA synchronous=FULL")
        self._connection.exec_driver_sql("PRAGMA busy_timeout=15000")
        self._connection.commit()
        if glance:
            self._connection.commit()
            return
        found = str(self._connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())  # 0.2 s for 100,000 contacts
        self._connection.commit()
        if found != "ok":
            raise StateError(unusable(self._shown, f"it is damaged ({' '.join(found.split())})"))

    def _settle(self) -> None:
        """Not earlier than the schema: it may write."""
        if self._engine.dialect.name == "sqlite":
            self._connected().exec_driver_sql("PRAGMA journal_mode=TRUNCATE")
            self._connected().commit()

    def _to_read(self) -> Self:
        """This database, where it is up to date; else what it holds, in memory, where it can be brought up to date."""
        with self.transaction() as connection:
            _keep_migrations_out(connection)
            version = self._version(connection)
            if version == len(self._migrations):
                return self
            copy = type(self)(_engine(IN_MEMORY), self._shown, self._migrations)
            copy._connect()
            with copy.transaction() as memory:
                for migrate in self._migrations[:version]:
                    migrate(memory)
                copy_rows(connection, memory)
        self.close()
        copy._migrate()
        return copy

    def _migrate(self) -> None:
        """Bring the schema up to date, whole or not at all, however many runs open it."""
        with self.transaction() as connection:
            if self._version(connection) == len(self._migrations):
                return
        with self.transaction() as connection:
            _keep_others_out(connection)
            version = self._version(connection)  # another run may have been faster
            for migrate in self._migrations[version:]:
                migrate(connection)
            if version < len(self._migrations):
                connection.execute(META.delete().where(META.c.name == "schema"))
                connection.execute(META.insert().values(name="schema", value=str(len(self._migrations))))

    def _version(self, connection: Connection) -> int:
        """The schema's version, 0 where there is none yet. Raises StateError for a newer one, and another's tables."""
        tables = sa.inspect(connection).get_table_names()  # asked once: another run may be making them
        if META.name not in tables:
            if tables:
                raise StateError(
                    f"state {self._shown}: this database holds other tables, not openphone-sync's state. "
                    "Name another file under 'state'; this one was left as it is."
                )
            return 0
        found = connection.execute(sa.select(META.c.value).where(META.c.name == "schema")).scalar()
        version = int(found or 0)
        if version > len(self._migrations):
            raise StateError(
                f"state {self._shown}: it was written by a newer openphone-sync (schema {version}, this program "
                f"knows {len(self._migrations)}). Upgrade openphone-sync; the file was left as it is."
            )
        return version


def _keep_others_out(connection: Connection) -> None:
    """From here to its end the transaction is alone, and whole: a schema is made once, by one, or not at all."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # Python's own would leave each CREATE TABLE to itself
    else:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SCHEMA_LOCK)))


def _keep_migrations_out(connection: Connection) -> None:
    """What is read in this transaction is all of one schema. Writes nothing, and lets others read."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")  # Python's own would begin with a write
    else:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(_SCHEMA_LOCK)))


def _at_hand(url: URL, read_only: bool) -> URL:
    """The address to open: a file made private first, or one that SQLite cannot change."""
    file = sqlite_file(url) if url.get_backend_name() == "sqlite" else None
    if file is None:
        return url
    if not read_only:
        _make_private(file)
        return url
    if not file.exists() or file.stat().st_size == 0:
        return IN_MEMORY
    query = {**url.query, "mode": "ro", "uri": "true"}
    return url.set(database=f"file:{quote(str(file))}", query=query)


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, poolclass=NullPool)
    # One connection, used by one thread at a time: the caller's, or a worker's while the caller awaits it.
    return sa.create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})


def _make_private(path: Path) -> None:
    """Make the file with mode 0600 before SQLite would make it with another."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        raise StateError(advice(str(path), error)) from error
