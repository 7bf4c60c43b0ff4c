"""Shapes of requests and answers that real servers have: errors with a good status, odd labels, lists, odd cursors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp import web

from connectors.base import IncompleteRead, SourceError
from connectors.crm import CrmOptions
from connectors.crm.placing import placed
from connectors.crm.secrets import what_it_said
from tests.support.crm_server import PAGINGS, CrmServer, Fault, broken, connector, people, rows_of

QUERY = "query($after: String) { people(after: $after) { nodes { id } } }"


# --- partial answers ----------------------------------------------------------------------------------------------


def graphql(answers: list[dict[str, Any]]) -> Any:
    """A GraphQL endpoint that answers with these in turn, then with the people after the cursor."""

    async def answer(request: web.Request) -> web.Response:
        asked = await request.json()
        if answers and answers[0] is not None:
            return web.json_response(answers.pop(0))
        start = int((asked["variables"] or {}).get("after") or 0)
        page = {"hasNextPage": start < 10, "endCursor": str(start + 10)}
        nodes = people(20)[start : start + 10]
        return web.json_response({"data": {"people": {"nodes": nodes, "pageInfo": page}}})

    return answer


def of_graphql(server: CrmServer, **changes: Any) -> Any:
    """A source that asks it."""
    paging = {
        "type": "cursor", "param": "variables.after", "cursor": "data.people.pageInfo.endCursor", "send": "body",
        "more": "data.people.pageInfo.hasNextPage",
    }  # fmt: skip
    return connector(
        server,
        **{
            "url": f"{server.url}/api/graphql",
            "method": "POST",
            "body": {"query": QUERY, "variables": None},
            "records": "data.people.nodes",
            "paging": paging,
            **changes,
        },
    )


PARTIAL = {
    "data": {"people": {"nodes": people(7), "pageInfo": {"hasNextPage": False, "endCursor": None}}},
    "errors": [{"message": "Timed out reading field 'phones'", "path": ["people", 3, "phones"]}],
}
REFUSED = {**PARTIAL, "errors": [{"message": "You may not read 'phones'"}]}
THROTTLED: list[dict[str, Any]] = [
    {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]},
    {"data": None, "errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]},
    {"error_code": "ComplexityException", "errors": [{"message": "Complexity budget exhausted"}]},
]


async def test_null_variables_are_filled_and_every_page_is_read() -> None:
    async with CrmServer(extra={"/api/graphql": graphql([])}) as server:
        rows = await rows_of(of_graphql(server))
    assert [row.cells["id"] for row in rows] == list(range(1, 21))


async def test_data_with_errors_is_no_whole_answer() -> None:
    async with CrmServer(extra={"/api/graphql": graphql([REFUSED])}) as server:
        rows, error = await broken(of_graphql(server))
    assert rows == []
    assert "the CRM answered 200, but with 'errors': You may not read 'phones'" in str(error)


async def test_errors_on_a_later_page_leave_the_read_incomplete_in_the_apis_own_words() -> None:
    answers: list[Any] = []
    async with CrmServer(extra={"/api/graphql": graphql(answers)}) as server:
        source = of_graphql(server)
        read = source.read(None)
        await anext(read)
        answers.append(REFUSED)
        with pytest.raises(IncompleteRead, match=r"page 2: .*You may not read 'phones'"):
            [row async for row in read]
        await source.close()


@pytest.mark.parametrize("answer", THROTTLED)
async def test_throttling_within_a_200_is_waited_out(answer: dict[str, Any]) -> None:
    slept: list[float] = []
    async with CrmServer(extra={"/api/graphql": graphql([answer, answer])}) as server:
        assert len(await rows_of(of_graphql(server, slept=slept))) == 20
    assert slept == [1, 2]


async def test_throttling_that_stays_is_a_failure() -> None:
    async with CrmServer(extra={"/api/graphql": graphql([THROTTLED[0]] * 50)}) as server:
        _, error = await broken(of_graphql(server))
    assert "Throttled (5 attempts)" in str(error)


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"success": False, "message": "no licence"}, "'success': false: no licence"),
        ({"ok": False, "error": "missing_scope"}, "'error': missing_scope"),
        ({"status": "error", "message": "index is down"}, "'status': 'error': index is down"),
        ({"errors": {"shard": ["one of five failed"]}}, "'errors': shard: one of five failed"),
    ],
)
@pytest.mark.parametrize("page", [1, 2])
async def test_an_answer_that_says_that_it_failed_is_no_page(said: dict[str, Any], word: str, page: int) -> None:
    def fails(number: int, body: dict[str, Any]) -> dict[str, Any]:
        return {**said, "data": []} if number == page else body

    async with CrmServer(rewrite=fails) as server:
        _, error = await broken(connector(server))
        assert word in str(error)
        assert "error_when: '`false`'" in str(error)
        assert isinstance(error, IncompleteRead) == (page == 2)
        if page == 1:
            paging = {"type": "page", "sure": True}
            assert await rows_of(connector(server, error_when="`false`", paging=paging)) == []


@pytest.mark.parametrize(
    "harmless",
    [
        {"errors": [], "error": None},
        {"error": {"code": 0, "message": ""}},
        {"errors": {}, "success": True, "status": "success"},
        {"ok": True, "error": False, "message": "rate limit: 499 left"},
    ],
)
async def test_an_answer_that_says_that_nothing_failed_is_a_page(harmless: dict[str, Any]) -> None:
    async with CrmServer(rewrite=lambda page, body: {**body, **harmless}) as server:
        assert len(await rows_of(connector(server))) == 25


async def test_an_api_can_have_its_own_words_for_failure_and_for_later() -> None:
    states = ["busy", "busy"]

    def worded(page: int, body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "result": states.pop() if states else "fine", "reason": "asleep"}

    slept: list[float] = []
    expressions: dict[str, Any] = {"retry_when": "result == 'busy'", "error_when": "result == 'broken'"}
    async with CrmServer(rewrite=worded) as server:
        assert len(await rows_of(connector(server, slept=slept, **expressions))) == 25
        assert slept == [1, 2]
        states.append("broken")
        _, error = await broken(connector(server, **expressions))
    assert "error_when holds (result == 'broken'): asleep" in str(error)


async def test_later_may_be_said_with_any_status() -> None:
    body = json.dumps({"message": "quota per minute"})
    async with CrmServer(faults={1: Fault(status=403, body=body, times=2)}) as server:
        source = connector(server, retry_when="contains(message || '', 'per minute')")
        assert len(await rows_of(source)) == 25


# --- paths into the body, repeated parameters, cursors ------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "path", "result"),
    [
        (None, "a.b", {"a": {"b": 1}}),
        ({"variables": None}, "variables.after", {"variables": {"after": 1}}),
        ({"p": {"args": ["db", {"offset": 0}]}}, "p.args.1.offset", {"p": {"args": ["db", {"offset": 1}]}}),
        ({"args": [[0]]}, "args[0][0]", {"args": [[1]]}),
        ([{"page": 0}], "0.page", [{"page": 1}]),
        ({"args": []}, "args.0", {"args": [1]}),
    ],
)  # fmt: skip
def test_a_path_leads_into_objects_lists_and_null(body: Any, path: str, result: Any) -> None:
    before = json.dumps(body)
    assert placed(body, path, 1) == result
    assert json.dumps(body) == before


@pytest.mark.parametrize(
    ("body", "param", "said"),
    [
        ({"args": [1]}, "args.first", "leads into a list in 'body' at 'first'"),
        ({"args": [1]}, "args.7", "beyond the end of a list"),
        ({"page": "one"}, "page.number", "neither an object nor a list"),
    ],
)
def test_a_path_that_leads_nowhere_is_a_mistake_of_the_configuration(body: Any, param: str, said: str) -> None:
    paging = {"type": "offset", "param": param, "send": "body"}
    with pytest.raises(ValueError, match=said):
        CrmOptions.model_validate({"url": "https://x.example", "method": "POST", "body": body, "paging": paging})


async def test_an_offset_within_a_list_of_the_body_turns_the_pages() -> None:
    """As Odoo's JSON-RPC has it."""

    async def rpc(request: web.Request) -> web.Response:
        options = (await request.json())["params"]["args"][2]
        start = options["offset"]
        return web.json_response({"result": people(25)[start : start + options["limit"]]}, status=201)

    body = {"params": {"args": ["db", [], {"limit": 0, "offset": 0}]}}
    paging = {
        "type": "offset", "param": "params.args[2].offset", "size_param": "params.args[2].limit", "size": 10,
        "send": "body",
    }  # fmt: skip
    async with CrmServer(extra={"/json/rpc": rpc}) as server:
        source = connector(
            server, url=f"{server.url}/json/rpc", method="POST", body=body, paging=paging, records="result"
        )
        assert len(await rows_of(source)) == 25


