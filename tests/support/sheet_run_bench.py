"""A folder with the guide's ``.env``, a local Google with its sheet, a local workspace, and whole runs on them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from sync.cli.main import main
from sync.sandbox import SandboxOptions, SandboxThread
from tests.support.sheets_grid import Sheet
from tests.support.sheets_server import SheetsServer
from tests.support.workbench import HURRY, hurried

HEADER = ["contactId", "firstName", "lastName", "phone", "email"]
PEOPLE: list[list[Any]] = [
    ["", "Jane", "Doe", "(555) 555-5555", "jane@example.com"],
    ["", "Bob", "Roe", 4155550100, ""],
    ["", "Al", "", "", ""],
]


LAG = 0.3
"""Seconds that runs wait for lists that may lag."""


@dataclass
class Bench:
    """A folder, a local Google and a local workspace."""

    folder: Path
    google: SheetsServer
    sandbox: SandboxThread

    def run(self, *arguments: str) -> dict[str, Any]:
        """The sync's part of the report."""
        return self.command("run", *arguments)

    def command(self, name: str, *arguments: str) -> dict[str, Any]:
        """The sync's part of what a command says."""
        words = [*name.split(), "--output", "json", *arguments]
        with chdir(self.folder):
            done = CliRunner(catch_exceptions=False).invoke(main, words, obj=hurried(LAG, HURRY))
        part: dict[str, Any] = json.loads(done.stdout)["syncs"][0]
        return part | {"exit": done.exit_code, "stderr": done.stderr}

    def calls(self) -> tuple[int, int]:
        """How many calls Sheets has had, and how many of them wrote."""
        return len(self.google.calls), sum(1 for call in self.google.calls if call.writes)


@contextmanager
def sheet_bench(folder: Path) -> Iterator[Bench]:
    """A bench with servers of its own."""
    options = SandboxOptions(requests_per_second=500)
    with SheetsServer() as google, SandboxThread(options) as sandbox:
        yield Bench(folder, google, sandbox)


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
