"""What every request to the API goes through before it is carried out: the log, the rate, the faults, the key.

Knows nothing of contacts. Requests to the sandbox itself (``/_sandbox``) pass it by.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sync.sandbox import answers, refusal
from sync.sandbox.api import read_json
from sync.sandbox.faults import Fault, Faults
from sync.sandbox.law_book import Json
from sync.sandbox.options import SandboxOptions
from sync.sandbox.refusal import Refusal
from sync.sandbox.traffic import Arrival, Traffic

CONTROL = "/_sandbox/"
LOOK_UP = 0.02  # seconds between two looks at whether a client that is left hanging has gone


class _HungUp(Exception):
    """The connection is to be closed without an answer."""


class Gateway:
    """The door of the API. ``closing`` lets the clients go that a fault leaves hanging."""

    def __init__(self, options: SandboxOptions, traffic: Traffic, faults: Faults) -> None:
        self.closing = asyncio.Event()
        self._options = options
        self._traffic = traffic
        self._faults = faults

    def middleware(self) -> Middleware:
        """This door, as aiohttp wants it."""

        @web.middleware
        async def pass_through(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith(CONTROL):
                return await _carry_out(request, handler)
            query = {name: request.query.getall(name) for name in request.query}
            arrival = self._traffic.arrive(request.method, request.path, query)
            try:
                response = await self._answer(request, handler, arrival)
            except _HungUp:
                return _hang_up(request)
            if request.transport is not None:
                self._traffic.note_status(arrival, response.status)
            return answers.with_rate(response, self._options.requests_per_second, arrival.room)

        return pass_through

    async def _answer(self, request: web.Request, handler: Handler, arrival: Arrival) -> web.StreamResponse:
        if request.can_read_body:
            self._traffic.note_body(arrival, await _peek(request))
        if arrival.room < 0:
            return answers.too_many(self._options.retry_after)
        fault = self._faults.pick(request.method, request.path)
        if fault is not None:
            self._traffic.note_fault(arrival, fault.kind)
        if self._options.latency:
            await asyncio.sleep(self._options.latency)
        return await self._meet(fault, request, handler)

    async def _meet(self, fault: Fault | None, request: web.Request, handler: Handler) -> web.StreamResponse:
        if fault is None:
            return await self._admit(request, handler)
        if fault.carried_out:
            await self._admit(request, handler)
        if fault.hangs:
            await self._hang(request)
        if fault.hangs or fault.drops:
            raise _HungUp
        return answers.spoiled(fault, request.path)

    async def _admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        key = request.headers.get("Authorization", "")
        if not secrets.compare_digest(key.encode(errors="surrogateescape"), self._options.key.encode()):
            return answers.unauthorized()
        return await _carry_out(request, handler)

    async def _hang(self, request: web.Request) -> None:
        while request.transport is not None and not self.closing.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self.closing.wait(), LOOK_UP)


async def _carry_out(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as reason:
        return answers.refused(reason)
    except web.HTTPNotFound:
        return answers.refused(refusal.not_found("Route"))
    except web.HTTPMethodNotAllowed:
        return answers.refused(refusal.not_allowed())


async def _peek(request: web.Request) -> Json:
    try:
        return await read_json(request)
    except Refusal:
        return None


def _hang_up(request: web.Request) -> web.StreamResponse:
    """Close the connection; nobody will see the response returned."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
