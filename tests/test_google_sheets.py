"""Google Sheets against a local Google: what is read, what is written where, and what is said when it does not work."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors import google_sheets
from connectors.base import (
    Connector,
    Context,
    IncompleteRead,
    Row,
    RowResult,
    SourceConfigError,
    SourceError,
    WritesBack,
    load,
)
from connectors.contract import check_connector, check_refuses
from connectors.google_sheets import GoogleSheetsConnector, GoogleSheetsOptions, WriteBack, reading, writing
from connectors.google_sheets.grid import Worksheet
from connectors.google_sheets.patience import Patience
from connectors.google_sheets.placing import FreshRow, merged, place
from tests.sheets_grid import Date, Formula, Refused, Sheet
from tests.sheets_server import ACCOUNT, READ, WRITE, SheetsServer

ID = "1AbC_dEf-sheet"
ALL = {"contactId": "contactId", "status": "status", "error": "error"}
PEOPLE: list[list[Any]] = [
    ["id", "name", "phone", "contactId", "status", "error"],
    ["c1", "Jane", "555-0101"],
    ["c2", "John", 5550102],
    ["c3", "Ada", "555-0103"],
]
DOCUMENTATION: list[list[Any]] = [
    ["contactId", "firstName", "lastName", "phone", "email"],
    ["", "Jane", "Doe", "(555) 555-5555", "jane@example.com"],
    ["", "John", "Roe", "(555) 555-5556", "john@example.com"],
    ["", "Ada", "Poe", "(555) 555-5557", "ada@example.com"],
]

Make = Callable[..., GoogleSheetsConnector]


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def google() -> Iterator[SheetsServer]:
    with SheetsServer() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(google: SheetsServer, tmp_path: Path, clock: Clock) -> Make:
    """Makes a connector for the spreadsheet, with a key file and without real waits."""
    key_file = google.key_file(tmp_path)

    def make(**options: Any) -> GoogleSheetsConnector:
        given = {"spreadsheet": ID, "credentials": key_file.name, "api_url": google.url} | options
        patience = Patience(sleep=clock.sleep, clock=clock)
        return GoogleSheetsConnector(GoogleSheetsOptions(**given), Context(tmp_path), patience=patience)

    return make


async def rows_of(connector: Connector) -> list[Row]:
    return [row async for row in connector.read(None)]


async def collect(connector: Connector, numbers: list[int | None]) -> None:
    """Adds the number of each row to ``numbers``, up to the error that ends the read."""
    async for row in connector.read(None):
        numbers.append(row.number)


def results(rows: list[Row], key: str = "id", *, error: str = "") -> list[RowResult]:
    """A result for each row: a contact id made from the key, in place unless there is an error."""
    status = "rejected" if error else "synced"
    return [
        RowResult(row.number, {key: row.cells[key]}, None if error else f"id-{row.cells[key]}", status, error)
        for row in rows
    ]


def content_results(rows: list[Row]) -> list[RowResult]:
    """Results for the documentation's sheet: a row without an id is known by its content."""
    columns = DOCUMENTATION[0][1:]
    return [
        RowResult(row.number, {name: row.cells[name] for name in columns}, f"id-{row.cells['firstName']}", "synced")
        for row in rows
    ]


def people(number: int) -> list[list[Any]]:
    """A sheet with typed cells: text, numbers, booleans, dates."""
    body = [
        [f"c{n}", f"Name {n}", 15550000000 + n, n % 2 == 0, Date(45000 + n, f"2023-03-{n % 28 + 1:02}")]
        for n in range(1, number + 1)
    ]
    return [["id", "name", "phone", "lead", "since"], *body]


