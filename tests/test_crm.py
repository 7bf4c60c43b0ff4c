"""A ``crm`` source over real HTTP: every way of paging, what a row is, and all of it or an error."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from crm_server import CrmServer, Fault, people

from connectors import base
from connectors.base import Connector, Context, IncompleteRead, ReadSummary, Row, SourceError
from connectors.crm import CrmConnector, CrmOptions
from connectors.crm.transport import Timing

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PAGINGS: dict[str, Any] = {
    "page": {"type": "page", "size_param": "limit", "size": 10},
    "offset": {"type": "offset"},
    "cursor": {"type": "cursor", "param": "cursor", "cursor": "meta.cursor"},
    "next": {"type": "next", "next": "links.next"},
    "link": "link",
    "all": "none",
}
TURNED = [way for way in PAGINGS if way != "all"]


def connector(server: CrmServer, way: str = "page", slept: list[float] | None = None, **changes: Any) -> CrmConnector:
    """A connector that reads ``way`` of the server, and never really sleeps."""
    configuration: dict[str, Any] = {
        "url": f"{server.url}/{way}",
        "paging": PAGINGS[way],
        "records": "data",
        "columns": {"id": "id", "last": "name.last"},
        "requests_per_second": 10_000,
    }

    async def sleep(seconds: float) -> None:
        if slept is not None:
            slept.append(seconds)

    timing = Timing(now=lambda: NOW, sleep=sleep, chance=lambda: 1.0)
    return CrmConnector(CrmOptions.model_validate({**configuration, **changes}), Context(Path()), timing=timing)


async def rows_of(source: Connector, bookmark: str | None = None) -> list[Row]:
    """Everything that a source reads; closes it."""
    try:
        return [row async for row in source.read(bookmark)]
    finally:
        await source.close()


async def broken(source: Connector) -> tuple[list[Row], SourceError]:
    """What was read before the error that ended the read, and the error."""
    rows: list[Row] = []
    try:
        async for row in source.read(None):
            rows.append(row)
    except SourceError as error:
        return rows, error
    finally:
        await source.close()
    pytest.fail("the read ended as if it were complete")


@pytest.mark.parametrize("way", PAGINGS)
async def test_every_way_of_paging_reads_every_record(way: str) -> None:
    async with CrmServer() as server:
        source: Connector = connector(server, way)
        rows = await rows_of(source)
    assert [row.cells["id"] for row in rows] == list(range(1, 26))
    assert rows[0] == Row(number=None, cells={"id": 1, "last": "Last1"})
    pages = {"all": 1, "page": 4, "offset": 4}.get(way, 3)  # counted pages end with an empty one
    assert source.summary() == ReadSummary(full=True, bookmark=None, details={"pages": pages, "records": 25})


@pytest.mark.parametrize("way", PAGINGS)
async def test_an_empty_source_is_read_in_full(way: str) -> None:
    async with CrmServer(records=[]) as server:
        source = connector(server, way)
        assert await rows_of(source) == []
    assert source.summary().details["records"] == 0


@pytest.mark.parametrize("way", TURNED)
async def test_a_page_that_fails_after_its_retries_makes_the_read_incomplete(way: str) -> None:
    async with CrmServer(faults={2: Fault(status=503)}) as server:
        rows, error = await broken(connector(server, way))
    assert isinstance(error, IncompleteRead)
    assert len(rows) == 10
    assert "page 2" in str(error)
    assert "503 Service Unavailable: out of order" in str(error)
    assert "10 records on 1 pages were read" in str(error)


@pytest.mark.parametrize("way", PAGINGS)
async def test_a_first_page_that_fails_is_a_source_that_cannot_be_read(way: str) -> None:
    async with CrmServer(faults={1: Fault(status=500)}) as server:
        rows, error = await broken(connector(server, way))
    assert rows == []
    assert not isinstance(error, IncompleteRead)


@pytest.mark.parametrize("fault", [Fault(times=2), Fault(drop=True, times=1), Fault(status=429, times=4)])
async def test_a_failure_that_passes_is_outlived(fault: Fault) -> None:
    async with CrmServer(faults={2: fault}) as server:
        assert len(await rows_of(connector(server, "cursor"))) == 25


async def test_retries_wait_longer_each_time_and_are_bounded() -> None:
    slept: list[float] = []
    async with CrmServer(faults={1: Fault(status=502)}) as server:
        await broken(connector(server, slept=slept))
        assert len(server.seen) == 5
    assert slept == [1, 2, 4, 8]


@pytest.mark.parametrize(("retry_after", "waited"), [("7", 7), ("Tue, 24 Nov 2026 12:00:30 GMT", 30), ("soon", 1)])
async def test_retry_after_is_honoured(retry_after: str, waited: float) -> None:
    slept: list[float] = []
    fault = Fault(status=429, headers={"Retry-After": retry_after}, times=1)
    async with CrmServer(faults={2: fault}) as server:
        assert len(await rows_of(connector(server, slept=slept))) == 25
    assert slept == [waited]


async def test_a_wait_that_is_too_long_ends_the_read() -> None:
    async with CrmServer(faults={2: Fault(status=429, headers={"Retry-After": "86400"})}) as server:
        _, error = await broken(connector(server))
        assert len(server.seen) == 2
    assert "asks to wait 86400 seconds" in str(error)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(status=200, body="<html><title>Maintenance</title></html>"), "not JSON"),
        (Fault(status=200, body='{"data": NaN}'), "not JSON"),
        (Fault(status=200, body='{"error": "quota"}'), "finds nothing instead of a list; the answer has 'error'"),
        (Fault(status=200, body='{"data": {"id": 1}}'), "finds an object instead of a list"),
        (Fault(status=404), "404 Not Found"),
        (Fault(status=204, body=""), "204 No Content"),
        (Fault(status=302, headers={"Location": "/elsewhere"}), "redirects to"),
        (Fault(drop=True), "connection failed"),
    ],
)
@pytest.mark.parametrize("page", [1, 2])
async def test_a_page_that_is_not_what_it_should_be_is_never_taken_for_the_end(
    fault: Fault, said: str, page: int
) -> None:
    async with CrmServer(faults={page: fault}) as server:
        rows, error = await broken(connector(server, retries=0))
    assert said in str(error)
    assert isinstance(error, IncompleteRead) == (page == 2)
    assert len(rows) == 10 * (page - 1)


async def test_a_page_that_never_comes_is_given_up() -> None:
    async with CrmServer(faults={2: Fault(hang=True)}) as server:
        _, error = await broken(connector(server, retries=1, timeout=0.2))
    assert "no complete answer within 0.2 seconds (2 attempts)" in str(error)


async def test_a_cursor_that_repeats_is_noticed() -> None:
    def same_cursor(page: int, body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "meta": {"cursor": "c10"}, "data": people(100)[page : page + 10]}

    async with CrmServer(rewrite=same_cursor) as server:
        _, error = await broken(connector(server, "cursor"))
    assert isinstance(error, IncompleteRead)
    assert "leads back to a page that was already read" in str(error)


async def test_an_api_that_ignores_the_page_number_is_noticed() -> None:
    async with CrmServer() as server:
        rows, error = await broken(connector(server, paging={"type": "page", "param": "pageNumber"}))
    assert "same records as an earlier one" in str(error)
    assert len(rows) == 10


async def test_the_limit_of_pages_is_not_the_end() -> None:
    async with CrmServer() as server:
        _, error = await broken(connector(server, "next", max_pages=2))
    assert isinstance(error, IncompleteRead)
    assert "limit of 2 pages is reached" in str(error)
    assert "20 records on 2 pages" in str(error)


@pytest.mark.parametrize("way", PAGINGS)
@pytest.mark.parametrize("total", [{"total": "meta.total"}, {"total_header": "X-Total-Count"}])
async def test_a_total_that_was_read_is_complete(way: str, total: dict[str, Any]) -> None:
    async with CrmServer() as server:
        assert len(await rows_of(connector(server, way, **total))) == 25


@pytest.mark.parametrize("way", TURNED)
async def test_a_total_that_was_not_read_is_incomplete(way: str) -> None:
    def claims_more(page: int, body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "meta": {**body["meta"], "total": 26}}

    async with CrmServer(rewrite=claims_more) as server:
        _, error = await broken(connector(server, way, total="meta.total"))
    assert isinstance(error, IncompleteRead)
    assert "says that it has 26 records, but 25 were read" in str(error)


async def test_records_that_slip_between_counted_pages_are_noticed_by_the_total() -> None:
    async with CrmServer() as server:
        source = connector(server, "offset", total="meta.total")
        read = source.read(None)
        await anext(read)
        del server.records[0]  # record 11 moves to the page that was already read
        with pytest.raises(IncompleteRead, match="total changed from 25 to 24"):
            [row async for row in read]
        await source.close()


async def test_a_total_that_is_no_number_is_not_ignored() -> None:
    async with CrmServer() as server:
        _, error = await broken(connector(server, total="meta.sum"))
    assert "the total is None, not a number" in str(error)


@pytest.mark.parametrize(
    ("way", "more", "said"),
    [
        ("cursor", True, "the next page is missing"),
        ("next", True, "the next page is missing"),
        ("page", True, "there is more, but the page is empty"),
        ("cursor", None, "does not say whether there is more"),
    ],
)
async def test_a_promise_of_more_must_be_kept(way: str, more: bool | None, said: str) -> None:
    def promises(page: int, body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "meta": {**body["meta"], "more": more}}

    async with CrmServer(rewrite=promises) as server:
        rows, error = await broken(connector(server, way, paging={**PAGINGS[way], "more": "meta.more"}))
    assert said in str(error)
    assert isinstance(error, IncompleteRead)
    assert rows


async def test_more_tells_the_end_without_an_empty_page() -> None:
    async with CrmServer() as server:
        source = connector(server, "page", paging={"type": "page", "more": "meta.more"})
        assert len(await rows_of(source)) == 25
    assert source.summary().details == {"pages": 3, "records": 25}


async def test_a_server_that_gives_smaller_pages_than_asked_is_still_read_to_the_end() -> None:
    """The 800 of Quo's own integrator: an API that caps its pages must not look as if it had ended."""
    async with CrmServer(records=people(95), size=10) as server:
        for way in ("page", "offset"):
            paging = {"type": way, "size_param": "limit", "size": 100}
            assert len(await rows_of(connector(server, way, paging=paging))) == 95


