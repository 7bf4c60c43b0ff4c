"""Cells as exporters and people leave them: what is taken off, apart, or for nothing, and what is said."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.base import Cell
from sync.mapping.mapper import Understood
from tests.support.mappings import mapper, rejected, row, wanted

PHONE = {"phoneNumbers": {"mobile": "phone"}}
EMAIL = {"emails": {"work": "email"}}


def understood(fields: dict[str, Any], cells: dict[str, Cell], **options: Any) -> Understood:
    return mapper(fields, **options).understand(row(**cells), "c1")


def phones(cell: Cell, **options: Any) -> tuple[tuple[str, ...], list[str]]:
    """The numbers of a cell, and what is said of them."""
    found = understood(PHONE, {"phone": cell}, **options)
    assert found.desired is not None, found.problems
    return found.desired.phone_numbers["mobile"], [each.reason for each in found.changed]


@pytest.mark.parametrize(
    "cell",
    ["'+14155550101", "'(415) 555-0101", '="+14155550101"', "=+14155550101", "p:+14155550101", "tel:+1-415-555-0101",
     "Phone: 415-555-0101", '"415-555-0101"', "=415-555-0101", "415-555-0101;"],
)  # fmt: skip
def test_guards_and_prefixes_of_exporters_go_silently(cell: str) -> None:
    assert phones(cell) == (("+14155550101",), [])


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("415-555-0101 (cell)", "the note 'cell' was left out"),
        ("(h) 415-555-0101", "the note 'h' was left out"),
        ("Mobile 415-555-0101", "the note 'Mobile' was left out"),
        ("415-555-0101 ask for Bo", "the note 'ask for Bo' was left out"),
        ("+14155550101,,123#", "the extension '123#' was left out"),
        ("+14155550101;123", "the extension '123' was left out"),
        ("415-555-0101 x12", "the extension 'x12' was left out"),
        ("415-555-0101 ext. 12 (office)", "the extension 'ext. 12' and the note 'office' were left out"),
        ("4155550101 poste 12", "the extension 'poste 12' was left out"),
    ],
)
def test_notes_and_extensions_are_left_out_and_said(cell: str, said: str) -> None:
    assert phones(cell) == (("+14155550101",), [said])


@pytest.mark.parametrize(
    "cell",
    ["+1 415-555-0102 ::: +1 415-555-0103", "415-555-0102 / 415-555-0103", "415-555-0102; 4155550103",
     "+14155550102+14155550103",
     "415-555-0102, 415-555-0103", "415-555-0102\n415-555-0103", "4155550102 or 4155550103",
     "(415) 555-0102 (415) 555-0103",
     ["415-555-0102", "415-555-0103"]],
)  # fmt: skip
def test_several_numbers_in_one_cell_under_any_separator(cell: Cell) -> None:
    assert phones(cell) == (("+14155550102", "+14155550103"), [])


def test_several_numbers_each_with_its_note() -> None:
    assert phones("cell: 415-555-0101, work: 415-555-0102 x5")[0] == ("+14155550101", "+14155550102")


@pytest.mark.parametrize(
    "cell",
    ["N/A", "-", "TBD", "none", "no phone", "k.A.", "000-000-0000", "?", "unbekannt", "sin teléfono", "not provided"],
)
def test_words_for_nothing_are_blank_and_said(cell: str) -> None:
    assert phones(cell) == ((), [f"{cell!r} was read as nothing"])


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("415-555-0101 (wife)", "somebody else's"),
        ("fax: 415-555-0101", "a fax"),
        ("415-555-0101 wrong number", "not in use"),
    ],
)
def test_a_number_that_the_cell_itself_gives_to_others_is_not_taken(cell: str, why: str) -> None:
    numbers, said = phones(cell)
    assert numbers == ()
    assert why in said[0]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [("1-800-FLOWERS", "letters"), ("+44 20 7946 HELP", "letters"), ("12", "too short"),
     ("#N/A", "spreadsheet's error"),
     ("ana@x.com 415-555-0101", "letters"), ("4.15555E+09", "spreadsheet")],
)  # fmt: skip
def test_what_is_no_number_is_still_refused(cell: str, reason: str) -> None:
    assert reason in rejected(mapper(PHONE), phone=cell)[0].reason


@pytest.mark.parametrize(
    ("cell", "region", "number"),
    [
        ("+52 1 55 1234 5678", "US", "+525512345678"),
        ("01152 1 55 1234 5678", "US", "+525512345678"),
        ("044 55 1234 5678", "MX", "+525512345678"),
        ("011 44 20 7946 0958", "US", "+442079460958"),
        ("+011 44 20 7946 0958", "US", "+442079460958"),
        ("+00 44 20 7946 0958", "DE", "+442079460958"),
        ("+1 1 415 555 0101", "US", "+14155550101"),
        ("+54 9 11 1234 5678", "US", "+5491112345678"),
    ],
)
def test_prefixes_that_are_dialled_from_elsewhere(cell: str, region: str, number: str) -> None:
    assert phones(cell, region=region) == ((number,), [])


@pytest.mark.parametrize(
    ("cell", "addresses"),
    [
        ("a@x.com; b@x.com", ("a@x.com", "b@x.com")),
        ("a@x.com ::: b@x.com", ("a@x.com", "b@x.com")),
        ("Roe, Ana <a@x.com>; Bo <b@x.com>", ("a@x.com", "b@x.com")),
        ("a@x.com b@x.com", ("a@x.com", "b@x.com")),
        ("a@x.com (work)", ("a@x.com",)),
        ("'a@x.com", ("a@x.com",)),
        ("email: a@x.com,", ("a@x.com",)),
        ("none", ()),
        ("no e-mail", ()),
    ],
)
def test_addresses(cell: str, addresses: tuple[str, ...]) -> None:
    assert wanted(mapper(EMAIL), email=cell).emails["work"] == addresses


@pytest.mark.parametrize(
    ("cell", "text"),
    [('="Acme"', "Acme"), ("'007 Ltd", "007 Ltd"), ("'t Hooft", "'t Hooft"), ("N/A", None), ("-", None),
     ("None Ltd", "None Ltd"),
     ("Null", "Null"), ("=1+1", "=1+1")],
)  # fmt: skip
def test_text(cell: str, text: str | None) -> None:
    assert wanted(mapper({"company": "firm"}), firm=cell).scalars["company"] == text


def test_a_word_for_nothing_gives_way_to_the_next_column_and_rejects_where_there_is_none() -> None:
    fields = {"firstName": ["first", "firm"]}
    assert wanted(mapper(fields), first="N/A", firm="Acme").scalars["firstName"] == "Acme"
    assert rejected(mapper(fields), first="TBD", firm="-")[0].reason == (
        "firstName is empty: 'TBD' was read as nothing"
    )


def test_a_template_without_what_stands_for_nothing() -> None:
    mapping = mapper({"role": {"template": "{title} ({team})"}})
    assert wanted(mapping, title="'007 Ops", team="n/a").scalars["role"] == "007 Ops"


def test_notes_may_say_anything() -> None:
    assert wanted(mapper(customFields={"Note": "note"}), note="TBD").custom_fields == {"note": "TBD"}


@pytest.mark.parametrize(
    ("cell", "day"),
    [("24.11.2026", "2026-11-24"), ("24 Nov 2026", "2026-11-24"), ("24 de noviembre de 2026", "2026-11-24"),
     ("11/24/26", "2026-11-24"), ("2026年11月24日", "2026-11-24"), ("46350", "2026-11-24"),
     (46350.5, "2026-11-24"), ("TBD", None)],
)  # fmt: skip
def test_days(cell: Cell, day: str | None) -> None:
    assert wanted(mapper(customFields={"since": "since"}), since=cell).custom_fields == {"since": day}


def test_a_day_that_could_be_two_says_how_to_tell() -> None:
    reason = rejected(mapper(customFields={"since": "since"}), since="12/1/26")[0].reason
    assert "2026-12-01 and 2026-01-12" in reason
    assert "'%m/%d/%y' or '%d/%m/%y'" in reason
    told = mapper(customFields={"since": {"column": "since", "format": "%m/%d/%Y"}})
    for cell in ("12/1/26", "12/1/2026", "12/1/2026 12:00:00 AM", "2026-12-01", "46357"):
        assert wanted(told, since=cell).custom_fields == {"since": "2026-12-01"}


def test_a_number_of_excels_that_is_read_as_a_day_is_said() -> None:
    found = understood({}, {"since": 46350}, customFields={"since": "since"})
    assert [each.reason for each in found.changed] == ["'46350', as Excel counts days, was read as 2026-11-24"]


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("WAAR", True),
        ("ONWAAR", False),
        ("VERDADEIRO", True),
        ("ЛОЖЬ", False),
        ("Sí", True),
        ("nee", False),
        ("N/A", None),
    ],
)
def test_yes_and_no_in_other_languages(cell: str, meant: bool | None) -> None:
    assert wanted(mapper(customFields={"lead": "lead"}), lead=cell).custom_fields == {"lead": meant}


def test_what_a_map_says_is_taken_as_it_is() -> None:
    mapping = mapper({"role": {"column": "role", "map": {"N/A": "Guest", "none": "-"}}})
    assert [wanted(mapping, role=cell).scalars["role"] for cell in ("n/a", "none", "TBD")] == ["Guest", "-", None]


# --- keys


@pytest.mark.parametrize("cell", ["007", "'007", '="007"', '"007"'])
def test_guards_are_no_part_of_a_key(cell: str) -> None:
    assert mapper().external_id(row(id=cell)) == "007"


def test_pieces_of_keys_never_run_into_one_another() -> None:
    mapping = mapper(key=["shop", "id"])
    pairs = [("1/2", "3"), ("1", "2/3"), ("1%2F2", "3"), ("1", "2%2F3"), ("1%252F2", "3"), ("a", "b")]
    keys = [mapping.external_id(row(shop=shop, id=number)) for shop, number in pairs]
    assert len(set(map(str, keys))) == len(pairs)
    assert (keys[0], keys[-1]) == ("1%2F2/3", "a/b")
    assert mapper().external_id(row(id="1/2")) == "1/2"
