"""``/login``: the token, in exchange for a cookie."""

from __future__ import annotations

from aiohttp import web

from sync.daemon.web import access
from sync.daemon.web.home import made
from sync.daemon.web.html import see_other
from sync.daemon.web.site import Site, fields_of, first


async def form(site: Site, request: web.Request) -> web.Response:
    """Where to enter it."""
    return _page(site, request, request.query.get("to", ""), wrong=False)


async def login(site: Site, request: web.Request) -> web.Response:
    """Takes the token, and leads back to where somebody came from."""
    site.check_host(request)
    if not access.is_same_site(request):
        raise web.HTTPForbidden(text="This form came from another site.\n")
    fields, token = await fields_of(request), site.server.token
    given, to = first(fields, "token").strip(), first(fields, "to")
    if token is None or not await site.access.is_token(given, site.server):
        return _page(site, request, to, wrong=True)
    response = see_other(to if access.is_ours_to_go(to) else "/")
    access.sign_in(response, request, token, site.clock.now())
    return response


async def logout(site: Site, request: web.Request) -> web.Response:
    """Ends the session of this browser."""
    await site.form(request)
    response = see_other("/")
    access.sign_out(response)
    return response


def _page(site: Site, request: web.Request, to: str, *, wrong: bool) -> web.Response:
    visitor, status = site.visitor(request), 403 if wrong else 200
    back = to if access.is_ours_to_go(to) else ""
    return site.pages.page(
        "login.html", status=status, visitor=visitor, made=made(site.moments()), wrong=wrong, to=back
    )