async def test_short_pages_end_a_read_where_a_total_vouches_for_it() -> None:
    async with CrmServer() as server:
        paging = {"type": "page", "size_param": "limit", "size": 10, "end": "short"}
        source = connector(server, paging=paging, total="meta.total")
        assert len(await rows_of(source)) == 25
        assert source.summary().details["pages"] == 3
        _, error = await broken(connector(server, paging={**paging, "size": 100}, total="meta.total"))
    assert isinstance(error, IncompleteRead)


@pytest.mark.parametrize(
    "hint",
    [
        {"next": "/all?page=2"},
        {"paging": {"next": {"after": "10"}}},
        {"has_more": True},
        {"meta": {"next_cursor": "abc"}},
        {"meta": {"totalCount": 4000}},
        {"@odata.nextLink": "https://example.com"},
    ],
)
async def test_a_single_page_that_speaks_of_more_is_not_everything(hint: dict[str, Any]) -> None:
    async with CrmServer(rewrite=lambda page, body: {"data": body["data"], **hint}) as server:
        rows, error = await broken(connector(server, "all"))
        assert len(await rows_of(connector(server, "all", paging={"type": "none", "sure": True}))) == 25
    assert isinstance(error, IncompleteRead)
    assert "seems to be more" in str(error)
    assert len(rows) == 25


