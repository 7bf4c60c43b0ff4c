"""A ``crm`` source against servers that this project did not write: Datasette and json-server, over real HTTP."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Context, IncompleteRead, SourceError
from connectors.contract import check_connector
from connectors.crm import CrmConnector, CrmOptions
from tests.support import other_servers
from tests.support.crm_server import broken, rows_of

COUNT = 1050
Running = tuple[str, "subprocess.Popen[bytes]"]

NEXT_URL: dict[str, Any] = {
    "paging": {"type": "next", "next": "next_url", "size_param": "_size", "size": 100},
    "records": "rows",
}
LINK = {"paging": {"type": "link", "size_param": "_size", "size": 100}, "params": {"_shape": "array"}}
CURSOR = {
    "paging": {"type": "cursor", "param": "_next", "cursor": "next", "size_param": "_size", "size": 100},
    "records": "rows",
}
BY_PAGE: dict[str, Any] = {"paging": {"type": "page", "param": "_page", "size_param": "_limit", "size": 100}}
BY_OFFSET: dict[str, Any] = {"paging": {"type": "offset", "param": "_start", "size_param": "_limit", "size": 100}}
BY_ANCHOR: dict[str, Any] = {"paging": {**BY_OFFSET["paging"], "anchor": "id"}}
BY_TOTAL = {**BY_PAGE, "total_header": "X-Total-Count"}
BY_LINK = {"paging": {"type": "link", "size_param": "_limit", "size": 100}, "params": {"_page": 1}}


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    try:
        other_servers.install()
    except (other_servers.NotInstalled, OSError, subprocess.TimeoutExpired) as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"Datasette and json-server cannot be installed here: {error}")


@pytest.fixture
def datasette(tmp_path: Path) -> Iterator[Running]:
    """Datasette with 1,050 people."""
    with other_servers.datasette(tmp_path, COUNT) as running:
        yield running


@pytest.fixture
def json_server(tmp_path: Path) -> Iterator[Running]:
    """json-server with 1,050 people."""
    with other_servers.json_server(tmp_path, COUNT) as running:
        yield running


def source(url: str, **configuration: Any) -> CrmConnector:
    """A connector for people."""
    columns = {"id": "id", "name": "name", "phone": "phone"}
    described = {"url": url, "columns": columns, "requests_per_second": 1000, "retries": 1, "retry_wait": 0.05}
    return CrmConnector(CrmOptions.model_validate({**described, **configuration}), Context(Path()))


@pytest.mark.parametrize("way", [{**NEXT_URL, "total": "filtered_table_rows_count"}, LINK, CURSOR])
async def test_datasette_is_read_in_full(datasette: Running, way: dict[str, Any]) -> None:
    rows = await check_connector(lambda: source(f"{datasette[0]}/crm/people.json?_shape=objects", **way))
    assert [dict(row.cells) for row in rows] == other_servers.people(COUNT)


@pytest.mark.parametrize("way", [BY_TOTAL, BY_OFFSET, BY_ANCHOR, BY_LINK, {"paging": "none"}])
async def test_json_server_is_read_in_full(json_server: Running, way: dict[str, Any]) -> None:
    rows = await check_connector(lambda: source(f"{json_server[0]}/people", **way))
    assert [dict(row.cells) for row in rows] == other_servers.people(COUNT)


async def test_one_page_of_datasette_is_not_taken_for_everything(datasette: Running) -> None:
    url = f"{datasette[0]}/crm/people.json?_shape=objects"
    rows, error = await broken(source(url, paging="none", records="rows"))
    assert isinstance(error, IncompleteRead)
    assert "Link header names a next page" in str(error)
    assert len(rows) == 100


async def test_one_page_of_json_server_is_not_taken_for_everything(json_server: Running) -> None:
    _, error = await broken(source(f"{json_server[0]}/people?_page=1", paging="none"))
    assert "Link header names a next page" in str(error)


@pytest.mark.parametrize("server", ["datasette", "json_server"])
async def test_a_server_that_dies_half_way_leaves_an_incomplete_read(
    server: str, request: pytest.FixtureRequest
) -> None:
    url, process = request.getfixturevalue(server)
    way: dict[str, Any] = {"datasette": NEXT_URL, "json_server": BY_PAGE}[server]
    path = {"datasette": "/crm/people.json?_shape=objects", "json_server": "/people"}[server]
    connector = source(url + path, **way)
    read = connector.read(None)
    await anext(read)
    process.kill()
    process.wait()
    with pytest.raises(IncompleteRead, match=r"page 2.*100 records on 1 page were read"):
        [row async for row in read]
    await connector.close()


async def test_what_datasette_says_of_a_wrong_address_is_passed_on(datasette: Running) -> None:
    with pytest.raises(SourceError, match="404 Not Found: Table not found"):
        await rows_of(source(f"{datasette[0]}/crm/persons.json", **NEXT_URL))


async def test_datasette_tells_what_changed(datasette: Running) -> None:
    incremental = {"param": "id__gt", "format": "%Y", "full_every": "1d"}  # ids above 2,026: none
    url = f"{datasette[0]}/crm/people.json?_shape=objects"
    first = source(url, **NEXT_URL, incremental=incremental)
    assert len(await rows_of(first)) == COUNT
    second = source(url, **NEXT_URL, incremental=incremental)
    assert await rows_of(second, first.summary().bookmark) == []
    assert not second.summary().full
