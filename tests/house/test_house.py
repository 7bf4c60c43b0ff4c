"""The structure: which way the arrows run, and how large a room may be."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache

import pytest

from tests.support.paths import ROOT

LONGEST = 400
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("sync", "connectors")
    for path in sorted((ROOT / package).rglob("*.py"))
}


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


WINGS = (
    "connectors",
    "sync.clock",
    "sync.files",
    "sync.wording",
    "sync.characters",
    "sync.sheet",
    "sync.redaction",
    "sync.unexpected",
    "sync.options",
    "sync.contacts",
    "sync.mapping",
    "sync.openphone",
    "sync.state",
    "sync.plan",
    "sync.run",
    "sync.lookback",
    "sync.config",
    "sync.first_config",
    "sync.daemon",
    "sync.sandbox",
    "sync.cli",
    "sync.__main__",
)
"""In the order of a run: each may import what stands before it, and nothing after."""


def wing(module: str) -> int:
    """The place of the wing that a module belongs to; the bare package ``sync``, which has a version only, is first."""
    if module == "sync":
        return 0
    (place,) = [at for at, name in enumerate(WINGS) if module == name or module.startswith(f"{name}.")]
    return place


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_one_way(module: str) -> None:
    later = {name for name in imports(module) if wing(name) > wing(module)}
    assert not later, f"{module} ({WINGS[wing(module)]}) imports {', '.join(sorted(later))}"


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("sync.sandbox")])
def test_the_sandbox_judges_by_itself(module: str) -> None:
    ours = {name for name in imports(module) if not name.startswith("sync.sandbox")}
    assert ours <= {"sync.files"}


def test_only_the_command_line_knows_the_sandbox() -> None:
    knows = {name for name in MODULES if any(other.startswith("sync.sandbox") for other in imports(name))}
    assert {WINGS[wing(name)] for name in knows} <= {"sync.sandbox", "sync.cli"}


@pytest.mark.parametrize("module", MODULES)
def test_nothing_imports_itself_round_a_corner(module: str) -> None:
    assert module not in reached(module), f"{module} is imported by what it imports"


PURE = (
    "sync.contacts.change",
    "sync.plan.plan",
    "sync.plan.decide",
    "sync.mapping.compiler",
    "sync.mapping.values",
    "sync.run.report",
)


@pytest.mark.parametrize("module", PURE)
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


SPEAKERS = ("openphone.transport", "daemon.daemon", "daemon.notify")


def test_only_the_transport_speaks_to_the_api() -> None:
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
    assert speaks - served <= {f"sync.{name}" for name in SPEAKERS}


_CSV = """
openphone: {api_key: k}
syncs: {a: {source: {type: csv, path: a.csv}, key: id, fields: {firstName: name}}}
"""


@pytest.mark.parametrize("what", ["", f"; sync.config.file.loads({_CSV!r}, pathlib.Path('config.yaml'), {{}})"])
def test_reading_a_configuration_loads_nothing_heavy(what: str) -> None:
    heavy = ("aiohttp", "gspread", "sqlalchemy", "phonenumbers")
    code = f"import pathlib, sys, sync.config.file{what}; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("module", MODULES)
def test_every_module_says_what_it_is_for(module: str) -> None:
    assert ast.get_docstring(tree(module))


@pytest.mark.parametrize("module", MODULES)
def test_no_room_is_too_large(module: str) -> None:
    lines = len(MODULES[module].read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, f"{module} has {lines} lines"


def test_the_run_is_told_in_a_screenful() -> None:
    assert len(MODULES["sync.run.story"].read_text(encoding="utf-8").splitlines()) <= 100
    story = next(
        node for node in tree("sync.run.story").body if isinstance(node, ast.AsyncFunctionDef) and node.name == "_pass"
    )
    assert (story.end_lineno or 0) - story.lineno <= 20


TESTS = {str(path.relative_to(ROOT)): path for path in sorted((ROOT / "tests").rglob("*.py"))}


@pytest.mark.parametrize("module", TESTS)
def test_no_room_of_the_tests_is_too_large(module: str) -> None:
    lines = len(TESTS[module].read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, f"{module} has {lines} lines"


LONGEST_PARAMETER_LIST = 8


@pytest.mark.parametrize("module", MODULES)
def test_values_travel_together(module: str) -> None:
    """A command's parameters are its options; everywhere else a long list is a value that has no name yet."""
    if module.startswith("sync.cli"):
        return
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            named = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            count = sum(1 for argument in named if argument.arg not in ("self", "cls"))
            assert count <= LONGEST_PARAMETER_LIST, f"{module}: {node.name} takes {count}"
