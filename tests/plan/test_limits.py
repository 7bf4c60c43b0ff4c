"""What is too much for one run, and the sentence that says so."""

from __future__ import annotations

import pytest

from sync.contacts.contact import Desired
from tests.support.plans import build, deletes, held, limits, reasons, settle, updates


@pytest.mark.parametrize(
    ("count", "tracked", "allowed", "back"),
    [
        (5, 10, "10%", False),  # the floor
        (5, 9, "10%", True),  # which is never more than half
        (5, 5, "10%", True),
        (5, 20, "10%", False),
        (6, 20, "10%", True),
        (6, 59, "10%", True),
        (6, 60, "10%", False),
        (10, 100, "10%", False),
        (11, 100, "10%", True),
        (100, 100, "100%", False),
        (25, 1000, "25", False),
        (26, 1000, "25", True),
    ],
)
def test_deletes_above_the_share_and_the_floor_are_held(count: int, tracked: int, allowed: str, back: bool) -> None:
    plan = build(deletes(count), tracked, limits(allowed))
    assert len(held(plan)) == (count if back else 0)
    assert plan.count("delete") == (0 if back else count)
    assert ("delete" in reasons(plan)) is back


def test_above_a_limit_all_deletes_are_held_and_the_rest_goes_on() -> None:
    created = settle(Desired("n1", {"firstName": "New"}))
    plan = build([*deletes(30), created, *updates(2)], 100, limits())
    assert [change.action for change in plan.changes] == ["create", "update", "update"]
    assert len(held(plan)) == 30
    problems = [problem for problem in plan.needing_a_person() if problem.kind == "held"]
    assert len(problems) == 30
    assert all("--max-deletes 30" in problem.text for problem in problems)
    assert "30 deletes of 100 contacts" in reasons(plan)["delete"]
    assert "max_deletes (10%)" in reasons(plan)["delete"]


@pytest.mark.parametrize(("allowed", "back"), [("3", True), ("4", False), ("40%", False), ("30%", True), (0, True)])
def test_max_deletes_of_one_run_is_exact(allowed: object, back: bool) -> None:
    plan = build(deletes(4), 10, limits(allowed, for_this_run=True))
    assert len(held(plan)) == (4 if back else 0)


def test_a_source_without_rows_deletes_nothing_unless_told_to() -> None:
    assert len(held(build(deletes(3), 100, limits(), rows=0))) == 3
    assert not held(build(deletes(3), 100, limits(3, for_this_run=True), rows=0))


def test_while_a_row_has_no_key_nothing_is_deleted_unless_told_to() -> None:
    plan = build(deletes(1), 100, limits(), rows=99, keyless=1)
    assert len(held(plan)) == 1
    assert "1 row(s) have no usable key" in reasons(plan)["delete"]
    assert not held(build(deletes(1), 100, limits(1, for_this_run=True), rows=99, keyless=1))


def test_updates_above_their_limit_are_all_held() -> None:
    plan = build([*updates(20), *deletes(1)], 100, limits(updates="10%"))
    assert len(held(plan)) == 20
    assert plan.count("delete") == 1
    assert "20 updates of 100 contacts" in reasons(plan)["update"]
    assert {(problem.row, problem.kind) for problem in plan.needing_a_person()} == {
        (number + 2, "held") for number in range(20)
    }


def test_five_updates_pass_any_share() -> None:
    assert not held(build(updates(5), 10, limits(updates="0%")))


def test_adopted_contacts_count_among_those_held() -> None:
    """The first run of a lost state may update every contact that it finds."""
    assert not held(build(updates(200, adopted=True), 0, limits()))
    assert len(held(build(updates(200, adopted=True), 0, limits(updates="50%")))) == 200


@pytest.mark.parametrize(("allowed", "back"), [(0, True), ("0", True), (2, True), (3, False), ("0%", False)])
def test_a_number_is_exact_and_0_means_none_while_a_share_lets_five_pass(allowed: object, back: bool) -> None:
    assert len(held(build(deletes(3), 100, limits(allowed)))) == (3 if back else 0)
    assert len(held(build(updates(3), 100, limits(updates=allowed)))) == (3 if back else 0)
