"""Who may do what on the page: the token, the cookie that stands for it, forms that cannot come from another site.

Without a configured token nobody may do anything but read. Whatever a request says, it is judged, never an error.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import re
import secrets
from urllib.parse import quote, urlsplit

from aiohttp import web
from pydantic import SecretStr

from connectors.this_machine import is_this_machine
from sync.clock import Clock
from sync.config.daemon import ServerOptions

COOKIE = "openphone_sync"
SESSION_SECONDS = 12 * 3600
WRONG_TOKEN_SECONDS = 1.0

JUDGED_HEADERS = ("Host", "Origin", "Authorization", "Cookie", "Sec-Fetch-Site", "X-Forwarded-Proto")
"""The headers by which it is decided who may do what."""

_OFTEN = ("Cookie", "X-Forwarded-Proto")
"""Those that may be given more than once: each of several proxies may add its own."""

_HOST = re.compile(r"(\[[0-9a-f:.]+(%[0-9a-z._~-]+)?\]|[^\s/?#@:\[\]\\]+)(:\d{0,5})?", re.ASCII | re.IGNORECASE)
_INSIDE = (".svc", ".cluster.local", ".internal")
"""Ends of names that exist only inside a network."""


class Access:
    """Judges requests. Everything is derived from the token: a new token ends every session."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._guessing = asyncio.Lock()

    async def is_token(self, given: str, server: ServerOptions) -> bool:
        """Whether this is the token; wrong ones are answered one after another, a second each."""
        right = server.token is not None and _equal(given, server.token.get_secret_value())
        if not right:
            async with self._guessing:
                await self._clock.sleep(WRONG_TOKEN_SECONDS)
        return right

    async def is_bearer(self, request: web.Request, server: ServerOptions) -> bool:
        """Whether a program sent the token itself, which no other site's form can do."""
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        return kind.lower() == "bearer" and await self.is_token(given.strip(), server)


def sign_in(response: web.StreamResponse, request: web.Request, token: SecretStr, now: float) -> None:
    """Give the browser a cookie that stands for the token."""
    claim = f"{int(now) + SESSION_SECONDS}.{secrets.token_urlsafe(12)}"
    secure = request.secure or request.headers.get("X-Forwarded-Proto") == "https"
    response.set_cookie(
        COOKIE,
        f"{claim}.{_signed(token, 'session', claim)}",
        max_age=SESSION_SECONDS,
        httponly=True,
        samesite="Strict",
        secure=secure,
    )


def sign_out(response: web.StreamResponse) -> None:
    response.del_cookie(COOKIE, samesite="Strict", httponly=True)


def is_signed_in(request: web.Request, server: ServerOptions, now: float) -> bool:
    """Whether the browser's cookie is one of ours, for the token of now, and not too old."""
    claim, _, signature = request.cookies.get(COOKIE, "").rpartition(".")
    if server.token is None or not claim or not _equal(signature, _signed(server.token, "session", claim)):
        return False
    return int(claim.partition(".")[0]) > now


def form_token(request: web.Request, server: ServerOptions) -> str:
    """What the page's forms carry; another site cannot know it."""
    return _signed(server.token, "form", request.cookies.get(COOKIE, "")) if server.token is not None else ""


def is_our_form(request: web.Request, given: str, server: ServerOptions) -> bool:
    return is_same_site(request) and server.token is not None and _equal(given, form_token(request, server))


def quoted(address: str) -> str:
    """An address of this site, to be gone to after signing in."""
    return quote(address, safe="")


def is_ours_to_go(address: str) -> bool:
    """Whether an address leads nowhere but to this site, however a browser reads it."""
    return address.startswith("/") and address[1:2] not in ("/", "\\") and address.isprintable()


def is_same_site(request: web.Request) -> bool:
    """Whether the browser says that the form stands on this very page."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc.lower() == request.host.lower()


def malformed(request: web.Request) -> str | None:
    """What is wrong with the headers that we judge by, or None. Until this was asked, they are not to be used."""
    for name in JUDGED_HEADERS:
        given = request.headers.getall(name, [])
        if not all(text.replace("\t", " ").isprintable() for text in given):  # half a letter is not printable
            return f"The header {name} holds characters that do not belong there.\n"
        if len(given) > 1 and name not in _OFTEN:
            return f"The header {name} is given twice.\n"
    host, origin = request.headers.get("Host"), request.headers.get("Origin")
    if host is not None and not (host.isascii() and _HOST.fullmatch(host)):
        return "The header Host holds no host.\n"
    try:
        urlsplit(origin or "")
    except ValueError:
        return "The header Origin holds no address.\n"
    return None


def is_our_host(request: web.Request, server: ServerOptions) -> bool:
    """Whether the page is asked for by a name of ours: a stranger's name may lead to a loopback address, too.

    Addresses cannot be made to lead elsewhere. Where the page listens to the network, and no names are configured,
    any name will do: it is open to whoever reaches it anyway.
    """
    name = _name(request)
    if name in {"localhost", server.host.lower(), *server.names} or name.endswith(".localhost") or _is_address(name):
        return True
    return not server.names and not is_this_machine(server.host)


def is_our_host_for_machines(request: web.Request, server: ServerOptions) -> bool:
    """The same for what gathers metrics and probes. They send an address, or no Host at all, which no browser does.

    Where we listen to the network, they may also use a name that exists only inside it: no stranger can own that one.
    """
    if is_our_host(request, server) or "Host" not in request.headers:
        return True
    name = _name(request)
    return not is_this_machine(server.host) and ("." not in name or name.endswith(_INSIDE))


def _name(request: web.Request) -> str:
    """The name by which we are asked, without its port. Never that of this machine where the request gives none."""
    host = request.headers.get("Host", "").lower()
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _signed(token: SecretStr, purpose: str, text: str) -> str:
    return hmac.new(token.get_secret_value().encode(), f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
