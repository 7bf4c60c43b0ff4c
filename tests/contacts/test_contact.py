"""Contacts as values: equality, what is kept, what is sent."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.contacts.contact import SCALARS, Contact, CustomField, Desired, Item, differences, is_reserved_source, overlay

LABELS = ("mobile", "work", "home")
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=8)
PHONES = st.integers(10_000_000, 999_999_999).map(lambda number: f"+1{number}")
EMAILS = st.from_regex(r"[A-Za-z]{1,5}@[a-z]{1,5}\.com", fullmatch=True)
DAYS = st.dates().map(str)
CUSTOM: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXT,
    "flag": st.booleans(),
    "number": st.integers(-999, 999) | st.floats(-999, 999),
    "day": DAYS,
    "tags": st.lists(TEXT, min_size=1, max_size=3, unique=True).map(tuple),
}
DEFINITIONS = {
    "text": CustomField("Text", "text", "string"),
    "flag": CustomField("Flag", "flag", "boolean"),
    "number": CustomField("Number", "number", "number"),
    "day": CustomField("Day", "day", "date"),
    "tags": CustomField("Tags", "tags", "multi-select"),
}


def items(values: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[Item, ...]]:
    return st.lists(st.builds(Item, st.sampled_from(LABELS), values), max_size=4).map(tuple)


def owned(values: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, tuple[str, ...]]]:
    return st.dictionaries(st.sampled_from(LABELS), st.lists(values, max_size=3, unique=True).map(tuple))


contacts = st.builds(
    Contact,
    scalars=st.fixed_dictionaries({name: st.none() | TEXT for name in SCALARS}),
    phone_numbers=items(PHONES),
    emails=items(EMAILS),
    custom_fields=st.fixed_dictionaries({}, optional=CUSTOM),
    external_id=st.none() | TEXT,
    source=st.none() | st.sampled_from(["contact-sync", "crm", "csv", "openphone-web"]),
    source_url=st.none() | st.just("https://crm.example.com/1"),
    id=TEXT,
    created_at=st.just("2026-01-01T00:00:00.000Z"),
)
desires = st.builds(
    Desired,
    external_id=TEXT,
    scalars=st.fixed_dictionaries({"firstName": TEXT}, optional={name: st.none() | TEXT for name in SCALARS[1:]}),
    phone_numbers=owned(PHONES),
    emails=owned(EMAILS),
    custom_fields=st.fixed_dictionaries({}, optional={key: st.none() | value for key, value in CUSTOM.items()}),
    source_url=st.none() | st.just("https://crm.example.com/2"),
)


# --- laws ---------------------------------------------------------------------------------------------------------


@given(contacts)
def test_nothing_differs_from_itself(contact: Contact) -> None:
    assert differences(contact, contact) == {}


@given(desires, contacts)
def test_what_was_brought_in_line_is_in_line(desired: Desired, held: Contact) -> None:
    once = overlay(desired, held, "contact-sync")
    assert differences(once, overlay(desired, once, "contact-sync")) == {}


@given(desires, contacts)
def test_an_overlay_keeps_everything_that_is_not_owned(desired: Desired, held: Contact) -> None:
    after = overlay(desired, held, "contact-sync")
    for name in SCALARS:
        if name not in desired.scalars:
            assert after.scalars[name] == held.scalars[name]
    for label in LABELS:
        if label not in desired.phone_numbers:
            assert labelled(after.phone_numbers, label) == labelled(held.phone_numbers, label)
        if label not in desired.emails:
            assert labelled(after.emails, label) == labelled(held.emails, label)
    for key, value in held.custom_fields.items():
        if key not in desired.custom_fields:
            assert after.custom_fields[key] == value
    assert (after.id, after.created_at) == (held.id, held.created_at)
    if desired.source_url is None:
        assert after.source_url == held.source_url
    if held.source and not is_reserved_source(held.source):
        assert after.source == held.source


@given(desires, contacts)
def test_an_overlay_brings_everything_that_is_owned(desired: Desired, held: Contact) -> None:
    after = overlay(desired, held, "contact-sync")
    assert after.external_id == desired.external_id
    assert {name: after.scalars[name] for name in desired.scalars} == desired.scalars
    assert {label: labelled(after.phone_numbers, label) for label in desired.phone_numbers} == desired.phone_numbers
    assert {label: labelled(after.emails, label) for label in desired.emails} == desired.emails
    for key, value in desired.custom_fields.items():
        assert after.custom_fields.get(key) == value


@given(contacts)
def test_a_contact_survives_its_own_json(contact: Contact) -> None:
    back = Contact.from_json(json.loads(json.dumps(contact.to_json())))
    assert back == contact
    assert differences(contact, back) == {}


@given(contacts)
def test_the_body_sent_and_answered_is_the_same_contact(contact: Contact) -> None:
    """The service answers with types; dates as date-times, options in any order."""
    body = json.loads(json.dumps(contact.body(DEFINITIONS)))
    for field in body["customFields"]:
        field["type"] = DEFINITIONS[field["key"]].type
        if field["type"] == "multi-select":
            field["value"] = field["value"][::-1]
    answer = json.loads(json.dumps({**body, "id": contact.id, "createdAt": contact.created_at}))
    assert differences(contact, Contact.from_json(answer)) == {}


@given(desires)
def test_what_was_sent_is_recognised_after_a_stay_in_the_state(desired: Desired) -> None:
    assert json.loads(json.dumps(desired.to_json())) == desired.to_json()


@given(desires, contacts)
def test_differences_say_what_was_and_what_will_be(desired: Desired, held: Contact) -> None:
    after = overlay(desired, held, "contact-sync")
    turned = differences(after, held)
    for name, change in differences(held, after).items():
        assert turned[name] == {"from": change["to"], "to": change["from"]}
        json.dumps(change)


def labelled(held: tuple[Item, ...], label: str) -> tuple[str, ...]:
    return tuple(item.value for item in held if item.name == label)


# --- what is equal ------------------------------------------------------------------------------------------------

ANA = Contact(scalars={"firstName": "Ana"}, id="A")


def held_with(field_type: str | None, value: Any) -> Contact:
    field = {"key": "k", "value": value} | ({"type": field_type} if field_type else {})
    return Contact.from_json({"id": "A", "defaultFields": {"firstName": "Ana"}, "customFields": [field]})


@pytest.mark.parametrize(
    "value", ["2026-03-01", "2026-03-01T00:00:00.000+0000", "2026-03-01T00:00:00.000Z", "2026-03-01T23:59:00+01:00"]
)
def test_dates_are_equal_by_day(value: str) -> None:
    assert differences(held_with("date", value), replace(ANA, custom_fields={"k": "2026-03-01"})) == {}
    assert differences(held_with("date", value), replace(ANA, custom_fields={"k": "2026-03-02"}))


def test_a_text_that_begins_as_a_date_is_no_date() -> None:
    assert held_with("string", "2026-03-01 call back").custom_fields == {"k": "2026-03-01 call back"}


def test_options_are_equal_as_sets() -> None:
    held = held_with("multi-select", ["a", "b"])
    assert differences(held, replace(ANA, custom_fields={"k": ("b", "a")})) == {}
    assert differences(held, replace(ANA, custom_fields={"k": ("b",)})) == {
        "customFields.k": {"from": ["a", "b"], "to": ["b"]}
    }


@pytest.mark.parametrize(("held", "wanted"), [(True, 1), (1, True), (False, 0), (False, None), (0, None)])
def test_a_truth_is_no_number_and_a_nought_is_not_nothing(held: Any, wanted: Any) -> None:
    custom = {} if wanted is None else {"k": wanted}
    assert differences(held_with(None, held), replace(ANA, custom_fields=custom))


def test_numbers_are_equal_by_value() -> None:
    assert differences(held_with("number", 5), replace(ANA, custom_fields={"k": 5.0})) == {}


@pytest.mark.parametrize("value", [None, "", []])
def test_an_empty_custom_field_is_none(value: Any) -> None:
    assert differences(held_with(None, value), ANA) == {}


def test_emails_are_equal_in_any_case_and_order() -> None:
    one = replace(ANA, emails=(Item("work", "Ana@Example.com"), Item("home", "a@b.com")))
    two = replace(ANA, emails=(Item("home", "a@b.com"), Item("work", "ana@example.COM")))
    assert differences(one, two) == {}
    assert "emails" in differences(one, replace(ANA, emails=(Item("work", "ana@example.com"),)))


def test_phones_are_equal_however_they_are_spaced() -> None:
    one = replace(ANA, phone_numbers=(Item("mobile", "+1 (415) 555-0100"),))
    assert differences(one, replace(ANA, phone_numbers=(Item("mobile", "+14155550100"),))) == {}
    assert differences(one, replace(ANA, phone_numbers=(Item("work", "+14155550100"),)))


def test_the_same_number_twice_is_not_the_same_number_once() -> None:
    item = Item("mobile", "+14155550100")
    assert differences(replace(ANA, phone_numbers=(item, item)), replace(ANA, phone_numbers=(item,)))


def test_surrounding_blanks_are_no_difference() -> None:
    assert differences(replace(ANA, scalars={"firstName": " Ana "}), ANA) == {}
    assert differences(replace(ANA, scalars={"firstName": "Ana", "role": ""}), ANA) == {}


def test_a_changed_external_id_is_a_difference() -> None:
    assert differences(replace(ANA, external_id=None), replace(ANA, external_id="c1")) == {
        "externalId": {"from": None, "to": "c1"}
    }


# --- what is sent -------------------------------------------------------------------------------------------------


def test_the_body_is_whole_without_ids_of_items_and_without_fields_that_are_gone() -> None:
    contact = Contact.from_json(
        {
            "id": "A",
            "externalId": "c1",
            "source": "contact-sync",
            "defaultFields": {
                "firstName": "Ana",
                "phoneNumbers": [{"id": "i1", "name": "mobile", "value": "+14155550100"}],
            },
            "customFields": [
                {"key": "day", "type": "date", "value": "2026-03-01T00:00:00.000+0000"},
                {"key": "gone", "type": "string", "value": "x"},
            ],
        }
    )
    assert contact.body(DEFINITIONS) == {
        "externalId": "c1",
        "source": "contact-sync",
        "defaultFields": {
            "firstName": "Ana",
            "lastName": None,
            "company": None,
            "role": None,
            "phoneNumbers": [{"name": "mobile", "value": "+14155550100"}],
            "emails": [],
        },
        "customFields": [{"key": "day", "value": "2026-03-01T00:00:00.000Z"}],
    }


@pytest.mark.parametrize("payload", [{}, {"id": "A"}, {"id": "A", "defaultFields": None}, {"defaultFields": {}}])
def test_what_is_no_contact_is_said_to_be_none(payload: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a contact"):
        Contact.from_json(payload)


@pytest.mark.parametrize("source", ["openphone", "openphone-app", "csv", "csv-v2", "zapier", "google-people", "other"])
def test_sources_that_openphone_keeps_for_itself_are_never_sent(source: str) -> None:
    assert is_reserved_source(source)
    held = replace(ANA, source=source)
    assert overlay(Desired("c1", {"firstName": "Ana"}), held, "contact-sync").source == "contact-sync"
