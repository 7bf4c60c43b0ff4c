"""The daemon's HTTP: which address is whose affair, and what every answer has in common. Decides nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import structlog
from aiohttp import web, web_response

from sync.clock import Clock
from sync.daemon.metrics import Metrics
from sync.daemon.runner import Runner
from sync.daemon.schedule import Timetable
from sync.daemon.web import (
    access,
    contact_page,
    deciding,
    downloads,
    home,
    live,
    login,
    people,
    preview_page,
    run_page,
    sync_page,
)
from sync.daemon.web.html import HEADERS
from sync.daemon.web.machines import Machines
from sync.daemon.web.site import Site
from sync.unexpected import unexpected

LARGEST = 16 * 1024
"""What anybody may send."""

log = structlog.get_logger()


def make_app(runner: Runner, timetable: Timetable, metrics: Metrics, clock: Clock) -> web.Application:
    """The application, ready to be served."""
    # What answers says no version. aiohttp has no setting for it, and answers to what is no HTTP pass no middleware.
    web_response.SERVER_SOFTWARE = "openphone-sync"  # type: ignore[attr-defined]
    site = Site(runner, timetable, clock)
    machines = Machines(site, metrics)
    app = web.Application(middlewares=[_with_headers, _judged], client_max_size=LARGEST)

    def of(view: Callable[[Site, web.Request], Awaitable[web.StreamResponse]]) -> Any:
        return partial(view, site)

    app.add_routes(
        [
            web.get("/healthz", machines.healthz),
            web.get("/readyz", machines.readyz),
            web.get("/metrics", machines.metrics),
            web.get("/", of(home.handle)),
            web.get("/search", of(people.search)),
            web.get("/progress", of(live.handle)),
            web.get("/login", of(login.form)),
            web.post("/login", of(login.login)),
            web.post("/logout", of(login.logout)),
            web.get("/syncs/{name}", of(sync_page.handle)),
            web.get("/syncs/{name}/{tab:runs|contacts|mapping}", of(sync_page.handle)),
            web.get("/syncs/{name}/problems.csv", of(downloads.problems_csv)),
            web.post("/syncs/{name}/{act:run|preview}", of(deciding.act)),
            web.post("/syncs/{name}/let-through", of(deciding.let_through)),
            web.get(r"/runs/{run:\d{1,9}}", of(run_page.handle)),
            web.get(r"/runs/{run:\d{1,9}}.csv", of(downloads.run_csv)),
            web.get(r"/runs/{run:\d{1,9}}.json", of(downloads.run_json)),
            web.post(r"/runs/{run:\d{1,9}}/undo", of(deciding.undo)),
            web.get("/contacts", of(contact_page.handle)),
            web.get("/contacts/{key:.+}", of(contact_page.handle)),
            web.post("/contacts/look", of(deciding.look)),
            web.post("/contacts/back", of(deciding.back)),
            web.get("/previews/{id}", of(preview_page.handle)),
            web.post("/previews/{id}/{act:apply|let-through}", of(deciding.apply)),
        ]
    )
    return app


@web.middleware
async def _with_headers(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        response: web.StreamResponse = await handler(request)
    except web.HTTPException as error:
        error.headers.update(HEADERS)
        raise
    response.headers.update(HEADERS)
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
        # The route, not the address: a key of a contact is nobody's name, but it may be.
        route = request.match_info.route.resource
        log.error("the page could not be made", route=route.canonical if route else None, reason=unexpected(error))
        log.debug("traceback", exc_info=True)
        raise web.HTTPInternalServerError(text="This could not be answered; the log says why.\n") from None
    return response
