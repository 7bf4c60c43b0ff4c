"""A person at ``openphone-sync init``: the folder with a CSV, what is typed, and what is then written."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import IO

import pytest
from click.testing import CliRunner, Result

from sync.cli.common import Surroundings
from sync.cli.main import main
from sync.openphone.patience import Patience
from sync.sandbox import SandboxThread
from tests.support.paths import ROOT

CSV = """\
id,First Name,Surname,Firm,Mobile,Office phone,E-mail,is_lead,Tags,Since,Shoe size
c1,Ana,Núñez,Acme,415-555-0101,,ana@acme.example,yes,vip;new,31/12/2024,38
c2,Bo,Berg,Berg Ltd,415-555-0102,415-555-0109,bo@berg.example,no,vip,03/04/2025,44
"""
CTRL_C = "\x03"
Init = Callable[..., Result]


def working_folder(folder: Path, sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that a person works in: a CSV, and the sandbox's address and key in the environment."""
    for name in ("GOOGLE_SHEET_ID", "GOOGLE_APPLICATION_CREDENTIALS", "OPENPHONE_SYNC_CONFIG", "LC_ALL", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("OPENPHONE_API_KEY", sandbox.key)
    monkeypatch.setenv("OPENPHONE_BASE_URL", sandbox.url)
    (folder / "customers.csv").write_text(CSV, encoding="utf-8")
    return folder


def run_init(*options: str, keys: str | IO[bytes] | None = None, patience: Patience = Patience()) -> Result:
    """Runs the command; ``keys`` is what the person types."""
    around = Surroundings(patience=patience)
    return CliRunner(catch_exceptions=False).invoke(main, ["init", *options], input=keys, obj=around)


class Typing(BytesIO):
    """A person who does something else before the first answer is typed."""

    def __init__(self, keys: str, before: Callable[[], object]) -> None:
        super().__init__(keys.encode())
        self._before: Callable[[], object] | None = before

    def read1(self, size: int | None = -1, /) -> bytes:
        if self._before is not None:
            self._before()
            self._before = None
        return super().read1(size)


def written(folder: Path) -> set[str]:
    """The files that are there, beside what was there before."""
    return {path.name for path in folder.iterdir()} - {"customers.csv", "service-account.json"}


def on_a_terminal(folder: Path, answers: list[str]) -> tuple[int, str]:
    """The command on a terminal of its own: an answer is typed each time that it asks for one."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "sync", "init"],
        cwd=folder,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=_own_the_terminal,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "dumb"},
    )
    os.close(theirs)
    said, asked, end = "", 0, time.monotonic() + 60
    waiting, answer = list(answers), ""
    try:
        while time.monotonic() < end:
            if not select.select([ours], [], [], 0.5)[0]:
                if answer == CTRL_C:  # one that comes while readline makes itself ready waits for the next key
                    os.write(ours, CTRL_C.encode())
                continue
            try:
                more = os.read(ours, 65536).decode(errors="replace")
            except OSError:
                break
            if not more:
                break
            said += more
            if (waiting and said[asked:].rstrip("\r\n ").endswith(":")) or re.search(r"\]: $", said[asked:]):
                asked = len(said)
                answer = waiting.pop(0) if waiting else ""
                os.write(ours, answer.encode() if answer == CTRL_C else f"{answer}\n".encode())
        return process.wait(timeout=10), said
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
        os.close(ours)


def _own_the_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
