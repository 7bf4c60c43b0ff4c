"""Results find their rows in a Google sheet again, whatever people did to it since it was read."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Row, RowResult, SourceError
from connectors.google_sheets import WriteBack
from connectors.google_sheets.placing import FreshRow, place
from tests.support.google_sheet_bench import ALL, DOCUMENTATION, ID, PEOPLE, Clock, Make, maker, results, rows_of
from tests.support.sheets_server import SheetsServer


@pytest.fixture
def make(google: SheetsServer, tmp_path: Path) -> Make:
    return maker(google, tmp_path, Clock())


def content_results(rows: list[Row]) -> list[RowResult]:
    """Results for the documentation's sheet: a row without an id is known by its content."""
    columns = DOCUMENTATION[0][1:]
    return [
        RowResult(row.number, {name: row.cells[name] for name in columns}, f"id-{row.cells['firstName']}", "synced")
        for row in rows
    ]


class TestPlacing:
    async def test_a_person_may_sort_between_reading_and_writing(self, google: SheetsServer, make: Make) -> None:
        sheet = google.add(ID, "Sheet1", [*PEOPLE, ["c4", "Zoe"]])
        connector = make(write_back=ALL)
        rows = await rows_of(connector)
        google.once("batchGet", lambda: sheet.sort(lambda row: row[1]))
        assert await connector.write_back(results(rows)) == []
        assert sheet.column("contactId") == [f"id-{key}" for key in sheet.column("id")]

    async def test_a_person_may_insert_and_delete_rows_and_move_columns(self, google: SheetsServer, make: Make) -> None:
        sheet = google.add(ID, "Sheet1", PEOPLE, row_count=4)
        connector = make(write_back=ALL)
        rows = await rows_of(connector)
        sheet.insert(2, ["new", "Eve"])
        sheet.delete(4)
        sheet.rows = [["note", *row] for row in sheet.rows]
        [lost] = await connector.write_back(results(rows))
        assert lost.key == {"id": "c2"}
        assert sheet.column("id") == ["new", "c1", "c3"]
        assert sheet.column("contactId") == ["", "id-c1", "id-c3"]

    async def test_a_grid_that_shrank_is_looked_at_again(self, google: SheetsServer, make: Make) -> None:
        sheet = google.add(ID, "Sheet1", PEOPLE, row_count=4)
        connector = make(write_back=ALL)
        rows = await rows_of(connector)
        sheet.delete(2)
        assert [result.key for result in await connector.write_back(results(rows))] == [{"id": "c1"}]
        assert sheet.column("contactId") == ["id-c2", "id-c3"]

    async def test_a_key_is_the_same_key_as_text_and_as_number(self, google: SheetsServer, make: Make) -> None:
        sheet = google.add(ID, "Sheet1", [["id", "contactId"], [7], ["8"]])
        connector = make(write_back={"contactId": "contactId"})
        told = [RowResult(None, {"id": "7"}, "a", "synced"), RowResult(9, {"id": 8}, "b", "synced")]
        assert await connector.write_back(told) == []
        assert sheet.column("contactId") == ["a", "b"]

    async def test_the_documentation_s_rows_are_found_by_their_content(self, google: SheetsServer, make: Make) -> None:
        sheet = google.add(ID, "Sheet1", DOCUMENTATION)
        connector = make(write_back={"contactId": "contactId"})
        told = content_results(await rows_of(connector))
        sheet.sort(lambda row: row[1])
        assert await connector.write_back(told) == []
        assert sheet.column("contactId") == ["id-Ada", "id-Jane", "id-John"]
        assert len(google.writes) == 1
        after = await rows_of(make(write_back={"contactId": "contactId"}))
        assert all(connector.shows(row, result) for row, result in zip(after, content_results(after), strict=True))

    async def test_twins_get_an_id_each_and_keep_it_when_they_change_places(
        self, google: SheetsServer, make: Make
    ) -> None:
        twin = ["", "Jane", "Doe", "", ""]
        sheet = google.add(ID, "Sheet1", [DOCUMENTATION[0], ["old-id", *twin[1:]], twin])
        connector = make(write_back={"contactId": "contactId"})
        _, second = content_results(await rows_of(connector))
        sheet.rows[1:] = sheet.rows[:0:-1]
        assert await connector.write_back([second]) == []
        assert sheet.column("contactId") == ["id-Jane", "old-id"]

    async def test_an_id_never_goes_over_that_of_a_twin_whose_row_is_left_alone(
        self, google: SheetsServer, make: Make
    ) -> None:
        twin = ["", "Jane", "Doe", "", ""]
        sheet = google.add(ID, "Sheet1", [DOCUMENTATION[0], ["old-id", *twin[1:]], twin])
        connector = make(write_back={"contactId": "contactId"})
        _, second = content_results(await rows_of(connector))
        sheet.delete(3)
        assert await connector.write_back([second]) == [second]
        assert sheet.column("contactId") == ["old-id"]

    async def test_an_id_that_identifies_its_row_can_be_replaced_wherever_the_row_is(
        self, google: SheetsServer, make: Make
    ) -> None:
        sheet = google.add(ID, "Sheet1", [DOCUMENTATION[0], ["a", "Jane"], ["b", "John"]])
        connector = make(write_back={"contactId": "contactId"})
        told = RowResult(2, {"contactId": "a"}, "new", "synced")
        sheet.insert(2)
        assert await connector.write_back([told]) == []
        assert sheet.column("contactId") == ["", "new", "b"]

    async def test_new_twins_that_were_moved_get_their_ids_in_order(self, google: SheetsServer, make: Make) -> None:
        sheet = google.add(ID, "Sheet1", [["id", "contactId"], ["c1"], ["c1"]])
        sheet.insert(2, ["x"])
        sheet.insert(2, ["x"])
        told = [RowResult(3, {"id": "c1"}, "second", "synced"), RowResult(2, {"id": "c1"}, "first", "synced")]
        assert await make(write_back={"contactId": "contactId"}).write_back(told) == []
        assert sheet.column("contactId") == ["", "", "first", "second"]

    async def test_rows_that_cannot_be_told_apart_are_left_for_the_next_run(
        self, google: SheetsServer, make: Make
    ) -> None:
        sheet = google.add(ID, "Sheet1", [["id", "contactId", "name"], ["", "", "Eve"], ["c1"], ["c1"]])
        told = [RowResult(2, {"id": "c1"}, "a", "synced"), RowResult(3, {"id": ""}, "b", "synced")]
        connector = make(write_back={"contactId": "contactId"})
        assert list(await connector.write_back(told)) == told
        assert sheet.column("contactId") == ["", "", ""]
        assert not google.writes

    async def test_a_contact_made_anew_replaces_the_id_of_the_old(self, google: SheetsServer, make: Make) -> None:
        sheet = google.add(ID, "Sheet1", [["id", "contactId"], ["c1", "gone"], ["c2", "kept"]])
        connector = make(write_back={"contactId": "contactId"})
        assert await connector.write_back([RowResult(2, {"id": "c1"}, "new", "synced")]) == []
        assert sheet.column("contactId") == ["new", "kept"]

    async def test_a_row_without_a_key_still_says_what_is_wrong(self, google: SheetsServer, make: Make) -> None:
        sheet = google.add(ID, "Sheet1", [PEOPLE[0], ["", "Jane"], ["c1", "John"]])
        connector = make(write_back=ALL)
        told = RowResult(2, {"id": None}, None, "rejected", "id: is empty")
        assert await connector.write_back([told]) == []
        assert sheet.column("error") == ["id: is empty", ""]

    async def test_doubled_keys_are_told_apart_by_where_they_stand(self, google: SheetsServer, make: Make) -> None:
        sheet = google.add(ID, "Sheet1", [PEOPLE[0], ["c1", "Jane"], ["c1", "Jane 2"]])
        connector = make(write_back=ALL)
        first, second = await rows_of(connector)
        await connector.write_back([*results([second], error="id: stands twice"), *results([first])])
        assert sheet.column("error") == ["", "id: stands twice"]
        assert sheet.column("contactId") == ["id-c1", ""]

    async def test_a_wait_for_the_quota_is_followed_by_a_fresh_look(self, google: SheetsServer, make: Make) -> None:
        sheet = google.add(ID, "Sheet1", PEOPLE)
        connector = make(write_back=ALL)
        rows = await rows_of(connector)
        google.fail("values:batchUpdate", 429)
        google.once("batchUpdate", lambda: sheet.sort(lambda row: row[1]))
        assert await connector.write_back(results(rows)) == []
        assert sheet.column("contactId") == [f"id-{key}" for key in sheet.column("id")]

    async def test_a_key_column_that_was_renamed_is_named(self, google: SheetsServer, make: Make) -> None:
        sheet = google.add(ID, "Sheet1", PEOPLE)
        connector = make(write_back=ALL)
        rows = await rows_of(connector)
        sheet.rows[0][0] = "key"
        with pytest.raises(SourceError, match="no longer has the column 'id'"):
            await connector.write_back(results(rows))


