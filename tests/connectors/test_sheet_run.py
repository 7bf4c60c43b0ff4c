"""Whole runs on a Google sheet: the guide's own sheet without a configuration, and results written beside rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sync.sandbox import SandboxOptions, SandboxThread
from tests.support.paths import ROOT
from tests.support.sheets_grid import Sheet
from tests.support.sheets_server import SheetsServer

HEADER = ["contactId", "firstName", "lastName", "phone", "email"]
PEOPLE: list[list[Any]] = [
    ["", "Jane", "Doe", "(555) 555-5555", "jane@example.com"],
    ["", "Bob", "Roe", 4155550100, ""],
    ["", "Al", "", "", ""],
]


@dataclass
class Bench:
    """A folder, a local Google and a local workspace."""

    folder: Path
    google: SheetsServer
    sandbox: SandboxThread

    def run(self, *arguments: str) -> dict[str, Any]:
        """The sync's part of the report of a run."""
        return self.command("run", *arguments)

    def command(self, *words: str) -> dict[str, Any]:
        """The sync's part of a command's report."""
        command = [sys.executable, "-m", "sync", *words, "--output", "json"]
        variables = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, env=variables, timeout=120)
        assert "Traceback" not in done.stderr
        part: dict[str, Any] = json.loads(done.stdout)["syncs"][0]
        return part | {"exit": done.returncode, "stderr": done.stderr}

    def calls(self) -> tuple[int, int]:
        """How many calls Sheets has had, and how many of them wrote."""
        return len(self.google.calls), sum(1 for call in self.google.calls if call.method != "GET")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    options = SandboxOptions(requests_per_second=500)
    with SheetsServer() as google, SandboxThread(options) as sandbox:
        yield Bench(tmp_path, google, sandbox)


def guide(bench: Bench) -> Sheet:
    """The guide's sheet, and its ``.env``."""
    sheet = bench.google.add("sheet-1", "Sheet1", [HEADER, *(list(person) for person in PEOPLE)])
    variables = {
        "OPENPHONE_API_KEY": bench.sandbox.key,
        "GOOGLE_APPLICATION_CREDENTIALS": bench.google.key_file(bench.folder).name,
        "GOOGLE_SHEET_ID": "sheet-1",
        "OPENPHONE_BASE_URL": bench.sandbox.url,
        "GOOGLE_SHEETS_URL": bench.google.url,
    }
    (bench.folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    return sheet


def ids(sheet: Sheet) -> dict[str, str]:
    return dict(zip(sheet.column("firstName"), sheet.column("contactId"), strict=True))


def names(bench: Bench) -> dict[str, str]:
    return {c["defaultFields"]["firstName"]: c["id"] for c in bench.sandbox.contacts.values()}


def test_the_guides_sheet_syncs_with_one_write_and_then_none(bench: Bench) -> None:
    sheet = guide(bench)
    first = bench.run()
    assert (first["exit"], first["counts"]["created"]) == (0, 3)
    assert ids(sheet) == names(bench)
    assert bench.calls()[1] == 1
    assert "config.yaml" in first["stderr"]
    assert bench.run()["counts"]["unchanged"] == 3
    assert bench.calls()[1] == 1


def test_sorted_rows_and_a_lost_state_leave_three_contacts_with_their_ids(bench: Bench) -> None:
    sheet = guide(bench)
    bench.run()
    made = names(bench)
    sheet.rows[1:] = sorted(sheet.rows[1:], key=lambda row: str(row[1]))
    assert bench.run()["counts"]["unchanged"] == 3
    for file in bench.folder.glob("state.db*"):
        file.unlink()
    assert bench.run()["counts"]["adopted"] == 3
    assert ids(sheet) == names(bench) == made


def test_a_contact_that_the_script_made_is_adopted_and_gets_an_external_id(bench: Bench) -> None:
    sheet = guide(bench)
    [contact_id] = bench.sandbox.seed([{"firstName": "Al"}])
    sheet.rows[3][0] = contact_id
    report = bench.run()
    assert (report["counts"]["created"], report["counts"]["adopted"]) == (2, 1)
    assert bench.sandbox.contacts[contact_id]["externalId"]
    assert len(bench.sandbox.contacts) == 3
    assert bench.run()["counts"]["unchanged"] == 3


def test_an_id_that_leads_nowhere_gets_a_new_contact_and_its_id(bench: Bench) -> None:
    sheet = guide(bench)
    sheet.rows[1][0] = "gone000000000000000000ff"
    assert bench.run()["counts"]["created"] == 3
    assert ids(sheet) == names(bench)


def test_300_rows_and_a_bad_one_take_at_most_12_calls_and_the_bad_one_says_why(bench: Bench) -> None:
    rows: list[list[Any]] = [[f"k{n}", f"Ana{n}", 4155550000 + n, n % 2 == 0] for n in range(300)]
    sheet = bench.google.add("sheet-2", "People", [["key", "first", "phone", "lead"], *rows, ["bad", "Bob", 12, False]])
    (bench.folder / "config.yaml").write_text(
        f"""
openphone: {{api_key: {bench.sandbox.key}, base_url: "{bench.sandbox.url}", requests_per_second: 200}}
syncs:
  people:
    source:
      type: google_sheets
      spreadsheet: sheet-2
      credentials: {bench.google.key_file(bench.folder).name}
      api_url: "{bench.google.url}"
      write_back: {{contactId: OpenPhone id, status: Status, error: Error}}
    key: key
    fields: {{firstName: first, phoneNumbers: {{mobile: phone}}}}
    customFields: {{Inbound Lead: lead}}
"""
    )
    report = bench.run()
    assert (report["exit"], report["counts"]["created"], report["counts"]["rejected"]) == (3, 300, 1)
    assert bench.calls()[0] <= 12
    assert sheet.column("Error")[-1].startswith("phone: ")
    assert set(sheet.column("Status")) == {"synced", "rejected"}
    written = bench.calls()[1]
    assert bench.run()["exit"] == 3
    assert bench.calls()[1] == written


def test_a_sheet_that_gets_a_key_keeps_its_contacts(bench: Bench) -> None:
    header = ["contactId", "number", "first", "phone"]
    rows: list[list[Any]] = [["", f"n{n}", f"Ana{n}", f"+1415555{n:04d}"] for n in range(3)]
    bench.google.add("sheet-2", "People", [header, *rows])
    config = f"""
openphone: {{api_key: {bench.sandbox.key}, base_url: "{bench.sandbox.url}", requests_per_second: 200}}
syncs:
  people:
    source:
      type: google_sheets
      spreadsheet: sheet-2
      credentials: {bench.google.key_file(bench.folder).name}
      api_url: "{bench.google.url}"
      write_back: {{contactId: contactId}}
    fields: {{firstName: first, phoneNumbers: {{mobile: phone}}}}
"""
    (bench.folder / "config.yaml").write_text(config)
    assert bench.run()["counts"]["created"] == 3
    made = names(bench)
    (bench.folder / "config.yaml").write_text(config + "    key: number\n")
    refused = bench.run()
    assert refused["exit"] == 2
    assert "put it back to no key" in refused["error"]
    rekeyed = bench.command("state", "rekey", "people")
    assert (rekeyed["exit"], rekeyed["counts"]["updated"]) == (0, 3)
    assert sorted(str(c["externalId"]) for c in bench.sandbox.contacts.values()) == ["n0", "n1", "n2"]
    assert bench.run()["counts"]["unchanged"] == 3
    assert names(bench) == made
