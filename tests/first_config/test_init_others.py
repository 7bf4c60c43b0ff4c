"""What ``init`` makes of headings that no list has: keys by composition, numbers of the people named beside them."""

from __future__ import annotations

import pytest

from sync.first_config import Origin
from tests.first_config.test_init_kinds import origins, proposed


@pytest.mark.parametrize(
    "heading",
    [
        "Item ID (auto generated)", "Réf. client", "Nr klienta", "Codice", "Codice cliente", "Kundnr", "Acct #",
        "Member#",         "Nº de cliente", "ID Cliente", "Kd.-Nr.", "Client Code", "№", "お客様番号",
        "System ID", "Unique Customer Key", "Cust ID", "Customer Ref #", "Employee No.", "MRN",
        "מספר לקוח", "Mã khách hàng",
        "Loyalty #", "Attendee #", "Matrikel-Nr.",
    ],
)  # fmt: skip
def test_a_word_for_a_record_and_one_for_a_key_are_a_key(heading: str) -> None:
    found = proposed(f"First Name,{heading},Phone", "Ida,1001,(415) 555-0101", "Bo,1002,(415) 555-0102")
    assert found.key == (heading,)


@pytest.mark.parametrize(
    "heading", ["Order ID", "Owner ID", "Contact No", "Account Name", "Client Note", "Key Account"]
)
def test_what_is_only_like_one_is_none(heading: str) -> None:
    found = proposed(f"First Name,{heading},Email", "Ida,1001,i@k.example", "Bo,1001,b@k.example")
    assert found.key == ()


@pytest.mark.parametrize(
    ("theirs", "number"),
    [
        ("Accountmanager", "Telefoon accountmanager"), ("Opiekun", "Telefon opiekuna"), ("Säljare", "Telefon säljare"),
        ("担当者", "担当者電話"), ("Agente", "Tel. agente"), ("Менеджер", "Телефон менеджера"),
        ("Staff", "Staff cell"), ("CPA", "CPA Phone"), ("recruiter_name", "recruiter_phone"),
        ("Commercial", "Tél. commercial"), ("Pharmacist", "Pharmacist Email"),
        ("Kundenbetreuer", "Kundenbetreuer-Handy"), ("Foresatt", "Foresattes mobil"),
        ("Opiekun handlowy", "Tel. opiekuna handlowego"),
    ],
)  # fmt: skip
def test_a_number_belongs_to_the_name_beside_it(theirs: str, number: str) -> None:
    cells = ("k@s.example", "l@s.example") if "Email" in number else ("(415) 555-0900", "(415) 555-0901")
    found = proposed(
        f"Id,First Name,Phone,{theirs},{number}",
        f"1,Ida,(415) 555-0101,Kim Ode,{cells[0]}",
        f"2,Bo,(415) 555-0102,Lu Kern,{cells[1]}",
    )
    assert origins(found) == {"firstName": ("First Name",), "phoneNumbers.primary": ("Phone",)}
    assert number in found.left_out


@pytest.mark.parametrize(
    ("beside", "own"),
    [("Company", "Company phone"), ("Office", "Office phone"), ("Contact Person", "Contact Person Phone")],
)
def test_a_number_of_the_row_s_own_stays(beside: str, own: str) -> None:
    found = proposed(f"Id,{beside},{own}", "1,Ida Kern,(415) 555-0101", "2,Bo Berg,(415) 555-0102")
    assert (own,) in origins(found).values()


def test_a_number_that_stands_in_many_rows_is_nobody_s_of_them() -> None:
    rows = [f"{n},Ida,(415) 555-010{n},(415) 555-090{n % 2},(415) 555-0800" for n in range(6)]
    found = proposed("Id,First Name,Phone,Pharmacy Phone,Main Phone", *rows)
    assert ("Pharmacy Phone",) not in origins(found).values()
    assert "the same stands in many rows" in found.left_out["Pharmacy Phone"]
    assert ("Main Phone",) in origins(found).values()  # a firm's own, in words that we know


def test_a_word_for_whom_the_rows_are_about_is_their_name() -> None:
    found = proposed(
        "Unit,Tenant,Tenant Phone,Landlord,Landlord Phone",
        "1A,Ida Kern,(415) 555-0101,Kim,(415) 555-0900",
        "1B,Bo Berg,(415) 555-0102,Kim,(415) 555-0901",
    )
    assert found.fields["firstName"] == Origin(("Tenant",), part="first")
    assert found.fields["phoneNumbers.primary"] == Origin(("Tenant Phone",))


def test_one_of_two_guardians_is_meant_and_not_both() -> None:
    found = proposed(
        "Student ID,Student First Name,Parent/Guardian 1 Name,Parent/Guardian 1 Cell,Parent/Guardian 2 Name,"
        "Parent/Guardian 2 Cell",
        "S1,Lu,Ida Ode,(415) 555-0101,Tom Ode,(415) 555-0102",
        "S2,Mo,Ana Kern,(415) 555-0103,,",
    )
    assert found.fields["firstName"] == Origin(("Parent/Guardian 1 Name",), part="first")
    assert origins(found)["phoneNumbers.mobile"] == ("Parent/Guardian 1 Cell",)
    assert ("Parent/Guardian 2 Cell",) not in origins(found).values()


@pytest.mark.parametrize(
    ("heading", "label"),
    [
        ("Phone (C)", "mobile"), ("Phone (H)", "home"), ("Phone (W)", "work"), ("Home Ph.", "home"), ("Work", "work"),
        ("Alt. Phone", "other"), ("Mobiltel.", "mobile"),
        ("Mobilszám", "mobile"), ("Mobiele telefoon", "mobile"), ("Fone", "primary"),
    ],
)  # fmt: skip
def test_abbreviations(heading: str, label: str) -> None:
    found = proposed(f"Id,First Name,{heading}", "1,Ida,(415) 555-0101", "2,Bo,(415) 555-0102")
    assert origins(found)[f"phoneNumbers.{label}"] == (heading,)


