"""A daemon as its user starts it: a process of its own, a workspace of its own, real HTTP. For tests."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from sync.sandbox import SandboxThread
from tests.support.paths import ROOT

TOKEN = "a-token-for-the-tests"
PATIENCE = 20.0
CSV = "id,first,last,phone\nc1,Ann,Lee,+1 555 555 0101\nc2,Bob,Ray,+1 555 555 0102\n"


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    headers: Mapping[str, str]


@dataclass
class DaemonProcess:
    """``with DaemonProcess(folder, sandbox) as daemon``: started, and answering."""

    folder: Path
    sandbox: SandboxThread
    server: str = ""
    extra: str = ""
    schedule: str = "2s"
    port: int = field(default_factory=lambda: free_port())

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    @property
    def csv(self) -> Path:
        return self.folder / "customers.csv"

    def write_config(self, *, schedule: str | None = None, more_syncs: str = "") -> None:
        self.config.write_text(
            f"""\
openphone: {{api_key: {self.sandbox.key}, base_url: {self.sandbox.url}}}
syncs:
  customers:
    schedule: "{schedule or self.schedule}"
    source: {{type: csv, path: customers.csv}}
    key: id
    fields: {{firstName: first, lastName: last, phoneNumbers: {{mobile: phone}}}}
{more_syncs}
server: {{port: {self.port}{self.server}}}
timezone: UTC
{self.extra}
"""
        )

    def __enter__(self) -> Self:
        if not self.config.exists():
            self.write_config()
        self._log = (self.folder / "stderr.txt").open("w")
        command = [sys.executable, "-m", "sync", "daemon", "-c", str(self.config)]
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=self._log, stdout=self._log, env=dict(os.environ))
        until(lambda: self.process.poll() is not None or self._answers())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._log.close()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """The exit code, and the seconds that it took."""
        started = time.monotonic()
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        return code, time.monotonic() - started

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, None, headers)

    def post(self, path: str, form: Mapping[str, str] | None = None, **headers: str) -> Answer:
        return self.request("POST", path, form or {}, headers)

    def request(self, method: str, path: str, form: Mapping[str, str] | None, headers: Mapping[str, str]) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._exchange(method, path, urlencode(form) if form is not None else None, named)

    def send(self, path: str, body: str, headers: Mapping[str, str]) -> Answer:
        """A form as it was encoded."""
        return self._exchange("POST", path, body, dict(headers))

    def _exchange(self, method: str, path: str, body: str | None, named: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        if body is not None:
            named["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, named)
            response = connection.getresponse()
            return Answer(response.status, response.read().decode(), dict(response.getheaders()))
        finally:
            connection.close()

    def logs(self) -> list[dict[str, Any]]:
        """Every line that was logged; fails where one is not JSON."""
        return [json.loads(line) for line in (self.folder / "stderr.txt").read_text().splitlines()]

    def logged(self, event: str) -> bool:
        return any(line["event"] == event for line in self.logs())

    def _answers(self) -> bool:
        if self.port == 0:
            return self.logged("started")
        try:
            return self.get("/healthz").status == 200
        except OSError:
            return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(reached: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Return as soon as ``reached`` holds; fail where it never does."""
    deadline = time.monotonic() + patience
    while not reached():
        if time.monotonic() > deadline:
            raise AssertionError("it did not come about in time")
        time.sleep(0.05)
