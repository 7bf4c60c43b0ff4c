"""The daemon's HTTP: its page, what may be done there, and the endpoints for machines. Decides no words."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from aiohttp import web, web_response
from jinja2 import Environment, PackageLoader, StrictUndefined

from sync.clock import Clock
from sync.config.daemon import ServerOptions
from sync.daemon.metrics import CONTENT_TYPE, Metrics
from sync.daemon.runner import Activity, Runner
from sync.daemon.schedule import DEFAULT, Timetable, zone_of
from sync.daemon.web import access, chart
from sync.daemon.web.facts import SyncFacts, read_facts
from sync.daemon.web.page import Known, Moments, PageView, page
from sync.state.address import StateError
from sync.unexpected import unexpected

PATIENCE = 6.0
"""Seconds that a press of a button waits for its run, so that most answers show the outcome."""

REFRESH_SECONDS = 3
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_POLICY = "; ".join(
    [
        "default-src 'none'",
        "style-src 'nonce-{nonce}'",
        "img-src data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
_ACTIVITIES: dict[str, Activity] = {"run": "sync", "preview": "preview"}

log = structlog.get_logger()


def make_app(runner: Runner, timetable: Timetable, metrics: Metrics, clock: Clock) -> web.Application:
    """The application, ready to be served."""
    # What answers says no version. aiohttp has no setting for it, and answers to what is no HTTP pass no middleware.
    web_response.SERVER_SOFTWARE = "openphone-sync"  # type: ignore[attr-defined]
    site = _Site(runner, timetable, metrics, clock)
    app = web.Application(middlewares=[_with_headers, _judged], client_max_size=16 * 1024)
    app.add_routes(
        [
            web.get("/healthz", site.healthz),
            web.get("/readyz", site.readyz),
            web.get("/metrics", site.metrics),
            web.get("/", site.page),
            web.get("/login", site.login_form),
            web.post("/login", site.login),
            web.post("/logout", site.logout),
            web.post("/syncs/{name}/{act:run|preview}", site.act),
        ]
    )
    return app


@web.middleware
async def _with_headers(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        response: web.StreamResponse = await handler(request)
    except web.HTTPException as error:
        error.headers.update(_HEADERS)
        raise
    response.headers.update(_HEADERS)
    return response


@web.middleware
async def _judged(request: web.Request, handler: Any) -> web.StreamResponse:
    """A request that is not well formed is the asker's mistake; any other error is ours, and one line in the log."""
    if (mistake := access.malformed(request)) is not None:
        raise web.HTTPBadRequest(text=mistake)
    try:
        response: web.StreamResponse = await handler(request)
    except web.HTTPException:
        raise
    except Exception as error:
        log.error("the page could not be made", path=request.path, reason=unexpected(error))
        log.debug("traceback", exc_info=True)
        raise web.HTTPInternalServerError(text="This could not be answered; the log says why.\n") from None
    return response


async def _field(request: web.Request, name: str) -> str:
    """One field of the form that was sent; empty where it has none. HTTPBadRequest where it is no form."""
    try:
        form = await request.post()
    except (ValueError, LookupError, AssertionError, web.RequestPayloadError) as error:  # bytes, charset, parts
        raise web.HTTPBadRequest(text=f"The form cannot be read ({type(error).__name__}).\n") from None
    return str(form.get(name, ""))


