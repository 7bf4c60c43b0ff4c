"""Which updates rewrite a contact, how many may, and what so many look like."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from sync.contacts.change import Decision, Update
from sync.contacts.contact import Contact, Desired, Item
from sync.plan.limits import Limits
from sync.plan.options import Limit
from sync.plan.plan import Findings, Plan
from sync.plan.rewrites import rewrites
from tests.support.plans import held, limits, reasons

Made = dict[str, Any]


def contact(number: int, **parts: Any) -> Contact:
    """Contact ``number`` as it is, with these parts otherwise: fields, ``mobile``, ``work``, ``email``, ``notes``."""
    whole: Made = {
        "firstName": f"Ana{number}",
        "lastName": f"Roe{number}",
        "company": f"Acme {number}",
        "mobile": f"+1415555{number:04d}",
        "email": f"a{number}@example.com",
        "notes": f"note {number}",
        **parts,
    }
    numbers = [Item(label, whole[label]) for label in ("mobile", "work", "home") if whole.get(label)]
    return Contact(
        {name: whole.get(name) for name in ("firstName", "lastName", "company", "role")},
        tuple(numbers),
        (Item("work", whole["email"]),) if whole["email"] else (),
        {"notes": whole["notes"]} if whole["notes"] else {},
        external_id=f"c{number}",
        id=f"id{number}",
    )


OWNED = Desired("", {}, {"mobile": (), "work": ()}, {"work": ()}, {"notes": None})


def update(number: int, before: Made | None = None, **after: Any) -> Update:
    """An update of contact ``number``, which was otherwise in ``before``."""
    was = contact(number, **(before or {}))
    return Update(f"c{number}", number + 2, f"id{number}", was, contact(number, **{**(before or {}), **after}), OWNED)


def plan(changes: Iterable[Decision], tracked: int, allowed: Limits | None = None, **found: Any) -> Plan:
    """The plan of a run with these updates."""
    return Plan.build(
        "customers", Findings(tracked, tracked=tracked, decisions=list(changes), **found), allowed or limits()
    )


REWRITES: dict[str, Update] = {
    "another first name": update(1, firstName="Eva"),
    "another last name": update(1, lastName="Poe"),
    "first and last name changed places": update(1, firstName="Roe1", lastName="Ana1"),
    "no last name": update(1, lastName=None),
    "another number": update(1, mobile="+14155559999"),
    "another number beside one by hand": update(1, {"home": "+15005550001"}, mobile="+14155559999"),
    "both numbers": update(1, {"work": "+15005550002"}, mobile="+14155559999", work="+14155559998"),
    "no number": update(1, mobile=None),
    "one of two numbers gone": update(1, {"work": "+15005550002"}, work=None),
    "no address": update(1, email=None),
    "no company": update(1, company=None),
    "no custom field": update(1, notes=None),
}
CORRECTIONS: dict[str, Update] = {
    "another company": update(1, company="Beta"),
    "another role": update(1, role="Boss"),
    "another address": update(1, email="new@example.com"),
    "another note": update(1, notes="new"),
    "a last name at last": update(1, {"lastName": None}, lastName="Roe"),
    "the name's case": update(1, firstName="ANA1", lastName="ROE1"),
    "a name's spaces": update(1, {"firstName": "Ana  Maria"}, firstName="Ana Maria"),
    "a whole name taken apart": update(1, {"firstName": "Ana Roe", "lastName": None}, firstName="Ana", lastName="Roe"),
    "a name put together": update(1, {"firstName": "Ana", "lastName": "Roe"}, firstName="Ana Roe", lastName=None),
    "a second number": update(1, work="+14155559999"),
    "a first number": update(1, {"mobile": None}, mobile="+14155559999"),
    "one number of two": update(1, {"work": "+15005550002"}, work="+14155559999"),
    "a number under another label": update(1, mobile=None, work="+14155550001"),
    "a link": update(1),
}


@pytest.mark.parametrize("change", REWRITES.values(), ids=REWRITES)
def test_what_is_a_rewrite(change: Update) -> None:
    assert rewrites([change], (), {}).updates == (change,)


@pytest.mark.parametrize("change", CORRECTIONS.values(), ids=CORRECTIONS)
def test_what_is_none(change: Update) -> None:
    assert rewrites([change], (), {}).updates == ()


def renamed(count: int) -> list[Update]:
    """So many contacts with new names."""
    return [update(number, firstName=f"New{number}") for number in range(count)]


@pytest.mark.parametrize(
    ("count", "tracked", "allowed", "back"),
    [
        (12, 116, "30%", False),  # an afternoon's corrections
        (10, 20, "30%", False),  # the floor
        (11, 20, "30%", True),
        (10, 12, "30%", False),  # never fewer than ten, however few there are
        (11, 12, "30%", True),
        (5, 5, "30%", False),
        (1, 1, "30%", False),  # the only contact can be corrected
        (30, 100, "30%", False),
        (31, 100, "30%", True),
        (100, 100, "100%", False),
        (1, 100, 0, True),
        (3, 100, 3, False),
        (4, 100, 3, True),
    ],
)
def test_rewrites_above_the_share_and_the_floor_are_held(count: int, tracked: int, allowed: object, back: bool) -> None:
    made = plan(renamed(count), tracked, Limits(*(limits().deletes, limits().updates), rewrites=Limit.parse(allowed)))
    assert len(held(made)) == (count if back else 0)


@pytest.mark.parametrize(("allowed", "back"), [("3", True), ("4", False), ("40%", False), ("39%", True), (0, True)])
def test_max_rewrites_of_one_run_is_exact(allowed: object, back: bool) -> None:
    once = Limits(limits().deletes, limits().updates, rewrites=Limit.parse(allowed), rewrites_for_this_run=True)
    assert len(held(plan(renamed(4), 10, once))) == (4 if back else 0)


def test_only_the_rewrites_are_held_and_each_is_listed() -> None:
    others = [update(number, company="Beta") for number in range(50, 60)]
    made = plan([*renamed(40), *others], 100)
    assert [change.external_id for change in made.changes] == [f"c{number}" for number in range(50, 60)]
    problems = list(made.needing_a_person())
    assert {(problem.kind, problem.action) for problem in problems} == {("held", "update")}
    assert {problem.row for problem in problems} == set(range(2, 42))
    assert "40 rewrites of 100 contacts tracked are more than max_rewrites (30%) allows" in problems[0].text
    assert "--max-rewrites 40" in problems[0].text


def test_where_all_updates_are_held_rewrites_are_not_held_twice() -> None:
    made = plan(renamed(40), 100, limits(updates="10%"))
    assert "max_updates" in reasons(made)["update"]
    assert len(held(made)) == 40


# --- what it looks like

N = 50
SHIFTED: dict[str, Callable[[int], Made]] = {
    "firstName": lambda n: {"firstName": f"Ana{(n + 1) % N}"},  # moved by one row
    "lastName": lambda n: {"lastName": f"Roe{N - 1 - n}"},  # sorted alone
    "company": lambda n: {"company": f"Acme {(n * 7) % N}"},
    "phoneNumbers.mobile": lambda n: {"mobile": f"+1415555{(n + 3) % N:04d}"},
    "emails.work": lambda n: {"email": f"a{(n + 1) % N}@example.com"},
    "customFields.notes": lambda n: {"notes": f"note {(n + 1) % N}"},
}


@pytest.mark.parametrize(("part", "after"), SHIFTED.items(), ids=SHIFTED)
def test_a_column_that_was_sorted_alone_is_named(part: str, after: Callable[[int], Made]) -> None:
    made = plan([update(number, **after(number)) for number in range(N)], N)
    assert len(held(made)) >= 0.9 * N
    assert f"sorted alone or moved ({part})" in reasons(made)["update"]


@pytest.mark.parametrize(("count", "back"), [(4, 0), (5, 5), (9, 9)])  # of four, it may be chance
def test_a_column_that_moved_has_no_floor(count: int, back: int) -> None:
    made = plan([update(n, firstName=f"Ana{(n + 1) % count}") for n in range(count)], count)
    assert len(held(made)) == back


def test_one_of_two_numbers_sorted_alone_is_found_though_the_other_stays() -> None:
    before = [{"work": f"+1500555{number:04d}"} for number in range(N)]
    made = plan([update(n, before[n], work=f"+1500555{(n + 1) % N:04d}") for n in range(N)], N)
    assert len(held(made)) == N
    assert f"phoneNumbers.work of another contact in {N}" in reasons(made)["update"]


def test_many_people_of_one_company_in_another_are_no_column_that_moved() -> None:
    moves = [update(n, {"company": "Acme" if n % 2 else "Beta"}, company="Beta" if n % 2 else "Acme") for n in range(N)]
    assert held(plan(moves, N)) == []


@pytest.mark.parametrize(
    ("after", "part"),
    [
        ({"mobile": None}, "phoneNumbers.mobile"),
        ({"company": None}, "company"),
        ({"notes": None}, "customFields.notes"),
    ],
)
def test_a_column_that_was_emptied_is_named(after: Made, part: str) -> None:
    made = plan([update(number, **after) for number in range(N)], N)
    assert f"nothing left in {part} in {N}" in reasons(made)["update"]
    assert f"renamed or emptied, or is not calculated yet ({part})" in reasons(made)["update"]


def test_other_people_under_the_same_keys_are_named() -> None:
    made = plan([update(n, firstName=f"X{n}", lastName=f"Y{n}", mobile=f"+1628555{n:04d}") for n in range(N)], N)
    assert f"another name in {N}, other phone numbers in {N}" in reasons(made)["update"]
    assert "other people's rows (name, phoneNumbers)" in reasons(made)["update"]


# --- what does not count


def test_what_a_changed_mapping_brings_is_named_and_not_counted() -> None:
    changed = frozenset({"company", "firstName"})
    made = plan([update(n, company=None, firstName="X") for n in range(N)], N, mapping_changed=changed)
    assert held(made) == []
    assert [(warning.kind, warning.text) for warning in made.warnings] == [
        ("mapping_changed", f"mapping changed: company in {N} contacts"),
        ("mapping_changed", f"mapping changed: firstName in {N} contacts"),
    ]


def test_what_the_source_brings_at_the_same_time_is_counted() -> None:
    made = plan([update(n, company=None, mobile=None) for n in range(N)], N, mapping_changed=frozenset({"company"}))
    assert len(held(made)) == N
    assert f"nothing left in phoneNumbers.mobile in {N}" in reasons(made)["update"]
    assert "company" not in reasons(made)["update"]


def test_what_another_hand_changed_is_put_back_without_counting() -> None:
    as_before = {f"c{n}": frozenset({"firstName"}) for n in range(N)}
    assert held(plan(renamed(N), N, as_before=as_before)) == []


def test_adopted_contacts_that_merely_differ_are_not_stopped_and_other_people_are() -> None:
    def adopted(n: int, **after: Any) -> Update:
        was = update(n, **after)
        return Update(was.external_id, was.row, was.contact_id, was.before, was.after, OWNED, adopted=True)

    assert held(plan([adopted(n, company="Beta", role="Boss", email=f"new{n}@x.com") for n in range(N)], 0)) == []
    assert len(held(plan([adopted(n, firstName=f"Other{n}") for n in range(N)], 0))) == N
