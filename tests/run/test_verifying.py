"""Once in a while a run looks at everything by itself, and repairs it; any other run asks next to nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.clock import Clock
from tests.support.run_bench import run
from tests.support.workbench import Workbench, people, person, workbench

HOUR = 3600.0


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """A hundred contacts in step; somebody edits one, and removes another."""
    with workbench(tmp_path) as opened:
        opened.write(people(100))
        opened.run()
        yield opened


def later(bench: Workbench, seconds: float) -> None:
    """From now on the runs' clock says so much more."""
    bench.clock = Clock(now=lambda: time.time() + seconds)


def disturb(bench: Workbench) -> None:
    bench.sandbox.edit(str(bench.sandbox.by_external_id("c3")[0]["id"]), lastName="Hacked")
    bench.sandbox.remove(str(bench.sandbox.by_external_id("c4")[0]["id"]))


def test_once_a_day_what_others_changed_is_put_right(bench: Workbench) -> None:
    disturb(bench)
    later(bench, 23 * HOUR)
    assert run(bench).counts == {"unchanged": 100}
    assert len(bench.sandbox.requests) <= 2
    later(bench, 24 * HOUR)
    dry = run(bench, "--dry-run")
    result = run(bench)
    assert result.counts == dry.counts == {"created": 1, "updated": 1, "unchanged": 98}
    assert bench.wrong() == []
    assert run(bench).counts == {"unchanged": 100}
    assert len(bench.sandbox.requests) <= 2


def test_it_costs_a_request_for_fifty(bench: Workbench) -> None:
    later(bench, 25 * HOUR)
    assert run(bench).counts == {"unchanged": 100}
    assert len(bench.sandbox.requests) <= 2 + 100 // 50
    later(bench, 48 * HOUR)
    run(bench)
    assert len(bench.sandbox.requests) <= 2, "the next day begins with the last look"


@pytest.mark.parametrize(("verify", "hours", "looks"), [("1h", 2, True), ("7d", 25, False), (0, 1000, False)])
def test_how_often_is_configured(bench: Workbench, verify: object, hours: float, looks: bool) -> None:
    bench.configure(verify=verify)
    disturb(bench)
    later(bench, hours * HOUR)
    assert run(bench).counts == ({"created": 1, "updated": 1, "unchanged": 98} if looks else {"unchanged": 100})


def test_a_clock_that_was_set_back_looks_once(bench: Workbench) -> None:
    disturb(bench)
    later(bench, -3 * HOUR)
    assert run(bench).counts["updated"] == 1
    assert run(bench).counts == {"unchanged": 100}
    assert len(bench.sandbox.requests) <= 2


def test_asking_for_it_counts_as_the_days_look(bench: Workbench) -> None:
    later(bench, 25 * HOUR)
    run(bench, "--verify")
    run(bench)
    assert len(bench.sandbox.requests) <= 2


def test_a_refused_row_is_not_sent_again_for_it(bench: Workbench) -> None:
    bench.sandbox.faults.every(1, "400_refuse", {"POST"})
    bench.write([*people(100), person(200)])
    assert run(bench).counts == {"unchanged": 100, "failed": 1}
    bench.sandbox.faults.clear()
    later(bench, 25 * HOUR)
    assert run(bench).counts == {"unchanged": 100, "failed": 1}
    assert bench.sandbox.writes() == []
    assert run(bench, "--verify").counts == {"unchanged": 100, "created": 1}


def test_a_run_that_fails_has_not_looked(bench: Workbench) -> None:
    later(bench, 25 * HOUR)
    disturb(bench)
    bench.sandbox.faults.every(1, "500_before", {"GET"})
    assert run(bench).exit == 1
    bench.sandbox.faults.clear()
    assert run(bench).counts == {"created": 1, "updated": 1, "unchanged": 98}
