"""The progress bar: on a terminal alone, gone before anything is printed, and it takes nothing with it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Iterator

import pytest

from tests.support.commands import PROGRAM
from tests.support.paths import ROOT
from tests.support.workbench import Workbench, people, person, workbench

ERASED = "\r\x1b[2K"
SHOWN = "\x1b[?25h"
"""The cursor is there again."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with workbench(tmp_path_factory.mktemp("progress")) as made:
        made.write([*people(8), person(9, phone="12")])
        yield made


def on_a_terminal(bench: Workbench, *words: str, report: bool) -> tuple[str, str]:
    """What a terminal gets, and what a pipe gets that ``report`` sends standard output to."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    with subprocess.Popen(
        [*PROGRAM, *words, "-c", str(bench.config)],
        stdout=subprocess.PIPE if report else theirs,
        stderr=theirs,
        stdin=subprocess.DEVNULL,
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm-256color"},
    ) as process:
        os.close(theirs)
        said = b""
        try:
            while block := os.read(ours, 65536):
                said += block
        except OSError:  # the other end is closed
            pass
        os.close(ours)
        printed = process.stdout.read() if process.stdout is not None else b""
    return said.decode(), printed.decode()


def screen(said: str) -> list[str]:
    """The lines that are left on the terminal: what was erased is not there, nor are colours."""
    lines = []
    for line in said.replace("\r\n", "\n").split("\n"):
        left = line.rpartition("\x1b[2K")[2].replace("\r", "")
        lines.append(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", left))
    return lines


def test_nothing_is_left_of_the_bar_where_the_report_stands_on_the_same_terminal(bench: Workbench) -> None:
    said, _ = on_a_terminal(bench, "run", "--dry-run", report=False)
    assert "customers: reading the source" in said
    lines = screen(said)
    assert lines[0] == lines[-2] == "Plan: 8 to add, 0 to change, 0 to delete; 1 row needs you"
    assert lines[-1] == ""
    assert not [line for line in lines if "━" in line or "reading the source" in line]
    assert said.rindex(SHOWN) < said.index("Plan: 8 to add")


def test_a_report_goes_where_standard_output_goes_and_the_terminal_is_as_before(bench: Workbench) -> None:
    said, printed = on_a_terminal(bench, "run", report=True)
    assert "customers: writing to the workspace" in said
    assert screen(said) == [""]
    assert said.endswith(f"{ERASED}{SHOWN}\r")
    assert printed.endswith("\nDone: 8 added, 0 changed, 0 deleted; 1 row needs you\n")
    assert "\x1b" not in printed


def test_what_is_logged_meanwhile_stands_on_lines_of_its_own(bench: Workbench) -> None:
    said, _ = on_a_terminal(bench, "run", "--verify", "--log-level", "info", report=True)
    logged = [line for line in screen(said) if line]
    assert logged
    assert all(re.match(r"\d{4}-\d\d-\d\dT", line) for line in logged), logged
