"""What every view of the page shares: who asks, what they may see, the state to read from, the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TypeVar

from aiohttp import web

from sync.clock import Clock
from sync.config.daemon import ServerOptions
from sync.config.model import LoadedConfig
from sync.daemon.runner import Runner
from sync.daemon.schedule import DEFAULT, Timetable, zone_of
from sync.daemon.web import access, words
from sync.daemon.web.html import Pages
from sync.daemon.web.looks import Looks
from sync.daemon.web.words import Moment
from sync.lookback.reading import opened
from sync.state.store import State

T = TypeVar("T")

LARGEST_FORM = 256 * 1024
"""What somebody who has signed in may send: a form with a box for each of 500 contacts."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks. ``sees``: names and values may be shown; ``decides``: buttons may be."""

    has_token: bool
    signed_in: bool
    form_token: str

    @property
    def sees(self) -> bool:
        """Without a token the page is for whoever can reach it, which is this machine unless told otherwise."""
        return self.signed_in or not self.has_token

    @property
    def decides(self) -> bool:
        """Deciding needs the token."""
        return self.signed_in


@dataclass(frozen=True, slots=True)
class Moments:
    """The clock that the page goes by."""

    now: float
    zone: tzinfo

    def at(self, seconds: float) -> Moment:
        """A point in time, as a person reads it."""
        return words.moment(seconds, self.now, self.zone)

    def day(self, seconds: float) -> str:
        """The day, for headings."""
        return words.day(seconds, self.now, self.zone)


class Site:
    """The daemon behind its page. Handlers of views take it, and a request."""

    def __init__(self, runner: Runner, timetable: Timetable, clock: Clock) -> None:
        self.runner = runner
        self.timetable = timetable
        self.clock = clock
        self.pages = Pages()
        self.access = access.Access(clock)
        self.looks = Looks()

    @property
    def loaded(self) -> LoadedConfig:
        """The configuration of now."""
        return self.runner.loaded

    @property
    def server(self) -> ServerOptions:
        """How the page is served."""
        return self.loaded.config.server

    def moments(self) -> Moments:
        """The clock as it stands."""
        return Moments(self.clock.now(), zone_of(self.loaded.config))

    def schedule(self, name: str) -> str:
        """When a sync runs, in words."""
        return words.schedule(self.loaded.config.syncs[name].schedule or DEFAULT)

    def next_run(self, name: str) -> datetime | None:
        """When a sync is due."""
        return self.timetable.next_run(name)

    async def asked(self, question: Callable[[State], T]) -> T:
        """The state's answer, from a thread of its own. Raises StateError."""
        url = self.loaded.state_url()

        def ask() -> T:
            with opened(url) as state:
                return question(state)

        return await asyncio.to_thread(ask)

    # -- who asks

    def visitor(self, request: web.Request) -> Visitor:
        """Who asks for a page. Raises HTTPMisdirectedRequest where the page is not known by that name."""
        self.check_host(request)
        signed_in = access.is_signed_in(request, self.server, self.clock.now())
        return Visitor(self.server.token is not None, signed_in, access.form_token(request, self.server))

    def seeing(self, request: web.Request) -> Visitor:
        """Likewise, of a page that is nothing but names and values. Sends whoever may not see it to sign in."""
        visitor = self.visitor(request)
        if not visitor.sees:
            there = request.path_qs
            raise web.HTTPSeeOther("/login" + (f"?to={access.quoted(there)}" if there.startswith("/") else ""))
        return visitor

    def check_host(
        self, request: web.Request, ours: Callable[[web.Request, ServerOptions], bool] = access.is_our_host
    ) -> None:
        """Raises HTTPMisdirectedRequest where the page is not known by the name that was asked for."""
        if not ours(request, self.server):
            text = f"This page is not known as {request.host}. Name it under server.names in the configuration.\n"
            raise web.HTTPMisdirectedRequest(text=text)

    async def form(self, request: web.Request) -> Mapping[str, list[str]]:
        """What a form of this page sent, by somebody who may decide. Raises HTTPForbidden otherwise."""
        self.check_host(request)
        if self.server.token is None:
            raise web.HTTPForbidden(text="This page only reads: no server.token is configured.\n")
        if not access.is_signed_in(request, self.server, self.clock.now()):
            raise web.HTTPForbidden(text="Sign in first.\n")
        fields = await fields_of(request.clone(client_max_size=LARGEST_FORM))
        if not access.is_our_form(request, first(fields, "form_token"), self.server):
            raise web.HTTPForbidden(text="This form is too old, or came from another site. Load the page again.\n")
        return fields

    def known(self, name: str) -> str:
        """The name of a sync. Raises HTTPNotFound."""
        if name not in self.loaded.config.syncs:
            raise web.HTTPNotFound(text=f"There is no sync named {name!r}.\n")
        return name


async def fields_of(request: web.Request) -> dict[str, list[str]]:
    """The fields of the form that was sent. HTTPBadRequest where it is no form."""
    try:
        form = await request.post()
    except (ValueError, LookupError, AssertionError, web.RequestPayloadError) as error:  # bytes, charset, parts
        raise web.HTTPBadRequest(text=f"The form cannot be read ({type(error).__name__}).\n") from None
    fields: dict[str, list[str]] = {}
    for name, value in form.items():
        fields.setdefault(name, []).append(str(value))
    return fields


def first(fields: Mapping[str, list[str]], name: str) -> str:
    """One field; empty where the form has none."""
    return next(iter(fields.get(name, ())), "")
