"""The structure: which way the arrows run, and how large a room may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LONGEST = 400
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("sync", "connectors")
    for path in sorted((ROOT / package).rglob("*.py"))
}
COMMAND_LINE = ("sync.cli", "sync.__main__")


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imports(module: str, *, when_loaded: bool = False) -> set[str]:
    """The modules of ours that ``module`` imports: anywhere, or while it is being loaded."""
    found: set[str] = set()
    for node in _nodes(tree(module), when_loaded):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are absolute"
            submodules = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else node.module or "" for name in submodules]
        else:
            continue
        found |= {name for name in names if name in MODULES}
    return found - {module}


def _nodes(node: ast.AST, when_loaded: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if when_loaded and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child
        yield from _nodes(child, when_loaded)


def reached(start: str, *, when_loaded: bool = False) -> set[str]:
    """All that ``start`` imports, and what that imports, and so on."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = imports(waiting.pop(), when_loaded=when_loaded) - found
        found |= new
        waiting += new
    return found


@pytest.mark.parametrize("module", [name for name in MODULES if name.split(".")[0] == "connectors"])
def test_connectors_know_nothing_of_the_sync(module: str) -> None:
    assert not {name for name in imports(module) if name.split(".")[0] == "sync"}


@pytest.mark.parametrize("module", MODULES)
def test_nothing_imports_itself_round_a_corner(module: str) -> None:
    assert module not in reached(module), f"{module} is imported by what it imports"


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("sync.")])
def test_only_the_command_line_knows_the_command_line(module: str) -> None:
    if not module.startswith(COMMAND_LINE):
        assert not {name for name in imports(module) if name.startswith("sync.cli")}


FORBIDDEN = {
    "sync.contacts.contact": ("sync.",),
    "sync.contacts.problem": ("sync.",),
    "sync.mapping.values": ("sync.state.contacts", "sync.openphone.client", "sync.plan.plan", "sync.mapping.mapper"),
    "sync.mapping.mapper": ("sync.state.contacts", "sync.openphone.client", "sync.plan.plan", "sync.run.apply"),
    "sync.plan.plan": ("sync.state.contacts", "sync.openphone.client", "sync.mapping.mapper", "sync.run.apply", "sync.run.reconcile"),
    "sync.run.apply": ("sync.mapping.mapper", "sync.run.reconcile", "sync.run.story"),
    "sync.run.report": ("sync.state.contacts", "sync.openphone.client", "sync.run.story"),
    "sync.state.contacts": ("sync.openphone.client", "sync.plan.plan", "sync.mapping.mapper", "sync.run.story"),
    "sync.openphone.client": ("sync.state.contacts", "sync.plan.plan", "sync.mapping.mapper"),
    "sync.run.story": ("sync.daemon.daemon", "sync.daemon.web"),
}


@pytest.mark.parametrize("module", FORBIDDEN)
def test_arrows_run_one_way(module: str) -> None:
    assert not {name for name in imports(module) if name.startswith(FORBIDDEN[module])}


@pytest.mark.parametrize("module", ["sync.contacts.contact", "sync.plan.plan", "sync.mapping.mapper", "sync.mapping.values", "sync.run.report"])
def test_what_decides_speaks_to_nobody(module: str) -> None:
    loaded = {
        name
        for each in {module, *reached(module, when_loaded=True)}
        for node in _nodes(tree(each), True)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not {name for name in loaded if name.split(".")[0] in ("aiohttp", "sqlalchemy", "click", "socket")}


def test_only_the_client_speaks_to_the_api() -> None:
    speaks = {
        name
        for name in MODULES
        if name.startswith("sync.")
        and any(
            isinstance(node, ast.Import) and any(alias.name == "aiohttp" for alias in node.names)
            for node in ast.walk(tree(name))
        )
    }
    served = {name for name in speaks if name.startswith(("sync.sandbox", "sync.daemon.web"))}
    assert speaks - served <= {"sync.openphone.client", "sync.daemon.daemon", "sync.daemon.notify", "sync.daemon.alerts", "sync.daemon.runner"}


@pytest.mark.parametrize("module", MODULES)
def test_every_module_says_what_it_is_for(module: str) -> None:
    assert ast.get_docstring(tree(module))


@pytest.mark.parametrize("module", MODULES)
def test_no_room_is_too_large(module: str) -> None:
    lines = len(MODULES[module].read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, f"{module} has {lines} lines"


def test_the_run_is_told_in_a_screenful() -> None:
    story = next(
        node
        for node in tree("sync.run.story").body
        if isinstance(node, ast.AsyncFunctionDef) and node.name == "_pass_from"
    )
    assert (story.end_lineno or 0) - story.lineno <= 70
