"""Rows become contacts or problems, as the configuration says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Cell, Row, Unreadable
from sync.contacts.contact import Desired
from sync.mapping.compiler import MappingError, compile_mapping
from sync.mapping.template import Template
from tests.support.mappings import config, mapper, mistakes, rejected, wanted

# --- where a field's value comes from


def test_only_what_is_mapped_is_owned() -> None:
    assert wanted(mapper()) == Desired("c1", {"firstName": "Jane"})


def test_a_blank_cell_clears_and_a_missing_one_too() -> None:
    fields = {"lastName": "last", "company": "firm", "phoneNumbers": {"mobile": "phone"}}
    desired = wanted(mapper(fields, customFields={"Tags": "tags", "lead": "lead"}), last="  ", phone="")
    assert desired.scalars == {"firstName": "Jane", "lastName": None, "company": None}
    assert desired.phone_numbers == {"mobile": ()}
    assert desired.custom_fields == {"tags": None, "lead": None}


@pytest.mark.parametrize(("company", "account", "expected"), [("A", "B", "A"), (" ", "B", "B"), ("", "", None)])
def test_the_first_column_that_is_not_empty_counts(company: str, account: str, expected: str | None) -> None:
    desired = wanted(mapper({"company": ["company", "account"]}), company=company, account=account)
    assert desired.scalars["company"] == expected


def test_constants_and_defaults() -> None:
    mapping = mapper({"company": {"value": "Acme"}, "role": {"column": "role", "default": "Customer"}})
    assert wanted(mapping, role="").scalars == {"firstName": "Jane", "company": "Acme", "role": "Customer"}
    assert wanted(mapping, role="Boss").scalars["role"] == "Boss"


def test_values_are_translated_exactly_then_in_any_case() -> None:
    to = {"lead": "Lead", "LEAD": "LEAD!", "gone": None, "TRUE": "yes"}
    mapping = mapper({"role": {"column": "role", "map": to, "default": "none"}})
    answers = {"lead": "Lead", " LEAD ": "LEAD!", "Lead": "Lead", "other": "other", "gone": "none", "": "none"}
    assert {cell: wanted(mapping, role=cell).scalars["role"] for cell in answers} == answers
    assert wanted(mapping, role=True).scalars["role"] == "yes"


@pytest.mark.parametrize(
    ("template", "cells", "expected"),
    [
        ("{title} ({team})", {"title": "Ops", "team": "West"}, "Ops (West)"),
        ("{title} ({team})", {"title": "Ops", "team": " "}, "Ops"),
        ("{title} ({team})", {}, ""),
        ("{a}, {b}, {c}", {"a": "A", "c": "C"}, "A, C"),
        ("{a}, {b}, {c}", {"b": "B", "c": "C"}, "B, C"),
        ("{a}, {b}, {c}", {"a": "A"}, "A"),
        ("{a} - {b}", {"b": "B"}, "B"),
        ("{a} {b}", {"a": "C++", "b": ""}, "C++"),
        ("{a} [{b} ({c})]", {"a": "A"}, "A"),
        ("{a} ({b}, {c})", {"a": "A", "c": "C"}, "A (C)"),
        ("{a} ({b}, {c})", {"a": "A", "b": "B"}, "A (B)"),
        ("Unit {a}", {"a": 5.0}, "Unit 5"),
        ("{{{a}}}", {"a": "A"}, "{A}"),
        ("{ spaced name }", {"spaced name": "A"}, "A"),
        ("no placeholder", {}, "no placeholder"),
    ],
)
def test_templates(template: str, cells: dict[str, Cell], expected: str) -> None:
    assert Template.parse(template).render(cells) == expected


def test_a_template_with_a_stray_brace_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="brace"):
        Template.parse("{title")


# --- labels and custom fields


def test_labels_hold_canonical_values_each_once() -> None:
    fields = {
        "phoneNumbers": {"mobile": {"column": "phones", "split": ";"}, "work": "office"},
        "emails": {"work": {"column": "mails", "split": ","}},
    }
    desired = wanted(
        mapper(fields, region="GB"),
        phones="020 7946 0958; +44 20 7946 0958;;+1 415 555 0100",
        office=["020 7946 0959"],
        mails="a@x.com, b@x.com , a@x.com",
    )
    assert desired.phone_numbers == {"mobile": ("+442079460958", "+14155550100"), "work": ("+442079460959",)}
    assert desired.emails == {"work": ("a@x.com", "b@x.com")}


def test_custom_fields_are_read_by_their_type() -> None:
    mapping = mapper(
        customFields={
            "Inbound Lead": "lead",
            "tags": {"column": "tags", "split": ";"},
            "SINCE": {"column": "since", "format": "%d/%m/%Y"},
            "revenue": "revenue",
            "Site": "site",
            "note": "note",
        }
    )
    cells: dict[str, Cell] = {
        "lead": "Yes",
        "tags": "a; b;a",
        "since": "01/03/2026",
        "revenue": "$1,200.50",
        "site": "x.com",
    }
    assert wanted(mapping, **cells, note=5.0).custom_fields == {
        "lead": True,
        "tags": ("a", "b"),
        "since": "2026-03-01",
        "revenue": 1200.5,
        "site": "https://x.com",
        "note": "5",
    }


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("a; b", ("a", "b")),
        (["a", "b", ""], ("a", "b")),
        (["a, b"], ("a, b",)),
        ([], None),
        ("VIP, Weekly", ("VIP", "Weekly")),
        ("VIP|Weekly", ("VIP", "Weekly")),
        ("VIP\nWeekly", ("VIP", "Weekly")),
        ("Clients ::: * myContacts", ("Clients", "myContacts")),
        ("Roe, Ana; Weekly", ("Roe, Ana", "Weekly")),
        ('"VIP, Inc.", Weekly', ("VIP, Inc.", "Weekly")),
        ('"VIP"', ("VIP",)),
        ("[VIP, Weekly]", ("VIP", "Weekly")),
        ('say "hi"', ('say "hi"',)),
    ],
)
def test_options_without_split(cell: Cell, expected: tuple[str, ...] | None) -> None:
    assert wanted(mapper(customFields={"Tags": "tags"}), tags=cell).custom_fields == {"tags": expected}


@pytest.mark.parametrize(
    ("split", "cell", "expected"),
    [
        (False, "a; b", ("a; b",)),
        (",", "a; b", ("a; b",)),
        (",", '"VIP, Inc.", Weekly', ("VIP, Inc.", "Weekly")),
        (";", 'say "hi"; b', ('say "hi"', "b")),
        (";", '"open; b', ('"open', "b")),
    ],
)
def test_options_with_split(split: str | bool, cell: Cell, expected: tuple[str, ...]) -> None:
    mapping = mapper(customFields={"Tags": {"column": "tags", "split": split}})
    assert wanted(mapping, tags=cell).custom_fields == {"tags": expected}


def test_false_and_zero_are_values() -> None:
    desired = wanted(mapper(customFields={"lead": "lead", "revenue": "revenue"}), lead=False, revenue=0)
    assert desired.custom_fields == {"lead": False, "revenue": 0}


def test_false_is_nothing_where_it_cannot_be_a_value() -> None:
    """Odoo says false for empty; a spreadsheet's unticked box is no name either."""
    fields = {
        "lastName": "last",
        "company": ["firm", "last", "account"],
        "role": {"template": "{title} ({last})"},
        "phoneNumbers": {"mobile": "phone"},
        "emails": {"work": "email"},
    }
    custom = {"revenue": "revenue", "since": "since", "Site": "site", "note": "note", "lead": "lead"}
    empty: dict[str, Cell] = dict.fromkeys(("last", "firm", "phone", "revenue", "since", "site", "note", "lead"), False)
    desired = wanted(mapper(fields, customFields=custom), **empty, email=[False], account="Acme", title="Boss")
    assert desired.scalars == {"firstName": "Jane", "lastName": None, "company": "Acme", "role": "Boss"}
    assert desired.phone_numbers == {"mobile": ()}
    assert desired.emails == {"work": ()}
    assert desired.custom_fields == {"revenue": None, "since": None, "site": None, "note": "FALSE", "lead": False}
    said = wanted(mapper({"role": {"column": "vip", "map": {"TRUE": "VIP", "FALSE": "Guest"}}}), vip=False)
    assert said.scalars["role"] == "Guest"


