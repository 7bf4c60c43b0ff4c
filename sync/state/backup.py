"""A copy of the state, as it is at one moment, while syncs run. Knows SQLite's way; PostgreSQL has its own."""

from __future__ import annotations

import os
import shlex
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import URL

from sync.state.address import address, errors_named, shown_address, sqlite_file
from sync.state.copies import cut_off, rolled_back

PATIENCE = 15.0


class NotCopied(Exception):
    """There can be no such copy (exit 2); the message is for the user."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that was made: of which file, how large it is, how many contacts and runs it has."""

    of: Path
    bytes: int
    contacts: int
    runs: int


def back_up(url: str, target: Path, *, replace: bool = False) -> Copy:
    """Copy the state to ``target`` (mode 0600), whole or not at all; ``replace``: over a file that is there.

    Raises NotCopied, and StateError where the state cannot be read.
    """
    parsed = address(url)
    shown = shown_address(parsed)
    if parsed.get_backend_name() != "sqlite":
        whole = URL.create("postgresql", parsed.username, None, parsed.host, parsed.port, parsed.database)
        plain = whole.render_as_string()
        raise NotCopied(
            f"the state is in PostgreSQL, which makes its own copies: PGPASSWORD=… pg_dump --format=custom "
            f"--file={shlex.quote(str(target))} {shlex.quote(plain)}"
        )
    file = sqlite_file(parsed)
    if file is None or not file.exists():
        raise NotCopied(f"there is no state yet at {shown}: the first run makes it")
    _refuse(file, target, replace)
    with errors_named(shown), _read(file, cut_off(parsed)) as source:
        return _written(source, file, target)


def _refuse(file: Path, target: Path, replace: bool) -> None:
    if target.is_dir():
        raise NotCopied(f"{target} is a folder: name a file in it, such as {target / 'state-copy.db'}")
    if not target.parent.is_dir():
        raise NotCopied(f"there is no folder {target.parent}: make it first")
    if not target.exists():
        return
    if target.samefile(file):
        raise NotCopied(f"{target} is the state itself: name another file")
    if not replace:
        raise NotCopied(f"{target} is there already, and was left as it is: name another file, or give --force")


@contextmanager
def _read(file: Path, cut: Path | None) -> Iterator[sqlite3.Connection]:
    """The state's file, to be read; one whose last user died amid a transaction as it was before that."""
    if cut is None:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, timeout=PATIENCE)) as connection:
            yield connection
        return
    engine = rolled_back(cut)
    try:
        opened = engine.raw_connection().driver_connection
        if isinstance(opened, sqlite3.Connection):
            yield opened
    finally:
        engine.dispose()


def _written(source: sqlite3.Connection, file: Path, target: Path) -> Copy:
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # mkstemp's mode is 0600
    os.close(descriptor)
    draft = Path(name)
    try:
        with closing(sqlite3.connect(draft)) as copy:
            source.backup(copy)  # in one step: no run can write meanwhile, so that it is of one moment
            contacts, runs = (copy.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in _COUNTED)
        _to_the_disk(draft)
        size = draft.stat().st_size
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return Copy(file, size, contacts, runs)


_COUNTED = ("contacts", "runs")


def _to_the_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
