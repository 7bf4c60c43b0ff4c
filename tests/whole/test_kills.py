"""kill -9 at any instant: the next run goes on, with one contact per row, the right content and nothing to explain."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sync.sandbox import SandboxThread
from tests.support.workbench import Result, Workbench, ended, people, person, workbench

TAKING_TURNS = pytest.mark.parametrize(
    "doubles", [pytest.param(True, marks=pytest.mark.slow), False], ids=["accepts doubles", "refuses doubles"]
)
BOTH = pytest.mark.parametrize("doubles", [True, False], ids=["accepts doubles", "refuses doubles"])


def killed_after(bench: Workbench, requests: int, delay: float, *options: str) -> bool:
    """Start a run and kill -9 it ``delay`` seconds after its request number ``requests``; whether it still ran."""
    bench.sandbox.forget_requests()
    process = bench.start(*options)
    while process.poll() is None and len(bench.sandbox.requests) < requests:
        time.sleep(0.002)
    time.sleep(delay)
    process.kill()
    process.communicate()
    return process.returncode == -signal.SIGKILL


def edit(bench: Workbench, rng: random.Random) -> None:
    """Somebody works on the source: changes some rows, takes some out, adds some."""
    rows = [dict(row) for row in bench.rows]
    for row in rng.sample(rows, 6):
        row["last"] = f"Roe{rng.randrange(1000)}"
    for row in rng.sample(rows, 2):
        rows.remove(row)
    start = 1 + max(int(row["id"][1:]) for row in bench.rows)
    rows += people(2, start)
    bench.write(rows)


def finish(bench: Workbench) -> Result:
    """The run that nobody kills, and one more, which changes nothing. The result of the first."""
    result = bench.run()
    assert result.exit == 0, result.error
    assert bench.wrong() == []
    bench.sandbox.forget_requests()
    assert bench.run().counts == {"unchanged": len(bench.rows)}
    assert bench.sandbox.writes() == []
    assert len(bench.sandbox.requests) <= 2
    return result


@TAKING_TURNS
def test_twelve_kills_in_one_load_of_300_rows_with_edits_in_between(tmp_path: Path, doubles: bool) -> None:
    rng = random.Random(12)
    with workbench(tmp_path, wait=0.5, accept_doubles=doubles, latency=0.03, list_lag=0.3) as bench:
        bench.write(people(300))
        for _ in range(12):
            edit(bench, rng)
            assert killed_after(bench, rng.randrange(5, 30), rng.random() / 20)
        finish(bench)
        assert len(bench.sandbox.contacts) == 300


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_hundreds_of_kills(tmp_path: Path, seed: int) -> None:
    """60 kills a seed, at moments spread over the whole run, with edits, faults and both kinds of workspace."""
    rng = random.Random(seed)
    with workbench(tmp_path, wait=0.3, accept_doubles=seed % 2 == 0, latency=0.02, list_lag=0.2) as bench:
        bench.sandbox.faults.every(11, "drop_after", {"POST"})
        bench.sandbox.faults.every(17, "500_after", {"PATCH", "DELETE"})
        # The edits of many runs that never ended are many at once.
        bench.configure(max_deletes="100%", max_rewrites="100%")
        bench.write(people(120))
        kills = 0
        for _ in range(60):
            edit(bench, rng)
            kills += killed_after(bench, rng.randrange(0, 15), rng.random() / 20)
        bench.sandbox.faults.clear()
        finish(bench)
        assert kills >= 50


@BOTH
@pytest.mark.parametrize("verb", ["POST", "PATCH", "DELETE"])
def test_a_row_put_back_after_a_kill_is_put_back_in_the_workspace(tmp_path: Path, verb: str, doubles: bool) -> None:
    """The change was carried out, its answer never read, and the row is what it was before."""
    with workbench(tmp_path, wait=0.3, accept_doubles=doubles) as bench:
        bench.configure(max_rewrites="100%")
        before = people(8) if verb != "POST" else people(6)
        bench.write(before)
        assert bench.run().exit == 0
        bench.write({"POST": people(8), "PATCH": [person(n, last="Roe") for n in range(8)], "DELETE": people(6)}[verb])
        bench.sandbox.faults.every(1, "hang_after", {verb})
        assert killed_after(bench, 3, 0.2)
        bench.sandbox.faults.clear()
        assert bench.wrong(before)

        bench.write(before)
        finish(bench)


def test_a_ghost_replaced_by_a_run_that_was_killed_is_replaced_once(tmp_path: Path) -> None:
    with workbench(tmp_path, wait=0.3, accept_doubles=True) as bench:
        bench.write(people(2))
        bench.run()
        bench.sandbox.ghost(bench.sandbox.by_external_id("c1")[0]["id"])
        bench.write([person(0), person(1, last="Roe")])
        bench.sandbox.faults.every(1, "hang_after", {"POST"})
        killed_until(bench, "POST")
        bench.sandbox.faults.clear()
        bench.write([person(0), person(1, last="Poe")])
        finish(bench)


def killed_until(bench: Workbench, method: str) -> None:
    """Kill a run once a request of this kind has arrived."""
    bench.sandbox.forget_requests()
    process = bench.start()
    while process.poll() is None and not any(request.method == method for request in bench.sandbox.requests):
        time.sleep(0.002)
    time.sleep(0.1)
    process.kill()
    process.communicate()


def test_an_intent_whose_row_is_gone_leaves_no_contact_behind(tmp_path: Path) -> None:
    with workbench(tmp_path, wait=0.3, accept_doubles=True) as bench:
        bench.write(people(3))
        bench.sandbox.faults.every(1, "hang_after", {"POST"})
        killed_until(bench, "POST")
        bench.sandbox.faults.clear()
        assert bench.sandbox.contacts
        bench.write(people(1, 50))
        finish(bench)


def test_a_run_that_was_killed_leaves_no_lock_and_its_dry_run_tells_the_rest(tmp_path: Path) -> None:
    with workbench(tmp_path, wait=0.3, latency=0.05) as bench:
        bench.write(people(60))
        assert killed_after(bench, 20, 0.0)
        dry = bench.run("--dry-run")
        assert dry.exit == 0, dry.error
        assert dry.counts["created"] + dry.counts.get("adopted", 0) + dry.counts.get("unchanged", 0) == 60
        finish(bench)


def test_a_state_killed_amid_a_transaction_can_be_read_and_written(tmp_path: Path, sandbox: SandboxThread) -> None:
    """SQLite leaves a journal that must be rolled back first; a dry run may write nothing, not even that."""
    bench = Workbench(tmp_path, sandbox)
    bench.write(people(5))
    bench.run()
    subprocess.run([sys.executable, "-c", CUT_OFF, str(bench.state)], check=False)
    journal = Path(f"{bench.state}-journal")
    assert journal.stat().st_size > 0
    held = (bench.state.read_bytes(), journal.read_bytes())

    dry = bench.run("--dry-run")
    assert (dry.exit, dry.error) == (0, "")
    assert dry.counts == {"unchanged": 5}
    assert (bench.state.read_bytes(), journal.read_bytes()) == held
    finish(bench)
    with sqlite3.connect(bench.state) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


CUT_OFF = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode=TRUNCATE")
connection.execute("PRAGMA cache_size=1")
connection.execute("PRAGMA cache_spill=1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE contacts SET fingerprint = zeroblob(90000), contact_id = 'gone'")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def sandbox() -> object:
    with SandboxThread() as served:
        yield served


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_what_is_in_flight_finish_and_keeps_it(tmp_path: Path, number: signal.Signals) -> None:
    with workbench(tmp_path, latency=0.3) as bench:
        bench.write(people(80))
        process = bench.start()
        while len(bench.sandbox.requests) < 30:
            time.sleep(0.01)
        process.send_signal(number)
        asked = time.monotonic()
        result = ended(process)

        assert time.monotonic() - asked < 10
        assert result.exit == 1
        assert "stopped by a signal" in result.error
        made = len(bench.sandbox.contacts)
        assert result.counts["created"] == made > 0, "everything that was in flight was kept and is told"
        after = bench.run()
        assert (after.exit, after.counts) == (0, {"created": 80 - made, "unchanged": made})
        assert bench.wrong() == []


@pytest.mark.parametrize("fault", ["hang", "hang_after", "500_after"])
def test_a_signal_ends_a_run_within_ten_seconds_whatever_the_service_does(tmp_path: Path, fault: str) -> None:
    with workbench(tmp_path, wait=0.3, latency=0.05, accept_doubles=True) as bench:
        bench.write(people(100))
        bench.sandbox.faults.every(1, fault, {"POST"}, after=20)  # type: ignore[arg-type]
        process = bench.start()
        while len(bench.sandbox.requests) < 30:
            time.sleep(0.01)
        process.terminate()
        asked = time.monotonic()
        result = ended(process)

        assert time.monotonic() - asked < 10
        assert (result.exit, result.stderr.count("Traceback")) == (1, 0)
        assert "kept" in result.error
        bench.sandbox.faults.clear()
        finish(bench)
