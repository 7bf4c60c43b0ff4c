"""What a person decides on the page: exactly what was shown, or nothing, and written into the history."""

from __future__ import annotations

import re

from tests.daemon.conftest import rows
from tests.support.visitor import Visitor


def names(visitor: Visitor) -> set[str]:
    """The first names that the workspace holds."""
    return {str(each["defaultFields"]["firstName"]) for each in visitor.daemon.sandbox.contacts.values()}


def contact_id(visitor: Visitor, key: str) -> str:
    (found,) = visitor.daemon.sandbox.by_external_id(key)
    return str(found["id"])


def with_held_deletes(visitor: Visitor) -> Visitor:
    """Forty rows are gone: their deletes are held back."""
    visitor.daemon.csv.write_text(rows(without=range(1, 41)))
    visitor.go("/syncs/customers")
    visitor.press("Sync now")
    visitor.go("/syncs/customers")
    return visitor


class TestHeldChanges:
    def test_thirty_eight_of_forty_are_let_through_and_two_stay_for_good(self, decided: Visitor) -> None:
        with_held_deletes(decided)
        assert "40 deletes held back" in decided.text
        assert "Ana3 Roe +14155550003 c3" in decided.text
        before = len(decided.daemon.sandbox.contacts)
        decided.press("Delete these 40", without=["c3", "c4"])
        assert decided.at.startswith("/runs/")
        assert "All 38 changes 38 deleted" in decided.text
        assert "By the page" in decided.text
        assert before - len(decided.daemon.sandbox.contacts) == 38
        assert {"Ana3", "Ana4"} <= names(decided)
        decided.go("/syncs/customers")
        assert "2 deletes held back" in decided.text
        decided.press("Sync now")  # two deletes are fewer than any limit holds
        decided.go("/syncs/customers")
        assert "2 deletes held back" in decided.text
        assert "You left it out when the others were let through" in decided.text
        assert {"Ana3", "Ana4"} <= names(decided)
        decided.press("Delete these 2")
        assert not {"Ana3", "Ana4"} & names(decided)

    def test_a_row_that_came_back_since_is_not_deleted_and_neither_are_the_others(self, decided: Visitor) -> None:
        with_held_deletes(decided)
        decided.daemon.csv.write_text(rows(without=range(2, 41)))
        decided.press("Delete these 40")
        assert decided.at.startswith("/previews/")
        assert "39 deleted" in decided.text
        assert len(decided.daemon.sandbox.contacts) == 50
        decided.press("Apply exactly this")
        assert "39 deleted" in decided.text
        assert "Ana1" in names(decided)

    def test_what_is_held_has_changed_since_the_page_was_loaded(self, decided: Visitor) -> None:
        old = Visitor(decided.daemon, decided.cookie)
        with_held_deletes(old)
        decided.daemon.csv.write_text(rows(without=range(1, 40)))
        decided.go("/syncs/customers")
        decided.press("Sync now")
        assert "has changed since you looked; nothing was done" in old.press("Delete these 40")
        assert len(decided.daemon.sandbox.contacts) == 50

    def test_rewrites_are_looked_at_before_they_are_let_through(self, decided: Visitor) -> None:
        renamed = {f"c{n}": f"Else{n}" for n in range(1, 31)}
        decided.daemon.csv.write_text(rows(renamed))
        decided.go("/syncs/customers")
        decided.press("Sync now")
        decided.go("/syncs/customers")
        assert "30 updates held back" in decided.text
        assert not any(label.startswith("Change these") for label in decided.buttons)
        decided.press("Look at what would change")
        assert re.search(r"Ana7 Roe c7 Last name Roe becomes|Ana7 Roe c7 Last name Roe →", decided.text)
        decided.press("Change these 30", without=["c1"])
        assert "29 changed" in decided.text
        lasts = {str(each["defaultFields"]["lastName"]) for each in decided.daemon.sandbox.contacts.values()}
        assert "Else30" in lasts
        assert "Else1" not in lasts


