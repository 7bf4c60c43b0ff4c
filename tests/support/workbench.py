"""A folder with a CSV, a configuration and a state, and the command run on them against a sandbox.

``python -m tests.support.workbench LAG HURRY run …`` is the product's command line with shorter waits: what a
subprocess under test runs. Everything else is as users have it: the real command, over real HTTP.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner

from sync.cli.common import Surroundings
from sync.cli.main import main
from sync.clock import Clock
from sync.openphone.patience import Patience
from sync.sandbox import SandboxOptions, SandboxThread
from tests.support.paths import ROOT

COLUMNS = ("id", "first", "last", "company", "phone", "email", "notes")
SYNC: Mapping[str, Any] = {
    "source": {"type": "csv", "path": "customers.csv"},
    "key": "id",
    "fields": {
        "firstName": "first",
        "lastName": "last",
        "company": "company",
        "phoneNumbers": {"mobile": "phone"},
        "emails": {"work": "email"},
    },
    "customFields": {"Notes": "notes"},
}
HURRY = 1 / 15
"""A service that is down is given up after 6 instead of 90 seconds, and every pause on the way is as much shorter."""

FAST = 200
"""Requests a second where a test is not about pacing; give the sandbox as many."""

Row = dict[str, str]


def person(number: int, **cells: str) -> Row:
    """A row that OpenPhone would take, different for each number."""
    row = {
        "id": f"c{number}",
        "first": f"Ana{number}",
        "last": "Núñez",
        "company": "Acme",
        "phone": f"+1415555{number:04d}",
        "email": f"ana{number}@example.com",
        "notes": f"note {number}",
    }
    return row | cells


def people(count: int, start: int = 0) -> list[Row]:
    """So many rows."""
    return [person(number) for number in range(start, start + count)]


@dataclass(frozen=True)
class Result:
    """What one run of the command came to. ``document`` is empty where the output is not JSON."""

    exit: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document of standard output."""
        loaded: dict[str, Any] = json.loads(self.stdout)
        return loaded

    @property
    def sync(self) -> dict[str, Any]:
        """The first sync's part of the document."""
        first: dict[str, Any] = self.document["syncs"][0]
        return first

    @property
    def counts(self) -> dict[str, int]:
        """The counts that are not zero, ``rows`` left out."""
        return {name: count for name, count in self.sync["counts"].items() if count and name != "rows"}

    @property
    def error(self) -> str:
        """Why the run failed; empty where it did not."""
        return str(self.sync["error"] or "")

    def reasons(self, kind: str) -> list[str]:
        """The reasons of all problems of one kind."""
        return [problem["reason"] for problem in self.sync["problems"] if problem["kind"] == kind]


