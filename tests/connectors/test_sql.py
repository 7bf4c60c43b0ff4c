"""The ``sql`` source against real databases: a SQLite file and a PostgreSQL server of its own."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.base import Context, IncompleteRead, ReadSummary, Row, SourceConfigError, SourceError
from connectors.contract import check_connector, check_refuses
from connectors.sql import SqlConnector, SqlOptions
from sync.config.file import loads
from tests.support.paths import ROOT
from tests.support.postgres_server import free_port


def source(url: str, query: str, folder: Path = Path()) -> SqlConnector:
    """A connector for a query."""
    return SqlConnector(SqlOptions.model_validate({"url": url, "query": query}), Context(folder))


async def rows_of(connector: SqlConnector) -> list[Row]:
    """Everything that a query gives."""
    try:
        return [row async for row in connector.read(None)]
    finally:
        await connector.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with crm.db in it: 2,500 people."""
    database = sqlite3.connect(tmp_path / "crm.db")
    database.execute("create table people (id integer primary key, name text, phone text, score real, photo blob)")
    people = [(number, f"Name {number}", None, number / 2, b"x") for number in range(1, 2501)]
    database.executemany("insert into people values (?, ?, ?, ?, ?)", people)
    database.commit()
    database.close()
    return tmp_path


async def test_sqlite_is_read_in_full(folder: Path) -> None:
    connector = source("sqlite:///crm.db", "select id, name, phone, score from people order by id", folder)
    assert await connector.columns() == ["id", "name", "phone", "score"]
    rows = await rows_of(connector)
    assert len(rows) == 2500
    assert rows[0] == Row(number=None, cells={"id": 1, "name": "Name 1", "phone": None, "score": 0.5})
    assert connector.summary() == ReadSummary(full=True, details={"records": 2500})


async def test_it_keeps_the_contract_of_connectors(folder: Path) -> None:
    rows = await check_connector(lambda: source("sqlite:///crm.db", "select id, name from people", folder))
    assert len(rows) == 2500
    await check_refuses(lambda: source("sqlite:///gone.db", "select 1", folder))
    await check_refuses(lambda: source("sqlite:///crm.db", "select nam from people", folder), SourceConfigError)


async def test_a_query_without_rows_has_its_columns(folder: Path) -> None:
    connector = source("sqlite:///crm.db", "select id, name from people where id < 0", folder)
    assert await connector.columns() == ["id", "name"]
    assert await rows_of(connector) == []


async def test_a_file_that_is_not_there_is_not_made(folder: Path) -> None:
    error = await check_refuses(lambda: source("sqlite:///other.db", "select 1", folder))
    assert "unable to open database file" in str(error)
    assert not (folder / "other.db").exists()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select * from persons", "no such table: persons"),
        ("select id, from people", "syntax error"),
        ("select id, name as id from people", "two columns are named 'id'"),
        ("select photo from people", "column 'photo' is binary"),
        ("with gone as (select 1) delete from people", "readonly database"),
    ],
)
async def test_a_mistaken_query_is_a_mistake_of_the_configuration(folder: Path, query: str, said: str) -> None:
    error = await check_refuses(lambda: source("sqlite:///crm.db", query, folder), SourceConfigError)
    assert said in str(error)


async def test_a_query_may_hold_colons_and_percent_signs(folder: Path) -> None:
    query = "-- it's: here\nselect 'a:b :c %(d)s 100%' as text, '12:30' as time from people where name like '%e 7'"
    rows = await rows_of(source("sqlite:///crm.db", query, folder))
    assert [row.cells for row in rows] == [{"text": "a:b :c %(d)s 100%", "time": "12:30"}]


