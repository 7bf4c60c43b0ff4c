"""Who the rows of a file are about, and what they are called: infixes, families first, empty flats, parents, roles."""

from __future__ import annotations

import pytest

from sync.first_config import Origin
from sync.first_config.draft import config_text
from tests.first_config.test_init_kinds import origins, proposed

PHONES = ("(415) 555-0101", "(415) 555-0102", "(415) 555-0103")


@pytest.mark.parametrize(
    ("header", "joined"),
    [
        ("Id,Roepnaam,Tussenvoegsel,Achternaam", ("Tussenvoegsel", "Achternaam")),
        ("Id,Vorname,Namensvorsatz,Nachname", ("Namensvorsatz", "Nachname")),
    ],
)
def test_an_infix_belongs_to_the_last_name(header: str, joined: tuple[str, ...]) -> None:
    found = proposed(header, "1,Piet,van der,Berg", "2,Anna,,Visser")
    assert found.fields["lastName"] == Origin(joined, joined=True)
    text = config_text(found, {"type": "csv", "path": "x.csv"}, name="x", region="NL")
    assert f'lastName: {{template: "{{{joined[0]}}} {{{joined[1]}}}"}}' in text


def test_two_surnames_in_two_columns_are_one_last_name() -> None:
    found = proposed("Id,Nombre,Apellido Paterno,Apellido Materno", "1,Ana,López,Ruiz", "2,Luis,Pérez,")
    assert found.fields["lastName"] == Origin(("Apellido Paterno", "Apellido Materno"), joined=True)


def test_a_joined_last_name_serves_as_a_first_name_by_the_name_in_it() -> None:
    found = proposed("Id,Tussenvoegsel,Achternaam", "1,van den,Heuvel", "2,,Bos")
    assert found.fields["firstName"] == Origin(("Achternaam",))


@pytest.mark.parametrize("heading", ["Név", "Họ và tên", "ФИО", "Cognome e Nome", "NOM Prénom", "Last, First"])
def test_the_familys_name_stands_first_where_people_write_it_so(heading: str) -> None:
    heading = heading.replace(",", "")
    found = proposed(f"Id,{heading}", "1,Kovács János", "2,Nagy Éva")
    assert found.fields["lastName"] == Origin((heading,), part="last", order="family_first")


def test_capitals_tell_the_familys_name() -> None:
    found = proposed("Id,Nom", "1,LE GALL Yann", "2,DURAND Chloé")
    assert found.fields["firstName"] == Origin(("Nom",), part="first", order="family_first")
    assert proposed("Id,Nom", "1,Yann LE GALL", "2,Chloé DURAND").fields["firstName"].order is None


@pytest.mark.parametrize("word", ["VACANT", "Vacant", "Leerstand", "vacante"])
def test_an_empty_flat_is_nobody(word: str) -> None:
    rows = (f"1,Ana Roe,{PHONES[0]},L1", f"2,{word},,", f"3,Bo Lee,{PHONES[1]},L3")
    found = proposed("Unit,Tenant,Tenant Phone,Lease ID", *rows)
    assert found.without == {"Tenant": (word,)}
    assert found.key == ("Lease ID",)  # it is blank for nobody
    text = config_text(found, {"type": "csv", "path": "x.csv"}, name="x", region="US")
    assert f'where: {{Tenant: {{not: ["{word}"]}}}}' in text


@pytest.mark.parametrize("name", ["Tom", "Vacante"])
def test_somebody_with_a_number_is_no_empty_flat(name: str) -> None:
    found = proposed("Id,Name,Phone", f"1,Ana,{PHONES[0]}", f"2,{name},{PHONES[1]}")
    assert not found.without


def test_a_parent_is_called_where_the_rows_tell_of_nobody_else_and_only_at_the_own_number() -> None:
    header = "Child ID,Child Name,Mother,Mother Cell,Father,Father Cell,Pickup Person,Pickup Phone"
    rows = [f"K{n},Lia,Eva Moss,(415) 555-010{n},Tom,(415) 555-020{n},Gran,(415) 555-030{n}" for n in range(3)]
    found = proposed(header, *rows)
    assert found.key == ("Child ID",)
    assert found.fields["firstName"] == Origin(("Mother",), part="first")
    assert [columns for name, columns in origins(found).items() if name.startswith("phone")] == [("Mother Cell",)]


