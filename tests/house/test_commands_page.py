"""docs/commands.md: its examples print what it shows, its tables of options are the commands' own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from sync.sandbox import SandboxThread
from tests.support.commands_page import COMMON, NAMES, PAGE, options, renewed, sections, takes_common
from tests.support.commands_page import command as find
from tests.support.console import Console, blocks, commands, shows
from tests.support.daemons import free_port
from tests.support.paths import ROOT

TEXT = PAGE.read_text(encoding="utf-8")
SECTIONS = sections(TEXT)
ANSWERING = {"daemon": "/healthz", "sandbox": "/v1/contacts?maxResults=1"}


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    """The folder of the page, with a workspace behind it, and a page of the daemon's on a port that is free."""
    (csv,) = blocks(TEXT, "csv")
    (config,) = blocks(TEXT, "yaml")
    (tmp_path / "customers.csv").write_text(csv, encoding="utf-8")
    (tmp_path / "config.yaml").write_text(f"{config}server: {{port: {free_port()}}}\n", encoding="utf-8")
    with SandboxThread() as sandbox:
        yield Console(tmp_path, sandbox)


@pytest.mark.parametrize("name", NAMES)
def test_examples_print_what_is_shown(console: Console, name: str) -> None:
    if name == "init":
        (console.folder / "config.yaml").unlink()
    typed = [command for block in blocks(SECTIONS[name], "console") for command in commands(block)]
    assert any(command.text.startswith(f"openphone-sync {name}") for command in typed)
    if name in ANSWERING:
        (server,) = typed
        with console.serving(server) as printed:
            (url,) = re.findall(r"http://127\.0\.0\.1:\d+", printed)
            asked = Request(url + ANSWERING[name], headers={"Authorization": "sandbox-key"})
            with urlopen(asked, timeout=30) as answer:
                assert answer.status == 200
        return
    printed_by_each = console.run(typed)
    assert len(printed_by_each) == len(typed)
    for command, printed in zip(typed, printed_by_each, strict=True):
        assert shows(command.shown, printed), f"$ {command.text}\n{printed}"


def test_every_command_has_its_part_in_the_order_of_help() -> None:
    assert [name for name in SECTIONS if name in NAMES] == list(NAMES)
    assert set(SECTIONS) - set(NAMES) == {COMMON}


def test_the_tables_of_options_are_the_commands_own() -> None:
    assert renewed(TEXT) == TEXT, "python -m tests.support.commands_page prints the page as it must be"


@pytest.mark.parametrize("name", NAMES)
def test_the_common_options_are_named_where_they_are_taken(name: str) -> None:
    linked = "[common options](#common-options)" in SECTIONS[name]
    assert linked == takes_common(name)
    assert (f"`{name}`" in SECTIONS[COMMON]) == linked
    assert linked or not {"config_path", "log_format"} & {option.name for option in options(find(name))}


def test_the_readme_leads_to_every_part() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in NAMES:
        assert f"| [`openphone-sync {name}`](docs/commands.md#{name.replace(' ', '-')}) " in readme