class TestPreviews:
    def test_exactly_what_was_shown_is_applied(self, decided: Visitor) -> None:
        decided.daemon.csv.write_text(rows({"c7": "Ode"}))
        decided.go("/syncs/customers")
        decided.press("Preview")
        assert decided.at.startswith("/previews/")
        assert "A sync now would touch 1 contact: 1 changed" in decided.text
        decided.press("Apply exactly this")
        assert decided.at.startswith("/runs/")
        assert "By the page" in decided.text
        assert "Ana7 Roe c7 Last name Roe → Ode" in decided.text

    def test_nothing_is_done_once_it_has_moved_and_what_moved_is_shown(self, decided: Visitor) -> None:
        decided.daemon.csv.write_text(rows({"c7": "Ode"}))
        decided.go("/syncs/customers")
        decided.press("Preview")
        decided.daemon.csv.write_text(rows({"c7": "Ode", "c8": "Bond"}))
        decided.press("Apply exactly this")
        assert decided.at.startswith("/previews/")
        assert "Nothing was done" in decided.text
        assert "What moved since it was shown" in decided.text
        assert "Bond" in decided.text
        assert "Apply exactly this" not in decided.buttons
        assert {str(each["defaultFields"]["lastName"]) for each in decided.daemon.sandbox.contacts.values()} == {"Roe"}
        decided.press("Prepare it anew")
        assert "2 changed" in decided.press("Apply exactly this")

    def test_a_preview_that_is_no_longer_kept(self, decided: Visitor) -> None:
        assert "no longer kept" in decided.go("/previews/0123456789ab")
        assert decided.status == 404


class TestPuttingBack:
    def test_an_undo_is_shown_first_and_says_who_and_what(self, decided: Visitor) -> None:
        decided.daemon.csv.write_text(rows({"c7": "Ode", "c8": "Bond"}))
        decided.go("/syncs/customers")
        decided.press("Sync now")
        run = decided.at.removeprefix("/runs/")
        decided.press("Undo this run …")
        assert "This would touch 2 contacts: 2 changed" in decided.text
        decided.press("Put these 2 back")
        assert f"It put back run {run}" in decided.text
        assert {str(each["defaultFields"]["lastName"]) for each in decided.daemon.sandbox.contacts.values()} == {"Roe"}
        assert "It was undone by run" in decided.go(f"/runs/{run}")

    def test_one_contact_is_put_back_as_before_a_run(self, decided: Visitor) -> None:
        decided.go("/syncs/customers")
        for last in ("Ode", "Bond"):
            decided.daemon.csv.write_text(rows({"c7": last, "c8": last}))
            decided.press("Sync now")
            decided.go("/syncs/customers")
        decided.go("/contacts?sync=customers&key=c7")
        assert "Last name Ode → Bond" in decided.text
        decided.press("Put back as before run 2 …")
        assert "Last name Bond → Roe" in decided.text
        decided.press("Put it back")
        lasts = [str(each["defaultFields"]["lastName"]) for each in decided.daemon.sandbox.contacts.values()]
        assert lasts.count("Bond") == 1
        assert lasts.count("Roe") == 49


class TestLooking:
    def test_look_now_asks_the_workspace_and_says_what_differs(self, decided: Visitor) -> None:
        decided.go("/contacts/c7")
        assert "As run 1 left it" in decided.text
        decided.daemon.sandbox.edit(contact_id(decided, "c7"), role="Editor", lastName="Bond")
        decided.press("Look now")
        assert "As OpenPhone answered" in decided.text
        assert "It differs from what we sent in: Last name" in decided.text

    def test_a_contact_that_is_gone(self, decided: Visitor) -> None:
        decided.go("/contacts/c7")
        decided.daemon.sandbox.remove(contact_id(decided, "c7"))
        assert "The workspace has no such contact" in decided.press("Look now")
