"""What becomes of one row: every line of the table, and what it means in changes."""

from __future__ import annotations

import pytest

from sync.contacts.change import Change, InStep, Update
from sync.contacts.contact import Contact
from sync.contacts.problem import Problem
from sync.plan.decide import FOUND, MAPPED, MISSING, READ, AsFound, AsMapped, AsMissing, AsRead, Label, fate
from tests.support.plans import HELD, OTHER, SAME, settle


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
    problem = settle(OTHER, [HELD], label=Label("mine", own=True))
    assert isinstance(problem, Problem)
    assert "'contact-sync'" in problem.reason


@pytest.mark.parametrize("source", [None, "public-api", "mine"])
def test_a_contact_of_nobody_or_of_ours_is_taken(source: str | None) -> None:
    held = Contact(scalars=HELD.scalars, external_id="c1", source=source, id="A")
    assert isinstance(settle(OTHER, [held], label=Label("mine", own=True)), Change)


def test_without_a_label_of_its_own_a_sync_takes_what_carries_its_key() -> None:
    held = Contact(scalars=HELD.scalars, external_id="c1", source="zapier", id="A")
    change = settle(OTHER, [held])
    assert isinstance(change, Update)
    assert change.after.source == "contact-sync", "OpenPhone would refuse the reserved source"


def test_when_ours_is_gone_anothers_contact_under_its_key_is_still_anothers() -> None:
    theirs = Contact(scalars=HELD.scalars, external_id="c1", source="contact-sync", id="B")
    assert isinstance(settle(OTHER, [theirs], contact_id="A", tracked=True, owners={"B": "staff"}), Problem)
    taken = settle(SAME, [theirs], contact_id="A", tracked=True)
    assert isinstance(taken, Change)
    assert (taken.action, taken.contact_id, taken.adopted) == ("adopt", "B", True)


# --- the table ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "then"),
    [
        (AsRead(keyless=True), "rejected"),
        (AsRead(doubled=True, deleted=True, in_step=True), "rejected"),
        (AsRead(deleted=True, in_step=True), "gone"),
        (AsRead(in_step=True, refused=True), "unchanged"),
        (AsRead(refused=True), "failed"),
        (AsRead(), None),
    ],
)
def test_as_it_was_read_the_first_line_that_holds_decides(row: AsRead, then: str | None) -> None:
    assert fate(READ, row) == then


def test_what_cannot_be_read_is_rejected_before_anything_is_compared() -> None:
    assert fate(MAPPED, AsMapped(rejected=True, as_sent=True)) == "rejected"
    assert fate(MAPPED, AsMapped(rejected=False, as_sent=True)) == "unchanged"
    assert fate(MAPPED, AsMapped(rejected=False)) is None


@pytest.mark.parametrize(
    ("row", "then"),
    [
        (AsFound(exists=False, tracked=True), "created"),
        (AsFound(owner="staff", other_tool="zapier"), "failed"),
        (AsFound(other_tool="zapier"), "failed"),
        (AsFound(tracked=True), "unchanged"),
        (AsFound(tracked=True, differs=True), "updated"),
        (AsFound(), "adopted"),
        (AsFound(differs=True), "updated"),
    ],
)
def test_as_the_workspace_has_it_every_case_is_decided(row: AsFound, then: str) -> None:
    assert fate(FOUND, row) == then


def test_a_contact_whose_row_is_gone_is_kept_let_go_or_deleted() -> None:
    assert fate(MISSING, AsMissing(keep=True)) == "kept"
    assert fate(MISSING, AsMissing(ours=False)) == "let go"
    assert fate(MISSING, AsMissing()) == "deleted"
