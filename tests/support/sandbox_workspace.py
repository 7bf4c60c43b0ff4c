"""A sandbox over real HTTP and somebody who speaks to it, request by request."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from sync.sandbox import Sandbox, SandboxOptions

CONTACTS = "/v1/contacts"


@dataclass
class Clock:
    """A monotonic clock that stands still until it is moved."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str
    json: Any = field(init=False)

    def __post_init__(self) -> None:
        self.json = json.loads(self.text) if self.text.startswith("{") else None


@dataclass
class Workspace:
    """A sandbox and somebody who speaks to it."""

    sandbox: Sandbox
    session: aiohttp.ClientSession
    clock: Clock

    async def call(self, method: str, path: str, **how: Any) -> Answer:
        headers = {"Authorization": self.sandbox.key, **how.pop("headers", {})}
        async with self.session.request(method, self.sandbox.url + path, headers=headers, **how) as response:
            lowered = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, lowered, await response.text())

    async def list(self, *query: tuple[str, str]) -> Answer:
        return await self.call("GET", CONTACTS, params=[("maxResults", "50"), *query])

    async def create(self, external_id: str | None = "c1", **more: Any) -> Answer:
        return await self.call("POST", CONTACTS, json=body(external_id, **more))

    async def patch(self, contact_id: str, sent: Any) -> Answer:
        return await self.call("PATCH", f"{CONTACTS}/{contact_id}", json=sent)


def body(external_id: str | None = "c1", **more: Any) -> dict[str, Any]:
    """A contact as it is sent."""
    default = {"firstName": "Ann", **more.pop("defaultFields", {})}
    return {"externalId": external_id, "defaultFields": default, **more}


@asynccontextmanager
async def open_workspace(**options: Any) -> AsyncIterator[Workspace]:
    """A sandbox with these options, whose clock stands still."""
    clock = Clock()
    options = {"requests_per_second": 1000, **options}
    connector = aiohttp.TCPConnector(force_close=True)  # a reused connection lets aiohttp repeat a GET by itself
    async with (
        Sandbox(SandboxOptions(**options), clock=clock) as sandbox,
        aiohttp.ClientSession(connector=connector) as session,
    ):
        yield Workspace(sandbox, session, clock)