def test_a_cell_that_no_cell_can_be_rejects_its_row_with_the_sources_reason() -> None:
    problems = rejected(mapper({"company": "firm"}), firm=Unreadable("finds an object with 'name'"))
    assert [(p.column, p.value, p.reason) for p in problems] == [("firm", "", "finds an object with 'name'")]
    assert wanted(mapper(), firm=Unreadable("nobody maps it")).scalars == {"firstName": "Jane"}


# --- rejecting and dropping


BAD = {"phoneNumbers": {"mobile": ["mobile", "phone"]}, "emails": {"work": "email"}}


def test_every_bad_value_is_named_with_its_column() -> None:
    problems = rejected(mapper(BAD, customFields={"since": "since"}), phone="12", email="jane", since="x" * 200)
    assert [(p.column, p.value) for p in problems] == [("phone", "12"), ("email", "jane"), ("since", "x" * 100)]
    assert all(p.reason for p in problems)


def test_a_dropped_value_leaves_its_field_alone() -> None:
    mapping = mapper({**BAD, "lastName": "last"}, on_invalid="drop", customFields={"since": "since"})
    desired = wanted(mapping, phone="12", email="jane@x.com", since="soon", last="Roe")
    assert (desired.phone_numbers, desired.emails) == ({}, {"work": ("jane@x.com",)})
    assert (desired.custom_fields, desired.scalars["lastName"]) == ({}, "Roe")


