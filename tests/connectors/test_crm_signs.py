"""Signs that a read is not whole, wherever an API says them: headers, words, totals that move, pages that are full."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from connectors.base import IncompleteRead
from tests.support.crm_server import PAGINGS, CrmServer, Fault, broken, connector, people, rows_of

Body = dict[str, Any]


def one_page(body: Any, headers: dict[str, str] | None = None, status: int = 200) -> CrmServer:
    """A server that always answers just this, under /one/page."""

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(body, headers=headers, status=status)

    return CrmServer(extra={"/one/page": answer})


def single(server: CrmServer, **changes: Any) -> Any:
    """A source of everything at once, at /one/page."""
    return connector(server, "all", **{"url": f"{server.url}/one/page", **changes})


@pytest.mark.parametrize(
    "header",
    [
        {"Next-Page": "/one/page?page=2"},
        {"X-Next-Page": "2"},
        {"X-Next-Cursor": "abc"},
        {"x-ms-continuation": "abc"},
        {"X-Has-More": "true"},
        {"X-Total-Count": "65"},
        {"X-Total": "65"},
        {"X-Total-Contacts": "65"},
        {"X-WP-TotalPages": "7"},
        {"Total-Count": "65"},
        {"Pagination-Count": "65"},
        {"X-Page-Count": "7"},
        {"X-Pagination": '{"TotalCount": 65, "PageSize": 10}'},
        {"X-Pagination": '{"currentPage": 1, "totalPages": 7}'},
        {"X-Truncated": "1"},
        {"Content-Range": "items 0-9/65"},
        {"Link": '</one/page?page=2>; rel="next"'},
        {"Link": '</one/page?page=2>; rel="last next"'},
    ],
)
async def test_a_header_that_speaks_of_more_is_heard(header: dict[str, str]) -> None:
    async with one_page({"data": people(10)}, header) as server:
        rows, error = await broken(single(server))
        assert len(await rows_of(single(server, paging={"type": "none", "sure": True}))) == 10
    assert isinstance(error, IncompleteRead)
    assert "seems to be more than was read" in str(error)
    assert "'paging'" in str(error)
    assert len(rows) == 10


@pytest.mark.parametrize(
    "words",
    [
        {"truncated": True},
        {"isTruncated": True},
        {"result": {"wasTruncated": "true"}},
        {"has_more": True},
        {"hasMore": 1},
        {"more": True},
        {"moreResultsAvailable": True},
        {"next": {"page": 2}},
        {"nextPage": 2},
        {"next-page-token": "abc"},
        {"nextLink": "https://crm.example.com/next"},
        {"_links": {"next": {"href": "/one/page?page=2"}}},
        {"links": [{"rel": "self", "href": "/"}, {"rel": "next", "href": "/2"}]},
        {"continuationToken": "abc"},
        {"metadata": {"continue": "abc"}},
        {"cursor": "abc"},
        {"exceededTransferLimit": True},
        {"incomplete_results": True},
        {"partial": True},
        {"last": False},
        {"isLastPage": False},
        {"done": False},
        {"endOfRecords": False},
        {"total_pages": 7},
        {"pagination": {"current_page": 1, "last_page": 7}},
        {"meta": {"pageCount": 7}},
        {"count": 65},
        {"total": "65"},
        {"found": 65},
        {"totalHits": 65},
        {"recordCount": 65},
        {"total": {"value": 65, "relation": "eq"}},
        {"metadata": {"remainingItemCount": 55}},
    ],
)
async def test_a_word_that_speaks_of_more_is_heard(words: Body) -> None:
    async with one_page({**words, "data": people(10)}) as server:
        rows, error = await broken(single(server))
    assert isinstance(error, IncompleteRead), words
    assert "seems to be more than was read" in str(error)
    assert len(rows) == 10


async def test_words_deep_within_graphql_are_heard() -> None:
    page = {"hasNextPage": True, "endCursor": "abc"}
    body = {"data": {"allPeople": {"edges": [{"node": each} for each in people(10)], "pageInfo": page}}}
    async with one_page(body) as server:
        _, error = await broken(single(server, records="data.allPeople.edges[].node"))
        assert "'hasNextPage' is set" in str(error)
        page["hasNextPage"] = False
        assert len(await rows_of(single(server, records="data.allPeople.edges[].node"))) == 10


@pytest.mark.parametrize(
    ("words", "headers"),
    [
        ({"next": None, "has_more": False, "truncated": False, "total": 10, "total_pages": 1}, {}),
        ({"isLast": True, "last": True, "done": True}, {}),
        ({"count": 10, "limit": 100, "offset": 0}, {}),
        ({"total": 10, "next_steps": "call them", "nextSyncToken": "abc", "more_info": "https://docs.example.com"}, {}),
        ({"recordsTotal": 800, "recordsFiltered": 10}, {}),
        ({"facets": {"status": {"count": 300, "last": False}}, "stats": {"calls": {"total": 9000}}}, {}),
        ({"links": {"next": None, "last": "/one/page?page=1"}}, {}),
        ({"page": 1, "pages": 1, "per_page": 50}, {}),
        ({}, {"X-RateLimit-Limit": "500", "X-RateLimit-Remaining": "499", "X-Total-Time": "65", "X-Request-Id": "7"}),
        ({}, {"Content-Range": "items 0-9/10"}),
        ({}, {"Link": '</one/page>; rel="last"', "X-Total-Count": "10", "X-Next-Page": ""}),
    ],
)
async def test_words_that_speak_of_the_end_or_of_something_else_stop_nothing(
    words: Body, headers: dict[str, str]
) -> None:
    async with one_page({**words, "data": people(10)}, headers) as server:
        assert len(await rows_of(single(server))) == 10


async def test_words_within_records_are_not_the_lists() -> None:
    records = [{"id": n, "name": {}, "next": "/x", "has_more": True, "total": 900, "next_page": 2} for n in range(3)]
    async with one_page({"data": records}) as server:
        assert len(await rows_of(single(server))) == 3
    keyed = {"data": {str(n): record for n, record in enumerate(records)}}
    async with one_page(keyed) as server:
        assert len(await rows_of(single(server, record_key="key", columns={"id": "key"}))) == 3


# --- totals that move ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["page", "offset", "cursor", "next", "link"])
@pytest.mark.parametrize("drift", [-1, 1])
async def test_a_total_that_moves_is_an_incomplete_read_however_pages_follow(way: str, drift: int) -> None:
    def moves(page: int, body: Body) -> Body:
        return {**body, "meta": {**body["meta"], "total": 25 + (drift if page > 1 else 0)}}

    async with CrmServer(rewrite=moves) as server:
        _, error = await broken(connector(server, way, total="meta.total"))
    assert isinstance(error, IncompleteRead)
    assert f"total changed from 25 to {25 + drift}" in str(error)


async def test_a_record_that_goes_between_links_over_counted_pages_is_noticed_by_a_total_that_nobody_asked_for() -> (
    None
):
    """The record at the seam slips to the page that was already read: read on, its contact would be deleted."""
    for way in ("next", "link", "page", "offset"):
        async with CrmServer() as server:
            source = connector(server, way)
            read = source.read(None)
            await anext(read)
            del server.records[0]
            with pytest.raises(IncompleteRead, match="total changed from 25 to 24"):
                [row async for row in read]
            await source.close()


@pytest.mark.parametrize(
    "told",
    [
        lambda page, records: {"total": len(records)},
        lambda page, records: {"total": 25 - 10 * (page - 1)},
        lambda page, records: {"count": len(records)},
    ],
)
async def test_a_total_that_is_of_the_page_or_of_what_is_left_is_none(told: Callable[[int, Any], Body]) -> None:
    def rewrite(page: int, body: Body) -> Body:
        return {**body, "meta": told(page, body["data"])}

    async with CrmServer(rewrite=rewrite) as server:
        assert len(await rows_of(connector(server, "next"))) == 25


# --- pages that are as long as they can be ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        {"params": {"limit": 10}},
        {"params": {"per_page": "10"}},
        {"params": {"page[size]": 10}},
        {"params": {"$top": 10}},
        {"url": "{url}/one/page?pageSize=10"},
        {"method": "POST", "body": {"paging": {"limit": 10}}},
        {"method": "POST", "body": {"query": "{ people(first: 10) { id } }"}},
        {"paging": {"type": "cursor", "param": "after", "cursor": "paging.after", "size_param": "limit", "size": 10}},
        {"paging": {"type": "next", "next": "paging.next", "size_param": "limit", "size": 10}},
        {"paging": {"type": "link", "size_param": "limit", "size": 10}},
    ],
)
async def test_a_last_page_that_is_just_as_long_as_was_asked_for_is_suspicious(asked: Body) -> None:
    async with one_page({"data": people(10)}) as server:
        asked = json.loads(json.dumps(asked).replace("{url}", server.url))
        rows, error = await broken(single(server, **asked))
        assert isinstance(error, IncompleteRead)
        assert "exactly the 10 records that were asked for, and nothing in it says that there are no more" in str(error)
        assert "sure: true" in str(error)
        assert len(rows) == 10
    async with one_page({"data": people(9)}) as server:
        asked = json.loads(json.dumps(asked).replace("{url}", server.url))
        if "url" not in asked:
            assert len(await rows_of(single(server, **asked))) == 9


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"paging": {"after": None}}, {}),
        ({"paging": {"after": ""}}, {}),
        ({"total": 10}, {}),
        ({"has_more": False}, {}),
        ({"links": {"prev": None, "next": None}}, {}),
        ({}, {"X-Total-Count": "10"}),
        ({}, {"Link": '</one/page>; rel="first"'}),
    ],
)
async def test_a_full_last_page_that_says_that_it_is_the_last_is_believed(body: Body, headers: dict[str, str]) -> None:
    paging = {"type": "cursor", "param": "after", "cursor": "paging.after", "size_param": "limit", "size": 10}
    async with one_page({**body, "data": people(10)}, headers) as server:
        assert len(await rows_of(single(server, paging=paging))) == 10
        if "paging" not in body:
            assert len(await rows_of(single(server, params={"limit": 10}))) == 10


async def test_a_cursor_that_is_left_out_on_a_full_last_page_is_explained_with_more() -> None:
    async def left_out(request: web.Request) -> web.Response:
        start = int(request.query.get("cursor", 0))
        following = {"next": {"at": str(start + 10)}} if start < 10 else {}
        return web.json_response({"data": people(20)[start : start + 10], **following})

    paging = {"type": "cursor", "param": "cursor", "cursor": "next.at", "size_param": "limit", "size": 10}
    async with CrmServer(extra={"/left/out": left_out}) as server:
        _, error = await broken(connector(server, url=f"{server.url}/left/out", paging=paging))
        assert "say 'more' under 'paging'" in str(error)
        paging["more"] = "next.at != `null`"
        assert len(await rows_of(connector(server, url=f"{server.url}/left/out", paging=paging))) == 20


async def test_a_server_that_caps_its_pages_is_found_out() -> None:
    async with one_page({"data": people(10)}) as server:
        _, error = await broken(single(server, params={"limit": 1000}))
        assert "1000 records were asked for, and exactly 10 came" in str(error)
    async with one_page({"data": people(13), "meta": {"per_page": 13}}) as server:
        _, error = await broken(single(server))
        assert "exactly as many records as 'per_page' lets it have (13)" in str(error)
    async with one_page({"data": people(13)}) as server:
        assert len(await rows_of(single(server, params={"limit": 1000}))) == 13
    async with one_page({"data": people(10)}) as server:
        assert len(await rows_of(single(server))) == 10  # nobody asked for pages


# --- where the next page is told, and what may not end a read ------------------------------------------------------


async def test_the_next_page_may_be_told_in_any_header() -> None:
    async def paged(request: web.Request) -> web.Response:
        page = int(request.query.get("page", 1))
        headers = {"Next-Page": f"/by/header?page={page + 1}", "X-Next-Page": str(page + 1)} if page < 3 else {}
        return web.json_response({"data": people(25)[10 * page - 10 : 10 * page]}, headers=headers)

    async with CrmServer(extra={"/by/header": paged}) as server:
        for paging in (
            {"type": "next", "next_header": "Next-Page"},
            {"type": "cursor", "param": "page", "next_header": "x-next-page"},
        ):
            rows = await rows_of(connector(server, url=f"{server.url}/by/header", paging=paging))
            assert [row.cells["id"] for row in rows] == list(range(1, 26))
        _, error = await broken(
            connector(server, url=f"{server.url}/by/header", paging={"type": "next", "next_header": "X-Next-Page"})
        )
        assert "is '2': if it is a page's number or a cursor, say paging: {type: cursor" in str(error)


async def test_content_range_tells_the_total() -> None:
    async def ranged(request: web.Request) -> web.Response:
        start = int(request.query["offset"])
        headers = {"Content-Range": f"items {start}-{start + 9}/25"}
        return web.json_response({"data": people(25)[start : start + 10]}, headers=headers, status=206)

    async with CrmServer(extra={"/by/range": ranged}) as server:
        source: dict[str, Any] = {"url": f"{server.url}/by/range", "total_header": "Content-Range"}
        paging = {"type": "offset", "size": 10, "end": "short"}
        assert len(await rows_of(connector(server, paging=paging, **source))) == 25
        _, error = await broken(connector(server, paging=paging, max_pages=2, **source))
        assert "limit of 2 pages" in str(error)
        _, error = await broken(connector(server, paging="none", params={"offset": 0}, url=source["url"]))
        assert "'Content-Range' is 25, but 10 came" in str(error)


async def test_partial_content_is_not_everything() -> None:
    async with one_page({"data": people(7)}, status=206) as server:
        _, error = await broken(single(server))
    assert "206, Partial Content" in str(error)


@pytest.mark.parametrize("way", ["page", "offset"])
async def test_a_404_in_the_middle_is_not_the_end(way: str) -> None:
    paging = {"type": way, "size_param": "limit", "size": 10}

    def silent(page: int, body: Body) -> Body:
        return {"data": body["data"]}

    async with CrmServer(records=people(35), faults={2: Fault(status=404)}, rewrite=silent) as server:
        rows, error = await broken(connector(server, way, paging=paging, empty_status=[404]))
        assert isinstance(error, IncompleteRead)
        assert "the page after it is there" in str(error)
        assert len(rows) == 10
    gone = {page: Fault(status=404) for page in (2, 3)}
    async with CrmServer(records=people(35), faults=gone, rewrite=silent) as server:
        source = connector(server, way, paging=paging, empty_status=[404])
        read = source.read(None)
        await anext(read)
        server.faults[1] = Fault(status=404)  # the whole address is gone for a while
        with pytest.raises(IncompleteRead, match="the first page is no longer there"):
            [row async for row in read]
        await source.close()
    async with CrmServer(records=people(20), faults={3: Fault(404), 4: Fault(404)}, rewrite=silent) as server:
        assert len(await rows_of(connector(server, way, paging=paging, empty_status=[404]))) == 20


# --- next addresses behind a proxy --------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["next", "link"])
@pytest.mark.parametrize("origin", ["http://crm.internal:8080", "https://127.0.0.1:{port}"])
async def test_the_origin_may_be_kept_behind_a_proxy(way: str, origin: str) -> None:
    async with CrmServer() as server:
        server.next_origin = origin.format(port=server.url.rsplit(":", 1)[1])
        paging = {**({"type": "link"} if way == "link" else PAGINGS[way]), "keep_origin": True}
        assert len(await rows_of(connector(server, way, paging=paging, token="s3cr3t-token"))) == 25
        _, error = await broken(connector(server, way, token="s3cr3t-token"))
        assert "say keep_origin: true" in str(error)
