"""What a run decides: pure values in, a plan out."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.config.model import Limit
from sync.contacts.contact import Contact, Desired, Item
from sync.plan.plan import Change, Decision, InStep, Limits, Plan, Reading, Wanted, decide, remove
from sync.contacts.problem import Problem

HELD = Contact(scalars={"firstName": "Ana", "lastName": "Doe"}, external_id="c1", source="contact-sync", id="A")
SAME = Desired("c1", {"firstName": "Ana", "lastName": "Doe"})
OTHER = Desired("c1", {"firstName": "Ana", "lastName": "Roe"})
FULL = Reading(rows=100)


def settle(
    desired: Desired,
    found: Iterable[Contact] = (),
    *,
    contact_id: str | None = None,
    tracked: bool = False,
    own_label: bool = False,
    source: str = "contact-sync",
    owners: dict[str, str] | None = None,
) -> Decision:
    wanted = Wanted(2, desired, b"new", contact_id, tracked)
    return decide(wanted, list(found), source=source, own_label=own_label, owners=owners or {})


def limits(deletes: object = "10%", updates: object = "100%", *, exact: bool = False) -> Limits:
    return Limits(Limit.parse(deletes), Limit.parse(updates), exact)


def deletes(count: int) -> list[Decision]:
    return [remove(f"c{number}", Contact(scalars={"firstName": "Ana"}, id=f"id{number}")) for number in range(count)]


def updates(count: int, *, adopted: bool = False) -> list[Decision]:
    return [
        Change("update", f"c{number}", number + 2, f"id{number}", {"role": {"from": "a", "to": "b"}}, adopted=adopted)
        for number in range(count)
    ]


def build(decisions: Iterable[Decision], held: int, allowed: Limits, reading: Reading = FULL) -> Plan:
    return Plan.build(decisions, held=held, limits=allowed, reading=reading)


# --- one row ------------------------------------------------------------------------------------------------------


def test_a_row_that_nobody_holds_is_created_with_everything_it_wants() -> None:
    change = settle(SAME)
    assert isinstance(change, Change)
    assert (change.action, change.contact_id, change.adopted, change.row) == ("create", None, False, 2)
    assert change.fields == {"firstName": {"from": None, "to": "Ana"}, "lastName": {"from": None, "to": "Doe"}}
    assert change.after is not None
    assert (change.after.external_id, change.after.source) == ("c1", "contact-sync")


def test_a_tracked_contact_that_is_as_wanted_is_in_step() -> None:
    assert settle(SAME, [HELD], contact_id="A", tracked=True) == InStep("c1", "A", b"new")


def test_a_tracked_contact_that_differs_is_updated_and_says_from_and_to() -> None:
    change = settle(OTHER, [HELD], contact_id="A", tracked=True)
    assert isinstance(change, Change)
    assert (change.action, change.contact_id, change.adopted) == ("update", "A", False)
    assert change.fields == {"lastName": {"from": "Doe", "to": "Roe"}}
    assert change.before == HELD


def test_an_untracked_contact_that_is_as_wanted_is_adopted() -> None:
    change = settle(SAME, [HELD])
    assert isinstance(change, Change)
    assert (change.action, change.contact_id, change.adopted, dict(change.fields)) == ("adopt", "A", True, {})


def test_an_untracked_contact_that_differs_is_adopted_and_updated() -> None:
    change = settle(OTHER, [HELD])
    assert isinstance(change, Change)
    assert (change.action, change.adopted) == ("update", True)


def test_among_doubles_ours_counts_else_the_oldest() -> None:
    twin = Contact(scalars=HELD.scalars, external_id="c1", id="B")
    assert settle(SAME, [HELD, twin], contact_id="B", tracked=True) == InStep("c1", "B", b"new")
    adopted = settle(SAME, [HELD, twin])
    assert isinstance(adopted, Change)
    assert adopted.contact_id == "A"


def test_a_contact_of_another_sync_is_reported_not_touched() -> None:
    problem = settle(OTHER, [HELD], owners={"A": "staff"})
    assert isinstance(problem, Problem)
    assert problem.kind == "failed"
    assert "'staff'" in problem.reason
    assert "key_prefix" in problem.reason


def test_a_contact_of_another_tool_is_not_taken_by_a_sync_with_a_label_of_its_own() -> None:
    problem = settle(OTHER, [HELD], source="mine", own_label=True)
    assert isinstance(problem, Problem)
    assert "'contact-sync'" in problem.reason


@pytest.mark.parametrize("source", [None, "public-api", "mine"])
def test_a_contact_of_nobody_or_of_ours_is_taken(source: str | None) -> None:
    held = Contact(scalars=HELD.scalars, external_id="c1", source=source, id="A")
    assert isinstance(settle(OTHER, [held], source="mine", own_label=True), Change)


def test_without_a_label_of_its_own_a_sync_takes_what_carries_its_key() -> None:
    held = Contact(scalars=HELD.scalars, external_id="c1", source="zapier", id="A")
    change = settle(OTHER, [held])
    assert isinstance(change, Change)
    assert change.after is not None
    assert change.after.source == "contact-sync", "OpenPhone would refuse the reserved source"


def test_when_ours_is_gone_anothers_contact_under_its_key_is_still_anothers() -> None:
    theirs = Contact(scalars=HELD.scalars, external_id="c1", source="contact-sync", id="B")
    assert isinstance(settle(OTHER, [theirs], contact_id="A", tracked=True, owners={"B": "staff"}), Problem)
    taken = settle(SAME, [theirs], contact_id="A", tracked=True)
    assert isinstance(taken, Change)
    assert (taken.action, taken.contact_id, taken.adopted) == ("adopt", "B", True)


# --- limits -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "held", "allowed", "back"),
    [
        (5, 5, "10%", False),  # the floor
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
def test_deletes_above_the_share_and_the_floor_are_held(count: int, held: int, allowed: str, back: bool) -> None:
    plan = build(deletes(count), held, limits(allowed))
    assert len(plan.held) == (count if back else 0)
    assert plan.count("delete") == (0 if back else count)
    assert ("delete" in plan.reasons) is back


def test_above_a_limit_all_deletes_are_held_and_the_rest_goes_on() -> None:
    created = settle(Desired("n1", {"firstName": "New"}))
    plan = build([*deletes(30), created, *updates(2)], 100, limits())
    assert [change.action for change in plan.changes] == ["create", "update", "update"]
    assert len(plan.held) == 30
    problems = [problem for problem in plan.problems if problem.kind == "held"]
    assert len(problems) == 30
    assert all("--max-deletes 30" in problem.reason for problem in problems)
    assert "30 deletes of 100 contacts" in plan.reasons["delete"]
    assert "max_deletes (10%)" in plan.reasons["delete"]


@pytest.mark.parametrize(("allowed", "back"), [("3", True), ("4", False), ("40%", False), ("30%", True), (0, True)])
def test_max_deletes_of_one_run_is_exact(allowed: object, back: bool) -> None:
    plan = build(deletes(4), 10, limits(allowed, exact=True))
    assert len(plan.held) == (4 if back else 0)


def test_a_source_without_rows_deletes_nothing_unless_told_to() -> None:
    assert len(build(deletes(3), 100, limits(), Reading(rows=0)).held) == 3
    assert not build(deletes(3), 100, limits(3, exact=True), Reading(rows=0)).held


def test_while_a_row_has_no_key_nothing_is_deleted_unless_told_to() -> None:
    plan = build(deletes(1), 100, limits(), Reading(rows=99, keyless=1))
    assert len(plan.held) == 1
    assert "1 row(s) have no usable key" in plan.reasons["delete"]
    assert not build(deletes(1), 100, limits(1, exact=True), Reading(rows=99, keyless=1)).held


def test_updates_above_their_limit_are_all_held() -> None:
    plan = build([*updates(20), *deletes(1)], 100, limits(updates="10%"))
    assert len(plan.held) == 20
    assert plan.count("delete") == 1
    assert "20 updates of 100 contacts" in plan.reasons["update"]
    assert {(problem.row, problem.kind) for problem in plan.problems} == {(number + 2, "held") for number in range(20)}


def test_five_updates_pass_any_share() -> None:
    assert not build(updates(5), 5, limits(updates="0%")).held


def test_adopted_contacts_count_among_those_held() -> None:
    """The first run of a lost state may update every contact that it finds."""
    assert not build(updates(200, adopted=True), 0, limits()).held
    assert len(build(updates(200, adopted=True), 0, limits(updates="50%")).held) == 200


def test_nothing_decided_is_an_empty_plan() -> None:
    assert build([], 0, limits(), Reading(rows=0)) == Plan()


# --- the plan as a value ------------------------------------------------------------------------------------------


def test_a_plan_counts_what_will_be_done() -> None:
    adopted = settle(SAME, [HELD])
    plan = build([*updates(3, adopted=True), adopted, *deletes(2)], 100, limits())
    assert {action: plan.count(action) for action in ("create", "update", "delete", "adopt")} == {
        "create": 0,
        "update": 3,
        "delete": 2,
        "adopt": 4,
    }


@given(st.permutations([*updates(4), *deletes(4)]))
def test_a_plan_does_not_depend_on_the_order_in_which_lookups_came_back(decisions: list[Decision]) -> None:
    plan = build(decisions, 100, limits())
    assert [change.external_id for change in plan.changes] == ["c0", "c1", "c2", "c3"] * 2


def test_a_change_is_json_as_the_report_promises() -> None:
    change = settle(
        Desired("c1", {"firstName": "Ana"}, phone_numbers={"mobile": ("+14155550100",)}, custom_fields={"t": ("a",)}),
        [HELD],
        contact_id="A",
        tracked=True,
    )
    assert isinstance(change, Change)
    assert json.loads(json.dumps(change.to_json())) == {
        "action": "update",
        "external_id": "c1",
        "contact_id": "A",
        "row": 2,
        "fields": {
            "phoneNumbers": {"from": None, "to": [{"name": "mobile", "value": "+14155550100"}]},
            "customFields.t": {"from": None, "to": ["a"]},
        },
    }


def test_a_delete_names_what_is_lost() -> None:
    held = Contact(scalars={"firstName": "Ana"}, phone_numbers=(Item("mobile", "+14155550100"),), id="A")
    assert remove("c1", held).to_json()["fields"] == {
        "firstName": {"from": "Ana", "to": None},
        "phoneNumbers": {"from": [{"name": "mobile", "value": "+14155550100"}], "to": None},
    }
