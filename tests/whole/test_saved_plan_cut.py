"""A saved plan that is killed or stopped half-way: nothing is doubled, and a half is never taken for the whole."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.state.lock import hold
from tests.support.workbench import Workbench, ended, people, person, workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """A plan of two syncs: 30 people each."""
    with workbench(tmp_path, wait=0.05, latency=0.05) as made:
        made.write(people(30))
        others: dict[str, Any] = {"key_prefix": "other-", "source": {"type": "csv", "path": "customers.csv"}}
        made.syncs["others"] = made.syncs["customers"] | others
        made.configure()
        assert made.run("--dry-run", "--save-plan", str(plan(made))).exit == 0
        made.sandbox.forget_requests()
        yield made


def plan(bench: Workbench) -> Path:
    return bench.folder / "plan.json"


def finish(bench: Workbench) -> None:
    stale = bench.run("--plan", str(plan(bench)))
    assert stale.exit == 6
    made = sorted(str(one["externalId"]) for one in bench.sandbox.contacts.values())
    assert len(made) == len(set(made))
    assert bench.run().exit == 0
    assert len(bench.sandbox.contacts) == 60
    assert bench.run().counts == {"unchanged": 30}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_was_cut_off_is_finished_by_a_run_and_the_plan_is_over(bench: Workbench, number: signal.Signals) -> None:
    process = bench.start("--plan", str(plan(bench)))
    while len(bench.sandbox.writes()) < 20:
        time.sleep(0.005)
    process.send_signal(number)
    if number == signal.SIGKILL:
        process.communicate()
    else:
        result = ended(process)
        assert result.exit == 1
        assert {"the next run goes on from there" in one["error"] for one in result.document["syncs"]} == {True}
    assert 0 < len(bench.sandbox.contacts) < 60
    finish(bench)


def test_a_sync_that_another_run_holds_lets_none_go_on(bench: Workbench) -> None:
    with hold(f"sqlite:///{bench.state}", "others"):
        result = bench.run("--plan", str(plan(bench)))
    assert (result.exit, bench.sandbox.writes()) == (5, [])
    assert [one["status"] for one in result.document["syncs"]] == ["failed", "locked"]
    assert "others could not be carried out" in result.error
    assert bench.run("--plan", str(plan(bench))).exit == 0
    assert len(bench.sandbox.contacts) == 60


def test_a_refusal_while_one_of_them_is_read_lets_none_go_on(bench: Workbench) -> None:
    bench.write([person(0)])
    assert bench.run("--dry-run", "--save-plan", str(plan(bench))).exit == 0
    bench.sandbox.forget_requests()
    bench.sandbox.faults.every(1, "401", {"GET"}, after=3)
    result = bench.run("--plan", str(plan(bench)))
    assert (result.exit, bench.sandbox.writes()) == (1, [])
