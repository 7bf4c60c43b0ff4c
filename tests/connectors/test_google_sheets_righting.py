"""What was written into a Google sheet is looked at again: rows that were moved in between get what is theirs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import ProvesWritable, RowResult, SourceError
from connectors.google_sheets import WriteBack
from connectors.google_sheets.placing import FreshRow
from connectors.google_sheets.righting import Attempt, landed, righted
from tests.support.google_sheet_bench import ALL, DOCUMENTATION, ID, PEOPLE, Clock, Make, maker, results, rows_of
from tests.support.sheets_grid import Sheet
from tests.support.sheets_server import ACCOUNT, SheetsServer

WRITE = "POST /v4/spreadsheets/" + ID + "/values:batchUpdate"


@pytest.fixture
def make(google: SheetsServer, tmp_path: Path) -> Make:
    return maker(google, tmp_path, Clock())


def by_name(sheet: Sheet) -> dict[Any, Any]:
    return dict(zip(sheet.column("name"), sheet.column("contactId"), strict=True))


def insert(sheet: Sheet, number: int, name: str) -> None:
    """A person inserts a row; where there are keys, it has one."""
    sheet.insert(number, [name if sheet.rows[0][0] == "id" else "", name])


def insert_two(sheet: Sheet) -> None:
    insert(sheet, 3, "Eve")
    insert(sheet, 3, "Kim")


def turn_round(sheet: Sheet) -> None:
    sheet.rows[1:] = sheet.rows[:0:-1]


MOVES: list[tuple[str, Callable[[Sheet], None]]] = [
    ("inserted above", lambda sheet: insert(sheet, 2, "Eve")),
    ("inserted between", lambda sheet: insert(sheet, 4, "Eve")),
    ("two inserted", insert_two),
    ("deleted", lambda sheet: sheet.delete(2)),
    ("sorted", lambda sheet: sheet.sort(lambda row: row[1])),
    ("turned round", turn_round),
]


@pytest.mark.parametrize("move", [move for _, move in MOVES], ids=[name for name, _ in MOVES])
async def test_rows_moved_between_the_look_and_the_write_get_their_own_ids(
    google: SheetsServer, make: Make, move: Callable[[Sheet], None]
) -> None:
    sheet = google.add(ID, "Sheet1", [*PEOPLE, ["c4", "Zoe"]])
    connector = make(write_back=ALL)
    told = results(await rows_of(connector))
    google.once(WRITE, lambda: move(sheet))
    await connector.write_back(told)
    expected = {"c1": "id-c1", "c2": "id-c2", "c3": "id-c3", "c4": "id-c4"}
    assert {key: id for key, id in zip(sheet.column("id"), sheet.column("contactId"), strict=True)} == {
        key: expected.get(str(key), "") for key in sheet.column("id")
    }
    assert [status for key, status in zip(sheet.column("id"), sheet.column("status"), strict=True)] == [
        "synced" if key in expected else "" for key in sheet.column("id")
    ]


@pytest.mark.parametrize("move", [move for _, move in MOVES], ids=[name for name, _ in MOVES])
async def test_ids_that_others_had_already_are_given_back(
    google: SheetsServer, make: Make, move: Callable[[Sheet], None]
) -> None:
    """Without a key: only one row is new, and its id lands beside rows that have theirs."""
    rows = [["old-1", "Jane", "Doe", "1", ""], ["", "John", "Roe", "2", ""], ["old-3", "Ada", "Poe", "3", ""]]
    sheet = google.add(ID, "Sheet1", [DOCUMENTATION[0], *rows, ["old-4", "Zoe", "Coe", "4", ""]])
    connector = make(write_back={"contactId": "contactId"})
    await rows_of(connector)
    key = {"firstName": "John", "lastName": "Roe", "phone": "2", "email": None}
    google.once(WRITE, lambda: move(sheet))
    assert await connector.write_back([RowResult(3, key, "new-2", "synced")]) == []
    ids = dict(zip(sheet.column("firstName"), sheet.column("contactId"), strict=True))
    held = {"Jane": "old-1", "John": "new-2", "Ada": "old-3", "Zoe": "old-4"}
    assert {name: id for name, id in ids.items() if name in held} == {n: i for n, i in held.items() if n in ids}
    assert {id for name, id in ids.items() if name not in held} <= {""}


async def test_a_row_that_is_edited_while_its_id_is_written_keeps_it(google: SheetsServer, make: Make) -> None:
    sheet = google.add(ID, "Sheet1", [list(row) for row in DOCUMENTATION])
    connector = make(write_back={"contactId": "contactId"})
    rows = await rows_of(connector)
    key = {name: rows[1].cells[name] for name in DOCUMENTATION[0][1:]}
    google.once(WRITE, lambda: sheet.put(3, 2, "Roe-Smith"))
    await connector.write_back([RowResult(3, key, "id-2", "synced")])
    assert sheet.column("contactId") == ["", "id-2", ""]


async def test_a_new_row_deleted_in_between_leaves_its_id_to_nobody(google: SheetsServer, make: Make) -> None:
    sheet = google.add(ID, "Sheet1", [list(row) for row in DOCUMENTATION])
    connector = make(write_back={"contactId": "contactId"})
    rows = await rows_of(connector)
    told = RowResult(2, {name: rows[0].cells[name] for name in DOCUMENTATION[0][1:]}, "id-1", "synced")
    google.once(WRITE, lambda: sheet.delete(2))
    assert await connector.write_back([told]) == [told]
    assert sheet.column("contactId") == ["", ""]


async def test_a_column_inserted_in_between_does_not_keep_the_ids_away(google: SheetsServer, make: Make) -> None:
    sheet = google.add(ID, "Sheet1", PEOPLE)
    connector = make(write_back=ALL)
    told = results(await rows_of(connector))

    def insert_column() -> None:
        sheet.rows = [["note", *row] for row in sheet.rows]

    google.once(WRITE, insert_column)
    assert await connector.write_back(told) == []
    assert sheet.column("contactId") == ["id-c1", "id-c2", "id-c3"]


async def test_nothing_is_written_twice_where_nobody_moved_anything(google: SheetsServer, make: Make) -> None:
    google.add(ID, "Sheet1", PEOPLE)
    connector = make(write_back=ALL)
    assert await connector.write_back(results(await rows_of(connector))) == []
    assert len(google.writes) == 1


async def test_a_sheet_sorted_all_the_time_ends_with_a_word(google: SheetsServer, make: Make) -> None:
    sheet = google.add(ID, "Sheet1", [*PEOPLE, ["c4", "Zoe"]])
    connector = make(write_back=ALL)
    told = results(await rows_of(connector))
    for _ in range(4):
        google.once(WRITE, lambda: turn_round(sheet))
    with pytest.raises(SourceError, match="again and again"):
        await connector.write_back(told)


async def test_a_write_that_was_carried_out_although_it_failed_is_looked_at_again_too(
    google: SheetsServer, make: Make
) -> None:
    sheet = google.add(ID, "Sheet1", PEOPLE)
    connector = make(write_back=ALL)
    told = results(await rows_of(connector))
    google.fail("values:batchGet", 500, skip=1)
    google.once(WRITE, lambda: sheet.insert(2, ["new", "Eve"]))
    assert await connector.write_back(told) == []
    assert by_name(sheet) == {"Eve": "", "Jane": "id-c1", "John": "id-c2", "Ada": "id-c3"}


class TestWhetherItMayBeWritten:
    async def test_an_editor_changes_nothing_by_asking(self, google: SheetsServer, make: Make) -> None:
        sheet = google.add(ID, "Sheet1", [PEOPLE[0], ["c1", "Jane", "", "id-1", "synced", "x"]])
        before = [list(row) for row in sheet.rows]
        connector = make(write_back=ALL)
        assert isinstance(connector, ProvesWritable)
        await connector.prove_writable()
        assert sheet.rows == before

    @pytest.mark.parametrize("rows", [PEOPLE, [["id", "name"]], [["id", "name"], ["c1", "Jane"]]])
    async def test_a_viewer_is_named_with_the_right_that_is_missing(
        self, google: SheetsServer, make: Make, rows: list[list[Any]]
    ) -> None:
        google.add(ID, "Sheet1", rows, row_count=len(rows))
        google.roles[ID] = "reader"
        with pytest.raises(SourceError, match=f"{ACCOUNT} may not edit .* choose Editor"):
            await make(write_back=ALL).prove_writable()

    async def test_a_sheet_that_is_only_read_is_not_asked(self, google: SheetsServer, make: Make) -> None:
        google.add(ID, "Sheet1", PEOPLE)
        await make().prove_writable()
        assert not google.writes


people = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.booleans()), unique_by=lambda one: one[0], max_size=6)


@given(people, st.randoms(use_true_random=False))
def test_whatever_is_moved_every_row_that_is_left_ends_with_its_own_id(
    sheet: list[tuple[str, bool]], random: Random
) -> None:
    columns = WriteBack(contactId="contactId")
    before = [
        FreshRow(number, {"id": key, "contactId": f"id-{key}" if known else None})
        for number, (key, known) in enumerate(sheet, 2)
    ]
    placed = [
        (row, RowResult(row.number, {"id": row.cells["id"]}, f"id-{row.cells['id']}", "synced"))
        for row in before
        if not row.cells["contactId"]
    ]
    moved: list[dict[str, Any]] = [dict(row.cells) for row in before]
    for _ in range(random.randint(0, 3)):
        change = random.choice(["insert", "delete", "shuffle"])
        if change == "insert":
            moved.insert(random.randint(0, len(moved)), {"id": f"new{len(moved)}", "contactId": None})
        elif change == "delete" and moved:
            del moved[random.randrange(len(moved))]
        else:
            random.shuffle(moved)
    while len(moved) < len(before):
        moved.append({"id": None, "contactId": None})
    for row, result in placed:
        moved[row.number - 2] = moved[row.number - 2] | {"contactId": result.contact_id}
    now = [FreshRow(number, cells) for number, cells in enumerate(moved, 2)]
    attempt = Attempt(before, placed)
    if not landed(attempt, now, columns):
        _, cells = righted(attempt, now, columns)
        for (number, column), said in cells.items():
            moved[number - 2] = moved[number - 2] | {column: said or None}
    for cells_now in moved:
        key = str(cells_now["id"] or "")
        wanted = f"id-{key}" if len(key) == 1 else None
        assert cells_now["contactId"] == wanted
