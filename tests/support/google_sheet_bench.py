"""A connector for a spreadsheet of the local Google, sheets to put there, and results to write beside their rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from connectors.base import Connector, Context, Row, RowResult
from connectors.google_sheets import GoogleSheetsConnector, GoogleSheetsOptions
from connectors.google_sheets.portions import Portions
from connectors.patience import Timing
from tests.support.sheets_grid import Date
from tests.support.sheets_server import SheetsServer

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


def maker(google: SheetsServer, folder: Path, clock: Clock) -> Make:
    """Makes connectors for the spreadsheet, with a key file in the folder and without real waits."""
    key_file = google.key_file(folder)

    def make(portions: Portions | None = None, **options: Any) -> GoogleSheetsConnector:
        given = {"spreadsheet": ID, "credentials": key_file.name, "api_url": google.url} | options
        timing = Timing(sleep=clock.sleep, monotonic=clock)
        return GoogleSheetsConnector(GoogleSheetsOptions(**given), Context(folder), timing=timing, portions=portions)

    return make


async def rows_of(connector: Connector) -> list[Row]:
    return [row async for row in connector.read(None)]


def results(rows: list[Row], key: str = "id", *, error: str = "") -> list[RowResult]:
    """A result for each row: a contact id made from the key, in place unless there is an error."""
    status = "rejected" if error else "synced"
    return [
        RowResult(row.number, {key: row.cells[key]}, None if error else f"id-{row.cells[key]}", status, error)
        for row in rows
    ]


def people(number: int) -> list[list[Any]]:
    """A sheet with typed cells: text, numbers, booleans, dates."""
    body = [
        [f"c{n}", f"Name {n}", 15550000000 + n, n % 2 == 0, Date(45000 + n, f"2023-03-{n % 28 + 1:02}")]
        for n in range(1, number + 1)
    ]
    return [["id", "name", "phone", "lead", "since"], *body]
