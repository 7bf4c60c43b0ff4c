"""One run per sync and state at a time: a lock that its holder's death releases.

A file beside an SQLite state (``flock``: other processes, and other pods on the same volume); an advisory lock in
PostgreSQL otherwise. Knows nothing of what the run does.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from sync.state.address import address, errors_named, shown_address, sqlite_file


class Locked(Exception):
    """Another run holds this sync (exit 5)."""


@contextmanager
def hold(url: str, sync: str, *, read_only: bool = False) -> Iterator[None]:
    """Hold the sync for the block; ``read_only`` makes no lock file. Raises Locked, StateError without a database."""
    parsed = address(url)
    if parsed.get_backend_name() != "sqlite":
        with _advisory_lock(parsed, sync):
            yield
    elif file := sqlite_file(parsed):
        with _file_lock(Path(f"{file.resolve()}.{sync}.lock"), read_only):
            yield
    else:
        yield  # nobody else sees a state in memory


def lock_number(sync: str) -> int:
    """The number of a sync's advisory lock in PostgreSQL."""
    return int.from_bytes(hashlib.blake2b(f"openphone-sync:{sync}".encode(), digest_size=8).digest(), signed=True)


@contextmanager
def _file_lock(path: Path, read_only: bool) -> Iterator[None]:
    if read_only and not path.exists():
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDONLY if read_only else os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Locked(f"another run holds this sync (lock file {path}): nothing was done") from None
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _advisory_lock(url: URL, sync: str) -> Iterator[None]:
    number = lock_number(sync)
    with errors_named(shown_address(url)):
        engine = sa.create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        connection = engine.connect()
    try:
        with errors_named(shown_address(url)):
            held = connection.execute(sa.select(sa.func.pg_try_advisory_lock(number))).scalar()
        if not held:
            raise Locked("another run holds this sync (advisory lock in the state database): nothing was done")
        try:
            yield  # the session ends with us, and the lock with the session
        finally:
            with suppress(sa.exc.DBAPIError):  # said as well: a server may see the end of a session a moment later
                connection.execute(sa.select(sa.func.pg_advisory_unlock(number)))
    finally:
        connection.close()
        engine.dispose()
