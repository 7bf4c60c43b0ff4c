"""Ids in a Google sheet, in whole runs: nobody is made who cannot be named there, and no id is believed blindly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.sheet_run_bench import Bench, guide, ids, names, sheet_bench
from tests.support.sheets_grid import Sheet
from tests.support.sheets_server import ACCOUNT


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with sheet_bench(tmp_path) as made:
        yield made


def crowd(bench: Bench, count: int = 6) -> Sheet:
    """The guide's sheet with so many people."""
    sheet = guide(bench)
    sheet.rows[1:] = [["", f"Ana{n}", "Kern", f"(415) 555-{n:04d}", f"ana{n}@k.example"] for n in range(count)]
    return sheet


def edit(sheet: Sheet) -> None:
    """Every row gets another last name."""
    for row in sheet.rows[1:]:
        row[2] = "Roe"


# --- a sheet that may not be written


def test_with_a_viewer_s_right_nobody_is_made_and_the_right_is_named(bench: Bench) -> None:
    sheet = crowd(bench)
    bench.google.roles["sheet-1"] = "reader"
    for command in ("run", "check", "run"):
        said = bench.command(command)
        assert said["exit"] == 1
        text = said["error"] if command == "run" else " ".join(said["problems"])
        assert f"{ACCOUNT} may not edit" in text
        assert "choose Editor" in text
        edit(sheet)
    assert not bench.sandbox.contacts
    bench.google.roles["sheet-1"] = "writer"
    assert bench.run()["counts"]["created"] == 6
    assert ids(sheet) == names(bench)


def test_check_writes_nothing(bench: Bench) -> None:
    sheet = crowd(bench)
    before = [list(row) for row in sheet.rows]
    assert bench.command("check")["status"] == "ok"
    assert sheet.rows == before
    assert bench.calls()[1] == 0


def test_an_unchanged_run_does_not_ask_whether_it_may_write(bench: Bench) -> None:
    crowd(bench)
    bench.run()
    asked = [call for call in bench.google.calls if call.method != "GET"]
    bench.google.roles["sheet-1"] = "reader"
    assert bench.run()["exit"] == 0
    assert [call for call in bench.google.calls if call.method != "GET"] == asked


# --- rows that were edited before their id could be written


def made_without_ids(bench: Bench) -> Sheet:
    """Six contacts were made; the right to write was lost before their ids were written."""
    sheet = crowd(bench)
    bench.google.fail("values:batchUpdate", 403, {"error": {"status": "PERMISSION_DENIED"}}, skip=1, times=1)
    broken = bench.run()
    assert (broken["exit"], len(bench.sandbox.contacts)) == (1, 6)
    assert set(sheet.column("contactId")) == {""}
    return sheet


def test_edited_rows_without_an_id_make_no_contact_anew(bench: Bench) -> None:
    sheet = made_without_ids(bench)
    made = names(bench)
    edit(sheet)
    report = bench.run("--max-rewrites", "6")
    assert (report["exit"], report["counts"]["updated"], report["counts"]["created"]) == (0, 6, 0)
    assert ids(sheet) == names(bench) == made
    assert {c["defaultFields"]["lastName"] for c in bench.sandbox.contacts.values()} == {"Roe"}
    assert bench.run()["counts"]["unchanged"] == 6


@pytest.mark.parametrize(
    "how", ["sorted and edited", "one inserted above", "one cell is all that is left", "unreadable"]
)
def test_an_edited_row_is_known_by_its_place_or_by_what_is_left_of_it(bench: Bench, how: str) -> None:
    sheet = made_without_ids(bench)
    made = names(bench)
    if how == "sorted and edited":
        edit(sheet)
        sheet.sort(lambda row: row[1][::-1])
        sheet.rows[1:] = sheet.rows[:0:-1]
    elif how == "one inserted above":
        edit(sheet)
        sheet.insert(2, ["", "Eve", "Moe", "(415) 555-7777", "eve@m.example"])
    elif how == "one cell is all that is left":
        sheet.rows[1][1:] = ["Zoe", "Moe", "(415) 555-8888", "ana0@k.example"]
    else:
        sheet.rows[1][3] = "12"
    report = bench.run("--max-rewrites", "6")
    assert report["counts"]["deleted"] == report["counts"]["held"] == 0
    expected = {"one inserted above": 7}.get(how, 6)
    assert len(bench.sandbox.contacts) == expected
    assert set(made.values()) <= {contact["id"] for contact in bench.sandbox.contacts.values()}
    if how != "unreadable":
        assert sorted(sheet.column("contactId")) == sorted(c["id"] for c in bench.sandbox.contacts.values())
        assert bench.run()["counts"]["unchanged"] == expected


