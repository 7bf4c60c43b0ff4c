"""Any cell becomes a canonical value, or says why not; and how cells become text."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given

from connectors.base import Cell
from sync.mapping import values
from sync.mapping.values import ValueUnreadable
from tests.support.cells import cells, refusal

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


@pytest.mark.parametrize("shown", ["#N/A", "#REF!", " #VALUE! ", "#DIV/0!", "#NAME?"])
def test_what_a_broken_formula_shows_is_no_value(shown: str) -> None:
    with pytest.raises(ValueUnreadable, match="spreadsheet's error"):
        values.text(shown)
