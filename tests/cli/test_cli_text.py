"""What a run says to a person: a plan in text, cut where it is long, in colour only where there is a screen."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.cli.text import report_lines
from sync.plan.certainty import Waiting
from sync.run.report import SyncReport
from sync.run.verdict import IN_THE_APP
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
    assert "+ create Ana0 Núñez (c0, row 2)\n    firstName: Ana0\n" in first.stdout
    assert "\ncustomers: 3 rows read; " in first.stdout
    assert first.stdout.splitlines()[-1] == "Done: 3 added, 0 changed, 0 deleted"
    bench.write([person(0, company="Bay\nview"), person(1), person(3, phone="12", email="")])
    second = command(bench, "run")
    assert second.exit == 3
    assert "~ update Ana0 Núñez (c0, row 2)\n    company: Acme → Bay⏎view\n" in second.stdout
    assert "- delete Ana2 Núñez (Acme, +14155550002) (c2)\n" in second.stdout
    assert "! rejected: row 4, Ana3 Núñez (Acme) (c3), phone '12': is too short for a phone number\n" in second.stdout
    assert second.stdout.endswith("\nDone: 0 added, 1 changed, 1 deleted; 1 row needs you\n")
    third = command(bench, "run", "--verify")
    assert third.exit == 3


def test_a_run_with_nothing_to_do_says_so(bench: Workbench) -> None:
    command(bench, "run")
    quiet = command(bench, "run")
    assert quiet.exit == 0
    facts, verdict = quiet.stdout.splitlines()
    assert facts.startswith("customers: 3 rows read, 3 unchanged; 0 requests in ")
    assert verdict == "Done: nothing to do, everything is in place"
    assert "customers: the workspace holds exactly what the source says\n" in command(bench, "run", "--verify").stdout


def test_a_run_that_could_not_do_its_work_says_so_and_nothing_else(bench: Workbench) -> None:
    bench.source.unlink()
    failed = command(bench, "run")
    assert (failed.exit, failed.stdout) == (1, f"Failed: customers: {bench.source} does not exist.\n")


def test_a_dry_run_says_that_nothing_was_sent(bench: Workbench) -> None:
    said = command(bench, "run", "--dry-run")
    assert said.exit == 0
    assert "customers: 3 rows read; 2 requests in " in said.stdout
    assert said.stdout.endswith(" s, nothing was sent\nPlan: 3 to add, 0 to change, 0 to delete\n")


def test_a_first_load_is_summed_up_and_says_when_it_is_to_be_seen(bench: Workbench) -> None:
    bench.write([*people(140), *(person(number, last="") for number in range(140, 146))])
    planned = command(bench, "run", "--dry-run").stdout.splitlines()
    assert planned[0] == planned[-1] == "Plan: 146 to add, 0 to change, 0 to delete"
    assert planned[1].startswith(
        "146 contacts to add: firstName in 146, lastName in 140, company in 146, phoneNumbers in"
    )
    assert sum("+ create" in line for line in planned) == 3
    assert "    … and 143 more: --output json or --output html" in planned
    done = command(bench, "run").stdout.splitlines()
    assert done[0] == done[-1] == "Done: 146 added, 0 changed, 0 deleted"
    assert f"    … and 143 more: openphone-sync show 1 -c {bench.config}" in done
    assert IN_THE_APP in done
    bench.write([*bench.rows, person(200)])
    assert IN_THE_APP not in command(bench, "run").stdout


def test_what_a_changed_mapping_brings_is_summed_up(bench: Workbench) -> None:
    bench.write(people(30))
    command(bench, "run")
    bench.configure(fields=bench.syncs["customers"]["fields"] | {"role": "company"})
    said = command(bench, "run", "--dry-run").stdout
    assert said.startswith("30 contacts to change: role in 30\n")
    assert said.count("~ update") == 3


def test_what_is_held_back_is_named_once_with_the_way_to_let_it_through(bench: Workbench) -> None:
    bench.write(people(20))
    command(bench, "run")
    bench.write([person(number, company="Moved") for number in range(3)])
    bench.configure(max_updates="1%")
    held = command(bench, "run")
    assert held.exit == 4
    said = "! 17 deletes held back: 17 deletes of 20 contacts tracked are more than max_deletes (10%) allows\n"
    assert said in held.stdout
    assert "    - delete Ana10 Núñez (Acme, +14155550010) (c10)\n" in held.stdout
    assert f"    … and 7 more: openphone-sync problems customers -c {bench.config}\n" in held.stdout
    way = f"If that is meant, let them through once: openphone-sync run --max-deletes 17 -c {bench.config}\n"
    assert held.stdout.count(way) == held.stdout.count("more than max_deletes") == 1
    assert held.stdout.endswith("\nDone: 0 added, 3 changed, 0 deleted; 17 deletes held back\n")


def test_rewrites_that_are_held_back_are_told_from_the_updates_that_were_made(bench: Workbench) -> None:
    bench.write(people(20))
    command(bench, "run")
    bench.write([*(person(number, phone="") for number in range(19)), person(19, company="Moved")])
    held = command(bench, "run")
    assert held.exit == 4
    assert "~ update Ana19 Núñez (c19, row 21)" in held.stdout
    assert "! 19 updates held back: 19 rewrites of 20 contacts tracked are more than max_rewrites (30%)" in held.stdout
    assert "    ~ update Ana0 Núñez (c0, row 2)\n        phoneNumbers: mobile +14155550000 → (empty)\n" in held.stdout
    assert "nothing left in phoneNumbers.mobile in 19" in held.stdout
    assert "openphone-sync run --max-rewrites 19" in held.stdout


def test_who_waits_for_a_second_read_is_named() -> None:
    contacts = [Waiting("c1", "a", "Ana Roe"), Waiting("c2", "b")]
    report = SyncReport("crm", waiting=contacts)
    report.counts |= {"rows": 5, "unchanged": 3, "waiting": 2}
    said = report_lines(report)
    assert said[1:3] == ["    Ana Roe (c1)", "    c2"]
    assert said[0] == "… 2 contacts are missing from this read, and go when the next full one misses them, too:"
    assert said[-1] == "\x1b[32m\x1b[1mDone: 0 added, 0 changed, 0 deleted; 2 contacts wait for a second read\x1b[0m"


def test_many_problems_are_counted_by_reason_first(bench: Workbench) -> None:
    bench.write([*people(60), *(person(number, phone="12") for number in range(60, 100))])
    said = command(bench, "run")
    assert said.stdout.startswith("Done: 60 added, 0 changed, 0 deleted; 40 rows need you\n")
    assert "! 40 problems that need a person:\n        40 × rejected, phone: is too short" in said.stdout
    assert said.stdout.count("! rejected") == 25
    assert f"  … and 15 more problems: openphone-sync problems customers -c {bench.config}\n" in said.stdout


def test_several_syncs_end_with_a_table_worst_first(bench: Workbench) -> None:
    gone = bench.syncs["customers"] | {"source": {"type": "csv", "path": "gone.csv"}, "key_prefix": "s-"}
    bench.syncs |= {"staff": gone, "again": bench.syncs["customers"] | {"key_prefix": "a-"}}
    bench.configure()
    bench.write([person(0), person(1, phone="12")])
    said = command(bench, "run")
    assert said.exit == 1
    assert said.stdout.startswith("again: Done: 1 added")
    assert "\n\ncustomers: Done: 1 added, 0 changed, 0 deleted; 1 row needs you\n+ create" in said.stdout
    assert said.stdout.endswith(
        f"""