def test_a_deleted_row_and_a_new_one_are_two_people(bench: Bench) -> None:
    sheet = crowd(bench)
    bench.run()
    sheet.delete(2)
    sheet.rows.append(["", "Eve", "Moe", "(415) 555-7777", ""])
    report = bench.run()
    assert report["counts"]["created"] == 1
    assert "Eve" in names(bench)


# --- rows that are moved while ids are written


@pytest.mark.parametrize("move", ["insert", "delete", "sort"])
def test_ids_land_in_their_rows_though_these_are_moved_in_between(bench: Bench, move: str) -> None:
    sheet = crowd(bench)

    def moved() -> None:
        if move == "insert":
            sheet.insert(3, ["", "Eve", "Moe", "(415) 555-7777", ""])
        elif move == "delete":
            sheet.delete(3)
        else:
            sheet.rows[1:] = sheet.rows[:0:-1]

    bench.google.once("POST /v4/spreadsheets/sheet-1/values:batchUpdate", moved, skip=1)
    assert bench.run()["exit"] == 0
    made = names(bench)
    assert {name: id for name, id in ids(sheet).items() if id} == {n: i for n, i in made.items() if n in ids(sheet)}
    before = {c["id"]: c["defaultFields"]["firstName"] for c in bench.sandbox.contacts.values()}
    bench.run()
    after = {c["id"]: c["defaultFields"]["firstName"] for c in bench.sandbox.contacts.values()}
    assert before.items() <= after.items() | before.items()
    assert all(after.get(id, name) == name for id, name in before.items())


# --- ids that are believed


@pytest.mark.parametrize("label", ["acme-crm", "zapier", "google-people"])
def test_the_id_of_another_tool_s_contact_is_not_believed(bench: Bench, label: str) -> None:
    sheet = crowd(bench, 2)
    [foreign] = bench.sandbox.seed([{"firstName": "Other", "source": label}])
    sheet.rows[1][0] = foreign
    report = bench.run()
    assert (report["exit"], report["counts"]["failed"], report["counts"]["created"]) == (3, 1, 1)
    [problem] = report["problems"]
    assert (problem["kind"], problem["row"]) == ("failed", 2)
    assert repr(label) in problem["reason"]
    assert "Empty the cell" in problem["reason"]
    assert bench.sandbox.contacts[foreign]["defaultFields"]["firstName"] == "Other"
    sheet.delete(2)
    bench.run()
    assert foreign in bench.sandbox.contacts


@pytest.mark.parametrize("label", [None, "public-api", "contact-sync", "openphone", "csv-v2", "device"])
def test_the_id_of_a_contact_that_nobody_else_marks_is(bench: Bench, label: str | None) -> None:
    sheet = crowd(bench, 2)
    [contact] = bench.sandbox.seed([{"firstName": "Ana0", **({"source": label} if label else {})}])
    sheet.rows[1][0] = contact
    report = bench.run()
    assert (report["exit"], report["counts"]["adopted"], report["counts"]["created"]) == (0, 1, 1)


@pytest.mark.parametrize("word", ["#N/A", "Loading...", "#BEZUG!"])
def test_an_error_word_in_the_id_s_cell_is_no_id_and_deletes_nobody(bench: Bench, word: str) -> None:
    sheet = crowd(bench, 8)
    bench.run()
    env = (bench.folder / ".env").read_text()
    assert env
    held = sheet.rows[3][0]
    sheet.rows[3][0] = word
    report = bench.run()
    assert report["counts"]["rejected"] == 1
    assert report["problems"][0]["column"] == "contactId"
    assert report["counts"]["created"] == report["counts"]["deleted"] == 0
    assert held in bench.sandbox.contacts
    sheet.rows[3][0] = held
    assert bench.run()["counts"]["unchanged"] == 8
