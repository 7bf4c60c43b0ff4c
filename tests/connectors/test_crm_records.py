"""What a record becomes: columns that reach into it, the filter, the word that it is gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from aiohttp import web

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


ODD: list[tuple[str, Any, str]] = [
    ("join(' ', [name.last])", {"name": None}, "cannot be applied"),
    ("name.last", {"name": {"last": {"value": "Doe", "lang": "en"}}}, "finds an object with 'value', 'lang'"),
    ("name.last", {"name": {"last": {"error": "#ERROR!"}}}, "finds an object with 'error'"),
    ("emails[].value", {"emails": [{"value": {"x": 1}}]}, "finds an object"),
]


@pytest.mark.parametrize(("expression", "change", "reason"), ODD)
@pytest.mark.parametrize("at", [0, 14, 24])
async def test_one_odd_cell_is_one_row(expression: str, change: dict[str, Any], reason: str, at: int) -> None:
    records = people(25)
    records[at] |= change
    async with CrmServer(records=records) as server:
        source = connector(server, columns={"id": "id", "x": expression})
        await source.columns()
        rows = await rows_of(source)
    odd = [row for row in rows if isinstance(row.cells["x"], base.Unreadable)]
    assert [row.cells["id"] for row in odd] == [at + 1]
    assert reason in str(odd[0].cells["x"])
    assert len(rows) == 25


async def test_an_expression_that_fits_no_record_is_a_mistake() -> None:
    async with CrmServer() as server:
        source = connector(server, columns={"x": "join(' ', [fullname])"})
        with pytest.raises(SourceError, match="record 1 of the page: column 'x'"):
            await source.columns()
        _, error = await broken(source)
    assert isinstance(error, IncompleteRead)


async def test_an_odd_cell_among_columns_that_records_bring() -> None:
    records: list[Any] = [{"id": n, "phone": f"+1415555000{n}", "Sum": 5} for n in range(4)]
    records[1]["phone"] = {"error": "#ERROR!"}
    records[2]["phone"] = {"value": "+1", "type": "mobile"}
    records[3]["Sum"] = {"specialValue": "NaN"}
    async with CrmServer(records=records) as server:
        rows = await rows_of(connector(server, columns={}))
    assert [str(row.cells["phone"]) for row in rows] == [
        "+14155550000",
        "holds #ERROR! in place of a value",
        "holds an object with 'value', 'type', where others hold a value",
        "+14155550003",
    ]
    assert str(rows[3].cells["Sum"]) == "holds NaN in place of a value"


@pytest.mark.parametrize("setting", ["filter", "deleted"])
async def test_a_record_that_cannot_be_judged_is_a_row_with_a_problem(setting: str) -> None:
    records: list[Any] = [{"id": n, "name": {}, "tags": ["vip"]} for n in range(4)]
    records[2]["tags"] = None
    async with CrmServer(records=records) as server:
        rows = await rows_of(connector(server, **dict[str, Any]({setting: "contains(tags, 'vip')"})))
    assert len(rows) == 4
    assert [row.problem is None for row in rows] == [True, True, False, True]
    assert f"'{setting}' cannot be told for this record" in str(rows[2].problem)
    assert not rows[2].deleted


async def test_records_may_stand_under_their_keys() -> None:
    async def keyed(request: web.Request) -> web.Response:
        return web.json_response({"data": {str(each["id"]): each for each in people(3)}, "total": 3})

    async with CrmServer(extra={"/by/key": keyed}) as server:
        place: dict[str, Any] = {"url": f"{server.url}/by/key", "paging": "none"}
        _, error = await broken(connector(server, **place))
        assert "say 'record_key: id'" in str(error)
        rows = await rows_of(connector(server, **place, record_key="key", columns={"key": "key", "n": "id"}))
    assert [dict(row.cells) for row in rows] == [{"key": str(n), "n": n} for n in (1, 2, 3)]


async def test_what_a_crm_says_for_empty_is_empty() -> None:
    records = [{"id": 1, "name": {"last": False}}, {"id": 2, "name": {"last": "n/a"}}, {"id": 3, "name": {"last": 0}}]
    async with CrmServer(records=records) as server:
        rows = await rows_of(connector(server, empty_values=[False, "n/a"]))
    assert [row.cells["last"] for row in rows] == [None, None, 0]


async def test_columns_that_no_record_has_are_told_apart_from_those_that_are_empty() -> None:
    columns = {
        "id": "id", "typo": "name.frist", "empty": "note", "deep": "address.city", "first": "phonez[0].number",
        "either": "nickname || name.first", "meant": "nickname || `null`",
    }  # fmt: skip
    records = [{**each, "note": None, "address": None} for each in people(25)]
    async with CrmServer(records=records) as server:
        source = connector(server, columns=columns)
        await rows_of(source)
        assert sorted(source.absent()) == ["first", "typo"]
        server.records = records[:3]
        source = connector(server, columns=columns)
        await rows_of(source)
        assert source.absent() == {}  # too few to tell


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