def test_postcodes_are_no_mobiles() -> None:
    for codes in (("01001-000", "04538-133"), ("01001000", "04538133")):
        found = proposed("Id,Nome,CEP,Celular", *(f"{n},Ida,{code},1198765432{n}" for n, code in enumerate(codes)))
        assert origins(found)["phoneNumbers.mobile"] == ("Celular",)
        assert "CEP" in found.left_out
    found = proposed("Id,Ad,Cep", "1,Ayşe,0532 123 45 67", "2,Can,0532 123 45 68")
    assert origins(found)["phoneNumbers.mobile"] == ("Cep",)


def test_the_person_one_speaks_to_goes_before_the_firm() -> None:
    found = proposed("Id,Customer Name,Contact Person", "1,Adatum Corporation,Ida Kern", "2,Trey Research,Bo Berg")
    assert found.fields["firstName"] == Origin(("Contact Person",), part="first")
    assert found.fields["company"] == Origin(("Customer Name",))


def test_a_number_of_six_digits_may_be_a_key() -> None:
    found = proposed("Matrikel-Nr.,Vorname,Handy-Nr.", "123456,Ida,(415) 555-0101", "123457,Bo,(415) 555-0102")
    assert found.key == ("Matrikel-Nr.",)


def test_whom_the_rows_are_about_may_be_a_word_that_we_do_not_know() -> None:
    found = proposed(
        "Policy #,Insured,Insured Phone,Agent,Agent Phone",
        "1,Ida Kern,(415) 555-0101,Kim,(415) 555-0900",
        "2,Bo Berg,(415) 555-0102,Kim,(415) 555-0900",
    )
    assert found.fields["firstName"] == Origin(("Insured",), part="first")
    assert origins(found)["phoneNumbers.primary"] == ("Insured Phone",)
    assert ("Agent Phone",) not in origins(found).values()


def test_the_number_of_another_contact_of_a_firm_is_that_ones() -> None:
    found = proposed(
        "Id,Customer,Primary Contact,Primary Phone,Secondary Contact,Secondary Phone,A/P Contact,A/P Phone",
        "1,Roe Dental Inc,Ida Kern,(415) 555-0101,Ole Roe,(415) 555-0900,Kim,(415) 555-0901",
        "2,Berg LLC,Bo Berg,(415) 555-0102,,,Lu,(415) 555-0902",
    )
    numbers = [origin for name, origin in origins(found).items() if name.startswith("phoneNumbers")]
    assert numbers == [("Primary Phone",)]
    assert {"Secondary Phone", "A/P Phone"} <= set(found.left_out)


def test_the_row_s_own_name_and_the_type_of_a_number_are_no_other_contact() -> None:
    found = proposed(
        "Id,Person Type,Lead Name,Lead Contact,Lead Phone,Phone 1,Phone 1 Type",
        "1,x,Ida Kern,Ida Kern,(415) 555-0101,(415) 555-0102,Home",
        "2,y,Bo Berg,Bo Berg,(415) 555-0103,(415) 555-0104,Work",
    )
    assert found.fields["phoneNumbers.primary"] == Origin(("Lead Phone",))
    assert found.fields["phoneNumbers.primary 2"] == Origin(("Phone 1",), label_column="Phone 1 Type")


@pytest.mark.parametrize("heading", ["Apellido y nombre", "Nom et prénom", "Last First", "Nachname / Vorname"])
def test_a_heading_for_both_names(heading: str) -> None:
    found = proposed(f"Id,{heading}", "1,Kern Ida", "2,Berg Bo")
    assert found.fields["firstName"] == Origin((heading,), part="first", order="family_first")
    assert found.fields["lastName"] == Origin((heading,), part="last", order="family_first")


def test_of_two_columns_that_may_be_keys_a_person_chooses() -> None:
    found = proposed("First Name,Loyalty #,Locker Code", "Ida,1001,A7", "Bo,1002,A8")
    assert found.key == ()


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        ("מספר לקוח,שם פרטי,שם משפחה,חברה,נייד", ("firstName", "lastName", "company", "phoneNumbers.mobile")),
        ("Mã khách hàng,Tên,Họ,Công ty,Di động", ("firstName", "lastName", "company", "phoneNumbers.mobile")),
        ("Nr,Imię,Nazwisko,Nazwa kontrahenta,Kom.", ("firstName", "lastName", "company")),
    ],
)
def test_more_languages(header: str, fields: tuple[str, ...]) -> None:
    found = proposed(header, "1,Ida,Kern,Ode,050-123-4567", "2,Bo,Berg,Acme,050-123-4568")
    assert set(fields) <= set(found.fields)


def test_numbers_with_notes_can_be_read() -> None:
    found = proposed("Id,First Name,Phone,Cell", "1,Ida,(415) 555-0101 (work),", "2,Bo,,415-555-0102 - mobile")
    assert found.notes == ()


def test_a_firm_under_one_word_of_several() -> None:
    found = proposed("Ref,Farm / Business,Contact name", "1,Roe Farm Ltd,Ida Kern", "2,Ode & Sons,")
    assert found.fields["company"] == Origin(("Farm / Business",))
    assert found.fields["firstName"] == Origin(("Contact name", "Farm / Business"), part="first")


def test_guarded_numbers_can_be_read() -> None:
    found = proposed("Id,First Name,Phone", "1,Ida,'+14155550101", "2,Bo,'(415) 555-0102")
    assert found.notes == ()
