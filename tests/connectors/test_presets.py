"""The presets, each against a server that authenticates and pages as its vendor documents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from yarl import URL

from connectors.base import Context
from connectors.crm import CrmConnector, CrmOptions, presets
from connectors.patience import Timing
from tests.support.crm_server import CrmServer, broken, rows_of
from tests.support.crm_vendors import COUNT, TOKEN, VENDORS, Vendor, handler

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
each = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.preset)


@asynccontextmanager
async def serving(vendor: Vendor) -> AsyncIterator[tuple[str, list[web.Request]]]:
    """The vendor's server: its address, and the requests that it got."""
    log: list[web.Request] = []
    path = URL(vendor.path, encoded=True).path
    paths = [path, f"{path}/search", f"{path}/{{more}}", "/services/data/v67.0/queryAll"]
    async with CrmServer(extra=dict.fromkeys(paths, handler(vendor, log))) as server:
        yield server.url, log


def configured(vendor: Vendor, server: str, **changes: Any) -> CrmOptions:
    """The vendor's preset as a user writes it, its addresses turned to the local server and nothing else."""
    user = {"type": "crm", "preset": vendor.preset, "token": TOKEN, **vendor.words, **changes}
    if vendor.preset == "salesforce":
        user["instance"] = "https://example.my.salesforce.com"
    options = CrmOptions.model_validate(user)
    assert options.url.startswith("https://")
    assert URL(options.url).raw_path == vendor.path
    turned: dict[str, Any] = {"url": server + URL(options.url).raw_path, "requests_per_second": 10_000}
    if options.incremental is not None and options.incremental.url is not None:
        url = server + URL(options.incremental.url).raw_path
        turned["incremental"] = options.incremental.model_copy(update={"url": url})
    return options.model_copy(update=turned)


def source(options: CrmOptions, now: datetime = NOW) -> CrmConnector:
    """A connector that does not wait."""

    async def sleep(seconds: float) -> None:
        return None

    return CrmConnector(options, Context(Path()), timing=Timing(now=lambda: now, sleep=sleep))


def test_there_is_a_vendor_for_every_preset() -> None:
    assert sorted(vendor.preset for vendor in VENDORS) == presets.names()


@each
async def test_a_preset_reads_all_of_the_vendors_contacts(vendor: Vendor) -> None:
    async with serving(vendor) as (server, _):
        connector = source(configured(vendor, server))
        columns = await connector.columns()
        rows = await rows_of(connector)
    assert len(rows) == COUNT
    assert connector.summary().details == {"pages": vendor.pages, "records": COUNT}
    assert {name: rows[0].cells[name] for name in vendor.first} == vendor.first
    assert len({row.cells["id"] for row in rows}) == COUNT
    assert columns is None if vendor.preset == "airtable" else set(vendor.first) <= set(columns or ())
    assert not any(row.deleted for row in rows)


@each
async def test_a_wrong_token_is_answered_in_the_vendors_words(vendor: Vendor) -> None:
    async with serving(vendor) as (server, _):
        _, error = await broken(source(configured(vendor, server, token="wrong-token")))
    assert f"401 Unauthorized: {vendor.said}" in str(error)
    assert "wrong-token" not in str(error)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("hubspot", {}),
        ("salesforce", {"q": "SystemModstamp >= 2026-11-24T11:55:00Z"}),
        ("pipedrive", {"updated_since": "2026-11-24T11:55:00Z"}),
        ("zoho", {}),
        ("airtable", {"filterByFormula": "DATETIME_PARSE('2026-11-24T11:55:00Z')"}),
    ],
)
async def test_a_preset_reads_changes_as_the_vendor_offers_them(name: str, asked: dict[str, str]) -> None:
    vendor = next(vendor for vendor in VENDORS if vendor.preset == name)
    async with serving(vendor) as (server, log):
        first = source(configured(vendor, server))
        await rows_of(first)
        log.clear()
        second = source(configured(vendor, server), NOW + timedelta(hours=1))
        rows = await rows_of(second, first.summary().bookmark)
        assert not second.summary().full
        for param, part in asked.items():
            assert part in log[0].query[param]
    assert len(rows) == {"hubspot": 150, "zoho": 0}.get(name, COUNT)
    assert sum(row.deleted for row in rows) == (1 if name == "salesforce" else 0)


def test_oauth2_needs_only_the_client() -> None:
    user = {"preset": "zoho", "region": "eu", "auth": {"client_id": "i", "client_secret": "s", "refresh_token": "r"}}
    auth = CrmOptions.model_validate(user).auth
    assert auth.type == "oauth2"
    assert (auth.token_url, auth.scheme) == ("https://accounts.zoho.eu/oauth/v2/token", "Zoho-oauthtoken")
    user = {
        "preset": "salesforce",
        "instance": "https://x.my.salesforce.com/",
        "auth": {"client_id": "i", "client_secret": "s"},
    }
    auth = CrmOptions.model_validate(user).auth
    assert auth.type == "oauth2"
    assert auth.token_url == "https://x.my.salesforce.com/services/oauth2/token"


def test_a_users_keys_lie_over_the_presets() -> None:
    options = CrmOptions.model_validate(
        {
            "preset": "hubspot",
            "token": "t",
            "columns": {"phone": "properties.mobilephone || properties.phone", "job_title": None},
            "params": {"archived": None},
            "paging": {"size": 50},
            "incremental": None,
        }
    )
    assert options.columns["phone"] == "properties.mobilephone || properties.phone"
    assert options.columns["email"] == "properties.email"
    assert "job_title" not in options.columns
    assert list(options.params) == ["properties"]
    assert options.paging.type == "cursor"
    assert options.paging.size == 50
    assert options.incremental is None


def test_another_kind_of_paging_or_auth_inherits_nothing() -> None:
    options = CrmOptions.model_validate(
        {"preset": "zoho", "paging": {"type": "page"}, "auth": {"type": "basic", "username": "me"}}
    )
    assert options.paging.type == "page"
    assert options.paging.size is None
    assert options.auth.type == "basic"


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_is_a_few_lines_of_data(name: str) -> None:
    text = (presets.FOLDER / f"{name}.yaml").read_text()
    data = yaml.safe_load(text)
    assert {"title", "documentation", "source"} <= set(data)
    assert len(text.splitlines()) < 60


@each
async def test_a_full_last_page_of_a_vendor_is_the_last(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    """1,000 contacts fill the last page of each: HubSpot and Airtable then leave the cursor out, and say no more."""
    monkeypatch.setattr("tests.support.crm_vendors.COUNT", 1000)
    async with serving(vendor) as (server, _):
        connector = source(configured(vendor, server))
        assert len(await rows_of(connector)) == 1000
