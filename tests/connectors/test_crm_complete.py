"""All of a CRM or an error: promises, totals, cursors and limits that must not pass for the end of the records."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.base import IncompleteRead
from tests.support.crm_server import PAGINGS, TURNED, CrmServer, Fault, broken, connector, people, rows_of


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


async def test_an_anchor_vouches_for_offsets_where_there_is_no_total() -> None:
    async with CrmServer() as server:
        source = connector(server, "offset", paging={"type": "offset", "anchor": "id"})
        assert [row.cells["id"] for row in await rows_of(source)] == list(range(1, 26))
        assert [request.query["offset"] for request in server.seen] == ["0", "9", "18", "24"]
        assert source.summary().details == {"pages": 4, "records": 25}


@pytest.mark.parametrize("gone", [0, 9, slice(0, 25)])
async def test_records_that_slip_between_offsets_are_noticed_by_the_anchor(gone: Any) -> None:
    async with CrmServer() as server:
        source = connector(server, "offset", paging={"type": "offset", "anchor": "id"})
        read = source.read(None)
        await anext(read)
        del server.records[gone]
        with pytest.raises(IncompleteRead, match="page 2: it does not begin with the record that the page before"):
            [row async for row in read]
        await source.close()


async def test_an_anchor_must_be_in_every_record() -> None:
    async with CrmServer() as server:
        _, error = await broken(connector(server, "offset", paging={"type": "offset", "anchor": "uuid"}))
    assert "nothing that identifies it (uuid)" in str(error)


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


@pytest.mark.parametrize("end", [None, "", False])
async def test_a_cursor_ends_in_several_ways(end: Any) -> None:
    def last(page: int, body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "meta": {"cursor": body["meta"]["cursor"] or end}}

    async with CrmServer(rewrite=last) as server:
        assert len(await rows_of(connector(server, "cursor"))) == 25


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


async def test_a_cursor_that_is_looked_for_in_the_wrong_place_is_not_the_end() -> None:
    async with CrmServer() as server:
        paging = {"type": "cursor", "param": "cursor", "cursor": "meta.curser"}
        _, error = await broken(connector(server, "cursor", paging=paging))
        assert "'total' is 25, but 10 came" in str(error)
        server.rewrite = lambda page, body: {name: value for name, value in body.items() if name != "meta"}
        _, error = await broken(connector(server, "next", paging={"type": "next", "next": "links.nxt"}))
        assert "'next' is set" in str(error)
        _, error = await broken(connector(server, "next", paging="link"))
        assert "'next' is set" in str(error)
    assert isinstance(error, IncompleteRead)


@pytest.mark.parametrize("way", TURNED)
async def test_an_api_that_stops_early_is_found_out_by_the_total_that_nobody_asked_for(way: str) -> None:
    """As Quo's own integrator lost everything after record 800."""

    def stops(page: int, body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "meta": {**body["meta"], "total": 1250}}

    async with CrmServer(rewrite=stops) as server:
        _, error = await broken(connector(server, way))
        sure = connector(server, way, paging={**as_mapping(PAGINGS[way]), "sure": True})
        assert len(await rows_of(sure)) == 25
    assert isinstance(error, IncompleteRead)
    assert "'total' is 1250, but 25 came" in str(error)


def as_mapping(paging: Any) -> dict[str, Any]:
    """The long form of a paging that may be a word."""
    return {"type": paging} if isinstance(paging, str) else dict(paging)


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
