"""The command line: help at once, the right exit code, and what check and status say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sync.cli.main import COMMANDS, main
from tests.support.commands import PROGRAM, command, in_json
from tests.support.paths import ROOT
from tests.support.workbench import Workbench, people, person, workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        made.write(people(3))
        yield made


# --- help ---------------------------------------------------------------------------------------------------------


def test_help_names_every_command_and_every_exit_code() -> None:
    shown = CliRunner().invoke(main, ["--help"])
    assert shown.exit_code == 0
    for name, purpose in COMMANDS.items():
        assert name in shown.output
        assert purpose.split()[0] in shown.output
    for code in "012345":
        assert f"{code} " in shown.output


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_every_command_explains_itself(name: str, flag: str) -> None:
    shown = CliRunner().invoke(main, [name, flag])
    assert shown.exit_code == 0
    assert shown.output.startswith("Usage: ")
    assert len(shown.output.splitlines()) > 5


@pytest.mark.alone
def test_help_is_there_at_once() -> None:
    def took() -> float:
        started = time.perf_counter()
        subprocess.run([*PROGRAM, "--help"], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
        return time.perf_counter() - started

    assert min(took() for _ in range(7)) <= 0.3


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom sync.cli.main import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print([m for m in ('pydantic', 'sqlalchemy', 'aiohttp', 'structlog', 'phonenumbers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_version_is_the_packages() -> None:
    from sync import __version__

    assert __version__ in CliRunner().invoke(main, ["--version"]).output


@pytest.mark.parametrize("arguments", [["rum"], ["run", "--dry"], ["status", "--runs", "0"], ["undo", "x"]])
def test_a_wrong_use_is_exit_2_without_a_traceback(arguments: list[str]) -> None:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2
    assert "Error" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("arguments", [["check", "--nope"], ["status", "--runs", "0"], ["undo", "x"], ["run", "--x"]])
def test_a_wrong_use_gets_its_document_where_json_was_asked_for(arguments: list[str]) -> None:
    for flags in (["--output", "json"], ["--output=json"]):
        done = CliRunner().invoke(main, [arguments[0], *flags, *arguments[1:]])
        assert done.exit_code == 2
        assert json.loads(done.stdout)["error"]


def test_the_demo_needs_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [*PROGRAM, "demo"], capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0, done.stderr
    assert "nothing doubled, nothing lost" in done.stdout
    assert not list(tmp_path.iterdir())


# --- check --------------------------------------------------------------------------------------------------------


def test_check_says_that_all_is_well_and_writes_nothing(bench: Workbench) -> None:
    said = command(bench, "check")
    assert said.exit == 0
    assert "customers: ok: the source has id, first, last, company" in said.stdout
    document = in_json(bench, "check").document
    assert document["error"] is None
    assert document["syncs"][0]["status"] == "ok"
    assert document["syncs"][0]["columns"] == ["id", "first", "last", "company", "phone", "email", "notes"]
    assert bench.sandbox.writes() == []
    assert not bench.state.exists()


@pytest.mark.parametrize(
    ("change", "exit_code", "said"),
    [
        ({"fields": {"firstName": "fist"}}, 2, "unknown column 'fist'"),
        ({"fields": {"firstName": "fist"}}, 2, "did you mean 'first'?"),
        ({"key": ["id", "branch"]}, 2, "unknown column 'branch'"),
        ({"fields": {"firstName": {"template": "{first} {nam}"}}}, 2, "unknown column 'nam'"),
        ({"customFields": {"Noted": "notes"}}, 2, "no custom field 'Noted'"),
        ({"customFields": {"Noted": "notes"}}, 2, "did you mean 'Notes'?"),
        ({"source": {"type": "csv", "path": "nowhere.csv"}}, 1, "nowhere.csv"),
        ({"source": {"type": "csv", "path": "."}}, 1, ""),
    ],
)
def test_check_names_what_does_not_fit(bench: Workbench, change: dict[str, Any], exit_code: int, said: str) -> None:
    bench.configure(**change)
    for result in (command(bench, "check"), in_json(bench, "check")):
        assert result.exit == exit_code
        assert said in result.stdout
        assert "Traceback" not in result.stdout + result.stderr


def test_check_names_everything_at_once(bench: Workbench) -> None:
    bench.configure(fields={"firstName": "fist", "lastName": "lats"}, customFields={"Noted": "notes"})
    problems = in_json(bench, "check").document["syncs"][0]["problems"]
    assert len(problems) == 3


def test_check_with_a_wrong_key_is_exit_1_and_does_not_repeat_it(bench: Workbench) -> None:
    bench.openphone["api_key"] = "sk-wrong"
    bench.configure()
    result = command(bench, "check")
    assert result.exit == 1
    assert "openphone.api_key" in result.stdout
    assert "sk-wrong" not in result.stdout + result.stderr


def test_check_looks_at_the_syncs_that_are_named(bench: Workbench) -> None:
    bench.syncs["broken"] = {**bench.syncs["customers"], "source": {"type": "csv", "path": "nowhere.csv"}}
    bench.configure()
    assert command(bench, "check", "customers").exit == 0
    assert command(bench, "check").exit == 1
    assert command(bench, "check", "broken").exit == 1


def test_check_says_that_the_state_is_damaged(bench: Workbench) -> None:
    bench.state.write_text("nothing of the kind" * 50)
    result = command(bench, "check")
    assert result.exit == 1
    assert "state.db" in result.stdout


# --- status -------------------------------------------------------------------------------------------------------


def test_status_before_the_first_run_makes_no_state(bench: Workbench) -> None:
    said = command(bench, "status")
    assert said.exit == 0
    assert "customers: 0 contacts tracked" in said.stdout
    assert "no run yet" in said.stdout
    assert not bench.state.exists()


def test_status_tells_runs_contacts_and_the_rows_that_need_a_person(bench: Workbench) -> None:
    bench.write([*people(3), person(3, phone="12")])
    bench.run()
    bench.run()
    bench.sandbox.forget_requests()
    said = command(bench, "status")
    assert said.exit == 0
    assert "customers: 3 contacts tracked" in said.stdout
    assert "3 created" in said.stdout
    assert "1 rejected" in said.stdout
    assert "rejected, phone: is too short for a phone number" in said.stdout
    assert "row 5: Ana3 Núñez (Acme, ana3@example.com), c3: '12'" in said.stdout
    assert "phone" in said.stdout
    (status,) = in_json(bench, "status").document["syncs"]
    assert (status["name"], status["held"]) == ("customers", 3)
    assert [(run["run"], run["status"]) for run in status["runs"]] == [(2, "partial"), (1, "partial")]
    assert status["problems"][0]["row"] == 5
    assert len(in_json(bench, "status", "--runs", "1").document["syncs"][0]["runs"]) == 1
    assert bench.sandbox.requests == []


def test_the_rows_that_need_a_person_outlive_a_run_that_failed(bench: Workbench) -> None:
    bench.write([person(0), person(1, phone="12")])
    bench.run()
    bench.source.rename(bench.folder / "away.csv")
    assert bench.run().exit == 1
    assert "row 3: Ana1 Núñez" in command(bench, "status").stdout
    bench.write([person(0), person(1)])
    bench.run()
    assert "rejected" not in command(bench, "status", "--runs", "1").stdout


def test_status_of_a_damaged_state_is_exit_1_with_a_document(bench: Workbench) -> None:
    bench.state.write_text("nothing of the kind" * 50)
    result = in_json(bench, "status")
    assert result.exit == 1
    assert "state.db" in result.document["error"]
