"""Cells become numbers, booleans and dates, or say why not."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Cell
from sync.mapping import values
from tests.support.cells import refusal

# --- numbers


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (5, 5),
        (5.0, 5),
        (5.5, 5.5),
        ("1,234.50", 1234.5),
        ("$1,234.50", 1234.5),
        ("1.234,50 €", 1234.5),
        ("1 234,50", 1234.5),
        ("1\u202f234,50", 1234.5),
        ("1'234.50", 1234.5),
        ("CHF 1’234.50", 1234.5),
        ("1,23,456.78", 123456.78),
        ("1,234", 1234),
        ("1,234,567", 1234567),
        ("1.234.567", 1234567),
        ("1,5", 1.5),
        ("0,500", 0.5),
        ("1234,567", 1234.567),
        ("1.234", 1.234),
        (".5", 0.5),
        ("5.", 5),
        ("-5", -5),
        ("−5", -5),
        ("5-", -5),
        ("+5", 5),
        ("(12)", -12),
        ("($1,200.00)", -1200),
        ("-$5", -5),
        ("$-5", -5),
        ("USD 5", 5),
        ("5 eur", 5),
        ("R$ 1.234,56", 1234.56),
        ("US$ 1,200", 1200),
        ("1.5e3", 1500),
        ("1E-2", 0.01),
        ("-0", 0),
        ("١٢٣", 123),
    ],
)
def test_number(cell: Cell, expected: float) -> None:
    value = values.number(cell)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "abc",
        "12%",
        "1,2,3",
        "1,234,56",
        "1,234.567,8",
        "--5",
        "(-5)",
        "$",
        "5 apples",
        "1e999",
        "nan",
        "inf",
        None,
        True,
        [1, 2],
        date(2026, 3, 1),
        float("nan"),
        float("inf"),
        2**53 + 1,
        10**400,
        "9" * 400,
        "0x10",
        "1_000",
    ],
)
def test_numbers_that_are_refused(cell: Cell) -> None:
    refusal(values.number, cell)


@given(st.integers(-(2**53), 2**53) | st.floats(-1e12, 1e12).map(lambda value: round(value, 4)))
def test_formatted_numbers_come_back(value: float) -> None:
    point = f"{value:,}"
    if re.search(r"e|\.\d*e", point):
        return
    comma = point.translate(str.maketrans(",.", ".,"))
    accounts = f"({point[1:]})" if point.startswith("-") else point
    for written in (point, f"$ {point}", f"{point} USD", point.replace(",", " "), point.replace(",", "'"), accounts):
        assert values.number(written) == value
    ambiguous = re.fullmatch(r"-?\d{1,3},\d{3}", comma)  # 1,625: thousands, by itself
    if not ambiguous and (comma.count(".") != 1 or "," in comma):
        assert values.number(f"{comma} €") == value


# --- booleans and dates


@pytest.mark.parametrize(
    "cell", ["yes", "Y", "TRUE", "true", "t", "1", "1.0", 1, 1.0, True, "x", "X", "on", "✓", [True]]
)
def test_true(cell: Cell) -> None:
    assert values.boolean(cell) is True


@pytest.mark.parametrize("cell", ["no", "N", "FALSE", "false", "f", "0", "0.0", 0, 0.0, False, "off"])
def test_false(cell: Cell) -> None:
    assert values.boolean(cell) is False


@pytest.mark.parametrize("cell", ["", "maybe", "2", 2, 0.5, None, date(2026, 3, 1), ["yes", "no"]])
def test_booleans_that_are_refused(cell: Cell) -> None:
    refusal(values.boolean, cell)


@pytest.mark.parametrize(
    "cell",
    [
        "2026-03-01",
        " 2026-03-01 ",
        "2026-03-01T23:59:59Z",
        "2026-03-01T00:00:00.000+0000",
        "2026-03-01 10:00:00",
        "2026-03-01 10:00:00 +01:00",
        "20260301",
        date(2026, 3, 1),
        datetime(2026, 3, 1, 23),
        datetime(2026, 3, 1, 23, tzinfo=timezone(timedelta(hours=-9))),
        [date(2026, 3, 1)],
    ],
)
def test_iso_dates(cell: Cell) -> None:
    assert values.date_(cell) == "2026-03-01"


@pytest.mark.parametrize(
    ("cell", "format", "expected"),
    [
        ("31/12/2026", "%d/%m/%Y", "2026-12-31"),
        ("12/31/26", "%m/%d/%y", "2026-12-31"),
        ("1.3.2026", "%d.%m.%Y", "2026-03-01"),
        ("1 March 2026", "%d %B %Y", "2026-03-01"),
        (20260301, "%Y%m%d", "2026-03-01"),
        (20260301.0, "%Y%m%d", "2026-03-01"),
        (date(2026, 3, 1), "%d/%m/%Y", "2026-03-01"),
    ],
)
def test_dates_with_a_format(cell: Cell, format: str, expected: str) -> None:
    assert values.date_(cell, format) == expected


@pytest.mark.parametrize("cell", ["", "03/01/2026", "2026-02-30", "2026-13-01", "tomorrow", 46000, 46000.5, True, None])
def test_dates_that_are_refused(cell: Cell) -> None:
    assert "date" in refusal(values.date_, cell)


def test_a_date_in_another_format_is_refused_with_the_format() -> None:
    assert "%d/%m/%Y" in refusal(values.date_, "12/31/2026", "%d/%m/%Y")


@given(st.dates(), st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%Y%m%d"]))
def test_formatted_dates_come_back(day: date, format: str) -> None:
    written = day.strftime(format.replace("%Y", f"{day.year:04}"))
    assert values.date_(written, format) == day.isoformat()
    assert values.date_(day.isoformat()) == day.isoformat()
