"""Six vendors' contact lists as their documentation describes them: how each authenticates, pages and refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

COUNT = 1234
TOKEN = "t0ken-of-the-vendor"

Record = dict[str, Any]
Handler = Callable[[web.Request, Any], web.Response]


@dataclass(frozen=True)
class Vendor:
    """One vendor: the preset's words, where it answers, what it answers, and what it says to a wrong token."""

    preset: str
    path: str
    answer: Handler
    header: tuple[str, str]
    refusal: Any
    said: str
    words: dict[str, Any]
    first: dict[str, Any]
    pages: int


def _slice(count: int, start: int, size: int) -> range:
    return range(start + 1, min(start + size, count) + 1)


def hubspot(request: web.Request, body: Any) -> web.Response:
    """GET /crm/objects/2026-09/contacts: 100 at most, ``paging.next.after`` until the last page has no ``paging``."""
    if request.method == "POST":
        return _hubspot_search(body)
    assert int(request.query["limit"]) <= 100
    start, wanted = int(request.query.get("after", 0)), request.query["properties"].split(",")
    results = [_hubspot(number, wanted) for number in _slice(COUNT, start, 100)]
    paging = {"paging": {"next": {"after": str(start + 100), "link": "…"}}} if start + 100 < COUNT else {}
    return web.json_response({"results": results, **paging})


def _hubspot_search(body: Any) -> web.Response:
    filters = body["filterGroups"][0]["filters"][0]
    assert (filters["propertyName"], filters["operator"]) == ("lastmodifieddate", "GTE")
    assert re.fullmatch(r"\d{13}", filters["value"])
    start = int(body.get("after", 0))
    results = [_hubspot(number, body["properties"]) for number in _slice(150, start, body["limit"])]
    paging = {"paging": {"next": {"after": str(start + 100)}}} if start + 100 < 150 else {}
    return web.json_response({"total": 150, "results": results, **paging})


def _hubspot(number: int, wanted: list[str]) -> Record:
    known = {"firstname": f"First{number}", "lastname": "Doe", "phone": f"+1415555{number:04d}", "favourite": "blue"}
    properties = {name: known.get(name) for name in wanted}
    return {"id": str(number), "properties": properties, "updatedAt": "2026-01-01T00:00:00Z", "archived": False}


def salesforce(request: web.Request, body: Any) -> web.Response:
    """GET /query?q=…: 2,000 at most, ``done`` and ``nextRecordsUrl``, a path on the same host."""
    start = int(request.path.rsplit("-", 1)[1]) if "-" in request.path else 0
    if not start:
        assert request.query["q"].startswith("SELECT Id, FirstName, ".replace(", ", ","))
        assert " FROM Contact" in request.query["q"]
    gone = "queryAll" in request.path
    records = [
        {
            "attributes": {"type": "Contact"}, "Id": f"003{number}", "FirstName": f"First{number}", "LastName": "Doe",
            "Account": {"attributes": {}, "Name": "Acme"}, "IsDeleted": gone and number == 1, "Region__c": "West",
        }
        for number in _slice(COUNT, start, 500)
    ]  # fmt: skip
    following = {"nextRecordsUrl": f"/services/data/v67.0/query/01g-{start + 500}"} if start + 500 < COUNT else {}
    return web.json_response({"totalSize": COUNT, "done": not following, "records": records, **following})


def pipedrive(request: web.Request, body: Any) -> web.Response:
    """GET /api/v2/persons: 500 at most, ``additional_data.next_cursor``, null at the end."""
    assert int(request.query["limit"]) <= 500
    start = int(request.query.get("cursor", "c0")[1:])
    data = [
        {
            "id": number, "name": f"First{number} Doe", "first_name": f"First{number}", "last_name": "Doe",
            "phones": [
                {"value": "+14155550000", "primary": False, "label": "work"},
                {"value": f"+1415555{number:04d}", "primary": True, "label": "mobile"},
            ],
            "emails": [{"value": "a@example.com", "primary": True, "label": "work"}],
            "is_deleted": False, "custom_fields": {"9dc80c50d78a15643bfc4ca79d76156a73a1ca0e": "gold"},
        }
        for number in _slice(COUNT, start, 500)
    ]  # fmt: skip
    cursor = f"c{start + 500}" if start + 500 < COUNT else None
    return web.json_response({"success": True, "data": data, "additional_data": {"next_cursor": cursor}})


def zoho(request: web.Request, body: Any) -> web.Response:
    """GET /crm/v8/Contacts: ``fields`` is mandatory, 200 at most, ``info.more_records`` and ``next_page_token``."""
    assert 0 < len(request.query["fields"].split(",")) <= 50
    if "If-Modified-Since" in request.headers:
        return web.Response(status=304)
    start = int(request.query.get("page_token", "p0")[1:])
    data = [
        {"id": str(number), "First_Name": f"First{number}", "Account_Name": {"name": "Acme", "id": "7"}}
        for number in _slice(COUNT, start, 200)
    ]  # fmt: skip
    more = start + 200 < COUNT
    info = {"more_records": more, "next_page_token": f"p{start + 200}" if more else None, "per_page": 200}
    return web.json_response({"data": data, "info": info})


