"""``where``: only these rows; one that leaves is as if gone, and how many were left out, and why, is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from connectors.base import Cell
from sync.cli.main import main
from sync.mapping.where import Condition, left_out
from tests.connectors.test_crm_run import configure as crm
from tests.connectors.test_crm_run import served
from tests.support.run_bench import run
from tests.support.workbench import COLUMNS, Workbench, people, person, workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("condition", "kept", "out"),
    [
        ("active", ["active", " Active "], ["", "lead", None, "inactive"]),
        (["active", "vip"], ["VIP", "active"], ["lead"]),
        ({"not": "yes"}, ["no", "", None, "FALSE", False], ["Yes", "TRUE", True, "ja", "1"]),
        ({"is": "yes"}, ["x", True, "Sí"], ["", "no"]),
        ({"not": ["lead", "lost"]}, ["active", ""], ["Lead", "lost"]),
        ({"blank": False}, ["x", 0, "415"], ["", " ", None, [], "N/A", "-"]),
        ({"blank": True}, ["", None, "n/a"], ["x"]),
        ({"matches": "^vip|gold"}, ["VIP 1", "in Gold"], ["a vip", ""]),
        ({"after": "2026-01-01"}, ["2026-01-02", "24 Nov 2026"], ["2026-01-01", "", "TBD", "2025-12-31"]),
        ({"before": "2026-01-01", "format": "%d/%m/%Y"}, ["31/12/2025"], ["01/01/2026"]),
        (5, ["5", 5, 5.0, "5.0"], ["6", "", "05a"]),
        (["active"], [["lead", "active"]], [["lead"]]),
    ],
)
def test_conditions(condition: Any, kept: list[Cell], out: list[Cell]) -> None:
    where = {"status": Condition.model_validate(condition)}
    assert [cell for cell in kept if left_out(where, {"status": cell}) is not None] == []
    assert [cell for cell in out if left_out(where, {"status": cell}) is None] == []


def test_a_row_that_leaves_is_as_if_gone_and_comes_back(bench: Workbench) -> None:
    bench.configure(where={"company": ["Acme"], "notes": {"not": "yes"}})
    bench.write(
        [*people(3), person(3, company="Other"), person(3), person(4, notes="yes"), person(5, id="", company="x")]
    )
    result = run(bench)
    assert (result.counts, result.sync["counts"]["rows"]) == ({"created": 4, "filtered": 3}, 7)
    bench.write([*people(2), person(2, company="Other"), person(3)])
    dry = run(bench, "--dry-run")
    assert dry.counts == {"deleted": 1, "unchanged": 3, "filtered": 1}
    assert run(bench).counts == dry.counts
    bench.write(people(4))
    assert run(bench).counts == {"created": 1, "unchanged": 3}


def test_limits_hold_what_a_filter_would_take(bench: Workbench) -> None:
    bench.write(people(30))
    run(bench)
    bench.configure(where={"company": "Other"})
    result = run(bench)
    assert (result.exit, result.counts) == (4, {"held": 30, "filtered": 30})
    assert "no rows" in result.reasons("held")[0]


def test_the_report_says_how_many_and_why(bench: Workbench) -> None:
    bench.configure(where={"company": ["Acme", "Roe"]})
    bench.write([person(0), person(1, company="Other"), person(2, company="")])
    said = CliRunner().invoke(main, ["run", "-c", str(bench.config), "--dry-run"]).stdout
    assert "2 rows left out by where: company is not Acme or Roe" in said
    assert ", 2 left out by where; " in said


def test_a_cell_that_cannot_be_read_leaves_its_contact_alone(bench: Workbench) -> None:
    bench.configure(where={"notes": {"after": "2026-01-01"}})
    bench.write([person(0, notes="2026-02-01"), person(1, notes="2026-02-01")])
    assert run(bench).counts == {"created": 2}
    for cell in ("03/04/2026", "#N/A"):
        bench.write([person(0, notes="2026-02-01"), person(1, notes=cell)])
        result = run(bench)
        assert result.counts == {"unchanged": 1, "rejected": 1}
        assert "where" in result.reasons("rejected")[0]
    assert len(bench.sandbox.contacts) == 2


def test_an_unknown_column_is_a_mistake_of_the_configuration(bench: Workbench) -> None:
    bench.configure(where={"statuss": "active"})
    bench.write([{**person(0), "status": "active"}], (*COLUMNS, "status"))
    result = run(bench)
    assert result.exit == 2
    assert "unknown column 'statuss' (syncs.customers.where.statuss)" in result.error
    assert "status" in result.error


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"a": None}, "expected a value, a list of values, or a mapping"),
        ({"a": {}}, "expected a value, a list of values, or a mapping"),
        ({"a": {"nott": 1}}, "did you mean 'not'"),
        ({"a": {"matches": "("}}, "expected a regular expression"),
        ({"a": {"before": "soon"}}, "expected a date such as"),
        ({"a": {"blank": "perhaps"}}, "expected true or false"),
        ({"a": []}, "expected a value, or a list of values"),
    ],
)
def test_mistakes_are_named(bench: Workbench, where: dict[str, Any], words: str) -> None:
    bench.configure(where=where)
    bench.write(people(1))
    done = CliRunner().invoke(main, ["run", "-c", str(bench.config)])
    assert done.exit_code == 2
    assert words in done.output


def test_with_pages_a_filtered_row_waits_and_with_changes_it_is_gone_at_once(tmp_path: Path) -> None:
    with served() as server, workbench(tmp_path) as bench:
        crm(bench, server)
        bench.configure(where={"first": {"not": "Left"}})
        assert run(bench).counts == {"created": 25}
        server.records[3]["name"]["first"] = "Left"
        assert run(bench).counts == {"unchanged": 24, "waiting": 1, "filtered": 1}
        assert run(bench).counts == {"unchanged": 24, "deleted": 1, "filtered": 1}

        crm(bench, server, incremental={"param": "updated_since", "full_every": "1d"})
        run(bench)
        everyone = list(server.records)
        server.records[5]["name"]["first"] = "Left"
        server.records[:] = [everyone[5]]  # what changed, that is
        dry = run(bench, "--dry-run")
        assert dry.counts == {"deleted": 1, "filtered": 1}
        assert run(bench).counts == dry.counts

        server.records[:] = everyone
        bench.configure(where={"first": {"blank": False}})
        result = run(bench)
        assert result.counts == {"created": 2, "unchanged": 23}, "another where reads everything again"
