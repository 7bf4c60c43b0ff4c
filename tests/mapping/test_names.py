"""Whole names become a first name and the rest: nothing of them is lost in silence."""

from __future__ import annotations

import pytest

from tests.support.mappings import config, mapper, rejected, row, wanted

WHOLE = {"firstName": {"column": "name", "part": "first"}, "lastName": {"column": "name", "part": "last"}}


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Ana Roe", "Ana", "Roe"),
        ("Ana María Roe", "Ana María", "Roe"),
        ("Roe, Ana", "Ana", "Roe"),
        ("Roe, Ana María", "Ana María", "Roe"),
        ("Roe Jr., Ana", "Ana", "Roe Jr."),
        ("John Q. Public III", "John Q.", "Public III"),
        ("Ana Roe, MD", "Ana", "Roe MD"),
        ("Jan van der Berg", "Jan", "van der Berg"),
        ("María de la Cruz", "María", "de la Cruz"),
        ("Omar bin Laith", "Omar", "bin Laith"),
        ("Ana García Márquez", "Ana", "García Márquez"),
        ("José Luis Rodríguez Zapatero", "José Luis", "Rodríguez Zapatero"),
        ("Mary Ann O'Brien-Kern", "Mary Ann", "O'Brien-Kern"),
        ("Ana & Bo Roe", "Ana & Bo", "Roe"),
        ("Mr. and Mrs. Roe", "Mr. and Mrs.", "Roe"),
        ("Dr. Roe", "Dr.", "Roe"),
        ("Madonna", "Madonna", None),
        ("Thomas Thomas", "Thomas", "Thomas"),
        ("Kern Dental LLC", "Kern Dental LLC", None),
        ("Smith & Sons", "Smith & Sons", None),
        ("Joe's Pizza", "Joe's Pizza", None),
        ("ana@x.com", "ana@x.com", None),
        ("山田 太郎", "太郎", "山田"),
        ("李小龙", "李小龙", None),
        ("  Ana   Roe ", "Ana", "Roe"),
    ],
)
def test_names(name: str, first: str, last: str | None) -> None:
    assert wanted(mapper(WHOLE), name=name).scalars == {"firstName": first, "lastName": last}


@pytest.mark.parametrize(
    ("name", "lost"), [("Dr. Ana Roe", "the title 'Dr.'"), ("Ana (Annie) Roe", "the note 'Annie'")]
)
def test_what_is_in_neither_part_is_said_once(name: str, lost: str) -> None:
    understood = mapper(WHOLE).understand(row(name=name), "c1")
    assert [each.reason for each in understood.changed] == [f"{lost} of the name was left out"]


def test_a_company_that_stands_in_is_not_taken_apart() -> None:
    columns = ["name", "Company"]
    mapping = mapper({part: {"column": columns, "part": word} for part, word in
                      (("firstName", "first"), ("lastName", "last"))})  # fmt: skip
    assert wanted(mapping, name="", Company="Blue Sky").scalars == {"firstName": "Blue Sky", "lastName": None}
    assert wanted(mapping, name="Ana Roe", Company="Blue Sky").scalars == {"firstName": "Ana", "lastName": "Roe"}


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Kovács János", "János", "Kovács"),
        ("Dr. Nagy Éva Mária", "Éva Mária", "Nagy"),
        ("LE GALL Yann", "Yann", "LE GALL"),
        ("de Wit Anna", "Anna", "de Wit"),
        ("Roe, Ana", "Ana", "Roe"),
        ("Kern Dental Kft LLC", "Kern Dental Kft LLC", None),
        ("Madonna", "Madonna", None),
    ],
)
def test_the_familys_name_stands_first_where_the_mapping_says_so(name: str, first: str, last: str | None) -> None:
    ordered = {part: {**spec, "order": "family_first"} for part, spec in WHOLE.items()}
    assert wanted(mapper(ordered), name=name).scalars == {"firstName": first, "lastName": last}


def test_what_stands_in_for_the_first_name_is_no_last_name_of_the_same_row() -> None:
    mapping = mapper({"firstName": ["Vorname", "Name"], "lastName": "Name"})
    assert wanted(mapping, Vorname="", Name="Öko AG").scalars == {"firstName": "Öko AG", "lastName": None}
    assert wanted(mapping, Vorname="Ida", Name="Kern").scalars == {"firstName": "Ida", "lastName": "Kern"}
    assert wanted(mapping, Vorname="Kern", Name="Kern").scalars == {"firstName": "Kern", "lastName": "Kern"}


def test_a_name_that_is_none_rejects() -> None:
    assert "firstName is empty" in rejected(mapper(WHOLE), name="N/A")[0].reason


@pytest.mark.parametrize(
    "options",
    [
        {"fields": {"phoneNumbers": {"mobile": {"column": "a", "part": "first"}}}},
        {"fields": {"role": {"value": "x", "part": "first"}}},
        {"fields": {"role": {"column": "x", "part": "middle"}}},
        {"fields": {"role": {"column": "x", "label_column": "y"}}},
        {"customFields": {"Note": {"column": "x", "label_column": "y"}}},
        {"customFields": {"Note": {"column": "x", "part": "last"}}},
    ],
)
def test_where_there_is_no_name_or_no_label(options: dict[str, dict[str, object]]) -> None:
    with pytest.raises(ValueError, match=r"part|label_column"):
        config(options.get("fields"), **{key: value for key, value in options.items() if key != "fields"})
