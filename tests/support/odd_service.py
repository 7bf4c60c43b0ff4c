"""A service in front of a sandbox that answers oddly: instead of it, or with what it answered, changed."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from sync.sandbox import SandboxOptions, SandboxThread
from tests.support.workbench import FAST, Workbench


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    path: str
    query: str = ""

    @property
    def is_create(self) -> bool:
        return self.method == "POST"

    @property
    def is_list(self) -> bool:
        return (self.method, self.path) == ("GET", "/v1/contacts")


@dataclass
class Told:
    """An answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def told(status: int, payload: Any = None, **headers: str) -> Told:
    """An answer in JSON; text as it is."""
    body = payload.encode() if isinstance(payload, str) else b"" if payload is None else json.dumps(payload).encode()
    kind = "text/html" if isinstance(payload, str) else "application/json"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Told(status, body, {"Content-Type": kind, **named})


def error(status: int, message: str = "No.") -> Told:
    """A refusal in the documented shape."""
    return told(status, {"message": message, "code": f"08{status}", "status": status})


class OddService:
    """``instead`` may answer in place of the sandbox, ``after`` may change what it answered.

    ``asked`` and ``bodies`` are the requests, in order.
    """

    def __init__(self, sandbox: SandboxThread) -> None:
        self.sandbox = sandbox
        self.instead: Callable[[Asked], Told | None] = lambda asked: None
        self.after: Callable[[Asked, Told], Told] = lambda asked, told: told
        self.asked: list[Asked] = []
        self.bodies: list[Any] = []
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="odd service", daemon=True)

    def once(self, answer: Told, matches: Callable[[Asked], bool]) -> None:
        """Answer the next request that matches so, and everything else as usual."""
        left = [answer]
        self.instead = lambda asked: left.pop() if left and matches(asked) else None

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result()

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        self._session = aiohttp.ClientSession()
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _end(self) -> None:
        await self._session.close()
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        asked = Asked(request.method, request.path, request.query_string)
        self.asked.append(asked)
        sent = await request.read()
        self.bodies.append(json.loads(sent) if sent else None)
        answer = self.instead(asked)
        if answer is None:
            headers = {
                name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers
            }
            url = f"{self.sandbox.url}{request.path_qs}"
            async with self._session.request(request.method, url, data=sent or None, headers=headers) as response:
                kept = {name: value for name, value in response.headers.items() if name in ("Content-Type",)}
                answer = self.after(asked, Told(response.status, await response.read(), kept))
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)


@contextmanager
def odd_workbench(folder: Path, wait: float = 0.1, **sandbox: Any) -> Iterator[tuple[Workbench, OddService]]:
    """A workbench that speaks to a sandbox through an odd service."""
    with SandboxThread(SandboxOptions(**{"requests_per_second": FAST, **sandbox})) as served:
        odd = OddService(served)
        odd.start()
        try:
            yield Workbench(folder, served, list_lag=wait, base_url=odd.url), odd
        finally:
            odd.stop()