async def test_a_query_that_never_ends_can_be_left(folder: Path) -> None:
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"
    connector = source("sqlite:///crm.db", endless, folder)
    task = asyncio.create_task(connector.columns())
    await asyncio.sleep(0.2)
    task.cancel()
    started = time.monotonic()
    await connector.close()
    assert time.monotonic() - started < 4


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"query": "delete from people"}, "only reads"),
        ({"query": "/* select */ drop table people"}, "only reads"),
        ({"query": "  "}, "only reads"),
        ({"url": "crm.db"}, "is not a database's address"),
        ({"url": "sqlite://"}, "names no file"),
        ({"table": "people"}, "table"),
    ],
)
def test_a_mistake_is_explained(options: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        SqlOptions.model_validate({"url": "sqlite:///crm.db", "query": "select 1", **options})


@pytest.mark.parametrize("query", ["SELECT 1", "(select 1)", "-- hi\nwith a as (select 1) select 1", "values (1)"])
def test_reading_takes_many_forms(query: str) -> None:
    SqlOptions.model_validate({"url": "sqlite:///crm.db", "query": query})


async def test_a_missing_driver_is_named() -> None:
    error = await check_refuses(lambda: source("oracle://me:s3cr3t@127.0.0.1/x", "select 1"), SourceConfigError)
    assert "no driver for oracle is installed" in str(error)
    assert "s3cr3t" not in str(error)


def test_the_password_does_not_show() -> None:
    options = SqlOptions.model_validate({"url": "postgresql://me:s3cr3t@db.example.com/crm", "query": "select 1"})
    assert "s3cr3t" not in repr(options)


async def test_postgresql_is_read_in_full(postgres: str) -> None:
    connector = source(postgres, "select * from people order by id")
    assert (await connector.columns())[:2] == ["id", "name"]
    rows = await rows_of(connector)
    assert len(rows) == 5000
    cells: dict[str, Any] = dict(rows[0].cells)
    seen = cells.pop("seen")
    assert isinstance(seen, datetime)
    assert seen.isoformat() == "2026-01-02T03:04:05+00:00"
    assert cells == {
        "id": 1, "name": "Name 1", "tags": ["a", "b"], "born": date(1990, 5, 17), "fee": 12.5, "more": '{"x": 1}',
        "code": "6f9619ff-8b86-d011-b42d-00cf4fc964ff", "active": True,
    }  # fmt: skip
    assert connector.summary().details == {"records": 5000}


async def test_postgresql_keeps_the_contract(postgres: str) -> None:
    query = "select id, name from people where name like '%9' and seen::date <> '2000-01-01' order by id"
    assert len(await check_connector(lambda: source(postgres, query))) == 500


async def test_postgresql_is_not_written_to(postgres: str) -> None:
    error = await check_refuses(lambda: source(postgres, "select bump()"))
    assert "read-only transaction" in str(error)
    rows = await rows_of(source(postgres, "select count(*) as n from people where fee = 0"))
    assert rows[0].cells == {"n": 0}


async def test_a_query_that_breaks_half_way_is_incomplete(postgres: str) -> None:
    connector = source(postgres, "select id, 1 / (3000 - id) as x from people order by id")
    rows = []
    with pytest.raises(IncompleteRead, match=r"after \d000 rows: division by zero"):
        rows.extend([row async for row in connector.read(None)])
    await connector.close()


async def test_a_wrong_password_is_explained_without_showing_it(postgres: str) -> None:
    wrong = postgres.replace("s3cr3t%20w0rd", "wr0ng%2Fpassword")
    error = await check_refuses(lambda: source(wrong, "select 1"))
    assert "password authentication failed" in str(error)
    assert "crm:***@127.0.0.1" in str(error)
    for form in ("wr0ng", "s3cr3t"):
        assert form not in str(error)


async def test_a_missing_table_is_a_mistake_of_the_configuration(postgres: str) -> None:
    error = await check_refuses(lambda: source(postgres, "select * from persons"), SourceConfigError)
    assert 'relation "persons" does not exist' in str(error)


async def test_a_server_that_is_not_there_is_a_source_that_cannot_be_read() -> None:
    error = await check_refuses(
        lambda: source(f"postgresql://crm@127.0.0.1:{free_port()}/crm", "select 1"), SourceError
    )
    assert not isinstance(error, SourceConfigError)
    assert "onnection" in str(error)


async def test_a_slow_query_can_be_left(postgres: str) -> None:
    connector = source(postgres, "select pg_sleep(60)")
    task = asyncio.create_task(connector.columns())
    await asyncio.sleep(0.5)
    task.cancel()
    started = time.monotonic()
    await connector.close()
    assert time.monotonic() - started < 4


def test_the_configuration_that_the_documentation_shows_is_accepted(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "sql.md").read_text(encoding="utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    variables = {"OPENPHONE_API_KEY": "key", "CRM_DATABASE_URL": "sqlite:///crm.db"}
    loaded = loads(example, tmp_path / "config.yaml", variables)
    assert isinstance(loaded.sources["customers"], SqlOptions)
