"""completion, check --offline, a configuration given twice, the examples of every help, the daemon's address."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from sync.cli.main import main
from tests.support.commands import command, in_json
from tests.support.commands_page import NAMES
from tests.support.commands_page import command as find
from tests.support.daemons import free_port
from tests.support.paths import ROOT
from tests.support.workbench import Workbench, people, workbench


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with workbench(tmp_path_factory.mktemp("bench")) as made:
        made.write(people(3))
        made.run()
        yield made


# --- help ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*NAMES, "state", ""])
def test_every_help_has_examples_that_the_command_takes(name: str) -> None:
    shown = CliRunner().invoke(main, [*name.split(), "--help"])
    lines = re.findall(r"^    openphone-sync (.*)$", shown.output.partition("Examples:\n")[2], re.MULTILINE)
    assert lines, shown.output
    for line in lines:
        words = re.sub(r"\s+#.*| > .*", "", line).replace("'", "").split()
        assert line.startswith(name)
        if name and name != "state":
            command_of = find(name)
            given = {word.partition("=")[0] for word in words if word.startswith("-")}
            assert given <= {opt for param in command_of.params for opt in param.opts}, line


# --- -c twice -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [["-c", "a", "-c", "b"], ["-ca", "--config=b"], ["--config", "a", "--config", "a"]])
@pytest.mark.parametrize("name", ["run", "status", "daemon"])
def test_two_configurations_are_refused(name: str, given: list[str]) -> None:
    done = CliRunner().invoke(main, [name, *given])
    assert done.exit_code == 2
    assert "-c / --config was given twice" in done.stderr


# --- check --offline ----------------------------------------------------------------------------------------------


def test_check_offline_asks_nobody(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.sandbox.forget_requests()
    away = bench.source.rename(bench.folder / "away.csv")
    try:
        assert "customers: ok: the configuration can be read" in command(bench, "check", "--offline").stdout
        assert in_json(bench, "check", "--offline").sync["status"] == "ok"
    finally:
        away.rename(bench.source)
    assert bench.sandbox.requests == []


# --- completion ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_each_shell(shell: str) -> None:
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert "_OPENPHONE_SYNC_COMPLETE" in done.output
    assert "openphone-sync" in done.output


def offered(words: list[str], incomplete: str) -> list[str]:
    completing = ShellComplete(main, {}, "openphone-sync", "_OPENPHONE_SYNC_COMPLETE")
    return [item.value for item in completing.get_completions(words, incomplete)]


def test_commands_syncs_runs_and_keys_are_offered(bench: Workbench, tmp_path: Path) -> None:
    at = ["-c", str(bench.config)]
    assert offered([], "sta") == ["status", "state"]
    assert offered(["state"], "b") == ["backup"]
    assert offered(["run", *at], "") == ["customers"]
    assert offered(["run", *at, "customers"], "") == []
    assert offered(["problems", *at], "cu") == ["customers"]
    assert "1" in offered(["show", *at], "")
    assert offered(["contact", *at], "c") == ["c0", "c1", "c2"]
    assert "--look" in offered(["contact"], "--l")
    assert offered(["run", "-c", str(tmp_path / "none.yaml")], "") == []


# --- the daemon's address -----------------------------------------------------------------------------------------


def test_the_daemon_says_its_address_on_a_terminal(bench: Workbench) -> None:
    port = free_port()
    written = bench.config.read_text()
    bench.config.write_text(f"{written}server: {{port: {port}}}\n")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "sync", "daemon", "-c", str(bench.config)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    said = ""
    try:
        while f"The page: http://127.0.0.1:{port}/" not in said:
            said += os.read(ours, 4096).decode(errors="replace")
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            while os.read(ours, 4096):
                pass
        except OSError:
            pass
        assert process.wait(30) == 0
        os.close(ours)
        bench.config.write_text(written)
