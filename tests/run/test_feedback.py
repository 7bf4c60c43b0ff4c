"""What becomes of each row is shown in a source that can show it, once, and where it stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Context
from connectors.contract import check_connector
from tests.support.installed import install
from tests.support.json_table import JsonTable, TableOptions
from tests.support.workbench import Workbench, workbench

BLANK = {"contact": "", "state": "", "trouble": ""}
SHOWN = {"contactId": "contact", "status": "state", "error": "trouble"}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connector as a package that is installed, as far as Python can tell."""
    install(tmp_path, monkeypatch, json_table="tests.support.json_table:JsonTable")


@pytest.fixture
def bench(tmp_path: Path, installed: None) -> Iterator[Workbench]:
    with workbench(tmp_path / "bench") as made:
        made.configure(
            source={"type": "json_table", "path": "table.json", "write_back": SHOWN},
            fields={"firstName": "first", "phoneNumbers": {"mobile": "phone"}},
            customFields={},
        )
        yield made


def write(bench: Workbench, *rows: dict[str, str]) -> None:
    (bench.folder / "table.json").write_text(json.dumps([{**BLANK, **row} for row in rows]))


def table(bench: Workbench) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((bench.folder / "table.json").read_text())
    return rows


def batches(bench: Workbench) -> list[list[int]]:
    """The row numbers of each batch that was written since last asked."""
    log = bench.folder / "table.log"
    found = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    log.unlink(missing_ok=True)
    return found


def row(key: str, first: str = "Ana", phone: str = "+14155550100") -> dict[str, str]:
    return {"id": key, "first": first, "phone": phone}


def contact_id(bench: Workbench, key: str) -> str:
    (contact,) = bench.sandbox.by_external_id(key)
    return str(contact["id"])


async def test_the_connector_keeps_the_contract(tmp_path: Path) -> None:
    (tmp_path / "table.json").write_text(json.dumps([row("1"), row("2")]))
    options = TableOptions(path=Path("table.json"), write_back={"contactId": "id"})
    assert len(await check_connector(lambda: JsonTable(options, Context(tmp_path)))) == 2


def test_every_row_shows_what_became_of_it(bench: Workbench) -> None:
    write(bench, row("1"), row("2", phone="12"), row("1", first="Twin"), row("", first="Nobody"))
    result = bench.run()
    assert (result.exit, result.counts) == (3, {"created": 1, "rejected": 3})
    one, two, twin, nobody = table(bench)
    assert (one["contact"], one["state"], one["trouble"]) == (contact_id(bench, "1"), "synced", "")
    assert (two["contact"], two["state"]) == ("", "rejected")
    assert two["trouble"].startswith("phone: ")
    assert (twin["contact"], twin["state"]) == ("", "rejected")
    assert "the first counts" in twin["trouble"]
    assert nobody["trouble"].startswith("id: ")


def test_each_result_is_written_once(bench: Workbench) -> None:
    write(bench, *(row(str(number)) for number in range(5)))
    assert bench.run().exit == 0
    assert sorted(number for batch in batches(bench) for number in batch) == [2, 3, 4, 5, 6]


def test_what_is_shown_already_is_not_written_again(bench: Workbench) -> None:
    write(bench, row("1"), row("2", phone="12"))
    bench.run()
    batches(bench)
    assert bench.run().exit == 3
    assert batches(bench) == []


def test_a_result_that_was_cleared_by_hand_is_shown_again(bench: Workbench) -> None:
    write(bench, row("1"), row("2"))
    bench.run()
    batches(bench)
    rows = table(bench)
    rows[1] |= BLANK
    (bench.folder / "table.json").write_text(json.dumps(rows))
    assert bench.run().counts == {"unchanged": 2}
    assert batches(bench) == [[3]]
    assert table(bench)[1]["contact"] == contact_id(bench, "2")


def test_a_corrected_row_loses_its_error(bench: Workbench) -> None:
    write(bench, row("1", phone="12"))
    bench.run()
    rows = table(bench)
    rows[0]["phone"] = "+14155550101"
    (bench.folder / "table.json").write_text(json.dumps(rows))
    assert bench.run().exit == 0
    assert (table(bench)[0]["state"], table(bench)[0]["trouble"]) == ("synced", "")


