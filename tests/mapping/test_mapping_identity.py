"""What tells rows and mappings apart: keys, source URLs, fingerprints of rows, digests of mappings."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import pytest

from connectors.base import Cell, Row
from sync.contacts.contact import CustomField
from sync.contacts.problem import Problem
from sync.mapping.compiler import compile_mapping
from tests.support.mappings import config, mapper, mistakes, rejected, row, wanted

# --- keys


@pytest.mark.parametrize(
    ("cell", "expected"), [("c1", "c1"), (" c1 ", "c1"), (5, "5"), (5.0, "5"), ("5.0", "5.0"), ("é" * 75, "é" * 75)]
)
def test_the_key_is_the_cell_as_text(cell: Cell, expected: str) -> None:
    assert mapper().external_id(row(id=cell)) == expected


def test_keys_of_several_columns_and_prefixes() -> None:
    mapping = mapper(key=["shop", "id"], key_prefix="eu-")
    assert mapping.external_id(row(shop="a")) == "eu-a/c1"
    assert mapping.key_columns == ("shop", "id")


@pytest.mark.parametrize(("cells", "column"), [({"id": " "}, "id"), ({"id": None}, "id"), ({"shop": ""}, "shop")])
def test_an_empty_key_is_a_problem_under_its_column(cells: dict[str, Cell], column: str) -> None:
    problem = mapper(key=["shop", "id"]).external_id(row(**{"shop": "a", **cells}))
    assert problem == Problem(7, None, column, "", "key is empty", "rejected")


def test_a_key_that_openphone_cannot_hold_is_a_problem() -> None:
    problem = mapper(key_prefix="eu-").external_id(row(id="x" * 73))
    assert isinstance(problem, Problem)
    assert (problem.column, problem.value) == ("id", "eu-" + "x" * 73)
    assert "76 characters" in problem.reason


# --- source_url


@pytest.mark.parametrize(
    ("template", "cell", "expected"),
    [
        ("https://crm.example.com/c/{id}", "a b/ü?", "https://crm.example.com/c/a%20b%2F%C3%BC%3F"),
        ("https://crm.example.com/c/{id}", "", None),
        ("{id}?from=sync", "https://crm.example.com/1", "https://crm.example.com/1?from=sync"),
        ("https://crm.example.com", "", "https://crm.example.com"),
    ],
)
def test_source_urls(template: str, cell: str, expected: str | None) -> None:
    assert wanted(mapper(source_url=template), id=cell).source_url == expected


def test_a_source_url_that_is_too_long_or_no_address_is_rejected() -> None:
    assert "200" in rejected(mapper(source_url="https://x.com/{id}"), id="x" * 190)[0].reason
    assert rejected(mapper(source_url="{id}"), id="ftp://x.com")[0].column == "id"
    assert wanted(mapper(source_url="{id}", on_invalid="drop"), id="ftp://x.com").source_url is None
    assert "http" in mistakes(source_url="crm.example.com/{id}")[0]


# --- digest and fingerprint


def test_the_digest_changes_with_what_decides_a_contact() -> None:
    plain = mapper(customFields={"Note": "a"})
    changes: list[dict[str, Any]] = [
        {"region": "GB"},
        {"on_invalid": "drop"},
        {"source_url": "https://x.com/{id}"},
        {"customFields": {"Note": "b"}},
        {"customFields": {"Note": {"column": "a", "default": "x"}}},
    ]
    for options in changes:
        assert mapper(**{"customFields": {"Note": "a"}, **options}).digest != plain.digest
    retyped = compile_mapping(config(customFields={"Note": "a"}), [CustomField("Note", "note", "number")])
    assert retyped.digest != plain.digest


def test_the_digest_does_not_change_with_anything_else() -> None:
    options: dict[str, Any] = {"schedule": "5m", "max_deletes": 3, "max_updates": 9, "on_missing": "keep"}
    assert mapper(**options, source={"type": "csv", "path": "b.csv"}).digest == mapper().digest
    assert compile_mapping(config(), []).digest == mapper().digest


def test_the_fingerprint_sees_the_columns_in_use_and_their_types() -> None:
    mapping = mapper({"lastName": "last"})
    first = mapping.fingerprint(row(last="1"))
    assert len(first) == 16
    assert mapping.fingerprint(Row(99, {"last": "1", "first": "Jane", "stray": "x"})) == first
    assert mapping.fingerprint(row(last="2")) != first
    assert len({mapping.fingerprint(row(last=cell)) for cell in ("1", 1, 1.0, True, date(2026, 1, 1), None)}) == 6


@pytest.mark.alone
def test_fingerprints_are_quick() -> None:
    mapping = mapper({"lastName": "last", "phoneNumbers": {"mobile": "phone"}, "emails": {"work": "email"}})
    one = row(last="Doe", phone="415 555 0100", email="jane@example.com")
    started = time.perf_counter()
    for _ in range(10_000):
        mapping.fingerprint(one)
    assert time.perf_counter() - started < 1


# --- how each part is mapped


def test_the_digest_of_a_part_changes_with_what_decides_its_value_alone() -> None:
    fields: dict[str, Any] = {"lastName": "last", "phoneNumbers": {"mobile": "a", "work": "b"}, "emails": {"work": "c"}}
    more: dict[str, Any] = {"customFields": {"Note": "n"}, "source_url": "https://x.com/{id}"}
    plain = mapper(fields, **more).parts
    assert set(plain) == {
        *("firstName", "lastName", "phoneNumbers.mobile", "phoneNumbers.work", "emails.work"),
        *("customFields.note", "sourceUrl"),
    }

    def changed(other: dict[str, Any] | None = None, **options: Any) -> set[str]:
        parts = mapper({**fields, **(other or {})}, **{**more, **options}).parts
        return {part for part in {**plain, **parts} if plain.get(part) != parts.get(part)}

    assert changed({"lastName": ["last", "surname"]}) == {"lastName"}
    assert changed({"phoneNumbers": {"cell": "a", "work": "b"}}) == {"phoneNumbers.mobile", "phoneNumbers.cell"}
    assert changed({"phoneNumbers": {"mobile": "b", "work": "a"}}) == {"phoneNumbers.mobile", "phoneNumbers.work"}
    assert changed(region="GB") == {"phoneNumbers.mobile", "phoneNumbers.work"}
    assert changed(customFields={"Note": {"column": "n", "default": "x"}}) == {"customFields.note"}
    assert changed(source_url=None) == {"sourceUrl"}
    assert changed(on_invalid="drop", key_prefix="x-", max_rewrites=3) == set()
