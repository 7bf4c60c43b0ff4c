"""``openphone-sync init``: real files, a real sandbox, a local Google; and the guesses behind it."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from sync.cli.init.files import store
from sync.cli.init.source import beside
from sync.cli.main import main
from sync.config.file import environment, load, loads
from sync.contacts.contact import CustomField
from sync.first_config import Proposal, Survey, changed, config_text, guess
from sync.mapping.columns import mapped_columns, unknown_columns
from sync.mapping.compiler import compile_mapping
from sync.openphone import client as openphone
from sync.sandbox import DEFAULT_CUSTOM_FIELDS, SandboxThread
from tests.sheets_server import SheetsServer

FIELDS = tuple(CustomField(field.name, field.key, field.type) for field in DEFAULT_CUSTOM_FIELDS)

CSV = """\
id,First Name,Surname,Firm,Mobile,Office phone,E-mail,is_lead,Tags,Since,Shoe size
c1,Ana,Núñez,Acme,415-555-0101,,ana@acme.example,yes,vip;new,31/12/2024,38
c2,Bo,Berg,Berg Ltd,415-555-0102,415-555-0109,bo@berg.example,no,vip,03/04/2025,44
"""
CTRL_C = "\x03"
SHEET = "1AbC_dEf-sheet"
DOCUMENTATION: list[list[object]] = [
    ["contactId", "firstName", "lastName", "phone", "email"],
    ["", "Jane", "Doe", "(415) 555-0101", "jane@example.com"],
]
Init = Callable[..., Result]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that a person works in: a CSV, and the sandbox's address and key in the environment."""
    for name in ("GOOGLE_SHEET_ID", "GOOGLE_APPLICATION_CREDENTIALS", "OPENPHONE_SYNC_CONFIG", "LC_ALL", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENPHONE_API_KEY", sandbox.key)
    monkeypatch.setenv("OPENPHONE_BASE_URL", sandbox.url)
    (tmp_path / "customers.csv").write_text(CSV, encoding="utf-8")
    return tmp_path


@pytest.fixture
def init(folder: Path) -> Init:
    """Runs the command; ``keys`` is what the person types."""

    def run(*options: str, keys: str | None = None) -> Result:
        return CliRunner(catch_exceptions=False).invoke(main, ["init", *options], input=keys)

    return run


def written(folder: Path) -> set[str]:
    """The files that are there, beside what was there before."""
    return {path.name for path in folder.iterdir()} - {"customers.csv", "service-account.json"}


def customers(folder: Path, name: str = "customers") -> dict[str, str]:
    """Which column each field of the written sync has."""
    return {
        path: column for path, column in mapped_columns(load(folder / "config.yaml", os.environ).config.syncs[name])
    }


class TestCsv:
    def test_writes_a_config_that_check_and_a_dry_run_take(self, init: Init, folder: Path) -> None:
        done = init("--yes")
        assert done.exit_code == 0, done.output
        assert customers(folder) == {
            "key": "id",
            "fields.firstName": "First Name",
            "fields.lastName": "Surname",
            "fields.company": "Firm",
            "fields.phoneNumbers.mobile": "Mobile",
            "fields.phoneNumbers.work": "Office phone",
            "fields.emails.primary": "E-mail",
            "customFields.Inbound Lead": "is_lead",
            "customFields.Tags": "Tags",
            "customFields.Customer Since": "Since",
        }
        assert "customers: ok" in done.stdout
        assert "run --dry-run" in done.stdout
        assert "Shoe size" in done.stdout
        assert CliRunner().invoke(main, ["check"]).exit_code == 0
        dry = CliRunner().invoke(main, ["run", "--dry-run"])
        assert dry.exit_code == 0, dry.output
        assert "customer-since: 2024-12-31" in dry.stdout
        assert "customer-since: 2025-04-03" in dry.stdout

    def test_sends_no_write(self, init: Init, sandbox: SandboxThread) -> None:
        sandbox.forget_requests()
        assert init("--yes").exit_code == 0
        assert {request.method for request in sandbox.requests} == {"GET"}

    def test_asks_and_lets_the_mapping_be_changed(self, init: Init, folder: Path) -> None:
        keys = [
            "",
            "",
            "gb",
            "phoneNumbers.office",
            "office PHONE",
            "Notes",
            "shoe size",
            "lastName",
            "-",
            "role",
            "nix",
        ]
        done = init(keys="\n".join([*keys, "", ""]))
        assert done.exit_code == 0, done.output
        found = customers(folder)
        assert found["fields.phoneNumbers.office"] == "Office phone"
        assert "fields.phoneNumbers.work" not in found
        assert found["customFields.Notes"] == "Shoe size"
        assert "fields.lastName" not in found
        assert "there is no column 'nix'" in done.output
        assert load(folder / "config.yaml", os.environ).config.syncs["customers"].region == "GB"

    def test_every_answer_is_an_option(self, init: Init, folder: Path) -> None:
        (folder / "sub").mkdir()
        options = [
            "--source",
            "csv",
            "--path",
            "customers.csv",
            "--key",
            "E-mail",
            "--region",
            "de",
            "--name",
            "people",
        ]
        done = init("--yes", *options, "--map", "role=Shoe size", "--map", "company=-", "-c", "sub/own.yaml")
        assert done.exit_code == 0, done.output
        sync = load(folder / "sub" / "own.yaml", os.environ).config.syncs["people"]
        assert sync.key == ("E-mail",)
        assert sync.region == "DE"
        assert sync.fields.role is not None
        assert sync.fields.company is None
        assert "run -c sub/own.yaml --dry-run" in done.stdout

    def test_says_where_whole_names_go(self, init: Init, folder: Path) -> None:
        (folder / "customers.csv").write_text("id,Full Name,Phone\n1,Ana Núñez,415-555-0101\n")
        done = init("--yes")
        assert customers(folder)["fields.firstName"] == "Full Name"
        assert "'Full Name' seems to hold whole names" in done.stdout

    def test_without_a_key_explains_and_names_what_could_be_one(self, init: Init, folder: Path) -> None:
        (folder / "customers.csv").write_text("name,city,mail\nAna,Rome,a@x.example\nBo,Rome,b@x.example\n")
        done = init("--yes")
        assert done.exit_code == 2
        assert "A key is needed" in done.stderr
        assert "never twice the same: 'mail', 'name'." in done.stderr
        assert written(folder) == set()
        assert init(keys="\n\n\n\n\n").exit_code == 0
        assert customers(folder)["key"] == "mail"

    def test_without_any_column_that_could_be_a_key_asks_to_add_one(self, init: Init, folder: Path) -> None:
        (folder / "customers.csv").write_text("name,city\nAna,Rome\nAna,Rome\n")
        done = init("--yes")
        assert done.exit_code == 2
        assert "add one, such as 'id'" in done.stderr

    def test_says_that_a_key_is_not_different_in_every_row(self, init: Init, folder: Path) -> None:
        (folder / "customers.csv").write_text("id,name\n1,Ana\n1,Bo\n")
        done = init("--yes")
        assert done.exit_code == 0
        assert "'id' is blank in some rows, or the same in several" in done.stdout

    def test_asks_for_a_first_name_where_no_column_is_called_like_one(self, init: Init, folder: Path) -> None:
        (folder / "customers.csv").write_text("id,wer\n1,Ana\n")
        done = init("--yes")
        assert done.exit_code == 2
        assert "--map firstName=COLUMN" in done.stderr
        assert init("--yes", "--map", "firstName=wer").exit_code == 0

    def test_asks_again_for_a_file_that_is_not_there(self, folder: Path) -> None:
        code, said = on_a_terminal(folder, ["", "missing.csv", "customers.csv", "", ""])
        assert "missing.csv does not exist" in said
        assert code == 0


class TestGoogleSheets:
    @pytest.fixture
    def google(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SheetsServer]:
        with SheetsServer() as server:
            server.key_file(folder)
            monkeypatch.setenv("GOOGLE_SHEETS_URL", server.url)
            yield server

    def test_without_a_key_contact_ids_identify_rows(self, init: Init, folder: Path, google: SheetsServer) -> None:
        google.add(SHEET, "Staff", DOCUMENTATION)
        done = init(
            "--yes", "--spreadsheet", f"https://docs.google.com/spreadsheets/d/{SHEET}/edit", "--worksheet", "Staff"
        )
        assert done.exit_code == 0, done.output
        loaded = load(folder / "config.yaml", os.environ)
        assert loaded.config.syncs["Staff"].key is None
        assert loaded.sources["Staff"].model_dump()["write_back"]["contactId"] == "contactId"
        assert google.writes == []
        assert CliRunner().invoke(main, ["run", "--dry-run"]).exit_code == 0

    def test_makes_the_column_of_contact_ids_where_there_is_none(
        self, init: Init, folder: Path, google: SheetsServer
    ) -> None:
        google.add(SHEET, "Staff", [["Vorname", "Name"], ["Ana", "Berg"]])
        done = init("--yes", "--spreadsheet", SHEET)
        assert done.exit_code == 0, done.output
        assert customers(folder, "contacts") == {"fields.firstName": "Vorname", "fields.lastName": "Name"}

    def test_a_key_is_used_where_there_is_one(self, init: Init, folder: Path, google: SheetsServer) -> None:
        google.add(SHEET, "Staff", [["id", "name"], [7, "Ana"]])
        assert init(keys=f"google_sheets\n{SHEET}\n\n\n\n\n").exit_code == 0
        assert customers(folder, "contacts")["key"] == "id"
        assert "write_back: {status" in (folder / "config.yaml").read_text()

    @pytest.mark.parametrize(
        ("options", "code", "says"),
        [
            (["--source", "google_sheets"], 2, "--spreadsheet"),
            (["--spreadsheet", "no id!"], 2, "neither a spreadsheet's address"),
            (["--spreadsheet", "unknown"], 2, "There is no spreadsheet unknown"),
            (["--spreadsheet", SHEET, "--worksheet", "Stuff"], 2, "no worksheet 'Stuff'"),
            (["--spreadsheet", SHEET, "--credentials", "none.json"], 2, "none.json does not exist"),
        ],
    )
    def test_mistakes_are_one_message(
        self, init: Init, folder: Path, google: SheetsServer, options: list[str], code: int, says: str
    ) -> None:
        google.add(SHEET, "Staff", DOCUMENTATION)
        done = init("--yes", *options)
        assert (done.exit_code, written(folder)) == (code, set())
        assert says in done.stderr
        assert "Traceback" not in done.output


class TestApiKey:
    def test_is_asked_for_and_kept_in_a_private_file(
        self, init: Init, folder: Path, sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("OPENPHONE_API_KEY")
        (folder / ".env").write_text("OTHER=1\nOPENPHONE_API_KEY=\n")
        done = init(keys=f"\n\nwrong\n{sandbox.key}\n\n\n")
        assert done.exit_code == 0, done.output
        assert "refused the API key" in done.output
        assert sandbox.key not in done.output
        assert (folder / ".env").read_text() == f"OTHER=1\nOPENPHONE_API_KEY={sandbox.key}\n"
        assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600
        assert sandbox.key not in (folder / "config.yaml").read_text()

    def test_in_the_env_file_is_used_as_it_is(
        self, init: Init, folder: Path, sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("OPENPHONE_API_KEY")
        (folder / ".env").write_text(f"OPENPHONE_API_KEY={sandbox.key}  # mine\n")
        assert init("--yes").exit_code == 0
        assert (folder / ".env").read_text().endswith("# mine\n")

    @pytest.mark.parametrize(
        ("value", "says"), [(None, "there is no API key"), ("", "is set in the environment, but empty")]
    )
    def test_missing_is_usage(
        self, init: Init, folder: Path, monkeypatch: pytest.MonkeyPatch, value: str | None, says: str
    ) -> None:
        monkeypatch.delenv("OPENPHONE_API_KEY")
        if value is not None:
            monkeypatch.setenv("OPENPHONE_API_KEY", value)
        done = init("--yes")
        assert (done.exit_code, written(folder)) == (2, set())
        assert says in done.stderr

    def test_refused_ends_with_1(self, init: Init, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENPHONE_API_KEY", "wrong")
        done = init("--yes")
        assert (done.exit_code, written(folder)) == (1, set())
        assert "refused the API key" in done.stderr

    @given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
    def test_is_read_back_as_it_was_stored(self, tmp_path_factory: pytest.TempPathFactory, key: str) -> None:
        folder = tmp_path_factory.mktemp("env")
        store(folder / ".env", "OPENPHONE_API_KEY", key)
        assert environment(folder, {}) == {"OPENPHONE_API_KEY": key}


class TestErrors:
    def test_an_existing_config_is_never_overwritten_unasked(self, init: Init, folder: Path) -> None:
        (folder / "config.yaml").write_text("mine")
        for options, keys in ((["--yes"], None), ([], "n\n"), ([], "")):
            done = init(*options, keys=keys)
            assert done.exit_code == 2, done.output
            assert (folder / "config.yaml").read_text() == "mine"
        assert init("--yes", "--force").exit_code == 0
        (folder / "config.yaml").write_text("mine")
        assert init(keys="y\n\n\n\n\n").exit_code == 0
        assert (folder / "config.yaml").read_text() != "mine"

    def test_a_config_that_appears_meanwhile_is_kept(
        self, init: Init, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def appear(*_: object, **__: object) -> None:
            (folder / "config.yaml").write_text("theirs")

        monkeypatch.setattr("sync.cli.init.entry.loads", appear)
        assert init("--yes").exit_code == 2
        assert (folder / "config.yaml").read_text() == "theirs"

    def test_an_unreachable_workspace_ends_with_1(
        self, init: Init, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OPENPHONE_BASE_URL", "http://127.0.0.1:9")
        monkeypatch.setattr(openphone, "ATTEMPTS", 1)
        done = init("--yes")
        assert (done.exit_code, written(folder)) == (1, set())
        assert "cannot connect" in done.stderr

    @pytest.mark.parametrize(
        ("options", "code", "says"),
        [
            (["--path", "none.csv"], 1, "none.csv does not exist"),
            (["--region", "UK"], 2, "GB"),
            (["--key", "nix"], 2, "there is no column 'nix': there are 'id'"),
            (["--map", "firstName"], 2, "expected FIELD=COLUMN"),
            (["--map", "nix=id"], 2, "there is no field 'nix': there are firstName"),
            (["--map", "firstName=-"], 2, "every contact must have a firstName"),
            (["--name", "a b"], 2, "a name of up to 64 letters"),
            (["--source", "fax"], 2, "'fax' is not one of"),
            (["-c", "none/config.yaml"], 2, "there is no such folder"),
            (["-c", "."], 2, "found a folder"),
        ],
    )
    def test_mistakes_are_one_message(self, init: Init, folder: Path, options: list[str], code: int, says: str) -> None:
        done = init("--yes", *options)
        assert (done.exit_code, written(folder)) == (code, set()), done.output
        assert says in done.stderr
        assert "Traceback" not in done.output

    @pytest.mark.parametrize("content", [b"", b"\n\n", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00"])
    def test_a_file_without_a_header_ends_with_1(self, init: Init, folder: Path, content: bytes) -> None:
        (folder / "customers.csv").write_bytes(content)
        assert (init("--yes").exit_code, written(folder)) == (1, set())

    def test_an_address_that_is_none_is_usage(self, init: Init, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENPHONE_BASE_URL", "nowhere")
        done = init("--yes")
        assert (done.exit_code, written(folder)) == (2, set())
        assert "OPENPHONE_BASE_URL is not an address" in done.stderr

    def test_without_a_terminal_it_says_how_to_answer(self, init: Init, folder: Path) -> None:
        done = init(keys="csv\n")
        assert (done.exit_code, written(folder)) == (2, set())
        assert "--yes" in done.stderr

    def test_a_folder_that_cannot_be_written_is_said(
        self, init: Init, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(self: Path, target: Path) -> Path:
            raise PermissionError(13, "Permission denied", str(target))

        monkeypatch.setattr(Path, "replace", refuse)
        done = init("--yes")
        assert (done.exit_code, written(folder)) == (2, set())
        assert "config.yaml: cannot be written: Permission denied" in done.stderr

    @pytest.mark.parametrize("answers", [[], ["", ""], ["", "", ""]])
    def test_ctrl_c_writes_nothing(self, folder: Path, answers: list[str]) -> None:
        code, said = on_a_terminal(folder, [*answers, CTRL_C])
        assert "stopped: nothing was written" in said
        assert "Traceback" not in said
        assert (code, written(folder)) == (1, set())


def on_a_terminal(folder: Path, answers: list[str]) -> tuple[int, str]:
    """The command on a terminal of its own: an answer is typed each time that it asks for one."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "sync", "init"],
        cwd=folder,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=_own_the_terminal,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "TERM": "dumb"},
    )
    os.close(theirs)
    said, asked, end = "", 0, time.monotonic() + 60
    waiting, answer = list(answers), ""
    try:
        while time.monotonic() < end:
            if not select.select([ours], [], [], 0.5)[0]:
                if answer == CTRL_C:  # one that comes while readline makes itself ready waits for the next key
                    os.write(ours, CTRL_C.encode())
                continue
            try:
                more = os.read(ours, 65536).decode(errors="replace")
            except OSError:
                break
            if not more:
                break
            said += more
            if (waiting and said[asked:].rstrip("\r\n ").endswith(":")) or re.search(r"\]: $", said[asked:]):
                asked = len(said)
                answer = waiting.pop(0) if waiting else ""
                os.write(ours, answer.encode() if answer == CTRL_C else f"{answer}\n".encode())
        return process.wait(timeout=10), said
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
        os.close(ours)


def _own_the_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


# --- the guesses --------------------------------------------------------------------------------------------------


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
    assert dict(found) == {path: origin.columns[0] for path, origin in meant.items()}
    assert not unknown_columns(sync, columns)
    compile_mapping(sync, custom_fields)


def test_a_path_is_written_as_seen_from_the_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "near.csv").touch()
    (tmp_path / "far.csv").touch()
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "conf"
    assert beside("conf/near.csv", folder) == "near.csv"
    assert beside("near.csv", folder) == "near.csv"
    assert beside("far.csv", folder) == str(tmp_path / "far.csv")
    assert beside(str(folder / "near.csv"), folder) == "near.csv"