def test_who_is_called_as_the_customer_is_the_customer() -> None:
    header = (
        "ID,first_name,last_name,billing_first_name,billing_last_name,billing_phone,shipping_last_name,shipping_phone"
    )
    rows = ["1,Ida,Kern,Ida,Kern,(415) 555-0101,Roe,(415) 555-0901", "2,Bo,Ode,Bo,Ode,(415) 555-0102,Ode,"]
    found = proposed(header, *rows)
    assert ("billing_phone",) in origins(found).values()
    assert ("shipping_phone",) not in origins(found).values()


def test_numbers_of_guardians_in_any_language_are_theirs() -> None:
    rows = [f"M{n},Ola Nordmann,+47 400 00 00{n},Kari,+47 400 00 01{n}" for n in range(3)]
    found = proposed("Medlemsnr,Navn,Mobil,Foresatt 1 navn,Foresatt 1 mobil", *rows)
    assert ("Foresatt 1 mobil",) not in origins(found).values()
    assert ("Mobil",) in origins(found).values()


@pytest.mark.parametrize("roles", [("end-user", "agent"), ("customer", "administrator")])
def test_what_somebody_may_do_in_a_program_is_no_position(roles: tuple[str, str]) -> None:
    found = proposed("id,name,role,phone", f"1,Ida,{roles[0]},{PHONES[0]}", f"2,Bo,{roles[1]},{PHONES[1]}")
    assert "role" not in found.fields
    assert found.left_out["role"] == "it says what somebody may do in a program"


def test_the_title_of_a_job_that_is_done_is_no_position() -> None:
    found = proposed("Job Number,Job Title,Client ID,Client Name", "J1,Fix tap,C1,Ida Kern", "J2,Leak,C2,Bo Lee")
    assert "role" not in found.fields
    assert found.key == ("Client ID",)


@pytest.mark.parametrize(
    "heading",
    [
        "Relatienr.", "Lidnr", "Kundennr.", "N° client", "N° adhérent", "Adressnr.", "Jäsennumero", "CUST_NBR",
        "Κωδικός πελάτη", "Payroll No", "Cód.", "Ügyfélkód",
    ],
)  # fmt: skip
def test_keys_as_offices_call_them(heading: str) -> None:
    found = proposed(f"{heading},First Name,NI Number", "1001,Ida,Q1", "1002,Bo,Q2")
    assert found.key == (heading,)


def test_a_column_called_customer_that_holds_codes_is_the_key() -> None:
    found = proposed("Cliente,Nome,Celular", "4001,Ana Souza,+55 11 99999-8888", "4002,João Lima,+55 11 99999-8889")
    assert found.key == ("Cliente",)
    assert found.fields["firstName"] == Origin(("Nome",), part="first")


@pytest.mark.parametrize("heading", ["First Name [Required]", "First Name (optional)", "Prénom (obligatoire)"])
def test_a_hint_for_whoever_fills_it_in_is_not_part_of_the_heading(heading: str) -> None:
    assert proposed(f"Id,{heading}", "1,Ida", "2,Bo").fields["firstName"] == Origin((heading,))


def test_tags_between_spaces_are_several() -> None:
    rows = ("1,Ida,vip new", "2,Bo,vip", "3,Al,new")
    assert proposed("id,name,Tags", *rows).custom["Tags"] == Origin(("Tags",), split=" ")
    assert proposed("id,name,Tags", "1,Ida,Key Account", "2,Bo,Gold").custom["Tags"].split is None


@pytest.mark.parametrize(
    ("heading", "cells"),
    [("CEP comercial", ("01001000", "20040-002")), ("Cell Zip", ("94110-1234", "94110-1235"))],
)
def test_postcodes_are_no_numbers(heading: str, cells: tuple[str, str]) -> None:
    found = proposed(f"id,nome,{heading}", f"1,Ana,{cells[0]}", f"2,Bo,{cells[1]}")
    assert (heading,) not in origins(found).values()