async def test_a_parameter_may_be_repeated() -> None:
    async with CrmServer() as server:
        await rows_of(connector(server, params={"status": ["active", "vip"], "only": []}))
        assert server.seen[0].query.getall("status") == ["active", "vip"]
        await rows_of(connector(server, url=f"{server.url}/page?tag=a&tag=b", params={"v": 1}))
        assert server.seen[-1].query.getall("tag") == ["a", "b"]


@pytest.mark.parametrize("send", ["body", "query"])
async def test_a_cursor_may_be_a_list(send: str) -> None:
    """As a search's sort values."""

    async def search(request: web.Request) -> web.Response:
        after = (await request.json()).get("after") if send == "body" else request.query.getall("after", [])
        start = int(after[0]) if after else 0
        assert not after or after[1] == "x"
        return web.json_response(
            {"data": people(25)[start : start + 10], "at": [start + 10, "x"] if start < 20 else []}
        )

    paging = {"type": "cursor", "param": "after", "cursor": "at", "send": send}
    async with CrmServer(extra={"/by/search": search}) as server:
        source = connector(server, url=f"{server.url}/by/search", method="POST", body={}, paging=paging)
        assert len(await rows_of(source)) == 25


# --- labels and statuses ------------------------------------------------------------------------------------------


async def test_a_post_may_answer_201() -> None:
    async def created(request: web.Request) -> web.Response:
        return web.json_response({"data": people(3)}, status=201)

    async with CrmServer(extra={"/with/201": created}) as server:
        source = connector(server, "all", url=f"{server.url}/with/201", method="POST", body={})
        assert len(await rows_of(source)) == 3


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ("Zoë Núñez".encode(), "application/json; charset=ISO-8859-1"),
        ("Zoë Núñez".encode(), "text/plain; charset=windows-1252"),
        ("Zoë Núñez".encode("latin-1"), "application/json; charset=ISO-8859-1"),
        ("Zoë Núñez".encode(), "application/json"),
        (b"Zo\\u00eb N\\u00fa\\u00f1ez", "application/json; charset=us-ascii"),
    ],
)
async def test_json_is_utf_8_whatever_its_label(raw: bytes, kind: str) -> None:
    body = b'{"data": [{"id": 1, "name": {"last": "' + raw + b'"}}]}'
    async with CrmServer(faults={1: Fault(status=200, body=body, headers={"Content-Type": kind})}) as server:
        rows = await rows_of(connector(server, "all"))
    assert rows[0].cells["last"] == "Zoë Núñez"


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "text/json; charset=latin1"])
async def test_json_that_is_broken_utf_8_is_refused_not_garbled(kind: str) -> None:
    body = b'{"data": [{"id": 1, "name": {"last": "Zo\xc3\xab N\xfanez"}}]}'
    async with CrmServer(faults={1: Fault(status=200, body=body, headers={"Content-Type": kind})}) as server:
        _, error = await broken(connector(server, "all"))
    assert "not UTF-8, as JSON must be" in str(error)


