"""Writing back to a Google sheet on a local Google: which cells, by how few requests, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import RowResult, SourceError
from connectors.google_sheets.grid import Worksheet
from connectors.google_sheets.placing import merged
from connectors.google_sheets.portions import Portions
from tests.support.google_sheet_bench import ALL, ID, PEOPLE, Clock, Make, maker, people, results, rows_of
from tests.support.sheets_grid import Date, Formula
from tests.support.sheets_server import SheetsServer


@pytest.fixture
def make(google: SheetsServer, tmp_path: Path) -> Make:
    return maker(google, tmp_path, Clock())


class TestWritingBack:
    async def test_results_go_beside_their_rows_in_one_write(self, google: SheetsServer, make: Make) -> None:
        sheet = google.add(ID, "Sheet1", PEOPLE)
        connector = make(write_back=ALL)
        rows = await rows_of(connector)
        told = [*results(rows[:2]), *results(rows[2:], error="phone: is no number")]
        assert await connector.write_back(told) == []
        assert sheet.body() == [
            ["c1", "Jane", "555-0101", "id-c1", "synced"],
            ["c2", "John", 5550102, "id-c2", "synced"],
            ["c3", "Ada", "555-0103", None, "rejected", "phone: is no number"],
        ]
        assert len(google.writes) == 1
        assert google.writes[0].body["valueInputOption"] == "RAW"

    async def test_only_cells_that_differ_are_written_and_then_nothing(self, google: SheetsServer, make: Make) -> None:
        google.add(ID, "Sheet1", [PEOPLE[0], ["c1", "Jane", "", "id-c1", "failed", "old"], ["c2", "", "", "id-c2"]])
        connector = make(write_back=ALL)
        told = results(await rows_of(connector))
        await connector.write_back(told)
        [write] = google.writes
        assert {part["range"]: part["values"] for part in write.body["data"]} == {
            "'Sheet1'!E2:F2": [["synced", ""]],
            "'Sheet1'!E3:E3": [["synced"]],
        }
        await connector.write_back(told)
        assert len(google.writes) == 1

    async def test_shows_says_whether_the_cells_already_say_it(self, google: SheetsServer, make: Make) -> None:
        google.add(ID, "Sheet1", [PEOPLE[0], ["c1", "", "", "id-c1", "synced"], ["c2", "", "", "", "rejected", "bad"]])
        connector = make(write_back=ALL)
        first, second = await rows_of(connector)
        key = {"id": "c1"}
        assert connector.shows(first, RowResult(2, key, "id-c1", "synced"))
        assert connector.shows(first, RowResult(2, key, None, "synced"))
        assert not connector.shows(first, RowResult(2, key, "id-x", "synced"))
        assert not connector.shows(first, RowResult(2, key, "id-c1", "held", "limit"))
        assert connector.shows(second, RowResult(3, {"id": "c2"}, None, "rejected", "bad"))
        assert make().shows(first, RowResult(2, key, "id-x", "failed", "?"))

    async def test_missing_columns_are_made_beyond_every_cell_that_is_used(
        self, google: SheetsServer, make: Make
    ) -> None:
        sheet = google.add(ID, "Sheet1", [["id", "name"], ["c1", "Jane", "", "a note"], ["c2", "John"]])
        connector = make(write_back=ALL)
        rows = await rows_of(connector)
        assert not connector.shows(rows[0], results(rows)[0])
        await connector.write_back(results(rows))
        assert sheet.rows == [
            ["id", "name", None, None, "contactId", "status", "error"],
            ["c1", "Jane", "", "a note", "id-c1", "synced"],
            ["c2", "John", None, None, "id-c2", "synced"],
        ]
        assert len(google.writes) == 1
        await connector.write_back(results(rows, error="bad"))
        assert sheet.column("error") == ["bad", "bad"]
        assert len(google.calls) == 8  # read with two; each time a look, a write and another look

    async def test_a_grid_that_is_too_narrow_is_widened(self, google: SheetsServer, make: Make) -> None:
        sheet = google.add(ID, "Sheet1", [["id", "name"], ["c1", "Jane"]], column_count=3, id=4711)
        google.add(ID, "Other", [["untouched"]])
        connector = make(write_back=ALL)
        await connector.write_back(results(await rows_of(connector)))
        assert (sheet.column_count, sheet.column("status")) == (5, ["synced"])

    async def test_no_value_is_taken_for_a_formula_and_nothing_else_is_touched(
        self, google: SheetsServer, make: Make
    ) -> None:
        formula = Formula("=A2&1", "c11")
        sheet = google.add(ID, "Sheet1", [PEOPLE[0], ["c1", formula, Date(45000, "15.3.2023")]])
        connector = make(write_back=ALL)
        rows = await rows_of(connector)
        await connector.write_back(results(rows, error='=HYPERLINK("http://evil")'))
        cells = ["c1", formula, Date(45000, "15.3.2023"), None, "rejected", '=HYPERLINK("http://evil")']
        assert sheet.body() == [cells]

    async def test_300_typed_rows_and_a_bad_one_take_few_calls(self, google: SheetsServer, make: Make) -> None:
        sheet = google.add(ID, "Sheet1", people(301), column_count=5)
        connector = make(write_back=ALL)
        await connector.columns()
        rows = await rows_of(connector)
        told = [*results(rows[:150]), *results(rows[150:151], error="phone: 12 is too short"), *results(rows[151:])]
        assert await connector.write_back(told) == []
        assert sheet.column("error")[150] == "phone: 12 is too short"
        assert sheet.column("status").count("synced") == 300
        assert len(google.calls) == 6

    async def test_10_000_rows_are_written_in_tens_of_calls(self, google: SheetsServer, make: Make) -> None:
        sheet = google.add(ID, "Sheet1", people(10_000))
        connector = make(write_back=ALL)
        rows = await rows_of(connector)
        calls = len(google.calls)
        assert await connector.write_back(results(rows)) == []
        assert sheet.column("contactId") == [f"id-{key}" for key in sheet.column("id")]
        assert len(google.calls) - calls == 3 * 10_000 / Portions().results  # each is looked at again
        assert max(len(call.body["data"]) for call in google.writes) == 2  # a block of cells, and once the new headers

    async def test_rows_here_and_there_are_one_write_a_batch_too(self, google: SheetsServer, make: Make) -> None:
        google.add(ID, "Sheet1", people(1000))
        connector = make(write_back=ALL)
        rows = await rows_of(connector)
        await connector.write_back(results(rows[::2]))
        assert len(google.writes) == 1

    async def test_a_batch_that_was_written_stays_when_the_next_fails(self, google: SheetsServer, make: Make) -> None:
        sheet = google.add(ID, "Sheet1", PEOPLE)
        connector = make(Portions(results=2), write_back=ALL)
        rows = await rows_of(connector)
        google.fail("values:batchUpdate", 500, skip=1, times=99)
        with pytest.raises(SourceError, match="trouble of its own"):
            await connector.write_back(results(rows))
        assert sheet.column("contactId") == ["id-c1", "id-c2", ""]


@given(st.sets(st.tuples(st.integers(1, 6), st.integers(0, 5))))
def test_ranges_cover_exactly_the_cells_that_change(cells: set[tuple[int, int]]) -> None:
    worksheet = Worksheet(0, "Sheet1", rows=6, columns=6)
    covered: list[tuple[int, int]] = []
    for area, values in merged({at: f"{at}" for at in cells}, worksheet).items():
        left, top = area.split("!")[1].split(":")[0][0], int(area.split("!")[1].split(":")[0][1:])
        for down, row in enumerate(values):
            for across, said in enumerate(row):
                covered.append((top + down, ord(left) - ord("A") + across))
                assert said == f"{covered[-1]}"
    assert sorted(covered) == sorted(cells)