def test_a_refused_row_shows_the_services_words_and_keeps_its_contact(bench: Workbench) -> None:
    write(bench, row("1"))
    bench.run()
    rows = table(bench)
    rows[0]["first"] = "Eva"
    (bench.folder / "table.json").write_text(json.dumps(rows))
    bench.sandbox.faults.next("400_refuse", methods=["PATCH"], reason="No more contacts")
    assert bench.run().exit == 3
    (shown,) = table(bench)
    assert (shown["contact"], shown["state"]) == (contact_id(bench, "1"), "failed")
    assert "No more contacts" in shown["trouble"]


def test_an_update_that_is_held_back_says_so(bench: Workbench) -> None:
    bench.configure(max_updates="0%")
    write(bench, *(row(str(number)) for number in range(8)))
    bench.run()
    rows = [shown | {"first": "Shifted"} for shown in table(bench)]
    (bench.folder / "table.json").write_text(json.dumps(rows))
    assert bench.run().exit == 4
    assert {shown["state"] for shown in table(bench)} == {"held"}


def test_a_dry_run_writes_nothing(bench: Workbench) -> None:
    write(bench, row("1"))
    before = table(bench)
    assert bench.run("--dry-run").exit == 0
    assert table(bench) == before


def test_without_columns_to_fill_nothing_is_written(bench: Workbench) -> None:
    bench.configure(source={"type": "json_table", "path": "table.json"})
    write(bench, row("1"))
    before = table(bench)
    assert bench.run().exit == 0
    assert table(bench) == before


def test_a_table_that_cannot_be_written_fails_the_run_and_keeps_what_was_done(bench: Workbench) -> None:
    source = {"type": "json_table", "path": "table.json", "write_back": SHOWN}
    bench.configure(source={**source, "breaks": True})
    write(bench, row("1"))
    broken = bench.run()
    assert broken.exit == 1
    assert "cannot be written" in broken.error
    bench.configure(source=source)
    assert bench.run().counts == {"unchanged": 1}
    assert table(bench)[0]["contact"] == contact_id(bench, "1")


def test_rows_without_numbers_are_told_apart_by_their_key(bench: Workbench) -> None:
    bench.configure(source={"type": "json_table", "path": "table.json", "write_back": SHOWN, "numbered": False})
    write(bench, row("1"), row("2", phone="12"), row("3"))
    assert bench.run().counts == {"created": 2, "rejected": 1}
    assert [shown["state"] for shown in table(bench)] == ["synced", "rejected", "synced"]


# --- rows that are known by the contact's id ----------------------------------------------------------------------


@pytest.fixture
def keyless(bench: Workbench) -> Workbench:
    """A table without a key: the column of contact ids identifies a row."""
    del bench.syncs["customers"]["key"]
    bench.configure()
    return bench


def test_a_new_row_gets_its_contacts_id_and_is_known_by_it_from_then_on(keyless: Workbench) -> None:
    write(keyless, row("1"), row("2", first="Eva"))
    assert keyless.run().counts == {"created": 2}
    rows = table(keyless)
    ids = [shown["contact"] for shown in rows]
    assert sorted(ids) == sorted(keyless.sandbox.contacts)
    rows[0]["first"] = "Anabel"
    (keyless.folder / "table.json").write_text(json.dumps(rows[::-1]))
    assert keyless.run().counts == {"updated": 1, "unchanged": 1}
    assert keyless.sandbox.contacts[ids[0]]["defaultFields"]["firstName"] == "Anabel"
    assert [shown["contact"] for shown in table(keyless)] == ids[::-1]


def test_rows_that_read_alike_are_different_people(keyless: Workbench) -> None:
    write(keyless, row("1"), row("2"))
    assert keyless.run().counts == {"created": 2}
    assert len(keyless.sandbox.contacts) == 2


