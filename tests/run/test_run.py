"""The whole job, from a CSV file to a workspace over real HTTP: what lands, what is sent, and whose what is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.run_bench import COLUMNS, EVERYTHING, full_row, landed, one, run, wanted
from tests.support.workbench import Workbench, people, person, workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        yield made


@pytest.fixture
def full(bench: Workbench) -> Workbench:
    """120 rows that use everything, in step."""
    bench.configure(**EVERYTHING)
    bench.write([full_row(number) for number in range(120)], COLUMNS)
    first = run(bench)
    assert (first.exit, first.counts) == (0, {"created": 120})
    return bench


# --- what lands, and what it takes --------------------------------------------------------------------------------


def test_120_rows_land_exactly(full: Workbench) -> None:
    contacts = full.sandbox.contacts.values()
    assert {str(c["externalId"]): landed(c) for c in contacts} == {f"k{n}": wanted(n) for n in range(120)}
    assert len(contacts) == 120
    assert len(full.sandbox.requests) <= 120 + 120 // 20 + 3


def test_a_second_run_asks_twice_at_most_and_writes_nothing(full: Workbench) -> None:
    second = run(full)
    assert (second.exit, second.counts) == (0, {"unchanged": 120})
    assert len(full.sandbox.requests) <= 2
    assert full.sandbox.writes() == []


def test_seven_changes_take_ten_requests(full: Workbench) -> None:
    rows = [full_row(number) for number in range(2, 122)]
    rows[0]["last"] = "Edited"
    rows[50]["tags"] = "new"
    rows[117]["since"] = ""
    full.write(rows, COLUMNS)
    changed = run(full)
    assert (changed.exit, changed.counts) == (0, {"created": 2, "updated": 3, "deleted": 2, "unchanged": 115})
    assert len(full.sandbox.requests) <= 10
    assert landed(one(full, "k2")) == wanted(2) | {"lastName": "Edited"}
    assert one(full, "k120")
    assert not full.sandbox.by_external_id("k0")
    assert run(full).counts == {"unchanged": 120}


def test_a_verifying_run_finds_everything_as_it_should_be(full: Workbench) -> None:
    verified = run(full, "--verify")
    assert (verified.exit, verified.counts) == (0, {"unchanged": 120})
    assert full.sandbox.writes() == []


def test_a_lost_state_adopts_everyone_and_writes_nothing(full: Workbench) -> None:
    full.forget_state()
    adopted = run(full)
    assert (adopted.exit, adopted.counts) == (0, {"adopted": 120})
    assert len(full.sandbox.requests) <= 120 // 20 + 3
    assert full.sandbox.writes() == []
    assert {change["action"] for change in adopted.sync["changes"]} == {"adopt"}
    assert run(full).counts == {"unchanged": 120}


# --- a dry run ----------------------------------------------------------------------------------------------------


def test_a_dry_run_sends_only_gets_and_leaves_nothing_behind(bench: Workbench) -> None:
    bench.write(people(30))
    before = sorted(path.name for path in bench.folder.iterdir())
    said = run(bench, "--dry-run")
    assert (said.exit, said.counts, said.sync["run"]) == (0, {"created": 30}, None)
    assert {request.method for request in bench.sandbox.requests} == {"GET"}
    assert sorted(path.name for path in bench.folder.iterdir()) == before


def test_a_dry_run_names_old_and_new_values(full: Workbench) -> None:
    state = full.state.read_bytes()
    rows = [full_row(number) for number in range(119)]
    rows[3] |= {"last": "Roe", "work": "", "tags": "vip", "lead": "no", "worth": "7", "private": "new@home.example"}
    full.write(rows, COLUMNS)
    said = run(full, "--dry-run")
    assert (said.exit, said.counts) == (0, {"updated": 1, "deleted": 1, "unchanged": 118})
    update, delete = said.sync["changes"]
    assert (update["action"], update["row"], update["external_id"]) == ("update", 5, "k3")
    assert update["contact_id"] == one(full, "k3")["id"]
    tags = update["fields"].pop("customFields.tags")
    assert (sorted(tags["from"]), tags["to"]) == (["vip", "weekly"], ["vip"])
    assert update["fields"] == {
        "lastName": {"from": "Müller-3", "to": "Roe"},
        "phoneNumbers": {
            "from": [
                {"name": "mobile", "value": "+14155550003"},
                {"name": "work", "value": "+81312340003"},
                {"name": "work", "value": "+14155560000"},
            ],
            "to": [{"name": "mobile", "value": "+14155550003"}],
        },
        "emails": {
            "from": [{"name": "private", "value": "k3@home.example"}, {"name": "work", "value": "k3@example.com"}],
            "to": [{"name": "private", "value": "new@home.example"}, {"name": "work", "value": "k3@example.com"}],
        },
        "customFields.inbound-lead": {"from": True, "to": False},
        "customFields.contract-value": {"from": 1003.5, "to": 7},
    }
    assert (delete["action"], delete["row"], delete["external_id"]) == ("delete", None, "k119")
    assert delete["fields"]["lastName"] == {"from": "Müller-119", "to": None}
    assert full.sandbox.writes() == []
    assert full.state.read_bytes() == state


# --- whose what is ------------------------------------------------------------------------------------------------


def test_what_is_not_mapped_is_kept(bench: Workbench) -> None:
    bench.write(people(1))
    run(bench)
    numbers = {"mobile": "+14155550000", "home": ["+14155551111", "+14155552222"]}
    bench.sandbox.edit(
        str(one(bench, "c0")["id"]),
        role="Boss",
        phoneNumbers=numbers,
        emails={"work": "ana0@example.com", "private": "ana@home.example"},
        customFields={"tags": ["vip"], "inbound-lead": True, "customer-since": "2026-03-01T00:00:00.000Z"},
    )
    bench.write([person(0, company="Moved", notes="new")])
    assert run(bench).counts == {"updated": 1}
    now = landed(one(bench, "c0"))
    assert (now["company"], now["role"]) == ("Moved", "Boss")
    assert now["phones"] == [("home", "+14155551111"), ("home", "+14155552222"), ("mobile", "+14155550000")]
    assert now["emails"] == [("private", "ana@home.example"), ("work", "ana0@example.com")]
    assert now["custom"] == {
        "notes": "new",
        "tags": ["vip"],
        "inbound-lead": True,
        "customer-since": "2026-03-01T00:00:00.000+0000",
    }


def test_a_blank_cell_clears_what_it_had(bench: Workbench) -> None:
    bench.write(people(1))
    run(bench)
    bench.write([person(0, last=" ", company="", phone="", email="", notes="")])
    cleared = run(bench)
    assert cleared.counts == {"updated": 1}
    assert cleared.sync["changes"][0]["fields"]["company"] == {"from": "Acme", "to": None}
    assert bench.wrong([person(0, last="", company="", phone="", email="", notes="")]) == []


def test_only_contacts_that_it_made_or_adopted_are_deleted(bench: Workbench) -> None:
    bench.sandbox.seed([{"externalId": "other", "firstName": "Zoe"}, {"firstName": "Nobody's"}])
    bench.write(people(3))
    run(bench)
    bench.write(people(2))
    assert run(bench).counts == {"deleted": 1, "unchanged": 2}
    assert {c["externalId"] for c in bench.sandbox.contacts.values()} == {"other", None, "c0", "c1"}


def test_a_contact_that_is_adopted_and_changed_counts_as_both(bench: Workbench) -> None:
    bench.sandbox.seed([{"externalId": "c0", "firstName": "Old", "role": "Boss"}])
    bench.write(people(2))
    result = run(bench)
    assert result.counts == {"created": 1, "updated": 1, "adopted": 1}
    assert landed(one(bench, "c0"))["role"] == "Boss"


def test_an_edit_that_came_about_by_hand_is_not_taken_for_what_was_sent(bench: Workbench) -> None:
    """The row follows the workspace, then goes back: the workspace must follow the row."""
    bench.write([person(0)])
    run(bench)
    bench.sandbox.edit(str(one(bench, "c0")["id"]), company="Moved")
    bench.write([person(0, company="Moved")])
    assert run(bench).counts == {"unchanged": 1}
    bench.write([person(0)])
    assert run(bench).counts == {"updated": 1}
    assert bench.wrong() == []


def test_missing_contacts_are_kept_where_that_is_asked_for(bench: Workbench) -> None:
    bench.configure(on_missing="keep")
    bench.write(people(3))
    run(bench)
    bench.write(people(1))
    kept = run(bench)
    assert (kept.exit, kept.counts) == (0, {"unchanged": 1})
    assert len(bench.sandbox.contacts) == 3


def test_a_prefix_goes_before_every_external_id(bench: Workbench) -> None:
    bench.sandbox.seed([{"externalId": "c0", "firstName": "Another's"}])
    bench.configure(key_prefix="crm-")
    bench.write(people(2))
    assert run(bench).counts == {"created": 2}
    assert {c["externalId"] for c in bench.sandbox.contacts.values()} == {"c0", "crm-c0", "crm-c1"}
    bench.write(people(1))
    assert run(bench).counts == {"deleted": 1, "unchanged": 1}
