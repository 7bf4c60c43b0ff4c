"""CONTRIBUTING.md: its map shows every room, and no room that is not there."""

from __future__ import annotations

import re

import pytest

from tests.house.test_house import MODULES, TESTS, WINGS
from tests.support.paths import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAP = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in TEXT.splitlines()
    if line.startswith("| `") or line.startswith("| [")
]
PLACES = {place for where, _ in MAP for place in re.findall(r"`([^`]+)`", where)}
FILE = re.compile(r"`([\w/]+\.py)`")


def covering(path: str) -> str:
    """The nearest place of the map that a module stands in."""
    found = [place for place in PLACES if path == place or (place.endswith("/") and path.startswith(place))]
    return max(found, key=len, default="nothing")


@pytest.mark.parametrize("path", [str(path.relative_to(ROOT)) for path in MODULES.values()])
def test_the_map_shows_every_module(path: str) -> None:
    place = covering(path)
    assert place == path or place == path.rpartition("/")[0] + "/", f"{path} is only covered by {place}"


@pytest.mark.parametrize(("where", "job"), MAP)
def test_the_map_shows_nothing_that_is_not_there(where: str, job: str) -> None:
    folders = [place for place in re.findall(r"`([^`]+)`", where) if place.endswith("/")]
    for place in re.findall(r"`([^`]+)`", where):
        found = ROOT / place
        assert found.is_dir() if place.endswith("/") else found.is_file(), place
    for name in FILE.findall(job):
        assert any((ROOT / folder / name).is_file() for folder in folders), f"{where}: {name}"


def test_the_order_of_imports_is_the_one_that_is_held() -> None:
    order = re.search(r"in this order: ([\w,\s]+)\.", TEXT)
    assert order is not None
    named = [name.strip() for name in order[1].split(",")]
    assert named == [wing.removeprefix("sync.") for wing in WINGS if not wing.endswith("__main__")]


def test_the_example_of_a_test_file_is_one() -> None:
    named = re.findall(r"pytest (tests/\S+\.py)", TEXT)
    assert named
    assert set(named) <= set(TESTS)


def test_tests_mirror_the_wings() -> None:
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name != "__pycache__"}
    wings = {path.parent.name for path in (ROOT / "sync").glob("*/__init__.py")} | {"connectors"}
    assert folders - wings == {"whole", "house", "deploy", "support", "fixtures"}
