"""Cells become e-mail addresses and web addresses, or say why not."""

from __future__ import annotations

import pytest

from connectors.base import Cell
from sync.mapping import values
from tests.support.cells import refusal


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