def airtable(request: web.Request, body: Any) -> web.Response:
    """GET /v0/{base}/{table}: 100 at most, ``offset`` while there is more; empty fields are left out."""
    assert int(request.query["pageSize"]) <= 100
    start = int(request.query.get("offset", "itr/rec0").rsplit("rec", 1)[1])
    records = [
        {
            "id": f"rec{number}", "createdTime": "2026-01-01T00:00:00.000Z",
            "fields": {"First name": f"First{number}", "Tags": ["a", "b"], "Files": [{"url": "…"}]},
        }
        for number in _slice(COUNT, start, 100)
    ]  # fmt: skip
    offset = {"offset": f"itr/rec{start + 100}"} if start + 100 < COUNT else {}
    return web.json_response({"records": records, **offset})


def attio(request: web.Request, body: Any) -> web.Response:
    """POST /v2/objects/people/records/query: ``limit`` (500 at most) and ``offset`` in the body; no word of the end."""
    assert request.method == "POST"
    assert body["limit"] <= 500
    data = [
        {
            "id": {"workspace_id": "w", "object_id": "o", "record_id": f"r{number}"},
            "values": {
                "name": [{"first_name": f"First{number}", "last_name": "Doe", "full_name": f"First{number} Doe"}],
                "email_addresses": [{"email_address": "a@example.com"}, {"email_address": "b@example.com"}],
                "phone_numbers": [
                    {
                        "original_phone_number": f"(415) 555-{number:04d}",
                        "normalized_phone_number": f"+1415555{number:04d}",
                        "country_code": "US",
                    },
                    {"original_phone_number": "+16285550100", "country_code": "US"},
                ],
                "tier": [{"value": "gold"}],
            },
        }
        for number in _slice(COUNT, body["offset"], body["limit"])
    ]
    return web.json_response({"data": data})


VENDORS = [
    Vendor(
        preset="hubspot", path="/crm/objects/2026-09/contacts", answer=hubspot,
        header=("Authorization", f"Bearer {TOKEN}"),
        refusal={"status": "error", "message": "Authentication credentials not found.", "category": "INVALID"},
        said="Authentication credentials not found.", words={"properties": ["favourite"]}, pages=13,
        first={"id": "1", "first_name": "First1", "last_name": "Doe", "phone": "+14155550001", "favourite": "blue"},
    ),
    Vendor(
        preset="salesforce", path="/services/data/v67.0/query", answer=salesforce,
        header=("Authorization", f"Bearer {TOKEN}"),
        refusal=[{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}],
        said="Session expired or invalid", words={"fields": ["Region__c"]}, pages=3,
        first={"id": "0031", "first_name": "First1", "company": "Acme", "phone": None, "Region__c": "West"},
    ),
    Vendor(
        preset="pipedrive", path="/api/v2/persons", answer=pipedrive, header=("x-api-token", TOKEN),
        refusal={"success": False, "error": "unauthorized access", "errorCode": 401}, said="unauthorized access",
        words={"custom_fields": ["9dc80c50d78a15643bfc4ca79d76156a73a1ca0e"]}, pages=3,
        first={
            "id": 1, "name": "First1 Doe", "phone": "+14155550001", "mobile": "+14155550001", "email": "a@example.com",
            "phones": ["+14155550000", "+14155550001"], "9dc80c50d78a15643bfc4ca79d76156a73a1ca0e": "gold",
        },
    ),
    Vendor(
        preset="zoho", path="/crm/v8/Contacts", answer=zoho, header=("Authorization", f"Zoho-oauthtoken {TOKEN}"),
        refusal={"code": "INVALID_TOKEN", "details": {}, "message": "invalid oauth token", "status": "error"},
        said="invalid oauth token", words={"region": "eu", "fields": ["Region"]}, pages=7,
        first={"id": "1", "first_name": "First1", "company": "Acme", "Region": None},
    ),
    Vendor(
        preset="airtable", path="/v0/app1/My%20people", answer=airtable, header=("Authorization", f"Bearer {TOKEN}"),
        refusal={"error": {"type": "AUTHENTICATION_REQUIRED", "message": "Authentication required"}},
        said="Authentication required", words={"base": "app1", "table": "My people"}, pages=13,
        first={"id": "rec1", "First name": "First1", "Tags": ["a", "b"]},
    ),
    Vendor(
        preset="attio", path="/v2/objects/people/records/query", answer=attio,
        header=("Authorization", f"Bearer {TOKEN}"),
        refusal={"status_code": 401, "type": "auth_error", "code": "unauthorized", "message": "Access token invalid."},
        said="Access token invalid.", words={"attributes": ["tier"]}, pages=4,
        first={
            "id": "r1", "first_name": "First1", "phone": "+14155550001", "emails": ["a@example.com", "b@example.com"],
            "phones": ["+14155550001", "+16285550100"], "tier": "gold",
        },
    ),
]  # fmt: skip


def handler(vendor: Vendor, log: list[web.Request]) -> Callable[[web.Request], Any]:
    """What the vendor's server does: refuse a wrong token, answer a right one."""
    name, value = vendor.header

    async def handle(request: web.Request) -> web.Response:
        log.append(request)
        if request.headers.get(name) != value:
            return web.json_response(vendor.refusal, status=401)
        text = await request.text()
        return vendor.answer(request, json.loads(text) if text else None)

    return handle
