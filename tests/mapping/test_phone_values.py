"""Cells become phone numbers in E.164, or say why not: examples, then laws that hold for any cell."""

from __future__ import annotations

import contextlib
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Cell
from sync.mapping import values
from sync.mapping.values import ValueUnreadable
from tests.support.cells import cells, refusal


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
