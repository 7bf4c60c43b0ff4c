"""The database behind the state: which one an address means, how it is opened, what its errors are called.

An SQLite file by default (mode 0600, one connection), PostgreSQL for pods without a disk. Knows no table but the one
that holds the schema's version.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self
from urllib.parse import quote, unquote

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.pool import NullPool, StaticPool

from connectors.database_url import with_driver
from sync.state.schema import META, MIGRATIONS

_SCHEMA_LOCK = 0x6F70736D
"""PostgreSQL's advisory lock for making the schema; the locks of runs are other numbers."""

IN_MEMORY = URL.create("sqlite", database=":memory:")


class StateError(Exception):
    """The state cannot be used (exit 1); it is left as it is. The message is for the user."""


def address(url: str) -> URL:
    """The database that ``url`` means; PostgreSQL is reached through psycopg 3 where no driver is named."""
    return with_driver(sa.make_url(url))


def sqlite_file(url: URL) -> Path | None:
    """The file of an SQLite database, written plainly or as a ``file:`` URI; None where it lives in memory."""
    name = url.database or ":memory:"
    if name.startswith("file:") and url.query.get("uri") == "true":
        name = unquote(name.removeprefix("file:"))
        return None if name == ":memory:" or url.query.get("mode") == "memory" else Path(name)
    return None if name == ":memory:" else Path(name)


@contextmanager
def errors_named(shown: str) -> Iterator[None]:
    """What goes wrong with the database in this block is a StateError."""
    try:
        yield
    except (sa.exc.DBAPIError, sqlite3.Error, OSError) as error:
        cause = getattr(error, "orig", None) or error
        raise StateError(_unusable(shown, str(cause))) from error
    except (sa.exc.ArgumentError, ModuleNotFoundError) as error:
        raise StateError(f"state {shown}: cannot be opened: {error}") from error


def _unusable(shown: str, cause: str) -> str:
    return (
        f"state {shown}: cannot be used: {cause}. It was left as it is; restore a copy, or move it away "
        "to start afresh (contacts are then found again by their externalId)."
    )


def shown_address(url: URL) -> str:
    """The address for people to see: a file's name, or the address without its password."""
    file = sqlite_file(url) if url.get_backend_name() == "sqlite" else None
    return str(file) if file else url.render_as_string(hide_password=True)


class Database:
    """One connection, whose transactions come one after another."""

    def __init__(self, engine: Engine, shown: str) -> None:
        self._engine = engine
        self._shown = shown
        self._connection: Connection | None = None
        self._one_at_a_time = threading.Lock()  # a worker's transaction and the event loop's share the connection

    @classmethod
    def open(cls, url: str, *, read_only: bool = False) -> Self:
        """Open the database, making it if it is not there.

        ``read_only``: nothing on the disk changes; a database that is not there yet is empty. Raises StateError.
        """
        parsed = address(url)
        shown = shown_address(parsed)
        with errors_named(shown):
            cut_off = _cut_off(parsed) if read_only else None
            opened = cls(_rolled_back(cut_off) if cut_off else _engine(_at_hand(parsed, read_only)), shown)
            if not opened._prepare(read_only):
                opened.close()  # nothing there yet, and nothing may be made
                opened = cls(_engine(IN_MEMORY), shown)
                opened._prepare(False)
        return opened

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._engine.dispose()

    def _prepare(self, read_only: bool) -> bool:
        """Connect and bring the schema up to date; False where that is needed and not allowed."""
        self._connection = self._engine.connect()
        if self._engine.dialect.name == "sqlite":
            # FULL: an intent must survive a power cut before the request leaves. No WAL: it breaks on network volumes.
            self._connection.exec_driver_sql("PRAGMA synchronous=FULL")
            self._connection.exec_driver_sql("PRAGMA busy_timeout=15000")
            found = str(
                self._connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
            )  # 0.2 s for 100,000 contacts
            self._connection.commit()
            if found != "ok":
                raise StateError(_unusable(self._shown, f"it is damaged ({' '.join(found.split())})"))
        if not self._migrated(read_only):
            return False
        if self._engine.dialect.name == "sqlite" and not read_only:  # not earlier: it may write, and we may not
            self._connection.exec_driver_sql("PRAGMA journal_mode=TRUNCATE")
            self._connection.commit()
        return True

    def _migrated(self, read_only: bool) -> bool:
        with self._transaction() as connection:
            version = self._version(connection)
            if version == len(MIGRATIONS):
                return True
            if read_only:
                return version > 0  # an older schema can be read as far as it goes
        with self._transaction() as connection:
            _keep_others_out(connection)
            version = self._version(connection)  # another run may have been faster
            for migrate in MIGRATIONS[version:]:
                migrate(connection)
            if version < len(MIGRATIONS):
                connection.execute(META.delete().where(META.c.name == "schema"))
                connection.execute(META.insert().values(name="schema", value=str(len(MIGRATIONS))))
            return True

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
        if version > len(MIGRATIONS):
            raise StateError(
                f"state {self._shown}: it was written by a newer openphone-sync (schema {version}, this program "
                f"knows {len(MIGRATIONS)}). Upgrade openphone-sync; the file was left as it is."
            )
        return version

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        if self._connection is None:
            raise RuntimeError("the state is closed")
        with errors_named(self._shown), self._one_at_a_time, self._connection.begin():
            yield self._connection


def _keep_others_out(connection: Connection) -> None:
    """From here to its end the transaction is alone, and whole: a schema is made once, by one, or not at all."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # Python's own would leave each CREATE TABLE to itself
    else:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SCHEMA_LOCK)))


def _at_hand(url: URL, read_only: bool) -> URL:
    """The address to open: a file made private first, or one that SQLite cannot change."""
    if url.get_backend_name() != "sqlite":
        return url
    file = sqlite_file(url)
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


def _cut_off(url: URL) -> Path | None:
    """The file of a database whose last user died amid a transaction: it cannot be read before that is rolled back."""
    file = sqlite_file(url) if url.get_backend_name() == "sqlite" else None
    if file is None or not (journal := Path(f"{file}-journal")).exists() or journal.stat().st_size == 0:
        return None
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, timeout=15)) as connection:
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        return file
    return None  # the transaction of a run that lives


def _rolled_back(file: Path) -> Engine:
    """A database in memory, as this file will be once its journal is rolled back. Nothing beside the file changes."""
    memory = sqlite3.connect(":memory:", check_same_thread=False)
    with TemporaryDirectory() as folder:
        copy = Path(folder) / file.name
        for suffix in ("", "-journal"):
            shutil.copyfile(f"{file}{suffix}", f"{copy}{suffix}")
        with closing(sqlite3.connect(copy)) as connection:
            connection.backup(memory)
    return sa.create_engine(IN_MEMORY, creator=lambda: memory, poolclass=StaticPool)


def _make_private(path: Path) -> None:
    """Make the file with mode 0600 before SQLite would make it with another."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        raise StateError(
            f"state {path}: cannot be written: {error.strerror}. Choose another place for 'state'."
        ) from error
