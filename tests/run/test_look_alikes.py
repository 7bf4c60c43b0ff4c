"""New rows that the workspace has already under a number or an address: named, or taken over with ``match_on``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.run_bench import run
from tests.support.workbench import Result, Workbench, people, person, workbench

BOTH = ["phoneNumbers", "emails"]
NUMBER = person(1)["phone"]
ADDRESS = person(1)["email"]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        yield made


def by_hand(bench: Workbench, **contact: Any) -> str:
    """A contact that somebody made in the app."""
    (contact_id,) = bench.sandbox.seed([{"firstName": "Anita", "source": "openphone", **contact}])
    return str(contact_id)


def alike(result: Result) -> list[dict[str, Any]]:
    return [warning for warning in result.sync["warnings"] if warning["kind"] == "look_alike"]


def phones(contact: Any) -> list[tuple[str, str]]:
    return [(item["name"], item["value"]) for item in contact["defaultFields"]["phoneNumbers"]]


def same_as_the_run(bench: Workbench, *options: str) -> Result:
    """A run that does what a dry run before it said."""
    dry = run(bench, "--dry-run", *options)
    real = run(bench, *options)
    assert (dry.exit, dry.counts) == (real.exit, real.counts)
    assert dry.sync["problems"] == real.sync["problems"]
    for before, after in zip(dry.sync["changes"], real.sync["changes"], strict=True):
        assert before | {"contact_id": None} == after | {"contact_id": None}
    return real


# --- named --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "held",
    [{"phoneNumbers": {"home": NUMBER}}, {"phoneNumbers": {"x": "(415) 555-0001"}}, {"emails": {"x": ADDRESS.upper()}}],
    ids=["a number", "a number as people write it", "an address in capitals"],
)
def test_a_contact_made_by_hand_is_named_before_the_first_creates_and_in_a_dry_run(
    bench: Workbench, held: dict[str, Any]
) -> None:
    contact_id = by_hand(bench, lastName="Roe", **held)
    bench.write(people(3))
    dry, real = run(bench, "--dry-run"), run(bench)
    for result in (dry, real):
        assert (result.exit, result.counts) == (0, {"created": 3})
        (warning,) = alike(result)
        assert (warning["row"], warning["external_id"]) == (3, "c1")
        assert f"Anita Roe (contact {contact_id})" in warning["text"]
        assert (NUMBER if "phoneNumbers" in held else ADDRESS) in warning["text"]
    assert run(bench).sync["warnings"] == []


def test_one_that_bears_anothers_marks_is_named_with_them(bench: Workbench) -> None:
    by_hand(bench, phoneNumbers={"a": NUMBER}, externalId="hs-7", source="hubspot")
    bench.write(people(3))
    (warning,) = alike(run(bench))
    assert "externalId 'hs-7', source 'hubspot'" in warning["text"]


def test_contacts_that_somebody_tracks_are_no_strangers(bench: Workbench) -> None:
    bench.syncs["others"] = dict(bench.syncs["customers"]) | {"key_prefix": "o-"}
    bench.configure()
    bench.write(people(3))
    assert run(bench).exit == 0
    dry = run(bench, "--dry-run", "others")
    assert all(warning["kind"] != "look_alike" for warning in dry.sync["warnings"])
    assert len(bench.sandbox.contacts) == 6


def test_new_rows_with_one_number_are_named_and_made(bench: Workbench) -> None:
    bench.write([*people(2), person(7, phone=NUMBER), person(8, phone="", email=person(0)["email"].title())])
    result = run(bench)
    assert (result.exit, result.counts) == (0, {"created": 4})
    first, second = sorted(alike(result), key=lambda warning: warning["row"])
    assert f"row 3, Ana1 Núñez (Acme, {NUMBER}) (c1)" in first["text"]
    assert f"row 4, Ana7 Núñez (Acme, {NUMBER}) (c7)" in first["text"]
    assert (second["row"], "c0" in second["text"]) == (5, True)


def test_first_creates_that_were_cut_off_are_still_the_first(bench: Workbench) -> None:
    by_hand(bench, phoneNumbers={"a": person(9)["phone"]})
    bench.write(people(10))
    bench.sandbox.faults.every(1, "401", {"POST"}, after=3)
    assert run(bench).exit == 1
    bench.sandbox.faults.clear()
    result = run(bench)
    assert result.exit == 0
    assert [warning["external_id"] for warning in alike(result)] == ["c9"]
    bench.write([*people(10), person(11, phone=person(9)["phone"])])
    assert alike(run(bench)) == []


# --- taken over ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("match_on", [BOTH, "phoneNumbers", ["emails"], ["emails", "phoneNumbers"]])
def test_the_only_such_contact_is_taken_over_and_keeps_what_is_not_ours(bench: Workbench, match_on: Any) -> None:
    bench.configure(match_on=match_on)
    contact_id = by_hand(
        bench,
        role="Boss",
        phoneNumbers={"home": "+14155559999", "main": NUMBER},
        emails={"x": ADDRESS.upper()},
        customFields={"tags": ["vip"]},
    )
    bench.write(people(3))
    result = same_as_the_run(bench)
    assert (result.exit, result.counts) == (0, {"created": 2, "updated": 1, "adopted": 1})
    (taken,) = (change for change in result.sync["changes"] if change["action"] == "update")
    kind = match_on if isinstance(match_on, str) else match_on[0]
    assert (taken["contact_id"], taken["matched_by"], taken["name"]) == (contact_id, kind, "Ana1 Núñez")
    assert {change["matched_by"] for change in result.sync["changes"] if change != taken} == {None}
    (held,) = bench.sandbox.by_external_id("c1")
    assert (held["id"], held["source"]) == (contact_id, "contact-sync")
    assert (held["defaultFields"]["firstName"], held["defaultFields"]["role"]) == ("Ana1", "Boss")
    assert phones(held) == [("mobile", NUMBER), ("home", "+14155559999"), ("main", NUMBER)]
    assert {item["key"]: item["value"] for item in held["customFields"]} == {"tags": ["vip"], "notes": "note 1"}
    assert alike(result) == []
    again = run(bench)
    assert (again.counts, again.sync["requests"] <= 2) == ({"unchanged": 3}, True)
    bench.write([person(0), person(2)])
    assert run(bench).counts == {"deleted": 1, "unchanged": 2}, "it is ours from then on"


def test_a_number_counts_before_an_address(bench: Workbench) -> None:
    bench.configure(match_on=BOTH)
    by_address = by_hand(bench, emails={"x": ADDRESS})
    by_number = by_hand(bench, phoneNumbers={"x": NUMBER})
    bench.write(people(3))
    assert same_as_the_run(bench).counts == {"created": 2, "updated": 1, "adopted": 1}
    assert bench.sandbox.contacts[by_number]["externalId"] == "c1"
    assert bench.sandbox.contacts[by_address]["externalId"] is None


def test_two_such_contacts_need_a_person(bench: Workbench) -> None:
    bench.configure(match_on=BOTH)
    ids = [by_hand(bench, phoneNumbers={"x": NUMBER}), by_hand(bench, phoneNumbers={"y": NUMBER})]
    bench.write(people(3))
    result = same_as_the_run(bench)
    assert (result.exit, result.counts) == (3, {"created": 2, "rejected": 1})
    (reason,) = result.reasons("rejected")
    assert all(contact_id in reason for contact_id in ids)
    bench.sandbox.remove(ids[0])
    assert run(bench).counts == {"updated": 1, "adopted": 1, "unchanged": 2}


def test_two_rows_that_match_one_contact_need_a_person(bench: Workbench) -> None:
    bench.configure(match_on=BOTH)
    by_hand(bench, phoneNumbers={"x": NUMBER}, emails={"x": person(2)["email"]})
    bench.write(people(4))
    result = same_as_the_run(bench)
    assert (result.exit, result.counts) == (3, {"created": 2, "rejected": 2})
    assert all("c1" in reason and "c2" in reason for reason in result.reasons("rejected"))


def test_a_row_whose_key_a_contact_carries_wins_over_one_that_matches_it(bench: Workbench) -> None:
    bench.configure(match_on=BOTH)
    by_hand(bench, externalId="c1", source="contact-sync", phoneNumbers={"x": person(2)["phone"]})
    bench.write(people(3))
    assert same_as_the_run(bench).counts == {"created": 2, "updated": 1, "adopted": 1}
    assert bench.wrong() == ["c1: " + bench.wrong()[0].partition(": ")[2]]
    bench.write([person(1, phone="12"), *people(2, 2), person(5, phone=person(2)["phone"])])
    bench.forget_state()
    assert len(bench.sandbox.by_external_id("c1")) == 1
    assert run(bench).exit == 3
    assert len(bench.sandbox.by_external_id("c1")) == 1, "a rejected row's contact is nobody else's"


def test_a_contact_of_ours_that_was_lost_is_taken_over_and_another_tools_is_not(bench: Workbench) -> None:
    bench.configure(match_on=BOTH)
    lost = by_hand(bench, externalId="old-1", source="contact-sync", phoneNumbers={"x": NUMBER})
    theirs = by_hand(bench, externalId="hs-2", source="hubspot", phoneNumbers={"x": person(2)["phone"]})
    bench.write(people(3))
    result = same_as_the_run(bench)
    assert (result.exit, result.counts) == (3, {"created": 1, "updated": 1, "adopted": 1, "rejected": 1})
    assert bench.sandbox.contacts[lost]["externalId"] == "c1"
    assert bench.sandbox.contacts[theirs]["externalId"] == "hs-2"
    assert "'hubspot'" in result.reasons("rejected")[0]
    bench.configure(source_label="hubspot")
    assert run(bench).counts == {"updated": 1, "adopted": 1, "unchanged": 2}


def test_takeovers_are_no_rewrites(bench: Workbench) -> None:
    bench.configure(match_on=BOTH, max_rewrites=0)
    for number in range(12):
        by_hand(bench, phoneNumbers={"x": person(number)["phone"]})
    bench.write(people(12))
    assert same_as_the_run(bench).counts == {"updated": 12, "adopted": 12}


def test_a_new_member_of_a_household_is_made(bench: Workbench) -> None:
    bench.configure(match_on=BOTH)
    by_hand(bench, phoneNumbers={"x": NUMBER})
    bench.write(people(3))
    assert run(bench).exit == 0
    bench.write([*people(3), person(4, phone=NUMBER)])
    assert same_as_the_run(bench).counts == {"created": 1, "unchanged": 3}


@pytest.mark.parametrize("fault", ["drop_after", "500_after"])
def test_a_takeover_whose_answer_is_lost_doubles_nobody(tmp_path: Path, fault: Any) -> None:
    with workbench(tmp_path, accept_doubles=True) as bench:
        bench.configure(match_on=BOTH)
        contact_id = by_hand(bench, phoneNumbers={"mobile": NUMBER})
        bench.write(people(3))
        bench.sandbox.faults.every(1, fault, {"PATCH"})
        run(bench)
        bench.sandbox.faults.clear()
        assert run(bench).exit == 0
        assert bench.wrong() == []
        assert contact_id in bench.sandbox.contacts


# --- what it costs ------------------------------------------------------------------------------------------------


def crowd(count: int) -> list[dict[str, Any]]:
    return [
        {"firstName": "Zoe", "source": "openphone", "phoneNumbers": {"x": f"+1212555{n:04d}"}} for n in range(count)
    ]


def test_first_creates_stay_within_what_they_may_ask(bench: Workbench) -> None:
    bench.sandbox.seed(crowd(1000))
    bench.write(people(30))
    result = run(bench)
    assert (result.exit, result.counts) == (0, {"created": 30})
    assert result.sync["requests"] <= 30 + 30 / 20 + 3
    (warning,) = alike(result)
    assert (warning["row"], "run --dry-run" in warning["text"]) == (None, True)


def test_a_dry_run_looks_at_everyone_once(bench: Workbench) -> None:
    bench.sandbox.seed(crowd(400))
    by_hand(bench, phoneNumbers={"x": NUMBER})
    bench.write(people(30))
    result = run(bench, "--dry-run", "--verify")
    assert [warning["external_id"] for warning in alike(result)] == ["c1"]
    assert result.sync["requests"] <= 1 + 2 + 9


@pytest.mark.parametrize(("others", "most"), [(0, 130 / 50 + 3), (1000, 130 / 20 + 3)])
def test_a_lost_state_costs_the_cheaper_of_listing_and_asking(bench: Workbench, others: int, most: float) -> None:
    bench.write(people(130))
    run(bench)
    bench.sandbox.seed(crowd(others))
    bench.forget_state()
    for options in (["--dry-run"], []):
        result = run(bench, *options)
        assert (result.exit, result.counts) == (0, {"adopted": 130})
        assert result.sync["requests"] <= most


def test_match_on_lists_everyone_only_where_there_are_new_rows(bench: Workbench) -> None:
    bench.configure(match_on=BOTH)
    bench.sandbox.seed(crowd(300))
    bench.write(people(5))
    assert run(bench).sync["requests"] <= 5 + 1 + 3 + 300 / 50
    assert run(bench).sync["requests"] <= 2
    bench.write([*people(4), person(4, last="Roe")])
    assert run(bench).sync["requests"] <= 1 + 3
    bench.write([*people(4), person(4, last="Roe"), person(5)])
    assert run(bench, "--verify").sync["requests"] <= 1 + 1 + 3 + 7


@pytest.mark.parametrize("match_on", [[], BOTH])
def test_a_workspace_that_lists_nobody_is_said_to_once(tmp_path: Path, match_on: list[str]) -> None:
    with workbench(tmp_path, require_external_ids=True) as bench:
        bench.configure(match_on=match_on)
        by_hand(bench, phoneNumbers={"x": NUMBER})
        bench.write(people(3))
        for options in (["--dry-run"], []):
            result = run(bench, *options)
            assert (result.exit, result.counts) == (0, {"created": 3})
            (warning,) = alike(result)
            assert "lists nobody without externalIds" in warning["text"]
            assert ("match_on" in warning["text"]) == bool(match_on)
        assert run(bench).sync["warnings"] == []


def test_a_list_that_breaks_off_takes_nobody_over_and_makes_nobody(bench: Workbench) -> None:
    bench.configure(match_on=BOTH)
    bench.sandbox.seed(crowd(200))
    bench.write(people(3))
    bench.sandbox.faults.every(1, "400_refuse", {"GET"}, after=3)
    result = run(bench)
    bench.sandbox.faults.clear()
    assert result.exit == 1
    assert bench.sandbox.writes() == []