class TestReading:
    async def test_keeps_the_contract_of_connectors(self, google: SheetsServer, make: Make) -> None:
        google.add(ID, "Sheet1", PEOPLE)
        assert len(await check_connector(make)) == 3
        assert len(await check_connector(lambda: make(write_back=ALL))) == 3

    def test_is_found_by_name_and_writes_back(self, make: Make) -> None:
        assert load("google_sheets") is GoogleSheetsConnector
        connector: Connector = make(write_back=ALL)
        assert isinstance(connector, WritesBack)
        assert connector.contact_id_column == "contactId"
        assert make().contact_id_column is None

    async def test_an_ordinary_sheet_takes_one_metadata_and_one_values_request(
        self, google: SheetsServer, make: Make
    ) -> None:
        google.add(ID, "Sheet1", PEOPLE)
        connector = make()
        assert list(await connector.columns()) == PEOPLE[0]
        assert [row.cells["name"] for row in await rows_of(connector)] == ["Jane", "John", "Ada"]
        assert [call.path for call in google.calls] == [
            f"/v4/spreadsheets/{ID}",
            f"/v4/spreadsheets/{ID}/values/'Sheet1'",
        ]
        assert len(google.token_calls) == 1
        assert dict(connector.summary().details) == {"rows": 3, "requests": 2}

    async def test_cells_keep_their_types_and_dates_look_as_the_sheet_shows_them(
        self, google: SheetsServer, make: Make
    ) -> None:
        cells = ["00123", 15555555555, 1.5, 5.0, True, False, Date(45000, "15.3.2023"), "=not a formula", " x "]
        google.add(ID, "Sheet1", [[f"c{n}" for n in range(len(cells))], cells])
        [row] = await rows_of(make())
        assert list(row.cells.values()) == [
            "00123", 15555555555, 1.5, 5, True, False, "15.3.2023", "=not a formula", " x "
        ]  # fmt: skip
        assert isinstance(row.cells["c3"], int)

    async def test_empty_cells_and_rows_that_the_service_leaves_out_are_empty(
        self, google: SheetsServer, make: Make
    ) -> None:
        google.add(ID, "Sheet1", [["id", "a", "b"], ["1"], [], ["", "  "], ["2", "", "x"], [], []])
        rows = await rows_of(make())
        assert [(row.number, dict(row.cells)) for row in rows] == [
            (2, {"id": "1", "a": None, "b": None}),
            (5, {"id": "2", "a": None, "b": "x"}),
        ]

    async def test_rows_of_unticked_checkboxes_or_left_over_marks_are_blank(
        self, google: SheetsServer, make: Make
    ) -> None:
        google.add(
            ID,
            "Sheet1",
            [["id", "lead", *ALL], ["1", True], ["", False], ["", False, "", "rejected", "id: is empty"]],
        )
        assert [row.number for row in await rows_of(make(write_back=ALL))] == [2]

    async def test_blank_headers_are_left_out_and_doubled_ones_numbered(self, google: SheetsServer, make: Make) -> None:
        google.add(
            ID, "Sheet1", [[" name ", "", "name", 2024, "name (2)", "name"], ["a", "b", "c", "d", "e", "f", "g"]]
        )
        connector = make()
        assert list(await connector.columns()) == ["name", "name (3)", "2024", "name (2)", "name (4)"]
        [row] = await rows_of(connector)
        assert list(row.cells.values()) == ["a", "c", "d", "e", "f"]

    async def test_the_header_may_stand_further_down(self, google: SheetsServer, make: Make) -> None:
        google.add(ID, "Sheet1", [["Our contacts"], [], *PEOPLE])
        connector = make(header_row=3)
        assert list(await connector.columns()) == PEOPLE[0]
        assert [row.number for row in await rows_of(connector)] == [4, 5, 6]

    async def test_a_header_without_rows_is_read(self, google: SheetsServer, make: Make) -> None:
        google.add(ID, "Sheet1", PEOPLE[:1])
        assert await check_connector(make) == []

    async def test_the_first_worksheet_with_cells_that_is_not_hidden_is_the_default(
        self, google: SheetsServer, make: Make
    ) -> None:
        google.add(ID, "Chart", [], chart=True)
        google.add(ID, "Old", [["old"]], hidden=True)
        google.add(ID, 'Bob\'s "contacts"!', [["id"], ["1"]])
        google.add(ID, "2024", [["year"], ["1"]])
        assert list(await make().columns()) == ["id"]
        assert list(await make(worksheet="Old").columns()) == ["old"]
        assert list(await make(worksheet=2024).columns()) == ["year"]

    async def test_only_reading_asks_for_no_more_than_reading(self, google: SheetsServer, make: Make) -> None:
        google.add(ID, "Sheet1", PEOPLE)
        await rows_of(make())
        await rows_of(make(write_back=ALL))
        assert list(google.scopes.values()) == [READ, WRITE]

    async def test_workload_identity_federation_and_the_environment_s_file_work(
        self, google: SheetsServer, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        google.add(ID, "Sheet1", PEOPLE)
        federation = google.federation_file(tmp_path)
        assert len(await rows_of(make(credentials=federation.name))) == 3
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(federation))
        assert len(await rows_of(make(credentials=None))) == 3
        assert [call["subject_token"] for call in google.token_calls] == ["outside", "outside"]