keys = st.text("ab", max_size=2)


@given(
    st.lists(st.tuples(keys, st.sampled_from(["", "id-2", "id-3"]))), st.randoms(use_true_random=False), st.booleans()
)
def test_no_result_ever_lands_in_a_row_with_another_key_or_in_a_row_of_another(
    sheet: list[tuple[str, str]], random: Random, all_rows: bool
) -> None:
    read = [RowResult(number, {"id": key}, f"id-{number}", "synced") for number, (key, _) in enumerate(sheet, 2)]
    random.shuffle(sheet)
    rows = [FreshRow(number, {"id": key, "contactId": held}) for number, (key, held) in enumerate(sheet, 2)]
    told = [result for result in read if random.random() < 0.8]
    found = place(told, rows, WriteBack(contactId="contactId"), all_rows=all_rows)
    assert all(row.cells["id"] == result.key["id"] != "" for row, result in found.placed)
    assert len({row.number for row, _ in found.placed}) == len(found.placed)
    assert sorted(map(id, [*(result for _, result in found.placed), *found.unplaced])) == sorted(map(id, told))
    for row, result in found.placed:
        assert row.cells["contactId"] in ("", result.contact_id) or row.number == result.number
    held_by = defaultdict(list)
    for key, held in sheet:
        held_by[key].append(held)
    clear = [result for result in told if result.key["id"] and held_by[str(result.key["id"])] == [""]]
    assert not all_rows or not [result for result in clear if result in found.unplaced]
