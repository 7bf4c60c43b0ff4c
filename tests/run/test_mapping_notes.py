"""What people can look up of a mapping: a row to see it by, and what changed when."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sync.mapping.options import MappingOptions
from sync.mapping.said import mapping_said
from sync.run.mapping_notes import MappingNotes, read_mapping
from sync.sandbox import SandboxOptions, SandboxThread
from sync.state.store import State
from tests.support.workbench import SYNC, Workbench, people


def noted(bench: Workbench) -> MappingNotes:
    with State.open(f"sqlite:///{bench.state}", read_only=True) as state:
        return read_mapping(state.notes, "customers")


@pytest.fixture
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with SandboxThread(SandboxOptions(requests_per_second=1000)) as sandbox:
        made = Workbench(tmp_path_factory.mktemp("mapping"), sandbox)
        made.write(people(3))
        made.run()
        yield made


def test_a_row_and_what_changed(bench: Workbench) -> None:
    first = noted(bench)
    assert first.row == 2
    assert first.cells["email"] == "ana0@example.com"
    assert first.changes == ()
    bench.configure(fields={**SYNC["fields"], "company": ["company", "notes"], "role": "notes"})
    bench.run("--dry-run")
    assert noted(bench).changes == ()
    bench.run()
    bench.run()
    changes = {change.part: (change.was, change.now, change.run) for change in noted(bench).changes}
    assert changes == {
        "company": ("company", "company, or notes where that is empty", 2),
        "role": ("", "notes", 2),
    }


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("a", "a"),
        (["a", "b", "c"], "a, or b where that is empty, or c where that is empty"),
        ({"column": "a", "part": "first"}, "the first name in a"),
        ({"template": "{a} ({b})"}, "{a} ({b})"),
        ({"value": "VIP"}, "always VIP"),
        ({"column": "a", "map": {"x": "1", "y": "2"}, "default": "none"},
         "a; x becomes 1 and y becomes 2; none where that is empty"),
        ({"column": "a", "policy": "keep_edits"}, "a; edits in the app stay"),
    ],
)  # fmt: skip
def test_a_mapping_in_words(spec: object, said: str) -> None:
    options = MappingOptions.model_validate({"key": "id", "fields": {"firstName": "n", "lastName": spec}})
    assert mapping_said(options)["lastName"] == said
