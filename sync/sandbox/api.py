"""The six calls of the contacts API, each turned into what the workspace does.

Knows no keys, rates or faults: whoever gets here has been let in.
"""

from __future__ import annotations

import json

from aiohttp import web

from sync.sandbox import refusal
from sync.sandbox.law_book import Json
from sync.sandbox.workspace import ListQuery, Workspace


class Api:
    """The handlers under ``/v1``."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def routes(self) -> list[web.RouteDef]:
        """Where each call is found."""
        return [
            web.get("/v1/contact-custom-fields", self._custom_fields, allow_head=False),
            web.get("/v1/contacts", self._list, allow_head=False),
            web.post("/v1/contacts", self._create),
            web.get("/v1/contacts/{id}", self._get, allow_head=False),
            web.patch("/v1/contacts/{id}", self._update),
            web.delete("/v1/contacts/{id}", self._delete),
        ]

    async def _custom_fields(self, _: web.Request) -> web.Response:
        fields = self._workspace.custom_fields
        return _data([{"name": field.name, "key": field.key, "type": field.type} for field in fields])

    async def _list(self, request: web.Request) -> web.Response:
        query = request.query
        asked = ListQuery(
            max_results=query.get("maxResults"),
            page_token=query.get("pageToken"),
            external_ids=tuple(query.getall("externalIds", [])),
            sources=tuple(query.getall("sources", [])),
        )
        return web.json_response(self._workspace.page(asked))

    async def _create(self, request: web.Request) -> web.Response:
        return _data(self._workspace.create(await _body(request)), status=201)

    async def _get(self, request: web.Request) -> web.Response:
        return _data(self._workspace.get(request.match_info["id"]))

    async def _update(self, request: web.Request) -> web.Response:
        return _data(self._workspace.update(request.match_info["id"], await _body(request)))

    async def _delete(self, request: web.Request) -> web.Response:
        self._workspace.delete(request.match_info["id"])
        return web.Response(status=204)


async def _body(request: web.Request) -> Json:
    """The body of a write. Documented: of both there are, ``application/json`` is all that is taken."""
    if request.content_type != "application/json":
        raise refusal.invalid(refusal.Flaw("", "Expected a JSON body", None, "object"))
    return await read_json(request)


async def read_json(request: web.Request) -> Json:
    """The body, which must be JSON in the strict sense: no NaN, no infinity."""
    try:
        return json.loads(await request.read(), parse_constant=_no_constant)
    except ValueError:
        raise refusal.invalid(refusal.Flaw("", "Expected a JSON body", None, "object")) from None


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _data(value: Json, status: int = 200) -> web.Response:
    return web.json_response({"data": value}, status=status)
