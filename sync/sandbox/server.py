"""The sandbox: a workspace, its door and the orders it takes, served on this machine and nowhere else.

Puts the parts together; the rules are in the parts.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Self

from aiohttp import web

from sync.sandbox.api import Api
from sync.sandbox.control import Control
from sync.sandbox.faults import Faults
from sync.sandbox.gateway import Gateway
from sync.sandbox.law_book import CustomField, Json
from sync.sandbox.options import SandboxOptions
from sync.sandbox.traffic import Request, Traffic
from sync.sandbox.workspace import Workspace

HOST = "127.0.0.1"
GRACE = 1.0  # seconds that requests in flight are given when the sandbox stops


class Sandbox:
    """A local OpenPhone workspace: ``async with Sandbox() as sandbox`` serves it at ``sandbox.url``.

    Port 0 takes a free one. ``clock`` is the monotonic clock by which requests arrive and lists lag.
    """

    def __init__(
        self,
        options: SandboxOptions | None = None,
        port: int = 0,
        *,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        self.options = options or SandboxOptions()
        self.faults = Faults()
        self._port = port
        self._workspace = Workspace(self.options, clock, rng or random.Random())
        self._traffic = Traffic(self.options.requests_per_second, clock)
        self._gateway = Gateway(self.options, self._traffic, self.faults)
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        """Start to serve."""
        app = web.Application(middlewares=[self._gateway.middleware()])
        control = Control(self._workspace, self._traffic, self.faults)
        app.add_routes([*Api(self._workspace).routes(), *control.routes()])
        self._gateway.closing.clear()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=GRACE)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop; clients left hanging are let go. The contacts and the log can still be looked at."""
        self._gateway.closing.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def url(self) -> str:
        """The address, without ``/v1``."""
        return f"http://{HOST}:{self._port}"

    @property
    def key(self) -> str:
        """The key that the API asks for."""
        return self.options.key

    # What the workspace holds.

    @property
    def contacts(self) -> dict[str, Json]:
        """Every contact by its id, ghosts excepted; to be read only."""
        return self._workspace.contacts

    def by_external_id(self, external_id: str) -> list[Json]:
        """The contacts that have this ``externalId``, ghosts excepted."""
        return self._workspace.by_external_id(external_id)

    @property
    def custom_fields(self) -> tuple[CustomField, ...]:
        """The custom fields as they are defined now; can be set, as people do in the app."""
        return self._workspace.custom_fields

    @custom_fields.setter
    def custom_fields(self, fields: Iterable[CustomField]) -> None:
        self._workspace.custom_fields = tuple(fields)

    # What was asked of it.

    @property
    def requests(self) -> list[Request]:
        """Every request to the API, in order of arrival."""
        return self._traffic.requests

    def writes(self) -> list[Request]:
        """Every request that is not a GET."""
        return [request for request in self.requests if request.method != "GET"]

    @property
    def windows_exceeded(self) -> int:
        """How many requests came when the sliding second that ends with them was already full."""
        return self._traffic.windows_exceeded

    def max_in_window(self) -> int:
        """The most requests that any sliding second saw."""
        return self._traffic.max_in_window()

    def forget_requests(self) -> None:
        """Begin the log anew."""
        self._traffic.forget()

    # What happens behind the API's back.

    def seed(self, contacts: Iterable[Mapping[str, Json]]) -> list[str]:
        """Put contacts in, unchecked and listed at once; their ids.

        Each is what ``edit`` takes: ``{"externalId": "c1", "firstName": "Ann", "phone": "+15550001111"}``.
        """
        return self._workspace.seed(contacts)

    def edit(self, contact_id: str, **changes: Json) -> None:
        """Change what is named and nothing else, as somebody would in the app.

        ``firstName`` and the other texts, ``externalId``, ``source``, ``sourceUrl``; ``phone``, ``email`` (labelled
        ``primary``), ``phoneNumbers={"work": "+1…"}``, ``emails={"work": […]}``; ``customFields={"notes": "…"}``.
        """
        self._workspace.edit(contact_id, changes)

    def remove(self, contact_id: str) -> None:
        """Take a contact out."""
        self._workspace.remove(contact_id)

    def ghost(self, contact_id: str, *, readable: bool = True) -> None:
        """Let a contact answer 404 to PATCH and DELETE while lists (and, if ``readable``, GET) still show it."""
        self._workspace.ghost(contact_id, readable=readable)


async def serve(options: SandboxOptions, port: int, ready: Callable[[str], None]) -> None:
    """Serve until cancelled; ``ready`` is told the address once requests are answered."""
    async with Sandbox(options, port) as sandbox:
        ready(sandbox.url)
        await asyncio.Event().wait()
