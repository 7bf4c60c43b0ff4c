"""What a record becomes: columns that reach into it, the filter, the word that it is gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from connectors import base
from connectors.base import IncompleteRead, SourceError
from tests.support.crm_server import CrmServer, Fault, broken, connector, people, rows_of


@pytest.mark.parametrize(
    ("expression", "cell"),
    [
        ("phones[?type=='mobile'].number | [0]", "+16285550001"),
        ("phones[?type=='fax'].number | [0]", None),
        ("emails[].value", ["p1@example.com", "q1@example.com"]),
        ("join(' ', [name.first, name.last])", "First1 Last1"),
        ("archived", False),
        ("nothing.at.all", None),
    ],
)
async def test_columns_reach_into_records(expression: str, cell: base.Cell) -> None:
    async with CrmServer() as server:
        rows = await rows_of(connector(server, columns={"x": expression}))
    assert rows[0].cells == {"x": cell}


async def test_without_columns_a_record_brings_its_own() -> None:
    async with CrmServer() as server:
        source = connector(server, columns={})
        assert await source.columns() is None
        rows = await rows_of(source)
    assert rows[0].cells == {
        "id": 1, "name.first": "First1", "name.last": "Last1", "archived": False, "updated": "2026-01-02T00:00:00Z",
    }  # fmt: skip


async def test_a_column_that_is_an_object_asks_which_part_is_meant() -> None:
    async with CrmServer() as server:
        _, error = await broken(connector(server, columns={"name": "name"}))
    assert "record 1 of the page: column 'name' finds an object with 'first', 'last'" in str(error)


async def test_an_expression_that_cannot_be_applied_stops_the_read() -> None:
    records = people(25)
    records[14]["name"] = None
    async with CrmServer(records=records) as server:
        _, error = await broken(connector(server, columns={"x": "join(' ', [name.last])"}))
    assert isinstance(error, IncompleteRead)
    assert "page 2: record 5 of the page" in str(error)


async def test_a_filter_keeps_what_it_finds_true() -> None:
    async with CrmServer() as server:
        source = connector(server, filter="id <= `3`")
        assert [row.cells["id"] for row in await rows_of(source)] == [1, 2, 3]
    assert source.summary().details["records"] == 25


@pytest.mark.parametrize(
    ("value", "deleted"),
    [(True, True), (1, True), ("true", True), ("2026-01-01", True), (False, False), (0, False), ("0", False),
     ("false", False), ("", False), (None, False)],
)  # fmt: skip
async def test_a_record_can_say_that_it_is_gone(value: Any, deleted: bool) -> None:
    async with CrmServer(records=[{"id": 1, "name": {}, "archived": value}]) as server:
        rows = await rows_of(connector(server, deleted="archived"))
    assert rows[0].deleted is deleted


async def test_the_columns_are_known_once_the_crm_lets_us_in() -> None:
    async with CrmServer() as server:
        source = connector(server)
        columns: Sequence[str] | None = await source.columns()
        assert columns == ["id", "last"]
        assert len(await rows_of(source)) == 25
        assert len(server.seen) == 4  # the first page is not asked for twice
    async with CrmServer(faults={1: Fault(status=403)}) as server:
        source = connector(server)
        with pytest.raises(SourceError, match="403 Forbidden: out of order"):
            await source.columns()
        await source.close()


async def test_requests_are_paced() -> None:
    import time

    async with CrmServer() as server:
        started = time.monotonic()
        await rows_of(connector(server, requests_per_second=10))
        assert time.monotonic() - started >= 0.29