class TestLargeSheets:
    @pytest.fixture(autouse=True)
    def _small_blocks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reading, "CELLS_PER_BLOCK", 26 * 100)

    async def test_are_read_in_ranges_without_gaps_or_doubles(self, google: SheetsServer, make: Make) -> None:
        rows = people(450)
        rows[100:130] = [[] for _ in range(30)]
        rows[200:420] = [[] for _ in range(220)]
        google.add(ID, "Sheet1", [["A title"], *rows], row_count=460)
        connector = make(header_row=2)
        numbers = [row.number for row in await check_connector(lambda: make(header_row=2))]
        assert numbers == [number for number, row in enumerate(rows, start=2) if row][1:]
        google.calls.clear()
        assert len(await rows_of(connector)) == len(numbers)
        assert len(google.calls) == 1 + 5

    async def test_a_last_row_at_the_grid_s_end_is_read(self, google: SheetsServer, make: Make) -> None:
        for rows in (99, 100, 101, 200, 201):
            google.spreadsheets.clear()
            google.add(ID, "Sheet1", people(rows), row_count=rows + 1)
            assert [row.number for row in await rows_of(make())] == list(range(2, rows + 2))

    @pytest.mark.parametrize(
        "edit",
        [
            lambda sheet: sheet.delete(50),
            lambda sheet: sheet.insert(50),
            lambda sheet: sheet.sort(lambda row: row[1]),
        ],
        ids=["delete", "insert", "sort"],
    )
    async def test_rows_that_move_between_ranges_make_the_read_incomplete(
        self, google: SheetsServer, make: Make, edit: Callable[[Sheet], None]
    ) -> None:
        sheet = google.add(ID, "Sheet1", people(300), row_count=301)
        google.once("/values/", lambda: edit(sheet), skip=1)
        read: list[int | None] = []
        with pytest.raises(IncompleteRead, match="down to 100 were read: somebody moved"):
            await collect(make(), read)
        assert read == list(range(2, 101))

    async def test_what_came_before_an_error_is_given_and_the_read_is_incomplete(
        self, google: SheetsServer, make: Make
    ) -> None:
        google.add(ID, "Sheet1", people(300), row_count=301)
        google.fail("/values/", 500, skip=2, times=99)
        read: list[int | None] = []
        with pytest.raises(IncompleteRead, match="down to 200 were read"):
            await collect(make(), read)
        assert read == list(range(2, 201))

    async def test_a_sheet_cut_down_between_ranges_is_incomplete(self, google: SheetsServer, make: Make) -> None:
        sheet = google.add(ID, "Sheet1", people(300), row_count=301)

        def cut() -> None:
            del sheet.rows[50:]
            sheet.row_count = 50

        google.once("/values/", cut, skip=1)
        await check_refuses(make, IncompleteRead)


