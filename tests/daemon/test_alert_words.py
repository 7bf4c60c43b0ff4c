"""Whom a notice is about, and what to do: the first few by name, how many more, the commands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.contacts.change import Create, Delete
from sync.contacts.contact import Contact
from sync.contacts.person import Person
from sync.contacts.problem import Problem
from sync.daemon.alerts import notice_of
from sync.daemon.notify import _escaped
from sync.plan.limits import Danger
from sync.plan.plan import HeldBack
from sync.plan.same_people import SamePerson
from sync.run.commands import Commands
from sync.run.report import SyncReport

COMMANDS = Commands("/srv/config.yaml", several=True)
MORE = "To look: openphone-sync status."
TOO_MANY = Danger("17 deletes are more than max_deletes (10%) allows", "…", "--max-deletes 17")


def report(**counts: int) -> SyncReport:
    made = SyncReport("customers")
    made.counts.update({"rows": 20} | counts)
    return made


def deletes(count: int) -> tuple[Delete, ...]:
    return tuple(Delete(f"c{n}", f"i{n}", known_as=Person(f"Ana{n}", "Acme", f"+1415555{n:04d}")) for n in range(count))


def test_who_is_held_is_named_with_the_way_to_let_them_through() -> None:
    made = report(held=17)
    made.held_back = [HeldBack("delete", TOO_MANY, deletes(17))]
    notice = notice_of(made, "held", MORE, COMMANDS)
    assert notice.subject == "customers: 17 changes are held back"
    assert notice.text.splitlines() == [
        "17 deletes held back: 17 deletes are more than max_deletes (10%) allows.",
        *(f"- delete Ana{n} (Acme, +1415555{n:04d}) (c{n})" for n in range(5)),
        "- … and 12 more: openphone-sync problems customers -c /srv/config.yaml",
        "If that is meant, let them through once: openphone-sync run customers --max-deletes 17 -c /srv/config.yaml",
        f"The rest went on. {MORE}",
    ]


def test_who_may_be_whom_stands_side_by_side() -> None:
    made, danger = report(held=2), replace(TOO_MANY, reason="the same people", besides="correct the keys")
    pairs = (SamePerson("c0", "x0", "both have +14155550000"),)
    new = Create("x0", 4, Contact(scalars={"firstName": "Ana0"}))
    made.held_back = [HeldBack("create", danger, (new,), {}, pairs), HeldBack("delete", danger, deletes(1), {}, pairs)]
    lines = notice_of(made, "held", MORE, COMMANDS).text.splitlines()
    assert lines[:3] == [
        "1 create and 1 delete held back: the same people.",
        "- Ana0 (Acme, +14155550000) (c0) may be Ana0 (x0, row 4): both have +14155550000",
        "Correct the keys.",
    ]


def test_rejected_rows_are_named() -> None:
    made = report(rejected=7)
    made.problems = [
        Problem(n, f"c{n}", "phone", "12", "is too short", "rejected", person=Person("Cy Poe")) for n in range(2, 9)
    ]
    notice = notice_of(made, "rejecting", MORE, COMMANDS)
    assert notice.subject == "customers: 7 of 20 rows are rejected"
    lines = notice.text.splitlines()
    assert lines[:2] == [
        "Their contacts are left as they are:",
        "- rejected: row 2, Cy Poe (c2), phone '12': is too short",
    ]
    assert lines[-2:] == ["- … and 2 more: openphone-sync problems customers -c /srv/config.yaml", MORE]


@pytest.mark.parametrize(
    ("text", "safe"),
    [("@channel <!here> & co", "@\u2060channel &lt;!here&gt; &amp; co"), ("ana@example.com", "ana@example.com")],
)
def test_a_name_calls_nobody(text: str, safe: str) -> None:
    assert _escaped(text) == safe
