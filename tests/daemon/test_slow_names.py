"""A name server that does not answer: whoever asked it goes on waiting, the end of the daemon does not."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest

from sync.daemon.loop import Loop
from sync.sandbox import SandboxOptions, SandboxThread
from tests.support.daemons import CSV, DaemonProcess, until
from tests.support.paths import ROOT

SLOW_SYSTEM = """\
import pathlib, socket, time
known = socket.getaddrinfo
def getaddrinfo(host, *rest, **named):
    if "slow.example" in str(host):
        pathlib.Path("{asked}").touch()
        time.sleep(60)
    return known(host, *rest, **named)
socket.getaddrinfo = getaddrinfo
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose name server is silent about ``slow.example``. The file is there once it was asked."""
    system, file = tmp_path / "system", tmp_path / "asked"
    system.mkdir()
    (system / "sitecustomize.py").write_text(SLOW_SYSTEM.format(asked=file))
    monkeypatch.setenv("PYTHONPATH", f"{system}{os.pathsep}{ROOT}")
    return file


MAIL = "{host: slow.example, port: 25, security: none, sender: a@example.com, to: b@example.com}"


@pytest.mark.parametrize("alerts", ["webhook: 'http://slow.example/hook'", f"smtp: {MAIL}"])
def test_a_notice_whose_name_is_looked_up_does_not_hold_up_the_end(tmp_path: Path, asked: Path, alerts: str) -> None:
    with (
        SandboxThread(SandboxOptions(requests_per_second=1000)) as sandbox,
        DaemonProcess(tmp_path, sandbox, schedule="0.5s", extra=f"alerts: {{{alerts}}}") as daemon,  # no file: it fails
    ):
        until(asked.exists)
        until(lambda: 'runs_total{status="failed",sync="customers"} 3.0' in daemon.get("/metrics").text)
        code, seconds = daemon.stop()
        assert code == 0
        assert seconds < 10


def test_a_run_whose_name_is_looked_up_does_not_hold_up_the_end(tmp_path: Path, asked: Path) -> None:
    (tmp_path / "customers.csv").write_text(CSV)
    with SandboxThread(SandboxOptions(requests_per_second=1000)) as sandbox:
        daemon = DaemonProcess(tmp_path, sandbox, schedule="1h")
        daemon.write_config()
        daemon.config.write_text(daemon.config.read_text().replace(sandbox.url, "http://slow.example:8000"))
        with daemon:
            until(asked.exists)
            code, seconds = daemon.stop()
            assert code == 0
            assert seconds < 10


def test_names_are_found_and_missed_as_asyncio_has_it() -> None:
    async def asked_for() -> None:
        loop = asyncio.get_running_loop()
        (first, *_) = await loop.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)
        assert first[4] == ("127.0.0.1", 80)
        with pytest.raises(socket.gaierror):
            await loop.getaddrinfo("127.0.0.1", "no such service", type=socket.SOCK_STREAM)

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(asked_for())
