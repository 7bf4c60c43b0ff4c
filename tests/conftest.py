"""What several test modules are given: a local Google and a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.postgres_server import fresh_database, postgres_server
from tests.support.sheets_server import SheetsServer


@pytest.fixture
def google() -> Iterator[SheetsServer]:
    """A local Google without spreadsheets."""
    with SheetsServer() as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server with people in it; the test is skipped where PostgreSQL is not installed."""
    with postgres_server() as url:
        yield url


@pytest.fixture
def postgres_state(postgres: str) -> str:
    """The address of an empty database of the test's own."""
    return fresh_database(postgres)
