"""Held changes that a person lets through by name: just these, as they were shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.contacts.change import Create, Delete, Update
from sync.contacts.contact import Contact, Item
from sync.contacts.person import Person
from sync.plan.let_through import Decided, Shown, as_shown
from sync.plan.limits import Limits
from sync.plan.options import Limit
from sync.plan.plan import Findings, Plan

LIMITS = Limits(Limit.parse("10%"), Limit.parse("100%"))
ALL = Limits(Limit.parse("50"), Limit.parse("100%"), for_this_run=True)


def contact(key: str, last: str = "Roe") -> Contact:
    numbers = (Item("mobile", "+14155550100"),)
    return Contact({"firstName": key, "lastName": last}, numbers, external_id=key, id=f"id-{key}")


def deletes(count: int) -> list[Delete]:
    return [Delete(f"c{n}", f"id-c{n}", contact(f"c{n}")) for n in range(count)]


def plan(count: int = 40, limits: Limits = LIMITS, *, through: int = 0, spared: frozenset[str] = frozenset()) -> Plan:
    found = Findings(rows=60, tracked=100, decisions=deletes(count))
    return Plan.build("customers", found, limits, Decided(frozenset(f"c{n}" for n in range(through)), spared))


def keys(made: Plan) -> set[str]:
    return {change.external_id for change in made.changes}


def test_only_those_named_pass() -> None:
    made = plan(through=38)
    assert (len(made.changes), made.held) == (38, 2)
    assert {change.external_id for back in made.held_back for change in back.changes} == {"c38", "c39"}


def test_nothing_passes_unnamed_and_everything_may() -> None:
    assert (len(plan().changes), plan().held) == (0, 40)
    assert (len(plan(through=40).changes), plan(through=40).held_back) == (40, ())


def test_whom_a_person_left_out_stays_held_however_few_they_are() -> None:
    made = plan(3, spared=frozenset({"c1"}))
    assert keys(made) == {"c0", "c2"}
    (back,) = made.held_back
    assert back.danger.text == (
        "you left it out when the others were let through; if they are meant, run once with --max-deletes 1"
    )


def test_a_limit_given_for_one_run_lets_them_through_too() -> None:
    assert keys(plan(3, ALL, spared=frozenset({"c1"}))) == {"c0", "c1", "c2"}


def test_who_is_held_anyway_is_held_once() -> None:
    assert plan(40, spared=frozenset({"c1"})).held == 40


SEEN = Shown("delete", "c0", Person("c0 Roe"), "id-c0")
CHANGE = deletes(1)[0]


@pytest.mark.parametrize(
    ("shown", "fits"),
    [
        (SEEN, True),
        (replace(SEEN, person=Person()), True),  # nothing was known of whom it is of
        (replace(SEEN, contact_id=None), True),
        (replace(SEEN, person=Person("Else")), False),
        (replace(SEEN, contact_id="id-c1"), False),
        (replace(SEEN, action="update"), False),
    ],
)
def test_a_change_is_as_it_was_shown(shown: Shown, fits: bool) -> None:
    assert as_shown([shown], [CHANGE]) is fits


def test_all_of_it_and_nothing_else() -> None:
    two = deletes(2)
    shown = [Shown.of(change) for change in two]
    assert as_shown(shown, two)
    assert not as_shown(shown, two[:1])
    assert not as_shown(shown[:1], two)
    assert not as_shown([], two)


def test_fields_that_were_shown_must_be_the_same() -> None:
    was, to = contact("c1"), contact("c1", "Ode")
    shown = Shown.of(Update("c1", 2, "id-c1", was, to))
    assert as_shown([shown], [Update("c1", 7, "id-c1", was, to)])
    assert not as_shown([shown], [Update("c1", 2, "id-c1", was, contact("c1", "Bond"))])
    new = Create("c9", 4, contact("c9"))
    assert not as_shown([Shown.of(new)], [replace(new, after=contact("c9", "Bond"))])
