"""Who a new row may be already: by number, by address, and when that is not for us to say."""

from __future__ import annotations

import pytest

from sync.contacts.change import Create, MatchedBy, Update
from sync.contacts.contact import Contact, Desired, Item, overlay
from sync.contacts.problem import Problem
from sync.plan.decide import Label
from sync.plan.look_alikes import Features, Recognised, Stranger, recognise

LABEL = Label("contact-sync")
BOTH: tuple[MatchedBy, ...] = ("phoneNumbers", "emails")


def new(key: str, row: int, *numbers: str, email: str | None = None) -> Create:
    desired = Desired(key, {"firstName": key.title()}, {"mobile": numbers}, {"work": (email,) if email else ()})
    return Create(key, row, overlay(desired, None, LABEL.text), desired, b"new")


def held(contact_id: str, *numbers: str, email: str | None = None, mark: str | None = None) -> Stranger:
    contact = Contact(
        scalars={"firstName": contact_id},
        phone_numbers=tuple(Item("x", number) for number in numbers),
        emails=(Item("y", email),) if email else (),
        id=contact_id,
    )
    return Stranger(contact, mark)


def settle(rows: list[Create], strangers: list[Stranger], match_on: tuple[MatchedBy, ...] = BOTH) -> Recognised:
    return recognise(rows, strangers, match_on, LABEL, Features("US"))


@pytest.mark.parametrize("written", ["+14155550100", "(415) 555-0100", "415.555.0100", "+1 415 555 0100"])
def test_numbers_are_the_same_however_they_are_written(written: str) -> None:
    (decision,) = settle([new("a", 2, "+14155550100")], [held("A", written)]).decisions
    assert isinstance(decision, Update)
    assert (decision.contact_id, decision.matched_by, decision.adopted) == ("A", "phoneNumbers", True)
    assert decision.after.phone_numbers == (Item("mobile", "+14155550100"), Item("x", written))


def test_what_is_no_number_is_compared_as_it_stands() -> None:
    assert settle([new("a", 2, "+14155550100")], [held("A", "extension 7")]).warnings == []


def test_one_contact_with_both_numbers_of_a_row_is_one() -> None:
    row = new("a", 2, "+14155550100", "+14155550101")
    (decision,) = settle([row], [held("A", "+14155550101", "+14155550100")]).decisions
    assert isinstance(decision, Update)


def test_two_contacts_with_a_number_each_are_two() -> None:
    row = new("a", 2, "+14155550100", "+14155550101")
    (decision,) = settle([row], [held("A", "+14155550100"), held("B", "+14155550101")]).decisions
    assert isinstance(decision, Problem)
    assert "A (contact A) and B (contact B)" in decision.reason


def test_the_order_of_match_on_counts() -> None:
    row = new("a", 2, "+14155550100", email="a@x.com")
    strangers = [held("A", "+14155550100"), held("B", email="A@X.com")]
    for match_on, contact_id in ((BOTH, "A"), (BOTH[::-1], "B")):
        (decision,) = settle([row], strangers, match_on).decisions
        assert isinstance(decision, Update)
        assert decision.contact_id == contact_id


def test_a_row_that_matches_two_leaves_neither_to_another_row() -> None:
    """Otherwise it would match one only in the next run, and take it over without a word."""
    one, other = new("a", 2, "+14155550100"), new("b", 3, email="a@x.com")
    strangers = [held("A", "+14155550100", email="a@x.com"), held("B", "+14155550100")]
    assert all(isinstance(decision, Problem) for decision in settle([one, other], strangers).decisions)


def test_without_match_on_everything_is_named_and_nothing_changed() -> None:
    rows = [new("a", 2, "+14155550100"), new("b", 3, "+14155550100"), new("c", 4, "+14155550102")]
    found = settle(rows, [held("A", "+14155550100")], ())
    assert list(found.decisions) == rows
    assert {warning.kind for warning in found.warnings} == {"look_alike"}
    assert [warning.row for warning in found.warnings] == [2, 3, 3]


def test_a_number_that_a_whole_office_shares_is_one_word() -> None:
    rows = [new(f"a{n}", n, "+14155550100", email="office@x.com") for n in range(2, 40)]
    (warning,) = settle(rows, []).warnings
    assert "34 more" in warning.text
    assert len(warning.text) < 300


def test_many_that_look_alike_are_counted() -> None:
    (decision,) = settle([new("a", 2, "+14155550100")], [held(f"A{n}", "+14155550100") for n in range(9)]).decisions
    assert isinstance(decision, Problem)
    assert "9 contacts" in decision.reason
    assert "5 more" in decision.reason


def test_another_tools_is_not_taken_over() -> None:
    (decision,) = settle([new("a", 2, "+14155550100")], [held("A", "+14155550100", mark="is another's")]).decisions
    assert isinstance(decision, Problem)
    assert "is another's" in decision.reason
