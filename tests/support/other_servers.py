"""Two JSON servers that this project did not write: Datasette (PyPI) and json-server (npm).

``python -m tests.support.other_servers`` installs them under ``build/test-servers``, where the tests look.
"""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.paths import ROOT

FOLDER = ROOT / "build" / "test-servers"
DATASETTE = FOLDER / "datasette" / "bin" / "datasette"
JSON_SERVER = FOLDER / "json-server" / "node_modules" / ".bin" / "json-server"


class NotInstalled(Exception):
    """A server is missing; says why."""


def install() -> None:
    """Installs what is missing. Raises NotInstalled."""
    if not DATASETTE.exists():
        _call(sys.executable, "-m", "venv", str(FOLDER / "datasette"))
        _call(str(DATASETTE.with_name("pip")), "install", "--quiet", "--retries", "1", "datasette==0.65.5")
    if not JSON_SERVER.exists():
        if shutil.which("npm") is None:
            raise NotInstalled("npm is not installed, which json-server comes from")
        folder = FOLDER / "json-server"
        folder.mkdir(parents=True, exist_ok=True)
        _call(
            "npm",
            "install",
            "--prefix",
            str(folder),
            "--no-fund",
            "--no-audit",
            "--fetch-retries",
            "1",
            "json-server@0.17.4",
        )


def people(count: int) -> list[dict[str, Any]]:
    """So many records, as both servers are given them."""
    return [{"id": n, "name": f"Name {n}", "phone": f"+1415555{n:04d}"} for n in range(1, count + 1)]


@contextmanager
def datasette(folder: Path, count: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Datasette with people in ``/crm/people``: its address and its process."""
    database = sqlite3.connect(folder / "crm.db")
    database.execute("create table people (id integer primary key, name text, phone text)")
    database.executemany("insert into people values (:id, :name, :phone)", people(count))
    database.commit()
    database.close()
    with _running(str(DATASETTE), "serve", str(folder / "crm.db"), "--host", "127.0.0.1", "--port") as running:
        yield running


@contextmanager
def json_server(folder: Path, count: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """json-server with people in ``/people``: its address and its process."""
    (folder / "db.json").write_text(json.dumps({"people": people(count)}))
    with _running(str(JSON_SERVER), "--host", "127.0.0.1", str(folder / "db.json"), "--port") as running:
        yield running


@contextmanager
def _running(*command: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = _free_port()
    process = subprocess.Popen([*command, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url, process)
        yield url, process
    finally:
        process.kill()
        process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{process.args!r} does not answer at {url}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _call(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise NotInstalled(f"{' '.join(command[:4])}: {done.stderr.strip()[-300:]}")


if __name__ == "__main__":
    install()