class Workbench:
    """One configuration with one sync (or several) in one folder, and one sandbox to sync with.

    ``rows`` is the source as it was last written. ``list_lag``: how long runs wait for a list that may lag (the
    product: 5 s). ``hurry``: by how much every other wait of the client's is shortened. ``clock``: that of the runs
    in this process.
    """

    def __init__(
        self, folder: Path, sandbox: SandboxThread, *, list_lag: float = 0.3, **openphone_options: Any
    ) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.list_lag = list_lag
        self.hurry = HURRY
        self.clock = Clock()
        self.rows: list[Row] = []
        self.openphone: dict[str, Any] = {
            "api_key": sandbox.key,
            "base_url": sandbox.url,
            "requests_per_second": FAST,
            **openphone_options,
        }
        self.syncs: dict[str, Any] = {"customers": dict(SYNC)}
        folder.mkdir(parents=True, exist_ok=True)
        self.configure()

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    @property
    def state(self) -> Path:
        return self.folder / "state.db"

    @property
    def source(self) -> Path:
        return self.folder / "customers.csv"

    def configure(self, **sync: Any) -> None:
        """Write the configuration, with these options of the sync ``customers`` changed."""
        self.syncs["customers"] = self.syncs["customers"] | sync
        self.config.write_text(yaml.safe_dump({"openphone": self.openphone, "syncs": self.syncs}))

    def write(self, rows: Iterable[Row], columns: Iterable[str] = COLUMNS) -> None:
        """Write the source, whole."""
        self.rows = list(rows)
        written = self.folder / "customers.csv.new"
        with written.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(columns), extrasaction="ignore")
            writer.writeheader()
            writer.writerows(self.rows)
        written.replace(self.source)

    def forget_state(self) -> None:
        """Delete the state, as a pod without a volume does."""
        for file in self.folder.glob("state.db*"):
            file.unlink()

    def run(self, *options: str) -> Result:
        """One run in this process, to its end."""
        around = replace(hurried(self.list_lag, self.hurry), clock=self.clock)
        done = CliRunner(catch_exceptions=False).invoke(main, self._arguments(options), obj=around)
        return Result(done.exit_code, done.stdout, done.stderr)

    def start(self, *options: str) -> subprocess.Popen[str]:
        """One run in a process of its own, to be killed or waited for (``ended``)."""
        return self._started(self._arguments(options))

    def start_command(self, *words: str) -> subprocess.Popen[str]:
        """Any other command likewise."""
        return self._started([*words, "-c", str(self.config), "--output", "json"])

    def _started(self, arguments: list[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, __file__, str(self.list_lag), str(self.hurry), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    def _arguments(self, options: Iterable[str]) -> list[str]:
        return ["run", "-c", str(self.config), "--output", "json", *options]

    # What must hold.

    def wrong(self, rows: Iterable[Row] | None = None) -> list[str]:
        """How the workspace differs from what the rows want: missing, doubled, stale and unwanted contacts."""
        wanted = {row["id"]: row for row in (self.rows if rows is None else rows)}
        held: dict[str, list[Any]] = {}
        for contact in self.sandbox.contacts.values():
            held.setdefault(str(contact["externalId"]), []).append(contact)
        complaints = [f"{key}: nobody wants it" for key in held.keys() - wanted.keys()]
        for key, row in wanted.items():
            found = held.get(key, [])
            if len(found) != 1:
                complaints.append(f"{key}: {len(found)} contacts")
            elif shown(found[0]) != wants(row):
                complaints.append(f"{key}: {shown(found[0])} instead of {wants(row)}")
        return complaints


@contextmanager
def workbench(
    folder: Path, *, wait: float = 0.3, openphone: Mapping[str, Any] | None = None, **sandbox: Any
) -> Iterator[Workbench]:
    """A workbench with a sandbox of its own (its options); runs wait ``wait`` seconds for lists that may lag."""
    options = SandboxOptions(**{"requests_per_second": FAST, **sandbox})
    with SandboxThread(options) as served:
        yield Workbench(folder, served, list_lag=wait, **(openphone or {}))


def ended(process: subprocess.Popen[str], timeout: float = 120) -> Result:
    """Wait for a run in a process of its own."""
    stdout, stderr = process.communicate(timeout=timeout)
    return Result(process.returncode, stdout, stderr)


def wants(row: Row) -> tuple[Any, ...]:
    """What ``shown`` gives for a contact that is as this row wants it."""
    return (
        row["first"],
        row["last"] or None,
        row["company"] or None,
        tuple([("mobile", row["phone"])] if row["phone"] else []),
        tuple([("work", row["email"])] if row["email"] else []),
        tuple([("notes", row["notes"])] if row["notes"] else []),
    )


def shown(contact: Mapping[str, Any]) -> tuple[Any, ...]:
    """A contact of the sandbox's, as far as the rows decide it."""
    default = contact["defaultFields"]
    return (
        default["firstName"],
        default["lastName"] or None,
        default["company"] or None,
        tuple((item["name"], item["value"]) for item in default["phoneNumbers"]),
        tuple((item["name"], item["value"]) for item in default["emails"]),
        tuple((item["key"], item["value"]) for item in contact["customFields"]),
    )


def hurried(list_lag: float, hurry: float = 1.0) -> Surroundings:
    """Surroundings in which runs wait so long for a list that may lag, and ``hurry`` times as long otherwise."""
    return Surroundings(patience=replace(Patience().scaled(hurry), list_lag=list_lag))


if __name__ == "__main__":
    main(obj=hurried(float(sys.argv.pop(1)), float(sys.argv.pop(1))))