async def test_memory_stays_bounded_while_a_large_sheet_is_read(google: SheetsServer, make: Make) -> None:
    row = ["x" * 20] * 26
    google.add(ID, "Sheet1", [[f"c{n}" for n in range(26)]] + [row] * 20_000)
    tracemalloc.start()
    count = 0
    async for _ in make().read(None):
        count += 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 120 * 2**20  # the server's copy of a range included; the whole is several times as much


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
        assert len(google.calls) == 6

    async def test_a_grid_that_is_too_narrow_is_widened(self, google: SheetsServer, make: Make) -> None:
        sheet = google.add(ID, "Sheet1", [["id", "name"], ["c1", "Jane"]], column_count=3, id=4711)
        google.add(ID, "Other", [["untouched"]])
        connector = make(write_back=ALL)
        await connector.write_back(results(await rows_of(connector)))
        assert (sheet.column_count, sheet.column("status")) == (5, ["synced"])

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
        assert len(google.calls) == 5

    async def test_10_000_rows_are_written_in_tens_of_calls(self, google: SheetsServer, make: Make) -> None:
        sheet = google.add(ID, "Sheet1", people(10_000))
        connector = make(write_back=ALL)
        rows = await rows_of(connector)
        calls = len(google.calls)
        assert await connector.write_back(results(rows)) == []
        assert sheet.column("contactId") == [f"id-{key}" for key in sheet.column("id")]
        assert len(google.calls) - calls == 2 * 10_000 / writing.RESULTS_PER_BATCH
        assert max(len(call.body["data"]) for call in google.writes) == 2  # a block of cells, and once the new headers

    async def test_rows_here_and_there_are_one_write_a_batch_too(self, google: SheetsServer, make: Make) -> None:
        google.add(ID, "Sheet1", people(1000))
        connector = make(write_back=ALL)
        rows = await rows_of(connector)
        await connector.write_back(results(rows[::2]))
        assert len(google.writes) == 1

    async def test_a_wait_for_the_quota_is_followed_by_a_fresh_look(self, google: SheetsServer, make: Make) -> None:
        sheet = google.add(ID, "Sheet1", PEOPLE)
        connector = make(write_back=ALL)
        rows = await rows_of(connector)
        google.fail("values:batchUpdate", 429)
        google.once("batchUpdate", lambda: sheet.sort(lambda row: row[1]))
        assert await connector.write_back(results(rows)) == []
        assert sheet.column("contactId") == [f"id-{key}" for key in sheet.column("id")]

    async def test_a_batch_that_was_written_stays_when_the_next_fails(
        self, google: SheetsServer, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(writing, "RESULTS_PER_BATCH", 2)
        sheet = google.add(ID, "Sheet1", PEOPLE)
        connector = make(write_back=ALL)
        rows = await rows_of(connector)
        google.fail("values:batchUpdate", 500, skip=1, times=99)
        with pytest.raises(SourceError, match="trouble of its own"):
            await connector.write_back(results(rows))
        assert sheet.column("contactId") == ["id-c1", "id-c2", ""]

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


class TestMistakes:
    """Each is one clear message; ``config``: it is the configuration that is wrong (exit 2)."""

    async def refuses(self, make: Callable[[], Connector], *, config: bool) -> str:
        error = await check_refuses(make, SourceConfigError if config else SourceError)
        assert isinstance(error, SourceConfigError) == config
        message = str(error)
        assert "\n" not in message
        assert "PRIVATE KEY" not in message
        assert "token-" not in message
        return message

    async def test_a_spreadsheet_that_does_not_exist(self, make: Make) -> None:
        assert ID in await self.refuses(make, config=True)

    async def test_a_spreadsheet_that_is_not_shared_names_the_account_to_share_it_with(
        self, google: SheetsServer, make: Make
    ) -> None:
        google.add(ID, "Sheet1", PEOPLE)
        google.roles[ID] = "none"
        message = await self.refuses(make, config=False)
        assert f"press Share, enter {ACCOUNT} and choose Viewer" in message
        assert "choose Editor" in await self.refuses(lambda: make(write_back=ALL), config=False)

    async def test_a_sheet_that_is_shared_for_reading_only_is_not_written(
        self, google: SheetsServer, make: Make
    ) -> None:
        google.add(ID, "Sheet1", PEOPLE)
        google.roles[ID] = "reader"
        connector = make(write_back=ALL)
        rows = await rows_of(connector)
        with pytest.raises(SourceError, match=f"{ACCOUNT} may not edit .* choose Editor"):
            await connector.write_back(results(rows))

    async def test_a_worksheet_that_does_not_exist_lists_those_that_do(self, google: SheetsServer, make: Make) -> None:
        google.add(ID, "Customers", PEOPLE)
        google.add(ID, "Old ones", PEOPLE)
        message = await self.refuses(lambda: make(worksheet="Sheet1"), config=True)
        assert "'Sheet1'" in message
        assert "'Customers', 'Old ones'" in message

    async def test_a_header_row_that_is_empty(self, google: SheetsServer, make: Make) -> None:
        google.add(ID, "Sheet1", [])
        assert "Row 1 of worksheet 'Sheet1' is empty" in await self.refuses(make, config=False)
        assert "Row 5000" in await self.refuses(lambda: make(header_row=5000), config=False)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (None, "does not exist"),
            ("not json", "is not JSON"),
            ("[]", "is not a service account's key"),
            ("{}", "of type None"),
            ('{"installed": {"client_secret": "s3cret"}}', "an OAuth client's secret"),
            ('{"type": "service_account", "private_key": "s3cret"}', "not complete"),
            ('{"type": "external_account"}', "not complete"),
            ('{"type": "authorized_user"}', "not complete"),
        ],
    )
    async def test_a_credentials_file_that_is_none(
        self, make: Make, tmp_path: Path, content: str | None, said: str
    ) -> None:
        file = tmp_path / "other.json"
        if content is not None:
            file.write_text(content)
        message = await self.refuses(lambda: make(credentials="other.json"), config=True)
        assert said in message
        assert str(file) in message
        assert "s3cret" not in message

    async def test_a_private_key_that_is_none(self, google: SheetsServer, make: Make, tmp_path: Path) -> None:
        google.key_file(tmp_path, private_key="-----BEGIN PRIVATE KEY-----\ns3cret\n-----END PRIVATE KEY-----\n")
        message = await self.refuses(make, config=True)
        assert "not complete" in message
        assert "s3cret" not in message

    async def test_no_credentials_at_all(self, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
        monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
        monkeypatch.setenv("NO_GCE_CHECK", "true")
        message = await self.refuses(lambda: make(credentials=""), config=True)
        assert "set 'credentials' to a service account's key file" in message

    async def test_an_api_that_is_not_enabled_gives_the_address_to_enable_it(
        self, google: SheetsServer, make: Make
    ) -> None:
        refused = Refused(403, "…", "PERMISSION_DENIED", "SERVICE_DISABLED", consumer="projects/123")
        google.fail("GET", 403, refused.payload)
        message = await self.refuses(make, config=False)
        assert (
            "https://console.cloud.google.com/apis/library/sheets.googleapis.com?project=123, press Enable" in message
        )

    async def test_a_token_without_the_right_to_sheets(self, google: SheetsServer, make: Make) -> None:
        refused = Refused(403, "…", "PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT")
        google.fail("GET", 403, refused.payload)
        assert "gcloud auth application-default login --scopes" in await self.refuses(make, config=False)

    async def test_an_excel_file(self, google: SheetsServer, make: Make) -> None:
        refused = Refused(400, "This operation is not supported for this document", "FAILED_PRECONDITION")
        google.fail("GET", 400, refused.payload)
        assert "Save as Google Sheets" in await self.refuses(make, config=True)

    async def test_credentials_that_google_refuses(self, google: SheetsServer, make: Make) -> None:
        payload = {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
        google.fail("POST /token", 400, payload, times=9)
        message = await self.refuses(make, config=False)
        assert f"{ACCOUNT} (invalid_grant: Invalid JWT Signature.)" in message

    async def test_a_token_that_sheets_refuses(self, google: SheetsServer, make: Make) -> None:
        google.fail("GET", 401, Refused(401, "Invalid credentials", "UNAUTHENTICATED").payload, times=99)
        assert "did not accept the token" in await self.refuses(make, config=False)

    async def test_an_answer_that_is_a_web_page(self, google: SheetsServer, make: Make) -> None:
        google.fail("GET", 200, "<html>log in to the proxy</html>", times=99)
        assert "Is there a proxy" in await self.refuses(make, config=False)

    @pytest.mark.parametrize("payload", [[], "[]", {}])
    async def test_an_answer_of_another_shape(self, google: SheetsServer, make: Make, payload: Any) -> None:
        google.add(ID, "Sheet1", PEOPLE)
        connector = make(write_back=ALL)
        told = results(await rows_of(connector))
        google.fail("batchGet", 200, payload, times=99)
        with pytest.raises(SourceError, match="Is there a proxy"):
            await connector.write_back(told)

    async def test_a_person_s_credentials_without_a_project(self, google: SheetsServer, make: Make) -> None:
        said = "The sheets.googleapis.com API requires a quota project, which is not set by default."
        refused = Refused(403, said, "PERMISSION_DENIED", "SERVICE_DISABLED", consumer="projects/764086051850")
        google.fail("GET", 403, refused.payload)
        assert "application-default set-quota-project" in await self.refuses(make, config=False)

    async def test_an_error_that_no_rule_knows_is_passed_on_in_one_line(self, google: SheetsServer, make: Make) -> None:
        google.fail("GET", 418, Refused(418, "teapot\n" * 200, "X").payload)
        message = await self.refuses(make, config=False)
        assert "HTTP 418" in message
        assert len(message) < 400

    async def test_a_redirect_is_not_followed_with_our_token(self, google: SheetsServer, make: Make) -> None:
        with SheetsServer() as elsewhere:
            google.fail("GET", 302, {}, headers={"Location": f"{elsewhere.url}/v4/spreadsheets/{ID}"})
            assert "where credentials do not go" in await self.refuses(make, config=False)
            assert not elsewhere.headers

    async def test_a_netrc_does_not_replace_the_token(
        self, google: SheetsServer, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        google.add(ID, "Sheet1", PEOPLE)
        (tmp_path / "netrc").write_text("default login me password s3cret")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        assert len(await rows_of(make())) == 3

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"spreadsheet": "https://example.com/"}, "neither a spreadsheet's address"),
            ({"spreadsheet": "https://docs.google.com/spreadsheets/d/e/2PACX-1v/pubhtml"}, "published copy"),
            ({"spreadsheet": ID, "header_row": 0}, "header_row"),
            ({"spreadsheet": ID, "write_back": {}}, "name at least one"),
            ({"spreadsheet": ID, "write_back": {"status": "x", "error": "x"}}, "a column each"),
            ({"spreadsheet": ID, "write_back": {"contactID": "x"}}, "contactID"),
            ({"spreadsheet": ID, "sheet": "x"}, "sheet"),
            ({"spreadsheet": ID, "api_url": "http://sheets.example.com"}, "not an https address"),
        ],
    )
    def test_options_that_make_no_sense(self, options: dict[str, Any], said: str) -> None:
        with pytest.raises(ValidationError, match=said):
            GoogleSheetsOptions(**options)

    def test_a_spreadsheet_may_be_given_by_its_address(self) -> None:
        for address in (
            f"https://docs.google.com/spreadsheets/d/{ID}/edit#gid=0",
            f"https://docs.google.com/spreadsheets/u/1/d/{ID}/",
            f" {ID} ",
        ):
            assert GoogleSheetsOptions(spreadsheet=address).spreadsheet == ID