def test_the_id_in_the_cell_finds_a_contact_that_nobody_tracked(keyless: Workbench) -> None:
    (seeded,) = keyless.sandbox.seed([{"firstName": "Old", "role": "Boss"}])
    write(keyless, {**row("1"), "contact": seeded})
    assert keyless.run().counts == {"updated": 1, "adopted": 1}
    (contact,) = keyless.sandbox.contacts.values()
    assert (contact["id"], contact["defaultFields"]["role"]) == (seeded, "Boss")
    assert contact["externalId"]
    assert keyless.run().counts == {"unchanged": 1}


def test_a_lost_state_finds_everyone_by_their_ids(keyless: Workbench) -> None:
    write(keyless, row("1"), row("2", first="Eva"))
    keyless.run()
    keyless.forget_state()
    assert keyless.run().counts == {"adopted": 2}
    assert len(keyless.sandbox.contacts) == 2
    assert keyless.run().counts == {"unchanged": 2}


def test_a_row_that_is_gone_takes_its_contact_along(keyless: Workbench) -> None:
    write(keyless, row("1"), row("2", first="Eva"))
    keyless.run()
    (keyless.folder / "table.json").write_text(json.dumps(table(keyless)[:1]))
    assert keyless.run().counts == {"deleted": 1, "unchanged": 1}


@pytest.mark.parametrize("junk", ["n/a", "?maxResults=1", "../contact-custom-fields", "x" * 200, "日本"])
def test_a_cell_that_holds_no_id_is_no_danger(keyless: Workbench, junk: str) -> None:
    write(keyless, {**row("1"), "contact": junk}, row("2", first="Eva"))
    assert keyless.run().counts == {"created": 2}
    assert sorted(shown["contact"] for shown in table(keyless)) == sorted(keyless.sandbox.contacts)
    assert keyless.run().counts == {"unchanged": 2}


def made_without_ids(keyless: Workbench, count: int = 6) -> dict[str, str]:
    """Contacts whose ids could not be written; their ids by number."""
    source = {"type": "json_table", "path": "table.json", "write_back": SHOWN}
    keyless.configure(source={**source, "breaks": True})
    write(keyless, *(row(str(n), first=f"Ana{n}", phone=f"+1415555{n:04d}") for n in range(count)))
    assert keyless.run().exit == 1
    assert len(keyless.sandbox.contacts) == count
    keyless.configure(source=source)
    return {c["defaultFields"]["phoneNumbers"][0]["value"]: c["id"] for c in keyless.sandbox.contacts.values()}


def test_rows_that_are_edited_before_their_ids_are_written_keep_their_contacts(keyless: Workbench) -> None:
    made = made_without_ids(keyless)
    write(keyless, *(shown | {"first": "Eva"} for shown in table(keyless)))
    assert keyless.run().counts == {"updated": 6}
    assert {shown["phone"]: shown["contact"] for shown in table(keyless)} == made
    assert keyless.run().counts == {"unchanged": 6}


def test_a_row_that_became_unreadable_before_its_id_was_written_does_not_cost_its_contact(keyless: Workbench) -> None:
    made = made_without_ids(keyless)
    rows = table(keyless)
    write(keyless, rows[0] | {"phone": "12"}, *rows[1:])
    result = keyless.run()
    assert (result.exit, result.counts) == (3, {"unchanged": 5, "rejected": 1})
    assert {contact["id"] for contact in keyless.sandbox.contacts.values()} == set(made.values())
    first, *others = table(keyless)
    assert (first["contact"], first["state"]) == (made["+14155550000"], "rejected")
    write(keyless, first | {"phone": "+14155559999"}, *others)
    assert keyless.run().counts == {"updated": 1, "unchanged": 5}
    assert len(keyless.sandbox.contacts) == 6


def test_a_row_that_was_taken_away_before_its_id_was_written_takes_its_contact_along(keyless: Workbench) -> None:
    made_without_ids(keyless)
    write(keyless, *table(keyless)[1:])
    assert keyless.run().counts == {"unchanged": 5, "deleted": 1}


def test_a_dry_run_knows_the_edited_rows_as_the_run_does(keyless: Workbench) -> None:
    made_without_ids(keyless)
    write(keyless, *(shown | {"first": "Eva"} for shown in table(keyless)))
    assert keyless.run("--dry-run").counts == {"updated": 6}
    assert keyless.run().counts == {"updated": 6}
