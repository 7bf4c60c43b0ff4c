"""What several test modules are given: a local Google and a PostgreSQL server; and whose turn it is."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator

import pytest

from tests.support.postgres_server import fresh_database, postgres_server
from tests.support.sheets_server import SheetsServer
from tests.support.turns import turn


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Tests that are marked ``alone`` have the machine for themselves."""
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if session is None:  # one worker: every test is alone
        return (yield)
    with turn(session, alone=item.get_closest_marker("alone") is not None):
        return (yield)


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
