"""Requests that are carried out and whose answer is lost, spoiled or late: one contact per row all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sync.sandbox import FaultKind
from tests.support.workbench import Workbench, people, person, workbench

WORKSPACES = pytest.mark.parametrize("doubles", [True, False], ids=["accepts doubles", "refuses doubles"])


def settle(bench: Workbench, runs: int = 4) -> None:
    """Run until a run changes nothing; fail where that never comes."""
    for _ in range(runs):
        result = bench.run()
        if result.exit == 0 and "created" not in result.counts and "updated" not in result.counts:
            return
    pytest.fail(f"still changing after {runs} runs: {result.counts} {result.error}")


@pytest.mark.parametrize("lag", [0.0, 2.0])
@WORKSPACES
def test_every_11th_create_dropped_and_every_17th_a_500_after_the_commit_make_one_contact_per_row(
    tmp_path: Path, doubles: bool, lag: float
) -> None:
    with workbench(tmp_path, wait=2.5 if lag else 0.2, accept_doubles=doubles, list_lag=lag) as bench:
        bench.write(people(120))
        bench.sandbox.faults.every(11, "drop_after", {"POST"})
        bench.sandbox.faults.every(17, "500_after", {"POST"})
        result = bench.run()

        assert (result.exit, result.counts) == (0, {"created": 120})
        assert bench.wrong() == []
        bench.sandbox.faults.clear()
        assert bench.run().counts == {"unchanged": 120}


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "500_before", "500_after", "html_502", "html_after"])
@pytest.mark.parametrize(("every", "doubles"), [(3, True), (4, False)])
def test_creates_updates_and_deletes_survive_an_answer_that_is_no_answer(
    tmp_path: Path, kind: FaultKind, every: int, doubles: bool
) -> None:
    with workbench(tmp_path, wait=0.1, accept_doubles=doubles) as bench:
        bench.sandbox.faults.every(every, kind, {"POST", "PATCH", "DELETE", "GET"}, path="/v1/contacts")
        bench.write(people(12))
        settle(bench)
        assert bench.wrong() == []

        bench.write([person(n, last="Roe") for n in range(4)] + people(5, 6))
        settle(bench)
        assert bench.wrong() == []


@pytest.mark.parametrize("kind", ["hang", "hang_after"])
@WORKSPACES
def test_a_request_that_hangs_is_given_up_and_settled(tmp_path: Path, kind: FaultKind, doubles: bool) -> None:
    with workbench(tmp_path, wait=0.1, openphone={"timeout": 0.5}, accept_doubles=doubles) as bench:
        bench.write(people(10))
        bench.sandbox.faults.every(4, kind, {"POST"}, times=2)
        assert bench.run().counts == {"created": 10}
        assert bench.wrong() == []


def test_a_429_slows_everyone_for_as_long_as_it_says(tmp_path: Path) -> None:
    with workbench(tmp_path, openphone={"timeout": 1}) as bench:
        bench.write(people(40))
        bench.sandbox.faults.every(1, "429", {"POST"}, times=1, after=12, retry_after=2)
        result = bench.run()

        assert (result.exit, result.counts) == (0, {"created": 40})
        assert bench.wrong() == []
        requests = bench.sandbox.requests
        refused = next(number for number, request in enumerate(requests) if request.status == 429)
        late = [r.at - requests[refused].at for r in requests[refused + 1 :]]
        flying = [seconds for seconds in late if seconds < 2]
        assert max(flying, default=0.0) < 0.2, "only what was under way already may come within the pause"
        assert len(flying) <= 8


def test_a_503_with_retry_after_is_waited_for_and_a_long_one_ends_the_run(tmp_path: Path) -> None:
    with workbench(tmp_path) as bench:
        bench.write(people(3))
        bench.sandbox.faults.every(1, "down", times=1, retry_after=1)
        assert bench.run().exit == 0
        first, second = bench.sandbox.requests[:2]
        assert second.at - first.at >= 1

        bench.write(people(4))
        bench.sandbox.forget_requests()
        bench.sandbox.faults.next("429", retry_after=3600)
        result = bench.run()
        assert (result.exit, len(bench.sandbox.requests)) == (1, 1)
        assert "3600 seconds" in result.error


def test_a_409_is_settled_by_adopting_what_it_points_at(tmp_path: Path) -> None:
    """The contact appears between our look and our create: its list lags."""
    with workbench(tmp_path, wait=0.8, list_lag=0.6) as bench:
        other = Workbench(tmp_path / "other", bench.sandbox, list_lag=0.8)
        other.write([person(1, last="Old")])
        other.run()
        bench.write([person(1)])
        result = bench.run()

        assert (result.exit, result.counts) == (0, {"adopted": 1, "updated": 1})
        assert bench.wrong() == []
        assert bench.run().counts == {"unchanged": 1}


def test_a_409_with_nothing_listed_is_reported_and_not_sent_again(tmp_path: Path) -> None:
    with workbench(tmp_path, wait=0.2, list_lag=3600) as bench:
        other = Workbench(tmp_path / "other", bench.sandbox)
        other.write([person(1)])
        other.run()
        bench.write(people(3))
        result = bench.run()

        assert (result.exit, result.counts) == (3, {"created": 2, "failed": 1})
        assert "409" in result.reasons("failed")[0]
        bench.sandbox.forget_requests()
        again = bench.run()
        assert (again.exit, again.counts) == (3, {"unchanged": 2, "failed": 1})
        assert bench.sandbox.writes() == []


@pytest.mark.parametrize("readable", [True, False])
@WORKSPACES
def test_an_update_that_finds_404_creates_anew_once_though_the_list_still_shows_it(
    tmp_path: Path, readable: bool, doubles: bool
) -> None:
    with workbench(tmp_path, wait=0.1, accept_doubles=doubles) as bench:
        bench.write(people(3))
        bench.run()
        ghost = bench.sandbox.by_external_id("c1")[0]["id"]
        bench.sandbox.ghost(ghost, readable=readable)
        bench.write([person(n, last="Roe") for n in range(3)])
        result = bench.run()

        assert (result.exit, result.counts) == (0, {"created": 1, "updated": 2})
        assert bench.wrong() == []
        assert bench.run().counts == {"unchanged": 3}
        assert bench.wrong() == []


@pytest.mark.parametrize("kind", ["drop_after", "drop_before", "500_after"])
@pytest.mark.parametrize("readable", [True, False])
@WORKSPACES
def test_a_ghost_whose_replacement_is_in_doubt_is_replaced_once(
    tmp_path: Path, readable: bool, kind: FaultKind, doubles: bool
) -> None:
    with workbench(tmp_path, wait=0.1, accept_doubles=doubles) as bench:
        bench.write(people(2))
        bench.run()
        bench.sandbox.ghost(bench.sandbox.by_external_id("c1")[0]["id"], readable=readable)
        bench.write([person(0), person(1, last="Roe")])
        bench.sandbox.faults.next(kind, methods={"POST"})
        assert bench.run().exit == 0
        assert bench.wrong() == []

        bench.forget_state()  # what is adopted now may be the ghost: a change finds out
        assert bench.run().exit == 0
        bench.write([person(0), person(1, last="Poe")])
        assert bench.run().exit == 0
        assert bench.wrong() == []


def test_a_delete_that_finds_404_is_done(tmp_path: Path) -> None:
    with workbench(tmp_path) as bench:
        bench.write(people(6))
        bench.run()
        bench.sandbox.ghost(bench.sandbox.by_external_id("c5")[0]["id"])
        bench.sandbox.remove(bench.sandbox.by_external_id("c4")[0]["id"])
        bench.sandbox.faults.next("500_after", methods={"DELETE"})
        bench.write(people(3))
        result = bench.run()

        assert (result.exit, result.counts["deleted"]) == (0, 2), "the one that was gone is not counted"
        assert bench.wrong() == []
        bench.sandbox.forget_requests()
        assert bench.run().counts == {"unchanged": 3}
        assert len(bench.sandbox.requests) <= 2


def test_a_row_put_back_after_an_update_whose_answer_was_lost_is_put_back_in_the_workspace(tmp_path: Path) -> None:
    with workbench(tmp_path, wait=0.1) as bench:
        bench.hurry = 1 / 60
        bench.write(people(1))
        bench.run()
        bench.write([person(0, last="Roe")])
        bench.sandbox.faults.every(1, "500_after", {"PATCH"})
        assert bench.run().exit in (1, 3)

        bench.sandbox.faults.clear()
        bench.write(people(1))
        bench.run()
        assert bench.wrong() == []


def test_a_contact_with_an_item_without_a_value_is_adopted_and_brought_in_line(tmp_path: Path) -> None:
    with workbench(tmp_path) as bench:
        bench.write(people(3))
        bench.run()
        broken: Any = {"externalId": "c9", "phoneNumbers": [{"name": "x", "value": None}]}
        bench.sandbox.seed([broken])
        bench.write([*people(3), person(9)])
        assert bench.run().counts == {"unchanged": 3, "adopted": 1, "updated": 1}
        assert bench.wrong() == []