class TestPatience:
    async def test_a_quota_is_waited_for_as_long_as_the_service_asks(
        self, google: SheetsServer, make: Make, clock: Clock
    ) -> None:
        google.add(ID, "Sheet1", PEOPLE)
        google.fail("GET", 429, headers={"Retry-After": "17"})
        assert len(await rows_of(make())) == 3
        assert clock.waits == [17]

    async def test_a_quota_without_a_word_is_waited_for_into_the_next_minute_and_no_longer(
        self, google: SheetsServer, make: Make, clock: Clock
    ) -> None:
        google.fail("GET", 429, times=99)
        error = await check_refuses(make)
        assert "quota of requests per minute" in str(error)
        assert 60 < sum(clock.waits) < 120
        assert len(google.calls) == len(clock.waits) + 1

    async def test_a_wait_that_is_too_long_is_not_begun(self, google: SheetsServer, make: Make, clock: Clock) -> None:
        google.fail("GET", 429, headers={"Retry-After": "3600"}, times=99)
        await check_refuses(make)
        assert clock.waits == []

    @pytest.mark.parametrize("status", [500, 502, 503, 408, 0])
    async def test_trouble_that_passes_is_survived(
        self, google: SheetsServer, make: Make, clock: Clock, status: int
    ) -> None:
        google.add(ID, "Sheet1", PEOPLE)
        google.fail("GET", status, "<html>", times=2)
        assert len(await rows_of(make())) == 3
        assert clock.waits == [1, 2]

    async def test_trouble_that_stays_is_given_up(self, google: SheetsServer, make: Make, clock: Clock) -> None:
        google.fail("GET", 503, times=99)
        assert "HTTP 503" in str(await check_refuses(make))
        assert (len(google.calls), sum(clock.waits)) == (5, 15)

    async def test_a_service_that_does_not_answer_is_given_up(self, google: SheetsServer, make: Make) -> None:
        google.fail("GET", 200, delay=0.5, times=99)
        assert "did not answer within 0.1 seconds" in str(await check_refuses(lambda: make(timeout=0.1)))

    async def test_an_address_where_nobody_is(self, make: Make) -> None:
        error = await check_refuses(lambda: make(api_url="http://127.0.0.1:1"))
        assert str(error) == (
            "http://127.0.0.1:1/v4/spreadsheets could not be reached (Connection refused). "
            "Check the network and the proxy."
        )

    async def test_a_sign_in_where_nobody_is(self, google: SheetsServer, make: Make, tmp_path: Path) -> None:
        google.key_file(tmp_path, token_uri="http://127.0.0.1:1/token")
        assert "Google's sign-in could not be reached (Connection refused)" in str(await check_refuses(make))

    async def test_reading_leaves_the_event_loop_free(self, google: SheetsServer, make: Make) -> None:
        google.add(ID, "Sheet1", PEOPLE)
        google.fail("GET", 500, delay=0.3)
        reading_rows = asyncio.create_task(rows_of(make()))
        ticks = 0
        while not reading_rows.done():
            await asyncio.sleep(0.01)
            ticks += 1
        assert ticks > 10


