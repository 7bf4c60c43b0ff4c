"""Runs whose document is checked, and rows that use every field with the contacts that they are to become."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import jsonschema

from tests.support.paths import ROOT
from tests.support.workbench import Result, Workbench

SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))
NAMES = ("Zoë", "Łukasz", "Ångström", "José María", "Nguyễn", "李", "Ñandú", "O’Brien", "Διονύσης", "Þór")
TYPED = ("lead", "tags", "address", "notes", "site", "worth", "since")
COLUMNS = ("id", "first", "last", "company", "role", "mobile", "work", "email", "private", *TYPED)
EVERYTHING: dict[str, Any] = {
    "fields": {
        "firstName": "first",
        "lastName": "last",
        "company": "company",
        "role": "role",
        "phoneNumbers": {"mobile": "mobile", "work": {"column": "work", "split": ";"}},
        "emails": {"work": "email", "private": "private"},
    },
    "customFields": {
        "Inbound Lead": "lead",
        "tags": {"column": "tags", "split": ";"},
        "Address": "address",
        "Notes": "notes",
        "Website": "site",
        "Contract Value": "worth",
        "Customer Since": {"column": "since", "format": "%d/%m/%Y"},
    },
    "source_url": "https://crm.example.com/c/{id}",
}


def full_row(number: int, **cells: str) -> dict[str, str]:
    """A row in which no cell is blank."""
    row = {
        "id": f"k{number}",
        "first": f"{NAMES[number % len(NAMES)]} {number}",
        "last": f"Müller-{number}",
        "company": "Smörgås & Søn, “GmbH”",
        "role": "Geschäftsführerin",
        "mobile": f"(415) 555-{number:04d}",
        "work": f"+81 3-1234-{number:04d}; 4155560000.0",
        "email": f"k{number}@example.com",
        "private": f"k{number}@home.example",
        "lead": "yes" if number % 2 else "no",
        "tags": "vip; weekly",
        "address": f"{number} Main St\nSpringfield",
        "notes": "says “hello”, twice",
        "site": f"https://example.com/{number}",
        "worth": f"1,{number % 1000:03d}.50",
        "since": "01/03/2026",
    }
    return row | cells


def in_order(value: Any) -> Any:
    """Options come back in any order."""
    return sorted(value) if isinstance(value, list) else value


def landed(contact: Mapping[str, Any]) -> dict[str, Any]:
    """A contact of the workspace, in an order of its own."""
    default = contact["defaultFields"]
    return {
        **{name: default[name] for name in ("firstName", "lastName", "company", "role")},
        "phones": sorted((item["name"], item["value"]) for item in default["phoneNumbers"]),
        "emails": sorted((item["name"], item["value"]) for item in default["emails"]),
        "custom": {item["key"]: in_order(item["value"]) for item in contact["customFields"]},
        "source": contact["source"],
        "sourceUrl": contact["sourceUrl"],
    }


def wanted(number: int) -> dict[str, Any]:
    """What ``full_row`` is to become, as ``landed`` tells it."""
    row = full_row(number)
    return {
        "firstName": row["first"],
        "lastName": row["last"],
        "company": row["company"],
        "role": row["role"],
        "phones": [
            ("mobile", f"+1415555{number:04d}"),
            ("work", "+14155560000"),
            ("work", f"+8131234{number:04d}"),
        ],
        "emails": [("private", row["private"]), ("work", row["email"])],
        "custom": {
            "inbound-lead": bool(number % 2),
            "tags": ["vip", "weekly"],
            "address": row["address"],
            "notes": row["notes"],
            "website": row["site"],
            "contract-value": 1000.5 + number % 1000,
            "customer-since": "2026-03-01T00:00:00.000+0000",
        },
        "source": "contact-sync",
        "sourceUrl": f"https://crm.example.com/c/k{number}",
    }


def run(bench: Workbench, *options: str) -> Result:
    """One run; whatever it did, its document is as the schema promises, and its counts add up."""
    bench.sandbox.forget_requests()
    result = bench.run(*options)
    jsonschema.validate(result.document, SCHEMA)
    for sync in result.document["syncs"]:
        rows = [change["row"] for change in sync["changes"] if change["row"] is not None]
        assert rows == sorted(rows)
        for action, count in (("create", "created"), ("update", "updated"), ("delete", "deleted")):
            assert sync["counts"][count] == sum(1 for change in sync["changes"] if change["action"] == action)
        assert sync["requests"] == len(bench.sandbox.requests) or len(result.document["syncs"]) > 1
    return result


def one(bench: Workbench, key: str) -> dict[str, Any]:
    """The only contact with this externalId."""
    (contact,) = bench.sandbox.by_external_id(key)
    return dict(contact)
