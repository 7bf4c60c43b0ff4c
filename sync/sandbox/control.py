"""Orders to the sandbox itself over HTTP, for whoever runs it in another process: faults, edits, what it saw.

Under ``/_sandbox``: these need no key, count as no requests and meet no faults.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict

from aiohttp import web

from sync.sandbox import refusal
from sync.sandbox.api import read_json
from sync.sandbox.faults import Faults
from sync.sandbox.law_book import CustomField, Json
from sync.sandbox.traffic import Traffic
from sync.sandbox.workspace import Workspace

Order = Callable[[Json], Json]


class Control:
    """The handlers under ``/_sandbox``."""

    def __init__(self, workspace: Workspace, traffic: Traffic, faults: Faults) -> None:
        self._workspace = workspace
        self._traffic = traffic
        self._faults = faults

    def routes(self) -> list[web.RouteDef]:
        """Where each order is found."""
        return [
            web.get("/_sandbox/contacts", self._contacts),
            web.get("/_sandbox/requests", self._requests),
            web.delete("/_sandbox/requests", self._forget_requests),
            web.post("/_sandbox/faults", _order(self._fault)),
            web.delete("/_sandbox/faults", self._clear_faults),
            web.post("/_sandbox/seed", _order(self._seed)),
            web.post("/_sandbox/edit", _order(self._edit)),
            web.post("/_sandbox/remove", _order(self._remove)),
            web.post("/_sandbox/ghost", _order(self._ghost)),
            web.post("/_sandbox/custom-fields", _order(self._custom_fields)),
        ]

    async def _contacts(self, _: web.Request) -> web.Response:
        return web.json_response({"data": list(self._workspace.contacts.values())})

    async def _requests(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "data": [asdict(request) for request in self._traffic.requests],
                "windows_exceeded": self._traffic.windows_exceeded,
                "max_in_window": self._traffic.max_in_window(),
            }
        )

    async def _forget_requests(self, _: web.Request) -> web.Response:
        self._traffic.forget()
        return web.Response(status=204)

    async def _clear_faults(self, _: web.Request) -> web.Response:
        self._faults.clear()
        return web.Response(status=204)

    def _fault(self, order: Mapping[str, Json]) -> Json:
        """``{"kind": …, "every": n, …}`` as ``faults.every``, or ``{"kind": …, "count": n, …}`` as ``faults.next``."""
        arguments = dict(order)
        if "every" in arguments:
            self._faults.every(arguments.pop("every"), **arguments)
        else:
            self._faults.next(**arguments)
        return {}

    def _seed(self, order: Json) -> Json:
        return self._workspace.seed(order)

    def _edit(self, order: Mapping[str, Json]) -> Json:
        changes = {name: value for name, value in order.items() if name != "id"}
        self._workspace.edit(order["id"], changes)
        return {}

    def _remove(self, order: Mapping[str, Json]) -> Json:
        self._workspace.remove(order["id"])
        return {}

    def _ghost(self, order: Mapping[str, Json]) -> Json:
        self._workspace.ghost(order["id"], readable=order.get("readable", True))
        return {}

    def _custom_fields(self, order: Json) -> Json:
        self._workspace.custom_fields = tuple(CustomField(**field) for field in order)
        return {}


def _order(carry_out: Order) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A handler that hands the JSON it is sent to ``carry_out``; what makes no sense is a 400."""

    async def handler(request: web.Request) -> web.Response:
        order = await read_json(request)
        try:
            return web.json_response({"data": carry_out(order)})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise refusal.invalid(refusal.Flaw("", f"This order makes no sense: {error}", None, "object")) from error

    return handler
