"""A ``crm`` source over real HTTP: every way of paging, retries, and failures that are never taken for the end."""

from __future__ import annotations

import pytest

from connectors.base import Connector, IncompleteRead, ReadSummary, Row
from tests.support.crm_server import PAGINGS, TURNED, CrmServer, Fault, broken, connector, rows_of


@pytest.mark.parametrize("way", PAGINGS)
async def test_every_way_of_paging_reads_every_record(way: str) -> None:
    async with CrmServer() as server:
        source: Connector = connector(server, way)
        rows = await rows_of(source)
    assert [row.cells["id"] for row in rows] == list(range(1, 26))
    assert rows[0] == Row(number=None, cells={"id": 1, "last": "Last1"})
    pages = {"all": 1, "page": 4, "offset": 4}.get(way, 3)  # counted pages end with an empty one
    details = {"pages": pages, "records": 25}
    assert source.summary() == ReadSummary(True, None, one_moment=pages == 1, details=details)


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
    assert "10 records on 1 page were read" in str(error)


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
