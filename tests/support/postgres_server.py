"""A PostgreSQL server of the tests' own, started from the binaries on this machine.

    with postgres_server() as url:
        ... speak to the database at url; it has a table "people" of 5,000 rows ...

It runs as an unprivileged user, keeps its files in /tmp, and leaves nothing behind. Tests share it: one that writes
makes a database of its own.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BINARIES = Path("/usr/lib/postgresql/15/bin")


@contextmanager
def postgres_server() -> Iterator[str]:
    """The address of a server that lives as long as the block; skips the test where PostgreSQL is missing."""
    if not (BINARIES / "initdb").exists():
        pytest.skip(f"PostgreSQL 15 is not installed in {BINARIES}")
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # an unprivileged user must get there
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    (password := folder / "password").write_text("s3cr3t w0rd")
    if as_user:
        shutil.chown(password, "postgres")
    port, data = free_port(), str(folder / "data")
    initdb = [str(BINARIES / "initdb"), "-D", data, "-U", "crm", "-A", "scram-sha-256", f"--pwfile={password}", "-N"]
    subprocess.run([*as_user, *initdb, "-E", "UTF8"], check=True, capture_output=True, cwd="/")
    settings = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off -c logging_collector=off"
    control = [*as_user, str(BINARIES / "pg_ctl"), "-D", data]
    subprocess.run(
        [*control, "-w", "-l", str(folder / "log"), "-o", settings, "start"], check=True, capture_output=True, cwd="/"
    )
    url = f"postgresql://crm:s3cr3t%20w0rd@127.0.0.1:{port}/postgres"
    try:
        _fill(url)
        yield url
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, capture_output=True, cwd="/")
        shutil.rmtree(folder, ignore_errors=True)


def fresh_database(server: str) -> str:
    """The address of an empty database on this server."""
    psycopg = pytest.importorskip("psycopg")
    name = f"state_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    return f"{server.removesuffix('/postgres')}/{name}"


def free_port() -> int:
    """A port on loopback that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _fill(url: str) -> None:
    """A table of 5,000 people, and a function that would change them."""
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(url) as database:
        database.execute(
            "create table people (id numeric(10) primary key, name text, tags text[], born date, seen timestamptz,"
            " fee numeric(8,2), more jsonb, code uuid, active boolean)"
        )
        database.execute(
            "insert into people select n, 'Name ' || n, array['a', 'b'], '1990-05-17', '2026-01-02T03:04:05Z', 12.50,"
            " '{\"x\": 1}', '6f9619ff-8b86-d011-b42d-00cf4fc964ff', true from generate_series(1, 5000) as n"
        )
        database.execute("create function bump() returns int language sql as 'update people set fee = 0; select 1'")
