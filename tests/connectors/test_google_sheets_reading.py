"""Reading a Google sheet from a local Google: which cells, by how few requests, and what a large sheet takes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from connectors.base import Connector, IncompleteRead, WritesBack, load
from connectors.contract import check_connector, check_refuses
from connectors.google_sheets import GoogleSheetsConnector
from connectors.google_sheets.portions import Portions
from tests.support.google_sheet_bench import ALL, ID, PEOPLE, Clock, Make, maker, people, rows_of
from tests.support.sheets_grid import Date, Sheet
from tests.support.sheets_server import READ, WRITE, SheetsServer


@pytest.fixture
def make(google: SheetsServer, tmp_path: Path) -> Make:
    return maker(google, tmp_path, Clock())


async def collect(connector: Connector, numbers: list[int | None]) -> None:
    """Adds the number of each row to ``numbers``, up to the error that ends the read."""
    async for row in connector.read(None):
        numbers.append(row.number)


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
    @pytest.fixture
    def make(self, make: Make) -> Make:
        """Connectors that read 100 rows at once."""
        return partial(make, Portions(cells=26 * 100))

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