3 syncs, worst first:
  staff      failed         Failed: {bench.folder}/gone.csv does not exist.
  again      rows need you  Done: 1 added, 0 changed, 0 deleted; 1 row needs you
  customers  rows need you  Done: 1 added, 0 changed, 0 deleted; 1 row needs you
Failed: 1 of 3 syncs (staff); otherwise 2 added, 0 changed, 0 deleted; 2 rows need you
"""
    )
    bench.write([person(1)])
    held = command(bench, "run", "customers", "--max-deletes", "0").stdout
    assert f"once: openphone-sync run customers --max-deletes 1 -c {bench.config}\n" in held


def test_values_do_not_command_the_terminal_and_turn_nothing_round(bench: Workbench) -> None:
    bench.sandbox.seed([{"externalId": "c0", "firstName": "\x1b[31mred\x07"}])
    bench.write([person(0), person(1, first="שלום", last="כהן"), person(2, company="\u202eevil")])
    said = command(bench, "run")
    assert "\x1b" not in said.stdout
    assert "·[31mred·" in said.stdout
    assert "+ create \u2068שלום כהן\u2069 (c1, row 3)\n    firstName: \u2068שלום\u2069\n" in said.stdout
    assert "company: ·evil\n" in said.stdout


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
    assert "\x1b[32m+ create Ana0 Núñez (c0, row 2)" in run_with_terminal(bench, "run", "--dry-run")
    piped = subprocess.run(
        [*PROGRAM, "run", "--dry-run", "-c", str(bench.config)], check=True, capture_output=True, text=True, cwd=ROOT
    )
    assert "+ create Ana0" in piped.stdout
    assert "\x1b" not in piped.stdout + piped.stderr
    for line in piped.stderr.splitlines():
        json.loads(line)
