"""What several test modules are given: a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres_server import postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server with people in it; the test is skipped where PostgreSQL is not installed."""
    with postgres_server() as url:
        yield url