async def test_a_link_header_speaks_of_more_than_a_single_page() -> None:
    async with CrmServer() as server:
        _, error = await broken(connector(server, "link", paging="none"))
    assert "Link header" in str(error)


async def test_a_status_can_mean_that_there_is_nothing() -> None:
    async with CrmServer(faults={1: Fault(status=204, body="")}) as server:
        source = connector(server, empty_status=[204])
        assert await rows_of(source) == []
        assert source.summary().full
    async with CrmServer(faults={4: Fault(status=404)}) as server:
        assert len(await rows_of(connector(server, empty_status=[404]))) == 25
    async with CrmServer(faults={1: Fault(status=404)}) as server:  # a wrong address is not an empty source
        await broken(connector(server, empty_status=[404]))
    async with CrmServer(faults={2: Fault(status=204, body="")}) as server:  # nor is a page that was promised
        _, error = await broken(connector(server, "cursor", empty_status=[204]))
    assert isinstance(error, IncompleteRead)


async def test_a_post_sends_its_body_and_pages_in_it() -> None:
    async with CrmServer() as server:
        paging = {"type": "cursor", "param": "cursor", "cursor": "meta.cursor", "size_param": "page.size", "size": 10}
        source = connector(
            server, "cursor", method="POST", body={"sort": ["id"]}, paging={**paging, "send": "body"}, params={"v": 2}
        )
        assert len(await rows_of(source)) == 25
        assert server.bodies[0] == {"sort": ["id"], "page": {"size": 10}}
        assert server.bodies[1] == {"sort": ["id"], "page": {"size": 10}, "cursor": "c10"}
        assert all(request.query_string == "v=2" for request in server.seen)


async def test_parameters_and_headers_are_sent() -> None:
    async with CrmServer() as server:
        changes: dict[str, Any] = {
            "params": {"active": True, "none": None, "q": "a&b ü"},
            "headers": {"X-Version": "7"},
        }
        await rows_of(connector(server, url=f"{server.url}/page?view=all", **changes))
        first = server.seen[0]
        assert dict(first.query) == {"view": "all", "active": "true", "q": "a&b ü", "page": "1", "limit": "10"}
        assert first.headers["X-Version"] == "7"
        assert first.headers["User-Agent"] == "openphone-sync"


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
