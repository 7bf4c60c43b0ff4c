"""Where a header stands in a grid of cells: below titles, notes and numbers, told by words and by shape."""

from __future__ import annotations

import pytest

from connectors.header_row import Grid, find_header

KNOWN = {"id", "first name", "last name", "phone", "email", "company", "customer"}


def known(heading: str) -> bool:
    return heading.casefold() in KNOWN


@pytest.mark.parametrize(
    ("grid", "row"),
    [
        ([["id", "First name", "Phone"], ["1", "Ana", "(415) 555-0101"]], 1),
        ([["Customer list", "", ""], ["Printed 11/24/2026"], [], ["id", "First name", "Phone"], ["1", "Ana", "x"]], 4),
        ([["Report", "Contacts"], ["Rows", "2"], ["Customer", "Phone", "Email"], ["Roe", "", "r@x.example"]], 3),
        ([["0", "1", "2"], ["Last name", "First name", "Phone"], ["Roe", "Ana", "415 555 0101"]], 2),
        ([["", "Name", "", "Reach"], ["id", "First name", "Last name", "Phone"], [1, "Ana", "Roe", "555"]], 2),
        ([[None, "Customer", "Phone"], [None, "Ana Roe", 4155550101]], 1),
        ([["Notes:"], ["When exporting your data, you may notice " * 4], [], ["First name", "Email"], ["Ana", ""]], 4),
        ([["Kunde", "Rufnummer"], ["Ana", "0170 1234567"]], 1),
        ([["Übersicht"], ["Stand: 24.11.2026"], ["Kunde", "Ort", "Rufnummer"], ["Ana", "Ulm", "0170 1234567"]], 3),
        ([["id", "name"], ["1", "Ana", "x", "y", "z"]], 1),
        ([["wer"], ["Ana"]], 1),
        ([["id", "2024", "2025", "2026"], ["1", "5", "6", "7"]], 1),
    ],
)
def test_the_header_is_found(grid: Grid, row: int) -> None:
    assert find_header(grid, known) == row


@pytest.mark.parametrize(
    "grid",
    [
        [],
        [["", None]],
        [["1", "Ana", "(415) 555-0101", "ana@x.example"], ["2", "Bo", "(415) 555-0102", "bo@x.example"]],
    ],
)
def test_a_grid_of_values_alone_has_none(grid: Grid) -> None:
    assert find_header(grid, known) is None
