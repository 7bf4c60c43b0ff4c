"""The command line: help at once, mistakes in one message, the right exit code, colour only where there is a screen."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from sync.cli.main import COMMANDS, main
from tests.workbench import Result, Workbench, people, person, waiting, workbench

ROOT = Path(__file__).parent.parent
PROGRAM = [sys.executable, "-m", "sync"]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        made.write(people(3))
        yield made


def command(bench: Workbench, name: str, *options: str) -> Result:
    with waiting(0.1, 90):
        done = CliRunner(catch_exceptions=False).invoke(main, [name, "-c", str(bench.config), *options])
    return Result(done.exit_code, done.stdout, done.stderr)


def in_json(bench: Workbench, name: str, *options: str) -> Result:
    return command(bench, name, "--output", "json", *options)


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


@pytest.mark.parametrize("arguments", [["rum"], ["run", "--dry"], ["status", "--runs", "0"], ["undo"], ["undo", "x"]])
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
    assert "customers: 0 contacts held" in said.stdout
    assert "no run yet" in said.stdout
    assert not bench.state.exists()


def test_status_tells_runs_contacts_and_the_rows_that_need_a_person(bench: Workbench) -> None:
    bench.write([*people(3), person(3, phone="12")])
    bench.run()
    bench.run()
    bench.sandbox.forget_requests()
    said = command(bench, "status")
    assert said.exit == 0
    assert "customers: 3 contacts held" in said.stdout
    assert "3 created" in said.stdout
    assert "1 rejected" in said.stdout
    assert "rejected: row 5" in said.stdout
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
    assert "rejected: row 3" in command(bench, "status").stdout
    bench.write([person(0), person(1)])
    bench.run()
    assert "rejected" not in command(bench, "status", "--runs", "1").stdout


def test_status_of_a_damaged_state_is_exit_1_with_a_document(bench: Workbench) -> None:
    bench.state.write_text("nothing of the kind" * 50)
    result = in_json(bench, "status")
    assert result.exit == 1
    assert "state.db" in result.document["error"]


# --- mistakes in the configuration --------------------------------------------------------------------------------

Change = Callable[[dict[str, Any]], Any]
MISTAKES: dict[str, tuple[Change, str]] = {
    "no workspace": (lambda c: c.pop("openphone"), "openphone"),
    "no syncs": (lambda c: c.pop("syncs"), "syncs"),
    "empty syncs": (lambda c: c.update(syncs={}), "syncs"),
    "a misspelt key": (lambda c: c.update(sinks=1), "sinks"),
    "a misspelt option": (lambda c: c["syncs"]["customers"].update(max_delets=3), "max_deletes"),
    "an unknown source": (lambda c: c["syncs"]["customers"]["source"].update(type="cvs"), "csv"),
    "no source": (lambda c: c["syncs"]["customers"].pop("source"), "source"),
    "no key": (lambda c: c["syncs"]["customers"].pop("key"), "key"),
    "no first name": (lambda c: c["syncs"]["customers"]["fields"].pop("firstName"), "firstName"),
    "a limit of words": (lambda c: c["syncs"]["customers"].update(max_deletes="a few"), "a few"),
    "a negative limit": (lambda c: c["syncs"]["customers"].update(max_deletes=-1), "max_deletes"),
    "a reserved source": (lambda c: c["syncs"]["customers"].update(source_label="csv"), "source_label"),
    "an unknown region": (lambda c: c["syncs"]["customers"].update(region="XX"), "region"),
    "a wrong choice": (lambda c: c["syncs"]["customers"].update(on_missing="purge"), "purge"),
    "an address without a scheme": (lambda c: c["openphone"].update(base_url="api.openphone.com"), "base_url"),
    "no requests a second": (lambda c: c["openphone"].update(requests_per_second=0), "requests_per_second"),
    "a variable that is not set": (lambda c: c["openphone"].update(api_key="${NO_SUCH_VARIABLE}"), "NO_SUCH_VARIABLE"),
    "a template left open": (
        lambda c: c["syncs"]["customers"]["fields"].update(role={"template": "{title"}),
        "template",
    ),
    "a schedule that is none": (lambda c: c["syncs"]["customers"].update(schedule="hourly"), "hourly"),
    "a list instead of options": (lambda c: c["syncs"].update(customers=[1]), "customers"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("name", ["run", "check", "status"])
def test_a_mistake_is_one_clear_message_and_exit_2(bench: Workbench, mistake: str, name: str) -> None:
    change, said = MISTAKES[mistake]
    content = yaml.safe_load(bench.config.read_text())
    change(content)
    bench.config.write_text(yaml.safe_dump(content))
    result = command(bench, name)
    assert result.exit == 2
    assert result.stdout == ""
    assert said in result.stderr
    assert str(bench.config) in result.stderr
    assert "Traceback" not in result.stderr
    assert in_json(bench, name).document["error"]
    assert bench.sandbox.requests == []


@pytest.mark.parametrize("text", ["", "openphone: [", "\t- x", "just words", "a: 1\na: 2"])
def test_what_is_no_configuration_is_exit_2(bench: Workbench, text: str) -> None:
    bench.config.write_text(text)
    result = command(bench, "run")
    assert result.exit == 2
    assert str(bench.config) in result.stderr


def test_a_sync_that_does_not_exist_is_named_with_those_that_do(bench: Workbench) -> None:
    for name in ("run", "check"):
        result = command(bench, name, "custmers")
        assert result.exit == 2
        assert "'custmers'" in result.stderr
        assert "customers" in result.stderr


def test_the_configuration_can_be_named_by_the_environment(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENPHONE_SYNC_CONFIG", str(bench.config))
    assert CliRunner(catch_exceptions=False).invoke(main, ["check"]).exit_code == 0


# --- text ---------------------------------------------------------------------------------------------------------


def test_a_run_reads_like_a_plan(bench: Workbench) -> None:
    first = command(bench, "run")
    assert first.exit == 0
    assert "+ create c0 (row 2)\n    firstName: Ana0\n" in first.stdout
    assert "customers: ok: 3 rows: 3 created (" in first.stdout
    bench.write([person(0, company="Bay\nview"), person(1), person(3, phone="12")])
    second = command(bench, "run")
    assert second.exit == 3
    assert "~ update c0 (row 2)\n    company: Acme → Bay⏎view\n" in second.stdout
    assert "- delete c2" in second.stdout
    assert "! rejected: row 4 (c3), phone '12': is too short for a phone number" in second.stdout
    third = command(bench, "run", "--verify")
    assert third.exit == 3


def test_a_run_with_nothing_to_do_says_so_on_one_line(bench: Workbench) -> None:
    command(bench, "run")
    quiet = command(bench, "run")
    assert quiet.exit == 0
    (line,) = quiet.stdout.splitlines()
    assert line.startswith("customers: ok: 3 rows: 3 unchanged (1 request in ")


def test_a_dry_run_says_that_nothing_was_sent(bench: Workbench) -> None:
    said = command(bench, "run", "--dry-run")
    assert said.exit == 0
    assert "dry run: nothing was sent: 3 rows: 3 would be created" in said.stdout


def test_what_is_held_back_is_named_with_the_way_to_let_it_through(bench: Workbench) -> None:
    bench.write(people(20))
    command(bench, "run")
    bench.write([person(number, company="Moved") for number in range(3)])
    bench.configure(max_updates="1%")
    held = command(bench, "run")
    assert held.exit == 4
    assert "! every delete was held back: 17 deletes of 20 contacts" in held.stdout
    assert "--max-deletes 17" in held.stdout
    assert "    - delete c10" in held.stdout
    assert "… and 7 more" in held.stdout
    assert held.stdout.count("held back") == 1, "three updates are below the floor of five"


def test_long_lists_are_cut_with_a_hint(bench: Workbench) -> None:
    bench.write([*people(60), *(person(number, phone="1") for number in range(60, 100))])
    said = command(bench, "run")
    assert said.stdout.count("+ create") == 50
    assert "… and 10 more changes were made: --output json lists them all" in said.stdout
    assert said.stdout.count("! rejected") == 25
    assert "… and 15 more rows that need a person" in said.stdout


def test_values_do_not_command_the_terminal(bench: Workbench) -> None:
    bench.sandbox.seed([{"externalId": "c0", "firstName": "\x1b[31mred\x07"}])
    said = command(bench, "run")
    assert "\x1b" not in said.stdout
    assert "·[31mred·" in said.stdout


def run_with_terminal(bench: Workbench, *arguments: str) -> str:
    """Standard output as a terminal gets it."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen(
        [*PROGRAM, *arguments, "-c", str(bench.config)],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        cwd=ROOT,
        env=environment,
    ) as process:
        os.close(theirs)
        said = b""
        try:
            while block := os.read(ours, 65536):
                said += block
        except OSError:  # the other end is closed
            pass
        os.close(ours)
    assert process.returncode == 0
    return said.decode()


def test_colour_is_for_terminals(bench: Workbench) -> None:
    assert "\x1b[32m+ create c0" in run_with_terminal(bench, "run", "--dry-run")
    piped = subprocess.run(
        [*PROGRAM, "run", "--dry-run", "-c", str(bench.config)], check=True, capture_output=True, text=True, cwd=ROOT
    )
    assert "+ create c0" in piped.stdout
    assert "\x1b" not in piped.stdout + piped.stderr
    for line in piped.stderr.splitlines():
        json.loads(line)


def test_the_demo_needs_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [*PROGRAM, "demo"], capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0, done.stderr
    assert "nothing doubled, nothing lost" in done.stdout
    assert not list(tmp_path.iterdir())