class _Site:
    """The handlers, and what they look at."""

    def __init__(self, runner: Runner, timetable: Timetable, metrics: Metrics, clock: Clock) -> None:
        self._clock = clock
        self._runner = runner
        self._timetable = timetable
        self._metrics = metrics
        self._access = access.Access(clock)
        self._templates = Environment(
            loader=PackageLoader("sync.daemon.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    @property
    def _server(self) -> ServerOptions:
        return self._runner.loaded.config.server

    # -- for machines

    async def healthz(self, request: web.Request) -> web.Response:
        """The process lives, and its event loop turns."""
        return web.Response(text="ok\n")

    async def readyz(self, request: web.Request) -> web.Response:
        """Whether every sync has run, no last run was a failure, and no run is overdue."""
        self._check_host(request, access.is_our_host_for_machines)
        reasons = list(filter(None, map(self._unready, self._runner.loaded.config.syncs)))
        return web.Response(text="\n".join(reasons or ["ok"]) + "\n", status=503 if reasons else 200)

    def _unready(self, name: str) -> str | None:
        """Why this sync is not as it should be: it has not run, its last run failed, the next one is overdue."""
        ended, since = self._runner.ended.get(name), self._timetable.overdue_since(name)
        reasons = ["has not run yet"] if ended is None else []
        if ended is not None and ended.status == "failed":
            reasons.append(str(ended.error))
        if since is not None:
            by = datetime.fromtimestamp(since, zone_of(self._runner.loaded.config)).isoformat(" ", "seconds")
            why = ": the one before is still under way" if name in self._runner.doing else ""
            reasons.append(f"a run is overdue since {by}{why}")
        return f"{name}: {'; '.join(reasons)}" if reasons else None

    async def metrics(self, request: web.Request) -> web.Response:
        self._check_host(request, access.is_our_host_for_machines)
        for name in self._runner.loaded.config.syncs:
            since = self._timetable.overdue_since(name)
            self._metrics.overdue(name, max(0.0, self._clock.now() - since) if since is not None else 0.0)
        return web.Response(body=self._metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    # -- for people

    async def page(self, request: web.Request) -> web.Response:
        self._check_host(request)
        view = await self._view()
        waiting = "wait" in request.query and any(sync.busy for sync in view.syncs)
        return self._html(
            "page.html",
            view=view,
            chart=chart,
            refresh=REFRESH_SECONDS if waiting else None,
            has_token=self._server.token is not None,
            signed_in=access.is_signed_in(request, self._server, self._clock.now()),
            form_token=access.form_token(request, self._server),
        )

    async def _view(self) -> PageView:
        runner, loaded = self._runner, self._runner.loaded
        now = self._clock.now()
        facts: dict[str, SyncFacts] = {}
        problem = None
        try:
            names, redactor = list(loaded.config.syncs), loaded.redactor()
            facts = await asyncio.to_thread(read_facts, loaded.state_url(), names, now, redactor)
        except StateError as error:
            problem = redactor.message(str(error))
        known = {
            name: Known(
                schedule=sync.schedule or DEFAULT,
                doing=runner.doing.get(name),
                next_run=self._timetable.next_run(name),
                ended=runner.ended.get(name),
                preview=runner.previews.get(name),
            )
            for name, sync in loaded.config.syncs.items()
        }
        clock = Moments(now, zone_of(loaded.config))
        return page(loaded.config, loaded.path, facts, known, clock, problem)

    async def login_form(self, request: web.Request) -> web.Response:
        self._check_host(request)
        return self._login_page(wrong=False)

    async def login(self, request: web.Request) -> web.Response:
        """The token, in exchange for a cookie."""
        self._check_host(request)
        if not access.is_same_site(request):
            raise web.HTTPForbidden(text="This form came from another site.\n")
        token = self._server.token
        given = (await _field(request, "token")).strip()
        if token is None or not await self._access.is_token(given, self._server):
            return self._login_page(wrong=True)
        response = web.Response(status=303, headers={"Location": "/"})
        access.sign_in(response, request, token, self._clock.now())
        return response

    async def logout(self, request: web.Request) -> web.Response:
        await self._check_form(request)
        response = web.Response(status=303, headers={"Location": "/"})
        access.sign_out(response)
        return response

    async def act(self, request: web.Request) -> web.Response:
        """Sync now, or prepare a preview; answers when that is done, or after a few seconds."""
        by_program = await self._access.is_bearer(request, self._server)
        if not by_program:
            await self._check_form(request)
        name = request.match_info["name"]
        if name not in self._runner.loaded.config.syncs:
            raise web.HTTPNotFound(text=f"There is no sync named {name!r}.\n")
        task = self._runner.begin(name, _ACTIVITIES[request.match_info["act"]])
        if by_program:
            return web.Response(status=202, text="started\n") if task else web.Response(status=409, text="busy\n")
        if task is not None:
            await asyncio.wait({task}, timeout=PATIENCE)
        return web.Response(status=303, headers={"Location": f"/?wait#{name}"})

    # -- who asks

    def _check_host(
        self, request: web.Request, ours: Callable[[web.Request, ServerOptions], bool] = access.is_our_host
    ) -> None:
        if not ours(request, self._server):
            text = f"This page is not known as {request.host}. Name it under server.names in the configuration.\n"
            raise web.HTTPMisdirectedRequest(text=text)

    async def _check_form(self, request: web.Request) -> None:
        self._check_host(request)
        if self._server.token is None:
            raise web.HTTPForbidden(text="This page only reads: no server.token is configured.\n")
        if not access.is_signed_in(request, self._server, self._clock.now()):
            raise web.HTTPForbidden(text="Sign in first.\n")
        if not access.is_our_form(request, await _field(request, "form_token"), self._server):
            raise web.HTTPForbidden(text="This form is too old, or came from another site. Load the page again.\n")

    # -- HTML

    def _login_page(self, *, wrong: bool) -> web.Response:
        has_token = self._server.token is not None
        return self._html("login.html", wrong=wrong, has_token=has_token, status=403 if wrong else 200)

    def _html(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        nonce = secrets.token_urlsafe(16)
        text = self._templates.get_template(template).render(nonce=nonce, **values)
        headers = {"Content-Security-Policy": _POLICY.format(nonce=nonce)}
        body = text.encode("utf-8", "replace")  # a contact may hold half a letter
        return web.Response(body=body, content_type="text/html", charset="utf-8", status=status, headers=headers)