def test_a_request_that_hangs_does_not_keep_the_process_from_ending(google: SheetsServer, tmp_path: Path) -> None:
    google.key_file(tmp_path)
    google.fail("GET", 200, delay=20)
    script = f"""
import asyncio, pathlib
from connectors.base import Context
from connectors.google_sheets import GoogleSheetsConnector, GoogleSheetsOptions
options = GoogleSheetsOptions(spreadsheet="{ID}", credentials="service-account.json", api_url="{google.url}")
async def main():
    connector = GoogleSheetsConnector(options, Context(pathlib.Path({str(tmp_path)!r})))
    await asyncio.wait([asyncio.ensure_future(connector.columns())], timeout=1)
    await connector.close()
asyncio.run(main())
"""
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[1], timeout=15)
    assert time.monotonic() - started < 10
    assert google.calls


def test_nothing_heavy_is_imported_before_a_sheet_is_opened() -> None:
    script = f"import sys, {google_sheets.__name__}; print({{'gspread', 'google.auth', 'requests'}} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1]
    )
    assert done.stdout.strip() == "set()"


def test_the_configurations_in_the_documentation_are_right() -> None:
    text = (Path(__file__).parents[1] / "docs" / "google-sheets.md").read_text()
    blocks = [yaml.safe_load(block.split("```")[0]) for block in text.split("```yaml\n")[1:]]
    sources = [sync["source"] for block in blocks for sync in block["syncs"].values()]
    first, second = (GoogleSheetsOptions(**{**source, "spreadsheet": ID}) for source in sources)
    assert first.write_back == WriteBack(contactId="contactId")
    assert second.write_back == WriteBack(**ALL)
    assert GoogleSheetsOptions(**sources[1]).spreadsheet == "1AbCdEfGhIjKlMnOpQrStUvWxYz"
    for option in GoogleSheetsOptions.model_fields:
        assert f"| `{option}`" in text or option in ("type", "api_url")
