"""Tables for spreadsheets: nothing is calculated, and one number stays what it is."""

from __future__ import annotations

import pytest

from sync.sheet import cell, lines


@pytest.mark.parametrize(
    "text",
    ["+14155550100", "-12.5", "1,234.50", "Ana", "", "Müller & Söhne", "a=b", "mobile +1 415"],
)
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1-415-555-0100", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1+1", "+1415 =A1", "\n=1"],
)
def test_what_would_be_calculated_is_text(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_the_table_bears_its_mark_and_quotes_what_needs_it() -> None:
    assert list(lines(["a", "b"], [['x, "y"', "two\nlines"]])) == ["\ufeffa,b\r\n", '"x, ""y""","two\nlines"\r\n']
