"""The whole job, from a CSV file to a workspace over real HTTP: what lands, what is sent, what is said."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.workbench import Result, Workbench, ended, people, person, workbench

SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "report.schema.json").read_text(encoding="utf-8"))
NAMES = ("Zoë", "Łukasz", "Ångström", "José María", "Nguyễn", "李", "Ñandú", "O’Brien", "Διονύσης", "Þór")
TYPED = ("lead", "tags", "address", "notes", "site", "worth", "since")
COLUMNS = ("id", "first", "last", "company", "role", "mobile", "work", "email", "private", *TYPED)
EVERYTHING: dict[str, Any] = {
    "fields": {
        "firstName": "first",
        "lastName": "last",
        "company": "company",
        "role": "role",
        "phoneNumbers": {"mobile": "mobile", "work": {"column": "work", "split": ";"}},
        "emails": {"work": "email", "private": "private"},
    },
    "customFields": {
        "Inbound Lead": "lead",
        "tags": {"column": "tags", "split": ";"},
        "Address": "address",
        "Notes": "notes",
        "Website": "site",
        "Contract Value": "worth",
        "Customer Since": {"column": "since", "format": "%d/%m/%Y"},
    },
    "source_url": "https://crm.example.com/c/{id}",
}


def full_row(number: int, **cells: str) -> dict[str, str]:
    row = {
        "id": f"k{number}",
        "first": f"{NAMES[number % len(NAMES)]} {number}",
        "last": f"Müller-{number}",
        "company": "Smörgås & Søn, “GmbH”",
        "role": "Geschäftsführerin",
        "mobile": f"(415) 555-{number:04d}",
        "work": f"+81 3-1234-{number:04d}; 4155560000.0",
        "email": f"k{number}@example.com",
        "private": f"k{number}@home.example",
        "lead": "yes" if number % 2 else "no",
        "tags": "vip; weekly",
        "address": f"{number} Main St\nSpringfield",
        "notes": "says “hello”, twice",
        "site": f"https://example.com/{number}",
        "worth": f"1,{number % 1000:03d}.50",
        "since": "01/03/2026",
    }
    return row | cells


def in_order(value: Any) -> Any:
    """Options come back in any order."""
    return sorted(value) if isinstance(value, list) else value


def landed(contact: Mapping[str, Any]) -> dict[str, Any]:
    default = contact["defaultFields"]
    return {
        **{name: default[name] for name in ("firstName", "lastName", "company", "role")},
        "phones": sorted((item["name"], item["value"]) for item in default["phoneNumbers"]),
        "emails": sorted((item["name"], item["value"]) for item in default["emails"]),
        "custom": {item["key"]: in_order(item["value"]) for item in contact["customFields"]},
        "source": contact["source"],
        "sourceUrl": contact["sourceUrl"],
    }


def wanted(number: int) -> dict[str, Any]:
    row = full_row(number)
    return {
        "firstName": row["first"],
        "lastName": row["last"],
        "company": row["company"],
        "role": row["role"],
        "phones": [
            ("mobile", f"+1415555{number:04d}"),
            ("work", "+14155560000"),
            ("work", f"+8131234{number:04d}"),
        ],
        "emails": [("private", row["private"]), ("work", row["email"])],
        "custom": {
            "inbound-lead": bool(number % 2),
            "tags": ["vip", "weekly"],
            "address": row["address"],
            "notes": row["notes"],
            "website": row["site"],
            "contract-value": 1000.5 + number % 1000,
            "customer-since": "2026-03-01T00:00:00.000+0000",
        },
        "source": "contact-sync",
        "sourceUrl": f"https://crm.example.com/c/k{number}",
    }


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


def run(bench: Workbench, *options: str) -> Result:
    """One run; whatever it did, its document is as the schema promises, and its counts add up."""
    bench.sandbox.forget_requests()
    result = bench.run(*options)
    jsonschema.validate(result.document, SCHEMA)
    for sync in result.document["syncs"]:
        rows = [change["row"] for change in sync["changes"] if change["row"] is not None]
        assert rows == sorted(rows)
        for action, count in (("create", "created"), ("update", "updated"), ("delete", "deleted")):
            assert sync["counts"][count] == sum(1 for change in sync["changes"] if change["action"] == action)
        assert sync["requests"] == len(bench.sandbox.requests) or len(result.document["syncs"]) > 1
    return result


def one(bench: Workbench, key: str) -> dict[str, Any]:
    (contact,) = bench.sandbox.by_external_id(key)
    return dict(contact)


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


# --- rows that cannot be ------------------------------------------------------------------------------------------


def test_a_bad_row_is_named_and_the_rest_goes_on(bench: Workbench) -> None:
    bench.write([person(0), person(1, phone="12"), person(2, first=""), person(3, id=" "), person(0), person(4)])
    result = run(bench)
    assert (result.exit, result.sync["status"]) == (3, "partial")
    assert result.counts == {"created": 2, "rejected": 4}
    problems = {p["row"]: (p["external_id"], p["column"], p["value"], p["kind"]) for p in result.sync["problems"]}
    assert problems == {
        3: ("c1", "phone", "12", "rejected"),
        4: ("c2", "first", "", "rejected"),
        5: (None, "id", "", "rejected"),
        6: ("c0", "id", "c0", "rejected"),
    }


def test_a_double_is_named_by_the_cells_of_its_key(bench: Workbench) -> None:
    bench.configure(key=["id", "company"], key_prefix="crm-")
    bench.write([person(0), person(0, first="Twin")])
    (problem,) = run(bench).sync["problems"]
    assert (problem["external_id"], problem["column"], problem["value"]) == ("crm-c0/Acme", "id, company", "c0, Acme")


def test_a_rejected_row_keeps_the_contact_that_it_had(bench: Workbench) -> None:
    bench.write(people(2))
    run(bench)
    bench.write([person(0), person(1, phone="12", company="Moved")])
    result = run(bench)
    assert (result.exit, result.counts) == (3, {"unchanged": 1, "rejected": 1})
    assert bench.wrong(people(2)) == []


def test_a_bad_value_is_left_out_where_that_is_asked_for(bench: Workbench) -> None:
    bench.configure(on_invalid="drop")
    bench.write([person(0), person(1, phone="12")])
    result = run(bench)
    assert (result.exit, result.counts) == (0, {"created": 2})
    assert landed(one(bench, "c1"))["phones"] == []
    bench.write([person(0, phone="12"), person(1, phone="12")])
    assert run(bench).exit == 0
    assert landed(one(bench, "c0"))["phones"] == [("mobile", "+14155550000")], "what is not known is not cleared"


def test_a_refused_row_is_reported_and_not_sent_again_until_it_changes(bench: Workbench) -> None:
    bench.write(people(3))
    bench.sandbox.faults.next("400_refuse", methods=["POST"], reason="No more contacts")
    refused = run(bench)
    assert (refused.exit, refused.counts) == (3, {"created": 2, "failed": 1})
    (problem,) = refused.sync["problems"]
    assert problem["kind"] == "failed"
    assert "No more contacts" in problem["reason"]
    again = run(bench)
    assert (again.exit, again.counts) == (3, {"unchanged": 2, "failed": 1})
    assert "not sent again until" in again.reasons("failed")[0]
    assert bench.sandbox.writes() == []
    bench.write([person(number, last="Roe") for number in range(3)])
    assert run(bench).counts == {"created": 1, "updated": 2}
    assert bench.wrong() == []


def test_a_refused_update_keeps_the_contact_and_is_named(bench: Workbench) -> None:
    bench.write(people(2))
    run(bench)
    bench.write([person(0, company="Moved"), person(1)])
    bench.sandbox.faults.next("400_refuse", methods=["PATCH"])
    assert run(bench).counts == {"failed": 1, "unchanged": 1}
    assert bench.wrong(people(2)) == []
    bench.write(people(2))
    assert run(bench).exit == 0


# --- limits -------------------------------------------------------------------------------------------------------


def test_deletes_above_the_limit_are_held_and_the_rest_goes_on(bench: Workbench) -> None:
    bench.write(people(20))
    run(bench)
    bench.write([person(0, company="Moved"), *people(12, start=1), person(99)])
    for options in (("--dry-run",), ()):
        held = run(bench, *options)
        assert (held.exit, held.sync["status"]) == (4, "held")
        assert held.counts == {"created": 1, "updated": 1, "unchanged": 12, "held": 7}
    assert len(held.reasons("held")) == 7
    assert "--max-deletes 7" in held.reasons("held")[0]
    assert len(bench.sandbox.contacts) == 21
    assert run(bench, "--max-deletes", "6").exit == 4
    assert run(bench, "--max-deletes", "7").counts == {"deleted": 7, "unchanged": 14}
    assert bench.wrong() == []


def test_a_source_without_rows_deletes_nothing(bench: Workbench) -> None:
    bench.write(people(2))
    run(bench)
    bench.write([])
    held = run(bench)
    assert (held.exit, held.counts) == (4, {"held": 2})
    assert "no rows" in held.reasons("held")[0]


def test_a_shifted_column_does_not_rename_everyone(bench: Workbench) -> None:
    bench.configure(max_updates="10%")
    bench.write(people(20))
    run(bench)
    bench.write([person(number, first="Shifted") for number in range(20)])
    held = run(bench)
    assert (held.exit, held.counts) == (4, {"held": 20})
    assert bench.wrong(people(20)) == []


# --- several syncs, and every exit --------------------------------------------------------------------------------


def test_several_syncs_report_in_one_document(bench: Workbench) -> None:
    bench.write(people(2))
    bench.syncs["staff"] = {**bench.syncs["customers"], "key_prefix": "staff-"}
    bench.syncs["gone"] = {**bench.syncs["customers"], "source": {"type": "csv", "path": "gone.csv"}}
    bench.configure()
    result = run(bench)
    assert result.exit == 1
    assert [(sync["name"], sync["status"]) for sync in result.document["syncs"]] == [
        ("customers", "ok"),
        ("gone", "failed"),
        ("staff", "ok"),
    ]
    assert "gone.csv" in result.document["syncs"][1]["error"]
    named = run(bench, "staff", "staff")
    assert [sync["name"] for sync in named.document["syncs"]] == ["staff"]
    assert named.exit == 0


def test_two_syncs_do_not_share_a_contact(bench: Workbench) -> None:
    bench.write(people(2))
    bench.syncs["staff"] = dict(bench.syncs["customers"])
    bench.configure()
    result = run(bench)
    assert result.exit == 3
    assert result.document["syncs"][1]["counts"]["failed"] == 2
    assert "belongs to the sync 'customers'" in result.document["syncs"][1]["problems"][0]["reason"]


def test_syncs_that_a_signal_kept_from_beginning_are_no_success(tmp_path: Path) -> None:
    with workbench(tmp_path, latency=0.2) as slow:
        slow.write(people(40))
        slow.syncs["staff"] = {**slow.syncs["customers"], "key_prefix": "staff-"}
        slow.configure()
        process = slow.start()
        while not slow.sandbox.writes() and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        result = ended(process)
    jsonschema.validate(result.document, SCHEMA)
    assert result.exit == 1
    customers, staff = result.document["syncs"]
    assert "stopped by a signal" in customers["error"]
    assert customers["counts"]["created"] == len(slow.sandbox.contacts)
    assert (staff["status"], staff["error"]) == ("failed", "stopped by a signal before it began")


@pytest.mark.parametrize("key", ["a b&c=d", "1+1", "100%", "é/ü#?", "x,y;z", "'quoted'", '"', "日本", "A" * 75])
def test_any_key_is_looked_up_as_it_is(bench: Workbench, key: str) -> None:
    bench.write([person(1, id=key)])
    assert run(bench).counts == {"created": 1}
    bench.forget_state()
    assert run(bench).counts == {"adopted": 1}


@pytest.mark.parametrize(
    ("change", "exit_code", "said"),
    [
        ({"source": {"type": "csv", "path": "nowhere.csv"}}, 1, "nowhere.csv"),
        ({"fields": {"firstName": "fist"}}, 2, "unknown column 'fist'"),
        ({"customFields": {"Notez": "notes"}}, 2, "Notez"),
    ],
)
def test_what_a_run_finds_wrong_is_in_the_document(
    bench: Workbench, change: dict[str, Any], exit_code: int, said: str
) -> None:
    bench.write(people(1))
    bench.configure(**change)
    result = run(bench)
    assert result.exit == exit_code
    assert said in result.error
    assert result.sync["status"] == "failed"
    assert bench.sandbox.writes() == []


def test_a_wrong_key_is_exit_1(bench: Workbench) -> None:
    bench.write(people(1))
    bench.openphone["api_key"] = "wrong-key"
    bench.configure()
    result = run(bench)
    assert result.exit == 1
    assert "refused the API key" in result.error
    assert "wrong-key" not in result.stdout + result.stderr


@pytest.mark.parametrize(
    "options",
    [("--max-deletes", "many"), ("--no-such-option",), ("nobody",), ("-c", "nowhere.yaml")],
    ids=["limit", "option", "sync", "file"],
)
def test_a_wrong_use_is_exit_2_with_a_document_of_its_own(bench: Workbench, options: tuple[str, ...]) -> None:
    bench.write(people(1))
    result = run(bench, *options)
    assert result.exit == 2
    assert result.document["syncs"] == []
    assert result.document["error"]
    assert bench.sandbox.requests == []


def test_a_configuration_that_is_wrong_is_exit_2_with_a_document(bench: Workbench) -> None:
    bench.config.write_text(yaml.safe_dump({"openphone": bench.openphone, "syncs": {"a": {"key": "id"}}}))
    result = run(bench)
    assert result.exit == 2
    assert "fields" in result.document["error"]
    assert "Traceback" not in result.stderr


def test_a_damaged_state_is_exit_1_and_left_alone(bench: Workbench) -> None:
    bench.write(people(1))
    bench.state.write_text("not a database, " * 100)
    result = run(bench)
    assert result.exit == 1
    assert "state.db" in result.error
    assert bench.state.read_text().startswith("not a database")
    assert bench.sandbox.writes() == []


def test_the_report_names_nobody_in_the_log(bench: Workbench) -> None:
    """Personal data is for the report; standard error gets keys and counts."""
    bench.write(people(2))
    result = run(bench)
    assert result.stderr
    for private in ("Ana0", "Núñez", "+1415", "ana0@", bench.sandbox.key):
        assert private not in result.stderr
    for line in result.stderr.splitlines():
        assert json.loads(line)["level"] in ("info", "warning")
