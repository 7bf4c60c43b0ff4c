"""What ``openphone-sync init`` proposes: guessed from headings and cells, and always a configuration that loads."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.config.file import loads
from sync.contacts.contact import CustomField
from sync.first_config import Proposal, Survey, changed, config_text, guess
from sync.mapping.columns import mapped_columns, unknown_columns
from sync.mapping.compiler import compile_mapping
from sync.sandbox import DEFAULT_CUSTOM_FIELDS

FIELDS = tuple(CustomField(field.name, field.key, field.type) for field in DEFAULT_CUSTOM_FIELDS)


def fields_of(*columns: str) -> dict[str, str]:
    """Which column each field is proposed to have, ``key`` among them."""
    proposal = guess(Survey(columns), FIELDS)
    origins = {**proposal.fields, **proposal.custom}
    return {"key": ",".join(proposal.key)} | {name: origin.columns[0] for name, origin in origins.items()}


class TestGuess:
    @pytest.mark.parametrize(
        "columns",
        [
            ("customer_id", "first_name", "last_name", "company_name", "job_title", "mobile", "tel", "email"),
            ("CustomerID", "GivenName", "FamilyName", "AccountName", "JobTitle", "CellPhone", "PhoneNumber", "EMail"),
            ("Kundennr.", "Vorname", "Nachname", "Firma", "Funktion", "Handy", "Telefonnummer", "E-Mail-Adresse"),
            ("Kunden-Nr", "Vorname", "Name", "Unternehmen", "Position", "Mobilnummer", "Telefon", "E-Mail"),
            ("N° client", "Prénom", "Nom", "Société", "Fonction", "Portable", "Téléphone", "Courriel"),
            ("ID Cliente", "Nombre", "Apellidos", "Empresa", "Cargo", "Móvil", "Teléfono", "Correo electrónico"),
            ("Codice cliente", "Nome", "Cognome", "Azienda", "Ruolo", "Cellulare", "Telefono", "Email"),
            ("Klantnummer", "Voornaam", "Achternaam", "Bedrijf", "Functie", "Mobiel", "Telefoon", "E-mailadres"),
            ("ИД", "Имя", "Фамилия", "Компания", "Должность", "Мобильный", "Телефон", "Почта"),
            ("顧客番号", "名", "姓", "会社名", "役職", "携帯電話", "電話番号", "メールアドレス"),
        ],
    )
    def test_reads_headings_of_many_languages(self, columns: tuple[str, ...]) -> None:
        names = ["key", "firstName", "lastName", "company", "role"]
        names += ["phoneNumbers.mobile", "phoneNumbers.primary", "emails.primary"]
        assert fields_of(*columns) == dict(zip(names, columns, strict=True))

    def test_takes_only_values_of_an_export_with_labels(self) -> None:
        found = fields_of(
            "First Name", "Phonetic First Name", "E-mail 1 - Label", "E-mail 1 - Value", "Phone 1 - Label",
            "Phone 1 - Value", "Phone 2 - Value", "Organization Name", "Organization Title", "Business Fax",
            "Email Opt Out",
        )  # fmt: skip
        assert found == {
            "key": "",
            "firstName": "First Name",
            "company": "Organization Name",
            "role": "Organization Title",
            "phoneNumbers.primary": "Phone 1 - Value",
            "phoneNumbers.primary 2": "Phone 2 - Value",
            "emails.primary": "E-mail 1 - Value",
        }

    def test_finds_custom_fields_by_name_key_and_kind(self) -> None:
        found = fields_of("name", "inbound-lead", "Bemerkungen", "homepage", "contract_value_eur", "tag", "Anschrift")
        assert found == {
            "key": "",
            "firstName": "name",
            "Inbound Lead": "inbound-lead",
            "Notes": "Bemerkungen",
            "Website": "homepage",
            "Contract Value": "contract_value_eur",
            "Tags": "tag",
            "Address": "Anschrift",
        }

    def test_leaves_out_a_column_that_holds_something_else(self) -> None:
        survey = Survey(("name", "Inbound Lead", "Contract Value"))
        survey.add({"name": "Ana", "Inbound Lead": "Rome", "Contract Value": "3,000.50"})
        proposal = guess(survey, FIELDS)
        assert list(proposal.custom) == ["Contract Value"]
        assert any("Inbound Lead" in note for note in proposal.notes)

    def test_finds_how_cells_are_to_be_read(self) -> None:
        survey = Survey(("name", "phones", "mails", "tags", "customer since"))
        cells = ("Ana", "415-555-0101 / 415-555-0102", "a@x.example; b@x.example", "a|b", "04.03.2024")
        survey.add(dict(zip(survey.columns, cells, strict=True)))
        proposal = guess(survey, FIELDS)
        assert proposal.fields["phoneNumbers.primary"].split == "/"
        assert proposal.fields["emails.primary"].split == ";"
        assert proposal.custom["Tags"].split == "|"
        assert proposal.custom["Customer Since"].format == "%d.%m.%Y"

    @pytest.mark.parametrize(("region", "format"), [("US", "%m/%d/%Y"), ("GB", "%d/%m/%Y")])
    def test_reads_dates_that_could_be_either_as_the_country_does(self, region: str, format: str) -> None:
        survey = Survey(("name", "customer since"))
        survey.add({"name": "Ana", "customer since": "04/03/2024"})
        assert guess(survey, FIELDS, region=region).custom["Customer Since"].format == format

    def test_does_not_take_a_salutation_for_a_role(self) -> None:
        survey = Survey(("Title", "First Name"))
        survey.add({"Title": "Mrs.", "First Name": "Ana"})
        assert list(guess(survey, ()).fields) == ["firstName"]
        survey.add({"Title": "Head of Sales", "First Name": "Bo"})
        assert list(guess(survey, ()).fields) == ["firstName", "role"]

    def test_a_phone_column_has_one_label(self) -> None:
        survey = Survey(("name", "phone"))
        proposal = changed(guess(survey, ()), "phoneNumbers.mobile", "phone", survey, ())
        assert list(proposal.fields) == ["firstName", "phoneNumbers.mobile"]

    def test_unique_columns_are_filled_and_different_in_every_row(self) -> None:
        survey = Survey(("a", "b", "c", "mail"))
        for number in range(3):
            survey.add({"a": number, "b": number or None, "c": number // 2, "mail": f"{number}@x.example"})
        assert survey.unique == ("a", "mail")
        assert survey.likeliest_keys() == ("mail", "a")

    def test_a_custom_field_whose_name_is_anothers_is_named_by_its_key(self) -> None:
        fields = (CustomField("Plan", "plan-1", "string"), CustomField("Plan", "plan-2", "string"))
        proposal = guess(Survey(("name", "plan")), fields)
        assert list(proposal.custom) == ["plan-1"]


HEADINGS = st.sampled_from(
    ["id", "First Name", "Nachname", "phone", "Phone 2", "E-Mail", "company", "title", "tags", "Inbound Lead", "since"]
)
ODD = st.sampled_from(
    ["yes", "null", "1", "a: b", "- x", "#x", "${X}", "$${X}", "{a}", "'", '"', "\\", "a\nb", "<<", "*a"]
)
COLUMN = (st.text(min_size=1, max_size=12) | HEADINGS | ODD).map(str.strip).filter(bool)
COLUMNS = st.lists(COLUMN, min_size=1, max_size=12, unique=True)
TYPES = st.sampled_from(["address", "string", "url", "boolean", "number", "date", "multi-select"])
CUSTOM_FIELDS = st.lists(
    st.builds(CustomField, st.text(max_size=10) | HEADINGS | ODD, COLUMN, TYPES), max_size=6, unique_by=lambda f: f.key
)
CELLS = st.text(max_size=20) | st.sampled_from(["1/2/2024", "yes", "415-555-0101; 415-555-0102", "12.5", "a|b", ""])


@settings(deadline=None)
@given(st.data(), COLUMNS, CUSTOM_FIELDS, st.booleans())
def test_whatever_is_proposed_exists_and_its_file_loads_as_it_was_meant(
    data: st.DataObject, columns: list[str], custom_fields: list[CustomField], sheet: bool
) -> None:
    survey = Survey(tuple(columns))
    for row in data.draw(st.lists(st.fixed_dictionaries(dict.fromkeys(columns, CELLS)), max_size=4)):
        survey.add(row)
    proposal = guess(survey, custom_fields, sheet=sheet)
    column = data.draw(st.sampled_from(columns))
    if "firstName" not in proposal.fields:
        proposal = changed(proposal, "firstName", column, survey, custom_fields)
    if not proposal.key:
        proposal = changed(proposal, "key", column, survey, custom_fields)
    label = data.draw(COLUMN)
    proposal = changed(proposal, f"phoneNumbers.{label}", column, survey, custom_fields)
    assert proposal.columns <= set(columns)
    check_written(proposal, columns, custom_fields, data.draw(COLUMN))


def check_written(proposal: Proposal, columns: list[str], custom_fields: list[CustomField], file: str) -> None:
    unused = [column for column in columns if column not in proposal.columns]
    text = config_text(proposal, {"type": "csv", "path": file}, name="people", region="NO", unused=unused)
    loaded = loads(text, Path("config.yaml"), {"OPENPHONE_API_KEY": "key"})
    sync = loaded.config.syncs["people"]
    assert loaded.sources["people"].model_dump()["path"] == file
    assert (sync.key, sync.region) == (proposal.key, "NO")
    meant = {f"fields.{name}": origin for name, origin in proposal.fields.items()}
    meant |= {f"customFields.{name}": origin for name, origin in proposal.custom.items()}
    found = [(path, column) for path, column in mapped_columns(sync) if path != "key"]
    assert dict(reversed(found)) == {path: origin.columns[0] for path, origin in meant.items()}
    assert not unknown_columns(sync, columns)
    compile_mapping(sync, custom_fields)
