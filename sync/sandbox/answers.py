"""The answers that the sandbox gives instead of a contact: errors in each of the shapes that clients meet.

Only builds responses; decides nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from aiohttp import web

from sync.sandbox import refusal
from sync.sandbox.faults import Fault, FaultKind
from sync.sandbox.law_book import Area, area_of
from sync.sandbox.refusal import Refusal

BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


def refused(reason: Refusal) -> web.Response:
    """The service's own error shape."""
    return web.json_response(reason.to_json(_trace()), status=reason.status)


def unauthorized() -> web.Response:
    """No key, a wrong one, or one behind ``Bearer``. Measured: the gateway's shape, not the one documented."""
    return _gateway(401, "unauthorized", "Unauthorized")


def too_many(retry_after: float | str | None) -> web.Response:
    """One request too many in this second. Measured; the document describes no 429."""
    return _gateway(429, "too_many_requests", "Too Many Requests", retry_after)


def spoiled(fault: Fault, path: str) -> web.Response:
    """What a fault that answers at all answers with to a request for ``path``."""
    return _SPOILED[fault.kind](fault, area_of(path))


def with_rate(response: web.StreamResponse, limit: int, room: int) -> web.StreamResponse:
    """The headers that every answer carries (measured)."""
    response.headers["ratelimit"] = f'"per-second"; r={max(room, 0)}; t=1'
    response.headers["ratelimit-policy"] = f'"per-second"; q={limit}; w=1'
    return response


def _gateway(status: int, key: str, message: str, retry_after: float | str | None = None) -> web.Response:
    headers = {} if retry_after is None else {"Retry-After": _seconds(retry_after)}
    body = {"error": {"message": message, "key": key, "trace": _trace()}}
    return web.json_response(body, status=status, headers=headers)


def _seconds(retry_after: float | str) -> str:
    return retry_after if isinstance(retry_after, str) else f"{retry_after:g}"


def _html(_: Fault, __: Area) -> web.Response:
    return web.Response(status=502, text=BAD_GATEWAY, content_type="text/html")


def _broken(_: Fault, area: Area) -> web.Response:
    return refused(refusal.unknown(area))


def _trace() -> str:
    return secrets.token_hex(8)


_SPOILED: Mapping[FaultKind, Callable[[Fault, Area], web.Response]] = {
    "429": lambda fault, _: too_many(fault.retry_after),
    "500_before": _broken,
    "500_after": _broken,
    "html_502": _html,
    "html_after": _html,
    "401": lambda _, __: unauthorized(),
    "403": lambda _, area: refused(refusal.forbidden(area)),
    "400_refuse": lambda fault, area: refused(refusal.bad_request(fault.reason, area=area)),
    "down": lambda fault, _: _gateway(503, "service_unavailable", "Service Unavailable", fault.retry_after),
}
