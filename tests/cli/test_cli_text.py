"""What a run says to a person: a plan in text, cut where it is long, in colour only where there is a screen."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import PROGRAM, command
from tests.support.paths import ROOT
from tests.support.workbench import Workbench, people, person, workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        made.write(people(3))
        yield made


def test_a_run_reads_like_a_plan(bench: Workbench) -> None:
    first = command(bench, "run")
    assert first.exit == 0
    assert "+ create c0 (row 2)\n    firstName: Ana0\n" in first.stdout
    assert "customers: ok: 3 rows: 3 created (" in first.stdout
    bench.write([person(0, company="Bay\nview"), person(1), person(3, phone="12")])
    second = command(bench, "run")
    assert second.exit == 3
    assert "~ update c0 (row 2)\n    company: Acme → Bay⏎view\n" in second.stdout
    assert "- delete c2" in second.stdout
    assert "! rejected: row 4 (c3), phone '12': is too short for a phone number" in second.stdout
    third = command(bench, "run", "--verify")
    assert third.exit == 3


def test_a_run_with_nothing_to_do_says_so_on_one_line(bench: Workbench) -> None:
    command(bench, "run")
    quiet = command(bench, "run")
    assert quiet.exit == 0
    (line,) = quiet.stdout.splitlines()
    assert line.startswith("customers: ok: 3 rows: 3 unchanged (1 request in ")


def test_a_dry_run_says_that_nothing_was_sent(bench: Workbench) -> None:
    said = command(bench, "run", "--dry-run")
    assert said.exit == 0
    assert "dry run: nothing was sent: 3 rows: 3 would be created" in said.stdout


def test_what_is_held_back_is_named_with_the_way_to_let_it_through(bench: Workbench) -> None:
    bench.write(people(20))
    command(bench, "run")
    bench.write([person(number, company="Moved") for number in range(3)])
    bench.configure(max_updates="1%")
    held = command(bench, "run")
    assert held.exit == 4
    assert "! every delete was held back: 17 deletes of 20 contacts" in held.stdout
    assert "--max-deletes 17" in held.stdout
    assert "    - delete c10" in held.stdout
    assert "… and 7 more" in held.stdout
    assert held.stdout.count("held back") == 1, "three updates are below the floor of five"


def test_rewrites_that_are_held_back_are_told_from_the_updates_that_were_made(bench: Workbench) -> None:
    bench.write(people(20))
    command(bench, "run")
    bench.write([*(person(number, phone="") for number in range(19)), person(19, company="Moved")])
    held = command(bench, "run")
    assert held.exit == 4
    assert "~ update c19 (row 21)" in held.stdout
    assert (
        "! 19 updates were held back: 19 rewrites of 20 contacts held are more than max_rewrites (30%)" in held.stdout
    )
    assert "nothing left in phoneNumbers.mobile in 19" in held.stdout
    assert "run once with --max-rewrites 19" in held.stdout


def test_long_lists_are_cut_with_a_hint(bench: Workbench) -> None:
    bench.write([*people(60), *(person(number, phone="1") for number in range(60, 100))])
    said = command(bench, "run")
    assert said.stdout.count("+ create") == 50
    assert "… and 10 more changes were made: --output json lists them all" in said.stdout
    assert said.stdout.count("! rejected") == 25
    assert "… and 15 more rows that need a person" in said.stdout


def test_values_do_not_command_the_terminal(bench: Workbench) -> None:
    bench.sandbox.seed([{"externalId": "c0", "firstName": "\x1b[31mred\x07"}])
    said = command(bench, "run")
    assert "\x1b" not in said.stdout
    assert "·[31mred·" in said.stdout


def run_with_terminal(bench: Workbench, *arguments: str) -> str:
    """Standard output as a terminal gets it."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen(
        [*PROGRAM, *arguments, "-c", str(bench.config)],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        cwd=ROOT,
        env=environment,
    ) as process:
        os.close(theirs)
        said = b""
        try:
            while block := os.read(ours, 65536):
                said += block
        except OSError:  # the other end is closed
            pass
        os.close(ours)
    assert process.returncode == 0
    return said.decode()


def test_colour_is_for_terminals(bench: Workbench) -> None:
    assert "\x1b[32m+ create c0" in run_with_terminal(bench, "run", "--dry-run")
    piped = subprocess.run(
        [*PROGRAM, "run", "--dry-run", "-c", str(bench.config)], check=True, capture_output=True, text=True, cwd=ROOT
    )
    assert "+ create c0" in piped.stdout
    assert "\x1b" not in piped.stdout + piped.stderr
    for line in piped.stderr.splitlines():
        json.loads(line)