async def test_json_api_is_asked_for_in_its_own_words() -> None:
    accepted: list[str] = []

    def strict(request: web.Request) -> web.Response | None:
        accepted.append(request.headers["Accept"])
        return None if request.headers["Accept"] == "application/vnd.api+json" else web.Response(status=406)

    async def api(request: web.Request) -> web.Response:
        start = int(request.query.get("page[offset]", 0))
        return strict(request) or web.json_response({"data": people(25)[start : start + 10]})

    async with CrmServer(extra={"/json/api": api}) as server:
        paging = {"type": "offset", "param": "page[offset]"}
        assert len(await rows_of(connector(server, url=f"{server.url}/json/api", paging=paging))) == 25
        assert accepted == ["application/json", *["application/vnd.api+json"] * 4]
        _, error = await broken(
            connector(server, url=f"{server.url}/json/api", paging=paging, headers={"accept": "text/json"})
        )
    assert "say under 'headers' what this API wants" in str(error)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"detail": [{"loc": ["query", "limit"], "msg": "must be at most 100"}]}, "limit: must be at most 100"),
        ({"detail": "Not authenticated"}, "Not authenticated"),
        ({"errors": {"per_page": ["is too large"]}}, "per_page: is too large"),
        ({"errors": [{"description": "no such module"}]}, "no such module"),
        ({"fault": {"faultstring": "x"}}, ""),
    ],
)
def test_what_an_api_says_is_found_in_its_own_shape(body: Any, said: str) -> None:
    assert what_it_said(json.dumps(body)) == said


# --- the second page, before a run --------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["next", "link", "cursor", "page", "offset"])
async def test_a_sample_has_the_first_two_pages_and_leaves_the_read_whole(way: str) -> None:
    async with CrmServer() as server:
        source = connector(server, way)
        await source.columns()
        assert [row.cells["id"] for row in await source.sample()] == list(range(1, 21))
        assert len(await rows_of(source)) == 25


@pytest.mark.parametrize("way", ["next", "link"])
async def test_a_sample_finds_a_second_page_that_cannot_be_had(way: str) -> None:
    async with CrmServer(next_origin="http://crm.internal:8080") as server:
        source = connector(server, way)
        await source.columns()
        with pytest.raises(SourceError, match=r"page 2|keep_origin"):
            await source.sample()
        await source.close()
        paging = {"type": "link"} if way == "link" else dict(PAGINGS[way])
        source = connector(server, way, paging={**paging, "keep_origin": True})
        assert len(await source.sample()) == 20
        await source.close()
