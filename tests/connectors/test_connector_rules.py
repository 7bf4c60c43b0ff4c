"""The small rules that connectors share: Retry-After, headings, intervals, a database's driver."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.engine import make_url

from connectors.database_url import with_driver
from connectors.headings import distinct
from connectors.intervals import interval, length
from connectors.retry_after import retry_after

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 0.5 ", 0.5),
        ("-3", 0),
        ("Tue, 24 Nov 2026 12:00:30 GMT", 30),
        ("Tue, 24 Nov 2026 12:00:30 -0000", 30),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("inf", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


@pytest.mark.parametrize(
    ("headings", "names"),
    [
        (["a", "b"], ["a", "b"]),
        (["a", "a", "a"], ["a", "a (2)", "a (3)"]),
        (["a", "a", "a (2)"], ["a", "a (3)", "a (2)"]),
        (["a", "a", "a", "a (2)", "a (2)"], ["a", "a (3)", "a (4)", "a (2)", "a (2) (2)"]),
        (["", "a", "", "a"], ["", "a", "", "a (2)"]),
    ],
)
def test_equal_headings_are_told_apart(headings: list[str], names: list[str]) -> None:
    assert distinct(headings) == names


@pytest.mark.parametrize("text", ["15", "m", "1w", "-1s", "1s 2s", "٣m", "9" * 400 + "d"])
def test_what_is_no_length_of_time(text: str) -> None:
    assert length(text) is None


def test_nothing_is_a_length_and_no_interval() -> None:
    assert (length("0s"), interval("0s")) == (timedelta(0), None)
    assert length(" 1.5 h ") == interval(" 1.5 h ") == timedelta(minutes=90)


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgresql://h/d", "postgresql+psycopg"),
        ("postgres://h/d", "postgresql+psycopg"),
        ("postgresql+asyncpg://h/d", "postgresql+asyncpg"),
        ("sqlite:///d.db", "sqlite"),
    ],
)
def test_postgresql_is_reached_through_psycopg_where_no_driver_is_named(url: str, driver: str) -> None:
    assert with_driver(make_url(url)).drivername == driver
