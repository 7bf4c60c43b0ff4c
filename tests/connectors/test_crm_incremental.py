"""Reading only what changed: what is asked, the bookmark that is left, and when everything is read after all."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from connectors.base import Context, ReadSummary, Row
from connectors.crm import CrmConnector, CrmOptions
from connectors.crm.bookmark import crm_time, written
from connectors.crm.options import Incremental
from connectors.patience import Timing
from tests.support.crm_server import CrmServer, Fault, broken, people, rows_of

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SINCE: dict[str, Any] = {"param": "updated_since", "overlap": "5m", "full_every": "1d"}


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = START


def source_at(server: CrmServer, clock: Clock, **changes: Any) -> CrmConnector:
    """A connector that reads changes, by the clock."""
    configuration: dict[str, Any] = {
        "url": f"{server.url}/next",
        "paging": {"type": "next", "next": "links.next"},
        "records": "data",
        "columns": {"id": "id"},
        "requests_per_second": 10_000,
        "incremental": SINCE,
    }
    options = CrmOptions.model_validate({**configuration, **changes})
    return CrmConnector(options, Context(Path()), timing=Timing(now=lambda: clock.now))


async def read(server: CrmServer, clock: Clock, bookmark: str | None, **changes: Any) -> tuple[list[Row], ReadSummary]:
    """One run: rows and summary."""
    source = source_at(server, clock, **changes)
    rows = await rows_of(source, bookmark)
    return rows, source.summary()


async def test_the_second_read_asks_for_changes_only_with_an_overlap() -> None:
    clock = Clock()
    async with CrmServer() as server:
        _, first = await read(server, clock, None)
        assert first.full
        assert "updated_since" not in server.seen[0].query
        server.records, server.seen = people(2), []
        clock.now += timedelta(hours=1)
        rows, second = await read(server, clock, first.bookmark)
        assert [row.cells["id"] for row in rows] == [1, 2]
        assert not second.full
        assert server.seen[0].query["updated_since"] == "2026-11-24T11:55:00Z"
        server.seen = []
        clock.now += timedelta(hours=1)
        await read(server, clock, second.bookmark)
        assert server.seen[0].query["updated_since"] == "2026-11-24T12:55:00Z"


async def test_full_reads_keep_a_schedule_of_their_own() -> None:
    clock, bookmark, full = Clock(), None, []
    async with CrmServer() as server:
        for _ in range(8):
            _, summary = await read(server, clock, bookmark, incremental={**SINCE, "full_every": "6h"})
            bookmark = summary.bookmark
            full.append(summary.full)
            clock.now += timedelta(hours=2)
    assert full == [True, False, False, True, False, False, True, False]


@pytest.mark.parametrize("bookmark", ["", "{}", "nonsense", '{"since": 1}', "[]"])
async def test_a_bookmark_that_cannot_be_read_means_everything(bookmark: str) -> None:
    async with CrmServer() as server:
        rows, summary = await read(server, Clock(), bookmark)
    assert summary.full
    assert len(rows) == 25


@pytest.mark.parametrize(
    "change",
    [
        {"columns": {"id": "id", "last": "name.last"}},
        {"filter": "!archived"},
        {"params": {"view": "all"}},
        {"incremental": {**SINCE, "param": "since"}},
    ],
)
async def test_another_question_needs_a_full_answer(change: dict[str, Any]) -> None:
    clock = Clock()
    async with CrmServer() as server:
        _, first = await read(server, clock, None)
        _, second = await read(server, clock, first.bookmark, **change)
        assert second.full
        _, third = await read(server, clock, first.bookmark, token="another")  # who asks is not what is asked
        assert not third.full


async def test_a_clock_that_was_turned_back_means_everything() -> None:
    clock = Clock()
    async with CrmServer() as server:
        _, first = await read(server, clock, None)
        clock.now -= timedelta(days=3)
        _, second = await read(server, clock, first.bookmark)
    assert second.full


async def test_no_bookmark_comes_of_an_incomplete_read_or_without_the_option() -> None:
    async with CrmServer(faults={2: Fault()}) as server:
        source = source_at(server, Clock(), retries=0)
        await broken(source)
        with pytest.raises(RuntimeError):
            source.summary()
    async with CrmServer() as server:
        _, summary = await read(server, Clock(), None, incremental=None)
        assert summary.bookmark is None


async def test_the_mark_is_when_the_read_began_by_the_clock_that_is_behind() -> None:
    async def slow_clock(request: web.Request) -> web.Response:
        return web.json_response({"data": people(1)}, headers={"Date": "Tue, 24 Nov 2026 11:30:00 GMT"})

    async with CrmServer(extra={"/slow/crm": slow_clock}) as server:
        _, summary = await read(server, Clock(), None, url=f"{server.url}/slow/crm")
    assert json.loads(summary.bookmark or "")["since"] == "2026-11-24T11:30:00Z"
    assert crm_time("Tue, 24 Nov 2026 12:30:00 GMT", START) == START
    assert crm_time("yesterday", START) == START
    assert crm_time(None, START) == START


async def test_changes_may_be_asked_for_in_another_way() -> None:
    """As HubSpot's are: a search, by POST, with a limit to what it gives away."""
    clock = Clock()
    search = {
        "url": "{url}/cursor",
        "method": "POST",
        "params": {"archived": None},
        "body": {"filters": [{"property": "updated", "operator": "GTE", "value": "{since}"}]},
        "format": "epoch_ms",
        "paging": {"type": "cursor", "param": "cursor", "cursor": "meta.cursor", "send": "body"},
        "total": "meta.total",
        "max_records": 20,
    }
    async with CrmServer() as server:
        search["url"] = f"{server.url}/cursor"
        changes: dict[str, Any] = {"params": {"archived": False}, "incremental": search}
        _, first = await read(server, clock, None, **changes)
        server.records, server.seen, server.bodies = people(15), [], []
        rows, second = await read(server, clock, first.bookmark, **changes)
        assert (len(rows), second.full) == (15, False)
        value = str(int((START - timedelta(minutes=5)).timestamp() * 1000))
        assert server.bodies[0] == {"filters": [{"property": "updated", "operator": "GTE", "value": value}]}
        assert server.bodies[1]["cursor"] == "c10"
        assert {request.method for request in server.seen} == {"POST"}
        assert not server.seen[0].query

        server.records, server.seen = people(25), []
        rows, third = await read(server, clock, second.bookmark, **changes)
        assert (len(rows), third.full) == (25, True)  # more than the search gives away
        assert [request.method for request in server.seen] == ["POST", "GET", "GET", "GET"]


