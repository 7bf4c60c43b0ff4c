"""``openphone-sync init`` for files with titles, sheets, databases and CRMs: one way of looking at all of them."""

from __future__ import annotations

import json
import os
import sqlite3
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import openpyxl
import pytest
from click.testing import CliRunner

from sync.cli.main import main
from sync.config.file import load
from tests.support.init_bench import run_init, written
from tests.support.sheets_server import SheetsServer

SHEET = "1AbC_dEf-sheet"


def source_of(folder: Path, name: str) -> dict[str, object]:
    return load(folder / "config.yaml", os.environ).sources[name].model_dump()


def would_do(*options: str) -> str:
    ran = CliRunner().invoke(main, ["run", "--dry-run", *options])
    assert ran.exit_code == 0, ran.output
    return ran.stdout


class TestFiles:
    def test_a_header_below_titles_is_found_and_written(self, folder: Path) -> None:
        text = "Customer list,,,\nPrinted 11/24/2026,,,\n,,,\nid,first_name,phone,\n7,Ana,(415) 555-0101,\nTotal,,1,\n"
        (folder / "list.csv").write_text(text)
        done = run_init("--yes", "--path", "list.csv")
        assert done.exit_code == 0, done.output
        assert "The columns are named in row 4." in done.stdout
        assert "firstName             ← first_name (Ana)" in done.stdout
        assert source_of(folder, "list")["header_row"] == 4
        assert "+ create Ana (7, row 5)" in would_do()

    def test_a_workbook_with_a_title_is_set_up_as_a_person_would(self, folder: Path) -> None:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.append(["Customer list of Harbor Dental"])
        sheet.append([])
        sheet.append(["Customer #", "Customer Name", "Mobile", "Customer Since", "Sales Rep Phone"])
        sheet.append(["00017", "Ana María Roe", "(415) 555-0101", date(2020, 5, 1), "415 555 9999"])
        sheet.append(["00018", "Roe, Ben", 4155550102, date(2021, 6, 2), "415 555 9999"])
        sheet.append(["Total: 2"])
        book.save(folder / "list.xlsx")
        done = run_init("--yes", "--path", "list.xlsx")
        assert done.exit_code == 0, done.output
        assert source_of(folder, "list")["header_row"] == 3
        assert "Sales Rep Phone" in done.stdout.partition("left out")[2]
        said = would_do("--output", "json")
        changes = {change["external_id"]: change["fields"] for change in json.loads(said)["syncs"][0]["changes"]}
        assert [changes[key]["lastName"]["to"] for key in ("00017", "00018")] == ["Roe", "Roe"]
        assert "+14155550102" in json.dumps(changes["00018"])
        assert "2021-06-02" in json.dumps(changes["00018"])

    def test_an_address_book_keeps_every_number(self, folder: Path) -> None:
        card = "BEGIN:VCARD\nVERSION:3.0\nUID:a1\nN:Roe;Ana;;;\nFN:Ana Roe\n{}END:VCARD\n"
        numbers = "TEL;TYPE=CELL:+14155550101\nTEL;TYPE=WORK:+14155550102\n"
        (folder / "people.vcf").write_text(card.format(numbers))
        done = run_init("--yes", "--path", "people.vcf")
        assert done.exit_code == 0, done.output
        said = would_do()
        assert "mobile +14155550101" in said
        assert "work +14155550102" in said

    def test_a_named_separator_needs_nothing(self, folder: Path) -> None:
        (folder / "list.csv").write_bytes(b"sep=;\r\nid;first_name;phone\r\n7;Ana;(415) 555-0101\r\n")
        done = run_init("--yes", "--path", "list.csv")
        assert done.exit_code == 0, done.output
        assert source_of(folder, "list")["header_row"] == 1
        assert "+ create Ana (7, row 2)" in would_do()

    def test_a_header_can_be_named(self, folder: Path) -> None:
        (folder / "list.csv").write_text("id,name\nKunde,Rufname\n7,Ana\n")
        done = run_init(
            "--yes", "--path", "list.csv", "--header-row", "2", "--key", "Kunde", "--map", "firstName=Rufname"
        )
        assert done.exit_code == 0, done.output
        assert source_of(folder, "list")["header_row"] == 2
        assert "firstName: Ana" in would_do()

    def test_a_file_without_a_header_says_so(self, folder: Path) -> None:
        (folder / "list.csv").write_text("7,Ana,(415) 555-0101\n8,Bo,(415) 555-0102\n")
        done = run_init("--yes", "--path", "list.csv")
        assert (done.exit_code, written(folder)) == (2, {"list.csv"})
        assert "none of the first 2 rows seems to name the columns" in done.stderr
        assert "--header-row N" in done.stderr

    def test_a_key_that_may_change_is_offered_with_what_it_means(self, folder: Path) -> None:
        (folder / "list.csv").write_text("Name,Email\nAna Roe,ana@x.example\nBo Ode,bo@x.example\n")
        done = run_init("--yes", "--path", "list.csv")
        assert done.exit_code == 2
        assert "'Email' would do, but whoever gets another one counts as a new person" in done.stderr
        assert run_init("--yes", "--path", "list.csv", "--key", "Email").exit_code == 0

    def test_the_nearest_keys_are_named_where_none_is_whole(self, folder: Path) -> None:
        (folder / "list.csv").write_text("Name,Email\nAna Roe,ana@x.example\nAna Roe,\n")
        done = run_init("--yes", "--path", "list.csv")
        assert done.exit_code == 2
        assert "'Email' (blank or repeated in 1 rows)" in done.stderr


