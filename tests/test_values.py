"""Cells become canonical values, or say why not: examples, then laws that hold for any cell."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Cell
from sync.mapping import values
from sync.mapping.values import ValueUnreadable

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.text(alphabet="0123456789+-.,()[] '’$€%eExX/;:@<>ab\t\n\xa0٤４"),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.timezones()),
)
cells: st.SearchStrategy[Cell] = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3), max_leaves=4)

READERS: list[Callable[[Any], Any]] = [
    values.text,
    lambda cell: values.phone(cell, "US"),
    lambda cell: values.phone(cell, "AR"),
    values.email,
    values.url,
    values.number,
    values.boolean,
    values.date_,
    lambda cell: values.date_(cell, "%d/%m/%Y"),
]
NAMES = ["text", "phone US", "phone AR", "email", "url", "number", "boolean", "date", "date with format"]


@pytest.mark.parametrize("read", READERS, ids=NAMES)
@given(cell=cells)
def test_any_cell_is_read_or_refused(read: Callable[[Any], Any], cell: Cell) -> None:
    with contextlib.suppress(ValueUnreadable):
        read(cell)


@pytest.mark.parametrize("read", READERS[:-1], ids=NAMES[:-1])
@given(cell=cells)
def test_what_was_read_is_read_as_itself(read: Callable[[Any], Any], cell: Cell) -> None:
    with contextlib.suppress(ValueUnreadable):
        value = read(cell)
        assert read(value) == value


def refusal(read: Callable[..., object], *arguments: object) -> str:
    with pytest.raises(ValueUnreadable) as caught:
        read(*arguments)
    return caught.value.reason


# --- text


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (None, ""),
        ("  Jane\u00a0 ", "Jane"),
        ("two  spaces", "two  spaces"),
        ("line\r\nbreak\rkept", "line\nbreak\nkept"),
        ("nul\0 and \x1b bell\x07", "nul and  bell"),
        ("\ufeffmark", "mark"),
        ("half \ud800 pair", "half  pair"),
        ("👩‍👧 family", "👩‍👧 family"),
        (5, "5"),
        (5.0, "5"),
        ("5.0", "5.0"),
        (0.1, "0.1"),
        (True, "TRUE"),
        (False, "FALSE"),
        (date(2026, 3, 1), "2026-03-01"),
        (datetime(2026, 3, 1), "2026-03-01"),
        (datetime(2026, 3, 1, 9, 30), "2026-03-01 09:30:00"),
        (["a", None, 5.0, " b "], "a, 5, b"),
        ([], ""),
    ],
)
def test_text(cell: Cell, expected: str) -> None:
    assert values.text(cell) == expected


@pytest.mark.parametrize("cell", [float("nan"), float("inf"), pytest.param(10**5000, id="huge")])
def test_text_refuses_numbers_that_are_none(cell: Cell) -> None:
    refusal(values.text, cell)


# --- phone numbers


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("(555) 555-5555", "+15555555555"),
        ("4155550100", "+14155550100"),
        ("4155550100.0", "+14155550100"),
        (4155550100.0, "+14155550100"),
        (4155550100, "+14155550100"),
        (["415-555-0100"], "+14155550100"),
        ("1 415 555 0100", "+14155550100"),
        ("415.555.0100", "+14155550100"),
        ("415‑555–0100", "+14155550100"),
        ("415\u00a0555\u00a00100", "+14155550100"),
        ("(+1) 415 555 0100", "+14155550100"),
        ("＋１ ４１５ ５５５ ０１００", "+14155550100"),
        ("٤١٥٥٥٥٠١٠٠", "+14155550100"),
        ("tel:+1-415-555-0100", "+14155550100"),
        ("\u202a+1 415 555 0100\u202c", "+14155550100"),
        ("0044 20 7946 0958", "+442079460958"),
        ("011 44 20 7946 0958", "+442079460958"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("415-555-0100 x12", "+14155550100"),
        ("415-555-0100 ext. 12", "+14155550100"),
        ("415-555-0100, extension 12", "+14155550100"),
        ("tel:+14155550100;ext=12", "+14155550100"),
        ("415-555-0100 #12", "+14155550100"),
    ],
)
def test_phone_numbers_in_the_us(cell: Cell, expected: str) -> None:
    assert values.phone(cell, "US") == expected


@pytest.mark.parametrize(
    ("cell", "region", "expected"),
    [
        ("020 7946 0958", "GB", "+442079460958"),
        ("06 1234 5678", "NL", "+31612345678"),
        ("0011 1 415 555 0100", "AU", "+14155550100"),
        ("+1 415 555 0100", "DE", "+14155550100"),
    ],
)
def test_the_region_serves_numbers_without_a_country_code(cell: Cell, region: str, expected: str) -> None:
    assert values.phone(cell, region) == expected


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("12", "too short"),
        ("+1 415 555 0100 12345", "too long"),
        ("555-0100", "area code"),
        ("1-800-FLOWERS", "letters"),
        ("n/a", "letters"),
        ("4.15555E+09", "spreadsheet"),
        ("+999 123 456 789", "country code"),
        ("415-555-0100 / 415-555-0101", "more than one"),
        ("415-555-0100; 415-555-0101", "more than one"),
        (["415-555-0100", "415-555-0101"], "2 values"),
        ("415*555*0100", "'*'"),
        ("---", "no digits"),
        (None, "no digits"),
        (True, "not a phone number"),
        (date(2026, 3, 1), "not a phone number"),
        (4155550100.5, "too long"),
    ],
)
def test_phone_numbers_that_are_refused(cell: Cell, reason: str) -> None:
    assert reason in refusal(values.phone, cell, "US")


@given(cell=cells, region=st.sampled_from(["US", "GB", "DE", "AR", "IT", "MX", "AU", "BR"]))
def test_phone_numbers_are_e164(cell: Cell, region: str) -> None:
    with contextlib.suppress(ValueUnreadable):
        number = values.phone(cell, region)
        assert re.fullmatch(r"\+[1-9]\d{6,14}", number, re.ASCII)
        assert values.phone(number, "US") == number


@given(digits=st.text("0123456789", min_size=5, max_size=16), region=st.sampled_from(["US", "AR", "IT", "MX", "CI"]))
def test_digits_alone_are_e164_and_stable(digits: str, region: str) -> None:
    for written in (digits, "+" + digits, "00" + digits):
        with contextlib.suppress(ValueUnreadable):
            number = values.phone(written, region)
            assert re.fullmatch(r"\+[1-9]\d{6,14}", number, re.ASCII)
            assert values.phone(number, region) == number


# --- e-mail and web addresses


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (" jane@example.com ", "jane@example.com"),
        ("Jane.Doe+tag@Example.COM", "Jane.Doe+tag@Example.COM"),
        ("Jane Doe <jane@example.com>", "jane@example.com"),
        ('"Doe, Jane" <jane@example.com>', "jane@example.com"),
        ("mailto:jane@example.com?subject=hello", "jane@example.com"),
        ("jane@bücher.de", "jane@bücher.de"),
        ("o'brien@example.co.uk", "o'brien@example.co.uk"),
        (["jane@example.com"], "jane@example.com"),
    ],
)
def test_email(cell: Cell, expected: str) -> None:
    assert values.email(cell) == expected


@pytest.mark.parametrize(
    "cell",
    [
        "jane",
        "jane@",
        "@example.com",
        "jane@example",
        "jane doe@example.com",
        "jane@@example.com",
        "jane@example..com",
        "jane.@example.com",
        "ja..ne@example.com",
        "jane@-example.com",
        "jane@example.com.",
        "x" * 65 + "@example.com",
        "jane@" + "x." * 130 + "com",
        5,
        True,
        None,
        [],
        "jane@exa mple.com",
        "jane@exa_mple!.com",
    ],
)
def test_email_addresses_that_are_refused(cell: Cell) -> None:
    assert "e-mail address" in refusal(values.email, cell)


@pytest.mark.parametrize("cell", ["a@x.com, b@x.com", "a@x.com;b@x.com", "a@x.com b@x.com"])
def test_several_email_addresses_are_refused_with_a_way_out(cell: Cell) -> None:
    assert "split" in refusal(values.email, cell)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
        ("http://intranet/crm", "http://intranet/crm"),
        ("HTTPS://Example.com", "HTTPS://Example.com"),
        ("example.com", "https://example.com"),
        ("example.com:8080/x", "https://example.com:8080/x"),
        ("//example.com/x", "https://example.com/x"),
        ("bücher.de", "https://bücher.de"),
    ],
)
def test_url(cell: Cell, expected: str) -> None:
    assert values.url(cell) == expected


@pytest.mark.parametrize(
    "cell",
    [
        "ftp://example.com",
        "javascript:alert(1)",
        "mailto:jane@example.com",
        "jane@example.com",
        "example",
        "http://",
        "https://[::1",
        "https://example.com:99999",
        "example.com/a b",
        "",
        None,
        5,
        True,
    ],
)
def test_urls_that_are_refused(cell: Cell) -> None:
    assert "web address" in refusal(values.url, cell)


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
    if comma.count(".") != 1 or "," in comma:
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


@pytest.mark.parametrize("shown", ["#N/A", "#REF!", " #VALUE! ", "#DIV/0!", "#NAME?"])
def test_what_a_broken_formula_shows_is_no_value(shown: str) -> None:
    with pytest.raises(ValueUnreadable, match="spreadsheet's error"):
        values.text(shown)
