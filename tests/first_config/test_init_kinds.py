"""What ``init`` makes of files as offices have them: each kind by an instance or two."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sync.contacts.contact import CustomField
from sync.first_config import Origin, Proposal, Survey, guess
from sync.sandbox import DEFAULT_CUSTOM_FIELDS

FIELDS = tuple(CustomField(field.name, field.key, field.type) for field in DEFAULT_CUSTOM_FIELDS)


def proposed(header: str, *rows: str) -> Proposal:
    """What is proposed for a CSV without quotes."""
    columns = header.split(",")
    survey = Survey(tuple(columns))
    for row in rows:
        survey.add(dict(zip(columns, row.split(","), strict=True)))
    return guess(survey, FIELDS)


def origins(proposal: Proposal) -> dict[str, Sequence[str]]:
    return {name: origin.columns for name, origin in proposal.fields.items()}


class TestNames:
    def test_last_name_and_company_serve_where_a_row_has_no_first_name(self) -> None:
        found = proposed("Id,First Name,Last Name,Company,Phone", "1,Ida,Kern,,415 555 0101", "2,,Ode,Ode LLC,")
        assert found.fields["firstName"] == Origin(("First Name", "Last Name", "Company"))
        assert found.fields["lastName"] == Origin(("Last Name",))

    def test_nothing_serves_where_no_row_needs_it(self) -> None:
        found = proposed("Id,First Name,Last Name,Company", "1,Ida,Kern,Acme", "2,Tom,,")
        assert found.fields["firstName"] == Origin(("First Name",))

    def test_an_address_serves_only_where_there_is_nothing_else(self) -> None:
        found = proposed("Id,First Name,Last Name,Email", "1,Ida,Kern,i@k.example", "2,,,tom@ode.example")
        assert found.fields["firstName"].columns == ("First Name", "Last Name", "Email")
        found = proposed("Id,First Name,Last Name,Email", "1,Ida,Kern,i@k.example", "2,,,")
        assert found.fields["firstName"] == Origin(("First Name",))
        assert "1 of 2 rows have nothing to be called by: they are rejected" in found.notes

    @pytest.mark.parametrize("heading", ["Customer Name", "Name", "Kontakt", "full_name"])
    def test_whole_names_are_split(self, heading: str) -> None:
        found = proposed(f"id,{heading}", "1,Ana María Roe", "2,Tom van der Ode")
        assert found.fields["firstName"] == Origin((heading,), part="first")
        assert found.fields["lastName"] == Origin((heading,), part="last")

    @pytest.mark.parametrize("cells", ["Kern Dental", "Acme LLC", "Ana & Bo Roe", "Rosie", "Unit 7 North"])
    def test_what_is_no_whole_name_is_not(self, cells: str) -> None:
        found = proposed("id,Customer", f"1,{cells}")
        assert found.fields == {"firstName": Origin(("Customer",))}

    def test_a_column_of_whole_names_with_firms_between_is_split_and_firms_are_not(self) -> None:
        found = proposed("id,Name,Company", "1,Ana Roe,", "2,,Ode LLC", "3,Bo Berg,Acme")
        assert found.fields["firstName"] == Origin(("Name", "Company"), part="first")
        assert found.fields["lastName"] == Origin(("Name",), part="last")


class TestWhose:
    @pytest.mark.parametrize(
        "other",
        [
            "Sales Rep Phone", "Emergency Contact Phone", "Spouse Phone", "Assistant Phone", "Landlord Phone",
            "Next of Kin Phone", "Referred By Phone", "Account Manager Cell", "Asst. Phone", "Husband's Mobile",
            "Technician Phone", "Contact 2 Phone", "Alternate Contact Phone", "Notfallkontakt Telefon",
            "Vermieter Telefon", "Téléphone conjoint", "Teléfono de emergencia", "Doctor phone", "Mother's Phone",
            "Contact Owner Phone", "Agent Phone",
        ],
    )  # fmt: skip
    def test_other_peoples_numbers_are_left_out_and_that_is_said(self, other: str) -> None:
        found = proposed(f"Id,First Name,Phone,{other}", "1,Ida,(415) 555-0101,(415) 555-0900")
        assert origins(found) == {"firstName": ("First Name",), "phoneNumbers.primary": ("Phone",)}
        assert found.reasons == {"it is another person's": [other]}

    @pytest.mark.parametrize(
        "own",
        [
            "Contact Phone",
            "Customer Phone",
            "Primary Contact Phone",
            "Client Mobile",
            "Secondary Phone",
            "Office Phone",
        ],
    )
    def test_the_rows_own_number_stays(self, own: str) -> None:
        found = proposed(f"Id,First Name,{own}", "1,Ida,(415) 555-0101")
        assert (own,) in origins(found).values()
        assert not found.reasons

    def test_where_all_columns_are_an_owners_the_rows_are_about_owners(self) -> None:
        found = proposed(
            "Address,Owner 1 First Name,Owner 1 Last Name,Owner 2 First Name,Phone 1,Phone 1 Type",
            "1 Elm St,Ida,Kern,Ole,(415) 555-0101,Mobile",
        )
        assert origins(found) == {
            "firstName": ("Owner 1 First Name",),
            "lastName": ("Owner 1 Last Name",),
            "phoneNumbers.primary": ("Phone 1",),
        }

    def test_of_a_student_and_a_parent_the_one_with_the_number_is_meant(self) -> None:
        found = proposed(
            "Student Name,Parent First Name,Parent Phone,Emergency Phone", "Lu Ode,Ida,(415) 555-0101,(415) 555-0900"
        )
        assert origins(found) == {"firstName": ("Parent First Name",), "phoneNumbers.primary": ("Parent Phone",)}


class TestCells:
    def test_a_filled_column_goes_before_an_empty_one(self) -> None:
        found = proposed("Id,Company Name,First Name,Associated Company,Firm", "1,,Ida,Acme,", "2,,Bo,Berg,")
        assert found.fields["company"] == Origin(("Associated Company",))

    @pytest.mark.parametrize(
        ("heading", "cells"),
        [
            ("Accepts Email", "yes"), ("Email", "no"), ("Phone", "2026-01-05"), ("Mobile", "x@y.example"),
            ("Phone", "Yes"), ("E-Mail", "(415) 555-0102"), ("Mobile", "iPhone 12"),
        ],
    )  # fmt: skip
    def test_cells_that_refute_a_heading_leave_it_out(self, heading: str, cells: str) -> None:
        found = proposed(f"Id,First Name,{heading}", f"1,Ida,{cells}", f"2,Bo,{cells}")
        assert not any(heading in columns for columns in origins(found).values())

    def test_words_for_nothing_refute_nothing(self) -> None:
        found = proposed("Id,First Name,Phone", "1,Ida,N/A", "2,Bo,-")
        assert origins(found)["phoneNumbers.primary"] == ("Phone",)

    def test_a_name_that_is_a_number_is_none(self) -> None:
        found = proposed("Id,Name,First Name", "1,100234,Ida", "2,100235,Bo")
        assert origins(found) == {"firstName": ("First Name",)}
        assert "Name" in found.left_out

    def test_an_empty_typed_column_is_not_mapped(self) -> None:
        found = proposed("Id,First Name,Website,Customer Since,Notes,Fax,Mobile", "1,Ida,,,,,", "2,Bo,,,,,")
        assert list(found.custom) == ["Notes"]
        assert origins(found) == {"firstName": ("First Name",)}
        assert {"Website", "Customer Since", "Mobile"} <= set(found.left_out)

    def test_numbers_under_any_heading_are_found_where_there_are_no_others(self) -> None:
        found = proposed("Id,First Name,Reach at", "1,Ida,(415) 555-0101", "2,Bo,+1 415 555 0102")
        assert origins(found)["phoneNumbers.primary"] == ("Reach at",)
        assert "'Reach at' is not called so, but holds phone numbers" in found.notes

    def test_two_columns_that_agree_serve_one_another(self) -> None:
        found = proposed(
            "Id,First Name,Default Address Phone,Phone", "1,Ida,(415) 555-0101,415-555-0101", "2,Bo,(415) 555-0102,"
        )
        assert origins(found)["phoneNumbers.primary"] == ("Phone", "Default Address Phone")


class TestHeadings:
    @pytest.mark.parametrize("heading", ["Customer #", "Client No.", "Square Customer ID", "Patient Number", "J-ID"])
    def test_keys(self, heading: str) -> None:
        assert proposed(f"{heading},First Name", "1001,Ida", "1002,Bo").key == (heading,)

    @pytest.mark.parametrize("heading", ["Associated Company IDs", "Owner Account ID", "Company Record ID", "Number"])
    def test_what_is_no_key_of_the_row(self, heading: str) -> None:
        assert proposed(f"{heading},First Name", "(415) 555-0101,Ida", "(415) 555-0102,Bo").key == ()

    @pytest.mark.parametrize(
        ("heading", "label"),
        [
            ("Home number", "home"), ("Text number", "mobile"), ("Work number", "work"), ("Mobile number", "mobile"),
            ("Best number", "primary"), ("Contact number", "primary"), ("Phone #", "primary"), ("Cell #", "mobile"),
            ("WhatsApp", "mobile"), ("Direct number", "work"), ("Daytime number", "primary"),
        ],
    )  # fmt: skip
    def test_numbers_to_call(self, heading: str, label: str) -> None:
        found = proposed(f"Id,First Name,{heading}", "1,Ida,(415) 555-0101")
        assert origins(found)[f"phoneNumbers.{label}"] == (heading,)

    @pytest.mark.parametrize("heading", ["House number", "Account number", "Order number", "Number of visits"])
    def test_numbers_that_nobody_calls(self, heading: str) -> None:
        found = proposed(f"Id,First Name,{heading}", "1,Ida,1234567", "2,Bo,1234568")
        assert not any(name.startswith("phoneNumbers") for name in found.fields)

    @pytest.mark.parametrize(
        ("value", "label"),
        [("Phone 1 - Value", "Phone 1 - Type"), ("Phone 1", "Phone 1 Type"), ("Tel 2", "Tel 2 Label")],
    )
    def test_labels_stand_in_a_column_beside(self, value: str, label: str) -> None:
        found = proposed(f"Id,First Name,{label},{value}", "1,Ida,Mobile,(415) 555-0101", "2,Bo,,(415) 555-0102")
        assert found.fields["phoneNumbers.primary"] == Origin((value,), label_column=label)
