"""``openphone-sync init`` with real files, a real sandbox and a local Google: what it asks and writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from sync.cli.init.source import beside
from sync.cli.main import main
from sync.config.file import load
from sync.mapping.columns import mapped_columns
from sync.sandbox import SandboxThread
from tests.support.init_bench import Init, on_a_terminal, written
from tests.support.sheets_server import SheetsServer

SHEET = "1AbC_dEf-sheet"
DOCUMENTATION: list[list[object]] = [
    ["contactId", "firstName", "lastName", "phone", "email"],
    ["", "Jane", "Doe", "(415) 555-0101", "jane@example.com"],
]


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

    def test_whole_names_are_split_and_it_says_so(self, init: Init, folder: Path) -> None:
        (folder / "customers.csv").write_text("id,Full Name,Phone\n1,Ana Núñez,415-555-0101\n")
        done = init("--yes")
        assert "firstName: {column: Full Name, part: first}" in (folder / "config.yaml").read_text()
        assert "lastName: {column: Full Name, part: last}" in (folder / "config.yaml").read_text()
        assert "'Full Name' holds whole names" in done.stdout

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
