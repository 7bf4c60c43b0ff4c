"""A source that did not change is not read again, and what is said of it is what reading it would say."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.cli.main import main
from sync.clock import Clock
from sync.run.same_source import FACT
from sync.state.store import State
from tests.support.workbench import Result, Workbench, hurried, people, person, workbench

ROWS = people(4)


@pytest.fixture
def bench(tmp_path: Path) -> Any:
    with workbench(tmp_path) as opened:
        opened.write(ROWS)
        opened.run()
        yield opened


def undone(bench: Workbench) -> None:
    """Run 1 is put back."""
    around = hurried(bench.list_lag, bench.hurry)
    assert CliRunner().invoke(main, ["undo", "1", "-c", str(bench.config)], obj=around).exit_code == 0


def silent(bench: Workbench, *options: str) -> bool:
    """Whether a run asks nothing."""
    bench.sandbox.forget_requests()
    bench.run(*options)
    return not bench.sandbox.requests


def test_a_second_run_asks_nothing_and_says_the_same(bench: Workbench) -> None:
    bench.write([*ROWS, person(8, phone="12"), person(9, phone="+14155550101 x4")])
    first = bench.run()
    second, third = bench.run(), bench.run("--dry-run")
    assert second.counts == third.counts == {"unchanged": 5, "rejected": 1}
    assert [second.sync[name] for name in ("problems", "source")] == [
        first.sync[name] for name in ("problems", "source")
    ]
    assert second.sync["requests"] == 0
    lost = [[warning["external_id"] for warning in run.sync["warnings"]] for run in (first, second, third)]
    assert lost == [["c9"], [], []], "what was lost is said when the row is brought in step"


CHANGES: dict[str, Callable[[Workbench], object]] = {
    "the file": lambda bench: bench.write([*ROWS[:3], person(3, last="Roe")]),
    "the mapping": lambda bench: bench.configure(region="DE"),
    "a limit": lambda bench: bench.configure(max_deletes="20%"),
    "the state": lambda bench: bench.forget_state(),
    "a day": lambda bench: setattr(bench, "clock", Clock(now=lambda: Clock().now() + 90_000)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_else_is_not_as_it_was_is_a_reason_to_look(
    bench: Workbench, change: Callable[[Workbench], Any]
) -> None:
    assert silent(bench)
    change(bench)
    assert not silent(bench)
    assert silent(bench)


def test_verify_looks(bench: Workbench) -> None:
    assert not silent(bench, "--verify")


def test_after_an_undo_or_a_run_that_failed_it_looks(bench: Workbench) -> None:
    undone(bench)
    assert bench.run().counts == {"created": 4}
    bench.write(people(5))
    bench.sandbox.faults.every(1, "down")
    assert bench.run().exit == 1
    bench.sandbox.faults.clear()
    assert bench.run().counts == {"created": 1, "unchanged": 4}


def test_what_is_held_or_failed_is_looked_at_again(bench: Workbench) -> None:
    bench.write(ROWS[:1])
    assert bench.run().counts == {"unchanged": 1, "held": 3}
    assert not silent(bench)


# Whatever happens, a run that takes the note says what one says that has none.

STEPS = st.sampled_from(["same", "edit", "out", "in", "bad", "lossy", "double", "mapping", "where", "undo", "verify"])


def step(bench: Workbench, what: str, rows: list[dict[str, str]]) -> tuple[str, ...]:
    match what:
        case "edit":
            rows[0] = {**rows[0], "last": rows[0]["last"] + "x"}
        case "out":
            del rows[-1:]
        case "in":
            rows.append(person(10 + len(rows)))
        case "bad":
            rows.append(person(30 + len(rows), phone="12"))
        case "lossy":
            rows.append(person(50 + len(rows), phone=f"+1415555{len(rows):04d} x4", notes=""))
        case "double":
            rows.append({**rows[0], "last": "Twin"})
        case "mapping":
            bench.configure(region="CA")
        case "where":
            bench.configure(where={"last": {"not": "Núñezx"}})
        case "undo":
            undone(bench)
    bench.write(rows)
    return ("--verify",) if what == "verify" else ()


def said(result: Result) -> dict[str, Any]:
    report = result.sync
    told = {name: report[name] for name in ("counts", "status", "error", "source", "problems", "warnings")}
    changes = [{name: value for name, value in change.items() if name != "contact_id"} for change in report["changes"]]
    return {"exit": result.exit, **told, "changes": changes}


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=3, max_size=7))
def test_a_run_with_the_note_says_what_one_without_says(steps: list[str]) -> None:
    with ExitStack() as stack:
        noting, plain = (
            stack.enter_context(workbench(Path(stack.enter_context(TemporaryDirectory())), wait=0.05)) for _ in range(2)
        )
        rows, twins = people(4), people(4)
        for what in ("same", *steps, "same"):
            options = step(noting, what, rows)
            step(plain, what, twins)
            with State.open(f"sqlite:///{plain.state}") as state:
                state.notes.set_fact("customers", FACT, None)
            assert said(noting.run(*options)) == said(plain.run(*options))