def test_of_several_values_only_the_bad_one_is_dropped() -> None:
    mapping = mapper({"phoneNumbers": {"mobile": {"column": "phone", "split": ";"}}}, on_invalid="drop")
    assert wanted(mapping, phone="12; 415 555 0100").phone_numbers == {"mobile": ("+14155550100",)}


@pytest.mark.parametrize("on_invalid", ["reject", "drop"])
@pytest.mark.parametrize("cell", ["", "  ", None, float("nan")])
def test_a_first_name_that_comes_out_empty_rejects_always(on_invalid: str, cell: Cell) -> None:
    problems = rejected(mapper(on_invalid=on_invalid), first=cell)
    assert [p.column for p in problems] == ["first"]


def test_a_first_name_has_its_fallback() -> None:
    mapping = mapper({"firstName": {"columns": ["first", "nick"], "default": "Customer"}})
    assert wanted(mapping, first="").scalars == {"firstName": "Customer"}


def test_a_number_that_is_none_in_a_template_is_a_problem() -> None:
    assert [p.column for p in rejected(mapper({"role": {"template": "{a}"}}), a=float("inf"))] == ["a"]


# --- mistakes in the mapping


def test_all_mistakes_come_at_once() -> None:
    custom: dict[str, Any] = {"Inbound Laed": "a", "nothing like it": "b", "Twin": "c", "Tags": "d", "tags": "e"}
    custom["Note"] = {"column": "a", "split": ","}
    messages = mistakes(customFields=custom)
    assert len(messages) == 5
    assert "did you mean 'Inbound Lead'?" in next(m for m in messages if "Laed" in m)
    assert "it has 'Inbound Lead', 'Tags'" in next(m for m in messages if "nothing like it" in m)
    assert "'twin1', 'twin2'" in next(m for m in messages if "Twin: " in m)
    assert "mapped as customFields.Tags" in next(m for m in messages if "same custom field" in m)
    assert "'split'" in next(m for m in messages if m.startswith("customFields.Note"))


def test_a_format_is_for_dates() -> None:
    assert "'format'" in mistakes(customFields={"Note": {"column": "a", "format": "%d/%m/%Y"}})[0]


def test_a_workspace_without_custom_fields_says_so() -> None:
    with pytest.raises(MappingError, match="it has none"):
        compile_mapping(config(customFields={"Note": "a"}), [])


# --- laws


cell = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.dates())
EVERYTHING: dict[str, Any] = {
    "fields": {
        "lastName": ["last", "phone"],
        "company": {"column": "company", "map": {"a": "b"}},
        "role": {"template": "{last} ({company})"},
        "phoneNumbers": {"mobile": {"column": "phone", "split": ","}},
        "emails": {"work": "email"},
    },
    "customFields": dict.fromkeys(("lead", "tags", "since", "revenue", "site", "note"), "last"),
    "source_url": "https://x.com/{id}",
}


@pytest.mark.parametrize("on_invalid", ["reject", "drop"])
@given(cells=st.fixed_dictionaries(dict.fromkeys(("id", "first", "last", "company", "phone", "email"), cell)))
def test_any_row_is_a_contact_or_a_problem(on_invalid: str, cells: dict[str, Cell]) -> None:
    mapping = mapper(**EVERYTHING, on_invalid=on_invalid)
    source = Row(2, cells)
    assert mapping.fingerprint(source) == mapping.fingerprint(source)
    mapping.external_id(source)
    desired, problems = mapping.desired(source, "c1")
    assert (desired is None) == bool(problems)
    if desired is not None:
        assert desired.scalars["firstName"]
        assert set(desired.custom_fields) <= {"lead", "tags", "since", "revenue", "site", "note"}
