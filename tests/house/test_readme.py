"""What the README says: its commands exist, its configurations load, its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
import yaml

from sync.cli.main import COMMANDS
from sync.config.file import loads
from sync.run.report import EXIT_FAILED, EXIT_HELD, EXIT_LOCKED, EXIT_OK, EXIT_PARTIAL, EXIT_STALE, EXIT_USAGE
from tests.support.commands_page import command as find
from tests.support.console import FENCE, blocks
from tests.support.paths import ROOT

FOLDERS = ("sync", "connectors", "tests", "docs", "deploy", "benchmarks")
FILES = [
    *sorted(path for path in ROOT.iterdir() if path.is_file()),
    *sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()),
]
PAGES = [path for path in FILES if path.suffix == ".md"]
SOURCES = [path for path in FILES if path.suffix in (".py", ".yaml", ".toml", ".html")]
PLACE = re.compile(rf"(?<![\w/.:-])(?:\.\.?/)*((?:{'|'.join(FOLDERS)}|shared)/[\w./-]*)")
BARE = re.compile(r"(?<![\w/.*-])[\w-]+\.(?:md|py)(?![\w/.])")
POINTER = re.compile(r"(?<![\w/.:-])(?:\.\.?/)*((?:docs|shared)/[\w./-]*\w|[\w/-]*\w\.md)\b")
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINK = re.compile(r"\[[^\]]+\]\((?P<target>[^)\s]+)\)")
CALL = re.compile(r"openphone-sync (?P<rest>[a-z][^`\n]*)")


def from_the_root(path: Path) -> str:
    return str(path.relative_to(ROOT))


def options(command: str) -> set[str]:
    """The options that a command takes."""
    return _options(find(command)) | {"-h", "--help"}


def _options(command: click.Command) -> set[str]:
    """Those of a command, or of all the commands of a group."""
    own = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
    if isinstance(command, click.Group):
        context = click.Context(command)
        each = [command.get_command(context, name) for name in command.list_commands(context)]
        return own.union(*(_options(one) for one in each if one is not None))
    return own


def test_the_first_two_commands_are_one_line_each() -> None:
    demo, tests = blocks(README, "bash")[:2]
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


@pytest.mark.parametrize("page", PAGES, ids=from_the_root)
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


@pytest.mark.parametrize("page", PAGES, ids=from_the_root)
def test_options_in_code_belong_to_some_command(page: Path) -> None:
    known = {option for command in COMMANDS for option in options(command)} | {"--version"}
    for code in re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8")):
        if "openphone-sync " in code or code.startswith(("run ", "check ", "status ", "undo ", "--")):
            for option in re.findall(r"(?<!\S)--[a-z][a-z-]+", code):
                assert option in known, f"{page.name}: `{code}`"


def test_the_first_configuration_loads(tmp_path: Path) -> None:
    whole = [text for text in blocks(README, "yaml") if "openphone:" in text]
    assert whole
    for text in whole:
        loaded = loads(text, tmp_path / "config.yaml", {"OPENPHONE_API_KEY": "key"})
        assert loaded.config.syncs


def test_the_parts_of_a_configuration_load(tmp_path: Path) -> None:
    parts = [text for text in blocks(README, "yaml") if "openphone:" not in text]
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
        EXIT_STALE,
    }
    assert "held" in table[str(EXIT_HELD)]
    assert "configuration" in table[str(EXIT_USAGE)]


def test_every_guarantee_names_a_test_that_exists() -> None:
    named = set(re.findall(r"`(tests/[a-z_/]+\.py)`", README))
    assert named
    assert not {name for name in named if not (ROOT / name).exists()}


@pytest.mark.parametrize("page", PAGES, ids=from_the_root)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for match in LINK.finditer(FENCE.sub("", text)):
        target = match["target"]
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{page.name}: {target}"
        assert linked.is_relative_to(ROOT), f"{page.name}: {target} is not in the repository"
        if anchor and linked.suffix == ".md":
            assert anchor in anchors(linked.read_text(encoding="utf-8")), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=from_the_root)
def test_paths_in_code_are_those_of_files(page: Path) -> None:
    names = {path.name for path in FILES}
    for code in re.findall(r"`([^`\n]+)`", FENCE.sub("", page.read_text(encoding="utf-8"))):
        for place in PLACE.findall(code):
            assert (ROOT / place).exists() or (page.parent / place).exists(), f"{page.name}: `{code}`"
        for name in BARE.findall(code):
            assert name in names, f"{page.name}: `{code}`"


@pytest.mark.parametrize("source", SOURCES, ids=from_the_root)
def test_what_code_points_to_is_in_the_repository(source: Path) -> None:
    pages = {page.name for page in PAGES}
    for place in POINTER.findall(source.read_text(encoding="utf-8")):
        assert place in pages or (ROOT / place).exists(), f"{source.name}: {place}"


def anchors(text: str) -> set[str]:
    """The anchors that GitHub makes of headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_published_version_is_in_the_changelog() -> None:
    from sync import __version__

    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert __version__ in changelog or "Unreleased" in changelog
