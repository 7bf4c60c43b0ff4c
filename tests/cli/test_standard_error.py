"""Logs, messages and progress never decide over the work: whatever befalls standard error, all else is as ever."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from sync.sandbox import SandboxOptions, SandboxThread
from tests.support.commands import PROGRAM
from tests.support.daemons import CSV, DaemonProcess, until
from tests.support.paths import ROOT
from tests.support.workbench import Workbench, people, person, workbench

ROWS = 12
NOISY = ("--log-level", "debug")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        made.write(people(ROWS))
        yield made


@contextmanager
def closed() -> Iterator[int | None]:
    yield None


@contextmanager
def full() -> Iterator[int]:
    number = os.open("/dev/full", os.O_WRONLY)
    yield number
    os.close(number)


@contextmanager
def reader_gone() -> Iterator[int]:
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


@contextmanager
def reader_asleep() -> Iterator[int]:
    """A pipe that is full already, whose reader does not read."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while os.write(writing, b"x" * 4096):
            pass
    os.set_blocking(writing, True)
    yield writing
    os.close(writing)
    os.close(reading)


@contextmanager
def terminal_gone() -> Iterator[int]:
    """A terminal that was hung up: progress bars go there, too."""
    ours, theirs = pty.openpty()
    os.close(ours)
    yield theirs
    os.close(theirs)


KINDS = {"closed": closed, "full": full, "reader gone": reader_gone, "reader asleep": reader_asleep,
         "terminal gone": terminal_gone}  # fmt: skip
THREE_OF_THEM = [
    *("closed", "full", "reader asleep"),
    *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("reader gone", "terminal gone")),
]


def program(stderr: int | None, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The program, with this for its standard error; None: closed."""
    command = [*PROGRAM, *arguments]
    if stderr is None:
        command = ["sh", "-c", 'exec "$@" 2>&-', "sh", *command]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=stderr, text=True, env=environment, cwd=ROOT, timeout=60, check=False
    )


@pytest.mark.parametrize("kind", THREE_OF_THEM)
def test_a_run_a_dry_run_and_an_undo_do_what_they_do(bench: Workbench, kind: str) -> None:
    def said(name: str, *arguments: str, code: int = 0) -> str:
        with KINDS[kind]() as stderr:
            done = program(stderr, name, *arguments[:1], "-c", str(bench.config), *arguments[1:], *NOISY)
        assert done.returncode == code
        return done.stdout

    assert f"Plan: {ROWS} to add" in said("run", "customers", "--dry-run")
    assert len(bench.sandbox.contacts) == 0
    assert f"Done: {ROWS} added" in said("run", "customers")
    assert len(bench.sandbox.contacts) == ROWS
    assert f"{ROWS} deleted" in said("undo", "1")
    assert len(bench.sandbox.contacts) == 0
    said("run", "nobody", code=2)
    bench.write([*people(2), person(2, phone="12")])
    said("run", "customers", code=3)


@pytest.mark.parametrize("kind", THREE_OF_THEM)
def test_a_daemon_goes_on_and_ends_well(tmp_path: Path, kind: str) -> None:
    (tmp_path / "customers.csv").write_text(CSV)
    with SandboxThread(SandboxOptions(requests_per_second=1000)) as sandbox, KINDS[kind]() as stderr:
        made = DaemonProcess(tmp_path, sandbox, schedule="0.3s")
        made.write_config()
        command = [*PROGRAM, "daemon", "-c", str(made.config), *NOISY]
        if stderr is None:
            command = ["sh", "-c", 'exec "$@" 2>&-', "sh", *command]
        made.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=stderr)
        try:
            until(lambda: answers(made) and made.get("/readyz").status == 200)
            made.csv.write_text(CSV.replace("Ann", "Anna"))
            until(lambda: sandbox.by_external_id("c1")[0]["defaultFields"]["firstName"] == "Anna")
            code, seconds = made.stop()
        finally:
            made.process.kill()
        assert code == 0
        assert seconds < 10


def answers(daemon: DaemonProcess) -> bool:
    try:
        return daemon.get("/healthz").status == 200
    except OSError:
        return False


def test_logs_are_whole_where_they_can_be_written(bench: Workbench) -> None:
    """A reader who wakes up in time misses nothing, and lines stay lines."""
    reading, writing = os.pipe()
    command = [*PROGRAM, "run", "-c", str(bench.config), *NOISY, "--log-format", "json"]
    process = subprocess.Popen(command, stderr=writing, stdout=subprocess.DEVNULL, cwd=ROOT)
    os.close(writing)
    with os.fdopen(reading) as reader:
        lines = reader.read().splitlines()
    assert process.wait() == 0
    assert sum('"contact"' in line for line in lines) >= ROWS
    assert all(line.startswith("{") and line.endswith("}") for line in lines)


def test_a_line_that_was_cut_does_not_spoil_the_next() -> None:
    code = (
        "import sys; from sync.cli.standard_error import make_harmless; make_harmless()\n"
        "print('x' * 300_000, file=sys.stderr)\n"
        "print('lost', file=sys.stderr)\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "print('whole', file=sys.stderr)\n"
    )
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", code], stderr=writing, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, cwd=ROOT
    )
    os.close(writing)
    assert process.stdout is not None
    assert process.stdin is not None
    started = time.monotonic()
    assert process.stdout.readline() == "ready\n"
    assert time.monotonic() - started < 10
    first = os.read(reading, 1 << 20)
    process.stdin.write("\n")
    process.stdin.flush()
    with os.fdopen(reading, "rb") as reader:
        rest = reader.read()
    assert process.wait() == 0
    assert (first + rest).splitlines()[-1] == b"whole"
    assert b"lost" not in first + rest


def test_no_file_of_ours_takes_the_place_of_a_closed_stream(bench: Workbench) -> None:
    command = ["sh", "-c", 'exec "$@" <&- 2>&-', "sh", *PROGRAM, "run", "-c", str(bench.config), *NOISY]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0
    assert bench.run().counts == {"unchanged": ROWS}


def test_standard_output_still_decides(bench: Workbench) -> None:
    """Who asked for a report and cannot have it is told by the exit code, with nobody to hear a word either."""
    with full() as stderr, Path("/dev/full").open("w") as stdout:
        command = [*PROGRAM, "run", "-c", str(bench.config)]
        assert subprocess.run(command, stdout=stdout, stderr=stderr, cwd=ROOT, check=False).returncode == 1
    assert len(bench.sandbox.contacts) == ROWS
