"""States that the program of commit 1a0e9c0 left behind, beside the workspaces and sources that go with them.

It had synced ``customers`` three times, the last time killed while it created c40 (which the workspace has), and
``staff`` three times: stopped by a signal, to the end, and with twelve deletes held back. Kept in
``fixtures/state-1a0e9c0``: an SQLite file and a PostgreSQL dump. Nobody makes them anew: they are what users have.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from click.testing import CliRunner

from sync.cli.common import Surroundings
from sync.cli.main import main
from sync.clock import Clock
from sync.openphone.patience import Patience
from sync.sandbox import SandboxOptions, SandboxThread
from sync.state.address import address
from tests.support.paths import ROOT
from tests.support.workbench import FAST, HURRY, SYNC, Result

KEPT = ROOT / "tests" / "fixtures" / "state-1a0e9c0"
LAST_RUN = 1795578121.0
"""When the last of their runs ended, seconds since the epoch."""

_STARTED = time.monotonic()


def an_hour_later() -> float:
    """The time, told as though the old program's last run were an hour ago: its history is not yet to be let go."""
    return LAST_RUN + 3600 + time.monotonic() - _STARTED


LATER = Clock(now=an_hour_later)


@dataclass(frozen=True)
class OldState:
    """A copy of one of the states: its database, the folder with the configuration, the workspace."""

    url: str
    folder: Path
    sandbox: SandboxThread

    def command(self, name: str, *options: str) -> Result:
        """Today's command on it."""
        arguments = [name, "-c", str(self.folder / "config.yaml"), "--output", "json", *options]
        around = Surroundings(LATER, Patience(list_lag=0.3).scaled(HURRY))
        done = CliRunner(catch_exceptions=False).invoke(main, arguments, obj=around)
        return Result(done.exit_code, done.stdout, done.stderr)

    def requests(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """What the workspace was asked since this was last called: method, path, external ids."""
        made = [(one.method, one.path, tuple(one.external_ids)) for one in self.sandbox.requests]
        self.sandbox.forget_requests()
        return made

    def configure(self) -> None:
        """Write the configuration that the old program had."""
        openphone = {"api_key": self.sandbox.key, "base_url": self.sandbox.url, "requests_per_second": FAST}
        staff = {**SYNC, "source": {"type": "csv", "path": "staff.csv"}}
        config = {"openphone": openphone, "state": self.url, "syncs": {"customers": dict(SYNC), "staff": staff}}
        (self.folder / "config.yaml").write_text(yaml.safe_dump(config))


def workspace(folder: Path, database: str) -> SandboxThread:
    """The workspace that goes with the state, and the sources beside it, copied to the folder."""
    for source in KEPT.glob("*.csv"):
        shutil.copy(source, folder)
    shutil.copy(KEPT / database / "workspace.json", folder)
    return SandboxThread(SandboxOptions(requests_per_second=FAST, file=folder / "workspace.json"))


def sqlite_state(folder: Path) -> str:
    """The address of a copy in the folder."""
    copy = Path(shutil.copy(KEPT / "sqlite" / "state-1a0e9c0.db", folder / "state.db"))
    copy.chmod(0o600)
    return f"sqlite:///{copy}"


def postgres_state(empty: str) -> str:
    """The address of an empty PostgreSQL database, now a copy."""
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(empty) as connection:
        connection.execute((KEPT / "postgres" / "state.sql").read_text())
    return empty


def content(url: str) -> dict[str, Any]:
    """Every row of every table, by the table's name; the columns' names first."""
    engine = sa.create_engine(address(url))
    try:
        with engine.connect() as connection:
            return {name: _rows(connection, name) for name in sorted(sa.inspect(connection).get_table_names())}
    finally:
        engine.dispose()


def _rows(connection: sa.Connection, table: str) -> list[Any]:
    found = connection.execute(sa.text(f"SELECT * FROM {table}"))  # the tables' names are our own
    return [tuple(found.keys()), *sorted((tuple(row) for row in found), key=repr)]


def structure(url: str) -> dict[str, Any]:
    """Columns with their types, keys and indexes of every table, by the table's name."""
    engine = sa.create_engine(address(url))
    try:
        inspector = sa.inspect(engine)
        return {
            name: {
                "columns": {
                    column["name"]: (repr(column["type"]), column["nullable"], bool(column.get("autoincrement")))
                    for column in inspector.get_columns(name)
                },
                "key": inspector.get_pk_constraint(name),
                "indexes": sorted(
                    (index["name"], index["column_names"], index["unique"]) for index in inspector.get_indexes(name)
                ),
            }
            for name in inspector.get_table_names()
        }
    finally:
        engine.dispose()


def number_schema(url: str, version: int) -> None:
    """Let the state say that it was written by the program of this schema."""
    engine = sa.create_engine(address(url))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE meta SET value = :value WHERE name = 'schema'"), {"value": str(version)})
    engine.dispose()


def files(folder: Path) -> dict[str, bytes]:
    """Every file of the state in the folder, byte for byte."""
    return {path.name: path.read_bytes() for path in folder.glob("state.db*")}


def is_whole(path: Path) -> bool:
    """Whether an SQLite file is undamaged."""
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone() == ("ok",))