def test_a_sheets_header_is_found_below_a_title(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with SheetsServer() as server:
        server.key_file(folder)
        monkeypatch.setenv("GOOGLE_SHEETS_URL", server.url)
        rows: list[list[object]] = [["Staff of 2026"], [], ["id", "Name", "Phone"], [7, "Ana Roe", "(415) 555-0101"]]
        server.add(SHEET, "Staff", rows)
        done = run_init("--yes", "--spreadsheet", SHEET, "--worksheet", "Staff")
        assert done.exit_code == 0, done.output
        assert source_of(folder, "Staff")["header_row"] == 3
        assert "+ create Ana Roe (7, row 4)" in would_do()


class TestDatabase:
    @pytest.fixture(autouse=True)
    def database(self, folder: Path) -> None:
        with sqlite3.connect(folder / "crm.db") as connection:
            connection.execute("CREATE TABLE people (id INTEGER, name TEXT, phone TEXT, spouse_phone TEXT)")
            connection.execute("INSERT INTO people VALUES (7, 'Ana Roe', '(415) 555-0101', '(415) 555-0900')")

    def test_is_set_up_from_its_query(self, folder: Path) -> None:
        query = "SELECT * FROM people"
        done = run_init("--yes", "--source", "sql", "--option", "url=sqlite:///crm.db", "--option", f"query={query}")
        assert done.exit_code == 0, done.output
        assert "left out: 'spouse_phone', because it is another person's" in done.stdout
        assert "+ create Ana Roe (7" in would_do()

    def test_its_address_comes_from_the_environment(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        missing = run_init("--yes", "--source", "sql")
        assert (missing.exit_code, "DATABASE_URL" in missing.stderr) == (2, True)
        monkeypatch.setenv("DATABASE_URL", "sqlite:///crm.db")
        assert "query='SELECT" in run_init("--yes", "--source", "sql").stderr
        done = run_init("--yes", "--source", "sql", "--option", "query=SELECT id, name FROM people")
        assert done.exit_code == 0, done.output
        assert "url: ${DATABASE_URL}" in (folder / "config.yaml").read_text()

    def test_a_typed_address_is_kept_beside_the_configuration(self, folder: Path) -> None:
        done = run_init("--source", "sql", keys="sqlite:///crm.db\nSELECT id, name FROM people\n\n\n\n")
        assert done.exit_code == 0, done.output
        assert "DATABASE_URL=sqlite:///crm.db" in (folder / ".env").read_text().replace("'", "")
        assert "sqlite" not in (folder / "config.yaml").read_text()

    @pytest.mark.parametrize(
        ("option", "says"),
        [
            ("url=postgresql://me:secret@db.example/x", "a secret would stand in the configuration"),
            ("token=abc", "a secret would stand in the configuration"),
            ("preset", "expected NAME=VALUE"),
            ("url=${NOT_SET_ANYWHERE}", "NOT_SET_ANYWHERE is not set"),
        ],
    )
    def test_mistakes_are_one_message(self, folder: Path, option: str, says: str) -> None:
        done = run_init("--yes", "--source", "sql", "--option", option, "--option", "query=SELECT 1 AS id")
        assert (done.exit_code, done.stderr.count("secret@")) == (2, 0)
        assert says in done.stderr


class _HubSpot(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        people = [{"id": "8001", "properties": {"firstname": "Ida", "lastname": "Kern", "phone": "(415) 555-0101"}}]
        body = json.dumps({"results": people}).encode()
        self.send_response(200 if self.headers["Authorization"] == "Bearer t0ken" else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def test_a_crm_is_set_up_from_its_preset(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = HTTPServer(("127.0.0.1", 0), _HubSpot)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        given = ["--source", "crm", "--option", "preset=hubspot"]
        given += ["--option", f"url=http://127.0.0.1:{server.server_port}/contacts"]
        missing = run_init("--yes", *given)
        assert (missing.exit_code, "HUBSPOT_TOKEN" in missing.stderr) == (2, True)
        monkeypatch.setenv("HUBSPOT_TOKEN", "t0ken")
        done = run_init("--yes", *given)
        assert done.exit_code == 0, done.output
        assert "token: ${HUBSPOT_TOKEN}" in (folder / "config.yaml").read_text()
        assert "firstName             ← first_name (Ida)" in done.stdout
        assert "+ create Ida" in would_do()
    finally:
        server.shutdown()
        server.server_close()