async def test_not_modified_means_no_changes_but_only_where_changes_were_asked_for() -> None:
    clock = Clock()
    by_header = {"headers": {"If-Modified-Since": "{since}"}, "format": "%Y-%m-%dT%H:%M:%S+00:00"}
    async with CrmServer() as server:
        _, first = await read(server, clock, None, incremental=by_header)
        server.faults, server.seen = {1: Fault(status=304, body="")}, []
        rows, second = await read(server, clock, first.bookmark, incremental=by_header)
        assert rows == []
        assert not second.full
        assert server.seen[0].headers["If-Modified-Since"] == "2026-11-24T11:55:00+00:00"
        _, error = await broken(source_at(server, clock, incremental=by_header))
    assert "304" in str(error)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("iso", "2026-11-24T12:00:00Z"),
        ("epoch", "1795521600"),
        ("epoch_ms", "1795521600000"),
        ("date", "2026-11-24"),
        ("%d/%m/%Y %H:%M", "24/11/2026 12:00"),
    ],
)
def test_a_moment_is_written_as_the_api_wants_it(form: str, text: str) -> None:
    assert written(START, Incremental(param="since", format=form)) == text


async def test_columns_and_read_share_the_first_page_unless_changes_are_read() -> None:
    clock = Clock()
    async with CrmServer() as server:
        _, first = await read(server, clock, None)
        source = source_at(server, clock)
        await source.columns()
        server.seen = []
        await rows_of(source, first.bookmark)
        assert "updated_since" in server.seen[0].query
        assert not source.summary().full
