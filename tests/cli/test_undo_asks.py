"""``undo`` without a number, on a terminal, cut short; and what it says of runs that were put back already."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema
import pytest

from tests.support import workbench as support
from tests.support.commands import command, in_json
from tests.support.paths import ROOT
from tests.support.run_bench import SCHEMA
from tests.support.workbench import Workbench, ended, people, person, workbench


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with workbench(tmp_path_factory.mktemp("undo"), wait=0.05) as made:
        yield made


@pytest.fixture
def bench(served: Workbench, tmp_path: Path) -> Workbench:
    """Run 1 made three people; run 2 changed nothing; run 3 changed one of them."""
    for contact_id in served.sandbox.contacts:
        served.sandbox.remove(contact_id)
    made = Workbench(tmp_path, served.sandbox, list_lag=0.05)
    made.configure(max_deletes="100%")
    made.write(people(3))
    made.run()
    made.run()
    made.write([person(0, company="Moved"), *people(2, 1)])
    made.run()
    return made


def companies(bench: Workbench) -> set[str]:
    return {str(one["defaultFields"]["company"]) for one in bench.sandbox.contacts.values()}


def on_a_terminal(bench: Workbench, answer: str, *options: str, meanwhile: Callable[[], None] | None = None) -> str:
    """What ``undo`` says on a terminal where somebody answers so, and last its exit code."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, support.__file__, "0.05", "1", "undo", *options, "-c", str(bench.config)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "dumb", "COLUMNS": "120"},
    )
    os.close(theirs)
    said, end = "", time.monotonic() + 60
    try:
        while time.monotonic() < end:
            if not select.select([ours], [], [], 1)[0]:
                continue
            try:
                block = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            said += block.decode(errors="replace")
            if said.endswith("[y/N]: "):
                if meanwhile is not None:
                    meanwhile()
                os.write(ours, f"{answer}\n".encode())
                said += "?\n"
        return f"{said}\nexit {process.wait(10)}".replace("\r", "")
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_without_a_number_it_is_the_last_run_that_changed_something(bench: Workbench) -> None:
    undone = in_json(bench, "undo")
    jsonschema.validate(undone.document, SCHEMA)
    assert (undone.exit, undone.counts, undone.stdout[0]) == (0, {"updated": 1}, "{")
    assert bench.wrong(people(3)) == []


def test_an_undo_is_undone_and_each_says_which_undid_which(bench: Workbench) -> None:
    command(bench, "undo")
    again = command(bench, "undo")
    assert "Run 4 put back run 3." in again.stderr
    assert "Run 4 is undone. What run 3 did stands again. 'openphone-sync undo 5' takes this back." in again.stdout
    assert companies(bench) == {"Acme", "Moved"}
    third = command(bench, "undo", "3")
    assert "Run 3 was undone by run 4, which was undone by run 5." in third.stderr
    assert "Run 3 is undone." in third.stdout
    assert "'openphone-sync undo 6' takes this back." in third.stdout
    nothing = command(bench, "undo", "3")
    assert "Run 3 was undone by run 4, which was undone by run 5; run 3 was undone by run 6." in nothing.stderr
    assert "Nothing is left to put back of run 3" in nothing.stdout
    assert companies(bench) == {"Acme"}


def test_of_several_syncs_it_is_the_last_of_all(bench: Workbench) -> None:
    bench.syncs["others"] = bench.syncs["customers"] | {"key_prefix": "other-"}
    bench.configure()
    bench.run("others")
    bench.run("customers")
    assert (in_json(bench, "undo").sync["name"], len(bench.sandbox.contacts)) == ("others", 3)


def test_where_nothing_was_changed_there_is_nothing_to_undo(bench: Workbench) -> None:
    bench.forget_state()
    nothing = in_json(bench, "undo")
    assert (nothing.exit, nothing.document["syncs"]) == (2, [])
    bench.write([])
    bench.run()
    nothing = in_json(bench, "undo")
    assert (nothing.exit, nothing.document["error"]) == (
        2,
        "there is nothing to undo: the state has no run that changed something",
    )


def test_on_a_terminal_it_shows_and_asks(bench: Workbench) -> None:
    said = on_a_terminal(bench, "n")
    assert "company: Moved → Acme" in said
    assert re.search(r"Put back 1 change of run 3\? \[y/N\]: \?\n(n\n)?Nothing was put back\.\n\nexit 0$", said), said
    assert companies(bench) == {"Acme", "Moved"}
    said = on_a_terminal(bench, "y")
    assert said.endswith("Run 3 is undone. Correct the source before the next run: it would make the same changes "
                         "again. 'openphone-sync undo 4' takes this back.\n\nexit 0"), said  # fmt: skip
    assert companies(bench) == {"Acme"}
    said = on_a_terminal(bench, "", "3")
    assert "Run 3 was undone by run 4." in said
    assert "Put back" not in said, "nothing is left to ask about"
    assert "[y/N]" not in on_a_terminal(bench, "", "--yes")
    assert companies(bench) == {"Acme", "Moved"}


def test_what_was_not_shown_is_not_put_back(bench: Workbench) -> None:
    (contact,) = bench.sandbox.by_external_id("c0")
    said = on_a_terminal(bench, "y", meanwhile=lambda: bench.sandbox.edit(str(contact["id"]), role="Boss"))
    assert "≠ Ana0 Núñez (Acme, +14155550000), c0" in said
    assert "what would be done now is not what was approved: 1 contact would be treated otherwise" in said
    assert said.endswith("exit 6")
    assert companies(bench) == {"Acme", "Moved"}


def test_a_signal_ends_it_at_once_whether_it_looks_or_writes(tmp_path: Path) -> None:
    with workbench(tmp_path, wait=0.05, latency=0.3) as slow:
        slow.configure(max_deletes="100%")
        slow.write(people(60))
        slow.run()
        for requests, writes in ((6, False), (70, True)):
            slow.sandbox.forget_requests()
            process = slow.start_command("undo", "1")
            while len(slow.sandbox.requests) < requests:
                time.sleep(0.01)
            process.terminate()
            asked = time.monotonic()
            result = ended(process)
            assert time.monotonic() - asked < 3
            assert (result.exit, result.counts.get("deleted", 0) > 0) == (1, writes)
            assert "run undo again for the rest" in result.error
            assert len(slow.sandbox.contacts) == 60 - result.counts.get("deleted", 0)
        assert in_json(slow, "undo", "1").exit == 0
        assert slow.sandbox.contacts == {}
