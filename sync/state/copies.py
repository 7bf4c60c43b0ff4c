"""States that may only be read, but cannot be read as they are: copies that may change, beside which nothing does."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.pool import StaticPool

from sync.state.address import IN_MEMORY, sqlite_file

ROWS_AT_ONCE = 1000


def cut_off(url: URL) -> Path | None:
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


def rolled_back(file: Path) -> Engine:
    """A database in memory, as this file will be once its journal is rolled back. Nothing beside the file changes."""
    memory = sqlite3.connect(":memory:", check_same_thread=False)
    with TemporaryDirectory() as folder:
        copy = Path(folder) / file.name
        for suffix in ("", "-journal"):
            shutil.copyfile(f"{file}{suffix}", f"{copy}{suffix}")
        with closing(sqlite3.connect(copy)) as connection:
            connection.backup(memory)
    return sa.create_engine(IN_MEMORY, creator=lambda: memory, poolclass=StaticPool)


def copy_rows(source: Connection, target: Connection) -> None:
    """Every row of ``source`` in the tables that ``target`` has."""
    tables = sa.MetaData()
    tables.reflect(target)
    for table in tables.sorted_tables:
        found = source.execute(sa.select(table), execution_options={"yield_per": ROWS_AT_ONCE})
        for rows in found.mappings().partitions():
            target.execute(table.insert(), [dict(row) for row in rows])
