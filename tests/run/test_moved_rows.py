"""An id column that slipped: who seems gone, or new, is somebody under another row's key, and held."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.run_bench import run
from tests.support.workbench import Row, people, person, workbench


def slipped(rows: list[Row], by: int) -> list[Row]:
    """The ids some rows further down, as after cells were inserted above them; the first rows got new ones."""
    return [row | {"id": rows[n - by]["id"] if n >= by else f"new{n}"} for n, row in enumerate(rows)]


@pytest.mark.parametrize("by", [1, 2])
@pytest.mark.parametrize("cells", [{}, {"phone": "", "email": ""}], ids=["with numbers", "with names alone"])
def test_nobody_is_deleted_or_doubled_where_the_ids_slipped(tmp_path: Path, by: int, cells: Row) -> None:
    with workbench(tmp_path) as bench:
        rows = [row | cells for row in people(20)]
        bench.write(rows)
        assert bench.run().exit == 0
        bench.write(slipped(rows, by))
        for options in (["--dry-run"], [], ["--verify"]):
            result = run(bench, *options)
            assert (result.exit, result.counts) == (4, {"held": 20 + by})
        assert bench.wrong(rows) == []
        assert {problem["action"] for problem in result.sync["problems"]} == {"create", "update", "delete"}
        bench.write(rows)
        assert run(bench).counts == {"unchanged": 20}


def test_where_it_is_meant_one_option_lets_all_of_it_through(tmp_path: Path) -> None:
    with workbench(tmp_path) as bench:
        rows = people(20)
        bench.write(rows)
        assert bench.run().exit == 0
        bench.write(slipped(rows, 1))
        result = run(bench, "--max-rewrites", "19")
        assert (result.exit, result.counts) == (0, {"created": 1, "updated": 19, "deleted": 1})
        assert bench.wrong() == []


def test_who_has_nothing_to_do_with_it_comes_and_goes(tmp_path: Path) -> None:
    with workbench(tmp_path) as bench:
        rows = people(30)
        bench.write(rows)
        assert bench.run().exit == 0
        renamed = [row | {"first": f"Zed{number}"} for number, row in enumerate(rows)]
        bench.write([*renamed[:-1], person(100)])
        result = run(bench)
        assert (result.exit, result.counts) == (4, {"created": 1, "deleted": 1, "held": 29})


@pytest.mark.parametrize("word", ["undefined", "NaN", "#LOADING", "[object Object]", "#GIÁ TRỊ!"])
def test_what_a_program_writes_for_no_key_is_none(tmp_path: Path, word: str) -> None:
    with workbench(tmp_path) as bench:
        rows = people(8)
        bench.write(rows)
        assert bench.run().exit == 0
        bench.write([*rows[:-1], rows[-1] | {"id": word, "first": "Zoë", "phone": "", "email": ""}])
        for _ in range(2):
            result = run(bench)
            assert (result.exit, result.counts) == (4, {"unchanged": 7, "rejected": 1, "held": 1})
        assert bench.wrong(rows) == []
