"""What the README says: its commands exist, its configurations load, its links lead somewhere."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import click
import pytest
import yaml

from sync.cli.main import COMMANDS
from sync.config.file import loads
from sync.run.report import EXIT_FAILED, EXIT_HELD, EXIT_LOCKED, EXIT_OK, EXIT_PARTIAL, EXIT_USAGE
from tests.support.paths import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]+\]\((?P<target>[^)\s]+)\)")
CALL = re.compile(r"openphone-sync (?P<rest>[a-z][^`\n]*)")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language and its text."""

    language: str
    text: str


def blocks(text: str) -> list[Block]:
    found = BLOCK.finditer(text)
    return [Block(match["language"], textwrap.dedent(match["text"])) for match in found]


def yaml_blocks() -> list[str]:
    return [block.text for block in blocks(README) if block.language == "yaml"]


def options(command: str) -> set[str]:
    """The options that a command takes."""
    found: object = import_module(f"sync.cli.{command}").command
    assert isinstance(found, click.Command)
    return _options(found) | {"-h", "--help"}


def _options(command: click.Command) -> set[str]:
    """Those of a command, or of all the commands of a group."""
    own = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
    if isinstance(command, click.Group):
        context = click.Context(command)
        each = [command.get_command(context, name) for name in command.list_commands(context)]
        return own.union(*(_options(one) for one in each if one is not None))
    return own


def test_the_first_two_commands_are_one_line_each() -> None:
    demo, tests = [block.text for block in blocks(README) if block.language == "bash"][:2]
    for command in (demo, tests):
        assert len(command.splitlines()) == 1
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")
    assert demo.rstrip().endswith("openphone-sync demo")
    assert tests.rstrip().endswith("-m pytest")


def test_the_prominent_words_are_there() -> None:
    assert "Powered by OpenPhone" in README.split("\n## ")[0]


def test_every_command_is_in_the_readme() -> None:
    for command in COMMANDS:
        assert f"`openphone-sync {command}" in README, f"{command} is not mentioned"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_options_that_are_named_exist(page: Path) -> None:
    for match in CALL.finditer(page.read_text(encoding="utf-8")):
        command, *words = match["rest"].split()
        named = command.strip(".,;:)'\"`")
        if named not in COMMANDS:
            assert not re.fullmatch(r"run|check|status|undo|daemon|init|sandbox|demo", named)
            continue
        for word in words:
            if re.fullmatch(r"-c|--[a-z][a-z-]*", word):
                assert word in options(named), f"{page.name}: openphone-sync {named} {word}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_options_in_code_belong_to_some_command(page: Path) -> None:
    known = {option for command in COMMANDS for option in options(command)} | {"--version"}
    for code in re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8")):
        if "openphone-sync" in code or code.startswith(("run ", "check ", "status ", "undo ", "--")):
            for option in re.findall(r"(?<!\S)--[a-z][a-z-]+", code):
                assert option in known, f"{page.name}: `{code}`"


def test_the_first_configuration_loads(tmp_path: Path) -> None:
    whole = [text for text in yaml_blocks() if "openphone:" in text]
    assert whole
    for text in whole:
        loaded = loads(text, tmp_path / "config.yaml", {"OPENPHONE_API_KEY": "key"})
        assert loaded.config.syncs


def test_the_parts_of_a_configuration_load(tmp_path: Path) -> None:
    parts = [text for text in yaml_blocks() if "openphone:" not in text]
    assert parts
    for text in parts:
        part = yaml.safe_load(text)
        sync = {"source": {"type": "csv", "path": "x.csv"}, "key": "id", "fields": {"firstName": "first"}} | part
        whole = {"openphone": {"api_key": "key"}, "syncs": {"customers": sync}}
        loaded = loads(yaml.safe_dump(whole), tmp_path / "config.yaml", {})
        assert loaded.config.syncs["customers"].model_fields_set >= part.keys()


def test_the_exit_codes_are_those_of_the_program() -> None:
    table = dict(re.findall(r"^\| (\d) \| (.+?) \|$", README, re.MULTILINE))
    assert {int(code) for code in table} == {
        EXIT_OK,
        EXIT_FAILED,
        EXIT_USAGE,
        EXIT_PARTIAL,
        EXIT_HELD,
        EXIT_LOCKED,
    }
    assert "held" in table[str(EXIT_HELD)]
    assert "configuration" in table[str(EXIT_USAGE)]


def test_every_guarantee_names_a_test_that_exists() -> None:
    named = set(re.findall(r"`(tests/[a-z_/]+\.py)`", README))
    assert named
    assert not {name for name in named if not (ROOT / name).exists()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for match in LINK.finditer(BLOCK.sub("", text)):
        target = match["target"]
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path) if path else page
        assert linked.exists(), f"{page.name}: {target}"
        if anchor and linked.suffix == ".md":
            assert anchor in anchors(linked.read_text(encoding="utf-8")), f"{page.name}: {target}"


def anchors(text: str) -> set[str]:
    """The anchors that GitHub makes of headings."""
    headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_published_version_is_in_the_changelog() -> None:
    from sync import __version__

    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert __version__ in changelog or "Unreleased" in changelog
