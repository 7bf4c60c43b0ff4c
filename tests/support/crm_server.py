"""A small CRM over real HTTP, for tests: every way of paging and of getting in, and faults on any page on demand.

At the end, what tests read it with.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from aiohttp import web

from connectors.base import Connector, Context, Row, SourceError
from connectors.crm import CrmConnector, CrmOptions
from connectors.patience import Timing

Record = dict[str, Any]
Page = Callable[[web.Request, list[Record]], web.StreamResponse]


def people(count: int) -> list[Record]:
    """So many records, with nested phones and e-mails as CRMs have them."""
    return [
        {
            "id": number,
            "name": {"first": f"First{number}", "last": f"Last{number}"},
            "phones": [
                {"type": "work", "number": f"+1415555{number:04d}"},
                {"type": "mobile", "number": f"+1628555{number:04d}"},
            ],
            "emails": [{"value": f"p{number}@example.com"}, {"value": f"q{number}@example.com"}],
            "archived": False,
            "updated": f"2026-01-{number % 28 + 1:02d}T00:00:00Z",
        }
        for number in range(1, count + 1)
    ]


@dataclass
class Fault:
    """What goes wrong with a page: answered ``times`` times instead of the page, then no more (-1: for ever)."""

    status: int = 500
    body: str | bytes = '{"message": "out of order"}'
    headers: dict[str, str] = field(default_factory=dict)
    times: int = -1
    drop: bool = False
    hang: bool = False


@dataclass
class CrmServer:
    """Serves ``records`` under /page, /offset, /cursor, /next, /link and /all. Pages count from 1."""

    records: list[Record] = field(default_factory=lambda: people(25))
    size: int = 10
    allow: Callable[[web.Request], bool] = lambda request: True
    faults: dict[int, Fault] = field(default_factory=dict)
    rewrite: Callable[[int, dict[str, Any]], dict[str, Any]] = lambda page, body: body
    next_origin: str | None = None
    tokens: list[str] = field(default_factory=list)
    token_answer: Callable[[dict[str, str]], web.Response] | None = None
    extra: dict[str, Callable[[web.Request], Any]] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    seen: list[web.Request] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    url: str = ""

    async def __aenter__(self) -> CrmServer:
        app = web.Application()
        app.router.add_post("/token", self._token)
        for path, handler in self.extra.items():
            app.router.add_route("*", path, handler)
        app.router.add_route("*", "/{way}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self.tls)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"{'https' if self.tls else 'http'}://{host}:{port}"
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        await self._runner.cleanup()

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.seen.append(request)
        self.bodies.append(form)
        if self.token_answer is not None:
            return self.token_answer(form)
        self.tokens.append(f"access-token-{len(self.tokens) + 1}")
        return web.json_response({"access_token": self.tokens[-1], "expires_in": 3600})

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else None
        self.seen.append(request)
        self.bodies.append(body)
        if not self.allow(request):
            return web.json_response({"error": {"message": "Your token is not valid."}}, status=401)
        asked = {**request.query, **(body or {})}
        way = request.match_info["way"]
        start = _start(way, asked, self.size)
        number = start // self.size + 1
        fault = self.faults.get(number)
        if fault is not None and fault.times != 0:
            fault.times -= 1
            return await _go_wrong(request, fault)
        return self._page(request, way, start, number)

    def _page(self, request: web.Request, way: str, start: int, number: int) -> web.Response:
        size = len(self.records) or 1 if way == "all" else self.size
        records = self.records[start : start + size]
        more = start + size < len(self.records)
        body: dict[str, Any] = {"data": records, "meta": {"total": len(self.records), "more": more}}
        headers = {"X-Total-Count": str(len(self.records))}
        following = f"{self.next_origin or self.url}/{way}?start={start + size}"
        if way == "cursor":
            body["meta"]["cursor"] = f"c{start + size}" if more else None
        if way == "next":
            body["links"] = {"next": following if more else None}
        if way == "link" and more:
            headers["Link"] = f'<{following}>; rel="next"'
        return web.json_response(self.rewrite(number, body), headers=headers)


def _start(way: str, asked: dict[str, Any], size: int) -> int:
    match way:
        case "page":
            return (int(asked.get("page", 1)) - 1) * size
        case "offset":
            return int(asked.get("offset", 0))
        case "cursor":
            return int(str(asked.get("cursor", "c0"))[1:])
        case "next" | "link":
            return int(asked.get("start", 0))
    return 0


async def _go_wrong(request: web.Request, fault: Fault) -> web.StreamResponse:
    if fault.hang:
        await asyncio.sleep(30)
    if fault.drop:
        response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(b'{"data": [')
        assert request.transport is not None
        request.transport.close()
        return response
    body = fault.body.encode() if isinstance(fault.body, str) else fault.body
    headers = {"Content-Type": "application/json", **fault.headers}
    return web.Response(status=fault.status, body=body, headers=headers)


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
