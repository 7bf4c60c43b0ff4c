"""What docs/crm.md shows is true: its sources are accepted, its words of paging and access mean what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.base import Context
from connectors.crm import CrmConnector, CrmOptions
from connectors.sql import SqlOptions
from tests.support.crm_server import CrmServer, people, rows_of
from tests.support.paths import ROOT

DOCS = ROOT / "docs"


def sources(name: str) -> list[dict[str, Any]]:
    """The sources in a page's YAML."""
    found = []
    for block in re.findall(r"```yaml\n(.*?)```", (DOCS / name).read_text(), re.DOTALL):
        config = yaml.safe_load(block)
        syncs = config["syncs"].values() if "syncs" in config else [config]
        found += [sync["source"] for sync in syncs]
    return found


def cells(column: int, heading: str) -> list[str]:
    """A column of the table under a heading, without its marks."""
    table = (DOCS / "crm.md").read_text().split(heading)[1].split("\n\n")[0]
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in table.splitlines() if line.startswith("|")]
    return [row[column].strip().strip("`").replace("\\|", "|") for row in rows if not row[0].startswith(" ---")]


@pytest.mark.parametrize("source", sources("crm.md"), ids=lambda source: str(source.get("preset", "described")))
def test_every_source_that_is_shown_is_accepted(source: dict[str, Any]) -> None:
    assert CrmOptions.model_validate(source).columns or source["paging"] == "link"


def test_the_database_that_is_shown_is_accepted() -> None:
    shown = [source for source in sources("sql.md") if source["type"] == "sql"]
    assert len(shown) == 1
    addresses = re.findall(r"`(\w+://[^`]+)`", (DOCS / "sql.md").read_text())
    assert len(addresses) == 2
    for address in addresses:
        SqlOptions.model_validate({**shown[0], "url": address})


@pytest.mark.parametrize("paging", cells(1, "| the documentation says | write `paging:` |\n"))
def test_every_way_of_paging_that_is_shown_is_accepted(paging: str) -> None:
    CrmOptions.model_validate({"url": "https://api.example.com", "paging": yaml.safe_load(paging)})


@pytest.mark.parametrize("access", [text for text in cells(1, "| the documentation says | write |\n") if ":" in text])
def test_every_way_in_that_is_shown_is_accepted(access: str) -> None:
    written = yaml.safe_load(access.replace("https://…", "https://id.example.com"))
    CrmOptions.model_validate({"url": "https://api.example.com", "paging": "none", **written})


async def test_the_example_reads_what_it_says() -> None:
    records = people(3)
    records[1]["archived"] = True
    described = next(source for source in sources("crm.md") if source.get("total") == "meta.total")
    async with CrmServer(records=records, rewrite=lambda page, body: {**body, "people": body["data"]}) as server:
        options = CrmOptions.model_validate({**described, "url": f"{server.url}/page"})
        rows = await rows_of(CrmConnector(options, Context(Path())))
    assert rows[0].cells == {
        "id": 1,
        "first_name": "First1",
        "last_name": "Last1",
        "mobile": "+16285550001",
        "emails": ["p1@example.com", "q1@example.com"],
    }
    assert [row.deleted for row in rows] == [False, True, False]
