"""PgBouncer in transaction mode before a PostgreSQL server: a pooler that keeps no sessions."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.support.postgres_server import free_port

PROGRAM = "/usr/sbin/pgbouncer"


@contextmanager
def pooled(url: str, mode: str) -> Iterator[str]:
    """The same database behind a pool in this mode; skips the test where PgBouncer is missing."""
    if not Path(PROGRAM).exists():
        pytest.skip(f"PgBouncer is not installed as {PROGRAM}")
    parts, port = urlsplit(url), free_port()
    folder = Path(tempfile.mkdtemp(prefix="pgb", dir="/tmp"))
    user, password, name = parts.username or "", unquote(parts.password or ""), parts.path.strip("/")
    (folder / "users.txt").write_text(f'"{user}" "{password}"\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n{name} = host=127.0.0.1 port={parts.port} user={user} password='{password}'\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = plain\nunix_socket_dir =\n"
        f"auth_file = {folder / 'users.txt'}\npool_mode = {mode}\ndefault_pool_size = 3\n"
    )
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    for path in [folder, *folder.iterdir()] if as_user else []:
        shutil.chown(path, "postgres")
    process = subprocess.Popen(
        [*as_user, PROGRAM, "-q", str(folder / "pgbouncer.ini")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        yield f"postgresql://{parts.username}:{parts.password}@127.0.0.1:{port}/{name}"
    finally:
        process.terminate()
        process.wait(timeout=10)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nobody listens on {port}")
