"""docs/how-it-works.md says what the code does."""

from __future__ import annotations

import re

from sync.plan.decide import table
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "how-it-works.md"


def rows_below(heading: str) -> list[tuple[str, ...]]:
    """The rows of the table below a heading of the page, without its own head."""
    part = PAGE.read_text(encoding="utf-8").split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines[2:]]


def test_the_table_of_outcomes_is_the_one_that_decides() -> None:
    assert rows_below("What becomes of a row") == table()


def test_the_wings_are_those_that_there_are() -> None:
    named = [re.sub(r"`(sync/)?([a-z_]+)`", r"\2", row[0]) for row in rows_below("The wings")]
    folders = {path.parent.name for path in (PAGE.parent.parent / "sync").glob("*/__init__.py")}
    assert set(named) == folders | {"connectors"}


def test_the_glossary_has_the_words_that_the_house_uses() -> None:
    words = [row[0] for row in rows_below("Glossary")]
    assert {"tracked", "held back", "label", "plan", "intent", "session"} <= set(words)
    assert len(words) == len(set(words))
