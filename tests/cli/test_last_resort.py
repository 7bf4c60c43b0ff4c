"""Whatever goes wrong: one message, a document where JSON was asked for, exit 1, and never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sync.cli.main import main
from sync.unexpected import unexpected
from tests.support.commands import PROGRAM, command, in_json
from tests.support.paths import ROOT
from tests.support.workbench import Result, Workbench, people, workbench

LATE = ("sync.run.story.read_and_decide", "sync.run.story.apply", "sync.run.check.compile_mapping")
EARLY = ("sync.config.jobs.Jobs.job", "sync.config.jobs.Jobs.client", "sync.config.model.LoadedConfig.state_url")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        made.write(people(3))
        yield made


class Broken(Exception):
    """An exception that cannot even say what it is."""

    def __str__(self) -> str:
        raise RuntimeError


ERRORS: dict[str, Exception] = {
    "a mistake of ours": TypeError("'NoneType' object is not subscriptable"),
    "of several tasks": ExceptionGroup("two", [ExceptionGroup("one", [KeyError("x")]), ValueError("y")]),
    "recursion": RecursionError("maximum recursion depth exceeded"),
    "no memory": MemoryError(),
    "a megabyte of words": ValueError("long " * 200_000),
    "no words": Broken(),
    "the machine": OSError(24, "Too many open files"),
    "half a letter": ValueError("\ud83d"),
}


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("place", [LATE[0], EARLY[0]])
def test_an_exception_that_nobody_foresaw_ends_in_one_message_and_a_document(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, kind: str, place: str
) -> None:
    def broken(*args: Any, **kwargs: Any) -> Any:
        raise ERRORS[kind]

    monkeypatch.setattr(place, broken)
    said = command(bench, "run")
    assert said.exit == 1
    text = said.stdout + said.stderr
    assert "Traceback" not in text
    assert len(text) < 3000
    assert "Too many open files" in text if kind == "the machine" else "please report it" in text

    result = in_json(bench, "run")
    assert result.exit == 1
    syncs = result.document["syncs"]
    assert (syncs[0] if syncs else result.document)["error"]


@pytest.mark.parametrize("place", [*LATE[:1], LATE[2], *EARLY])
@pytest.mark.parametrize("name", ["run", "check", "status", "undo"])
def test_every_command_has_its_last_resort(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, place: str, name: str
) -> None:
    bench.run()

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(place, broken)
    result = in_json(bench, name, *(["1", "--dry-run"] if name == "undo" else []))
    assert result.exit in (0, 1)
    assert "Traceback" not in result.stdout + result.stderr
    assert ("by nothing" in result.stdout) is (result.exit == 1)
    json.loads(result.stdout)


def test_one_broken_sync_does_not_keep_the_others_from_running(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.syncs["second"] = {**bench.syncs["customers"], "key_prefix": "s-"}
    bench.configure()
    from sync.run.planning import read_and_decide as original

    async def broken(connector: Any, rows: Any, job: Any, session: Any) -> Any:
        if job.sync == "customers":
            raise ZeroDivisionError
        return await original(connector, rows, job, session)

    monkeypatch.setattr("sync.run.story.read_and_decide", broken)
    result = bench.run()
    first, second = result.document["syncs"]
    assert (result.exit, first["status"], second["counts"]["created"]) == (1, "failed", 3)


def test_a_traceback_is_for_the_log_at_debug_level(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(LATE[0], broken)
    assert "Traceback" in bench.run("--log-level", "debug").stderr
    assert "Traceback" not in bench.run("--log-level", "info").stderr


def test_the_message_says_where_and_what_to_do() -> None:
    try:
        command(Workbench.__new__(Workbench), "run")
    except AttributeError as error:
        said = unexpected(error)
    assert said.startswith("an unexpected error: AttributeError: ")
    assert "line " in said
    assert "please report it" in said
    assert "\n" not in said


@pytest.mark.parametrize("arguments", [["--nope", "run", "--output", "json"], ["rum", "--output=json"]])
def test_a_mistake_before_the_command_has_its_document_too(arguments: list[str]) -> None:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2
    assert json.loads(done.stdout)["error"]


# --- nobody listens -----------------------------------------------------------------------------------------------


def run_into(bench: Workbench, stdout: Any, *arguments: str) -> Result:
    done = subprocess.run(
        [*PROGRAM, arguments[0], "-c", str(bench.config), *arguments[1:]],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
    )
    return Result(done.returncode, "", done.stderr)


@pytest.mark.parametrize("arguments", [("run",), ("run", "--output", "json"), ("check",), ("status",)])
def test_standard_output_that_is_full_is_exit_1_and_what_was_done_is_kept(
    bench: Workbench, arguments: tuple[str, ...]
) -> None:
    with Path("/dev/full").open("w") as full:
        result = run_into(bench, full, *arguments)
    assert result.exit == 1
    assert "Traceback" not in result.stderr
    assert "Exception ignored" not in result.stderr
    assert "No space left" in result.stderr
    if arguments[0] == "run":
        assert bench.run().counts == {"unchanged": 3}


@pytest.mark.parametrize("arguments", [("run", "--output", "json"), ("status",), ("run", "--nope", "--output=json")])
def test_a_reader_that_is_gone_is_exit_1_without_a_word(bench: Workbench, arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        result = run_into(bench, writing, *arguments)
    finally:
        os.close(writing)
    assert result.exit == 1
    assert "Traceback" not in result.stderr
    assert "Exception ignored" not in result.stderr


@pytest.mark.parametrize("flags", [["--help"], ["--version"], ["run", "--help"]])
def test_even_help_ends_quietly(flags: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*PROGRAM, *flags], stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_daemon_that_breaks_says_so_in_its_log(bench: Workbench) -> None:
    code = (
        "import sys, sync.daemon.daemon as d\n"
        "def broken(*a, **k): raise ZeroDivisionError('by nothing')\n"
        "d.Daemon.serve = broken\n"
        "from sync.cli.main import main\nmain(['daemon', '-c', sys.argv[1]])\n"
    )
    done = subprocess.run([PROGRAM[0], "-c", code, str(bench.config)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    line = json.loads(done.stderr.splitlines()[-1])
    assert (line["level"], "by nothing" in line["reason"]) == ("critical", True)
