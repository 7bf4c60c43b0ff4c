"""Rows that cannot be, and changes that are too many: named or held back, while the rest of a run goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.run_bench import landed, one, run
from tests.support.workbench import Workbench, people, person, workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        yield made


# --- rows that cannot be ------------------------------------------------------------------------------------------


def test_a_bad_row_is_named_and_the_rest_goes_on(bench: Workbench) -> None:
    bench.write([person(0), person(1, phone="12"), person(2, first=""), person(3, id=" "), person(0), person(4)])
    result = run(bench)
    assert (result.exit, result.sync["status"]) == (3, "partial")
    assert result.counts == {"created": 2, "rejected": 4}
    problems = {p["row"]: (p["external_id"], p["column"], p["value"], p["kind"]) for p in result.sync["problems"]}
    assert problems == {
        3: ("c1", "phone", "12", "rejected"),
        4: ("c2", "first", "", "rejected"),
        5: (None, "id", "", "rejected"),
        6: ("c0", "id", "c0", "rejected"),
    }


def test_a_double_is_named_by_the_cells_of_its_key(bench: Workbench) -> None:
    bench.configure(key=["id", "company"], key_prefix="crm-")
    bench.write([person(0), person(0, first="Twin")])
    (problem,) = run(bench).sync["problems"]
    assert (problem["external_id"], problem["column"], problem["value"]) == ("crm-c0/Acme", "id, company", "c0, Acme")


def test_a_rejected_row_keeps_the_contact_that_it_had(bench: Workbench) -> None:
    bench.write(people(2))
    run(bench)
    bench.write([person(0), person(1, phone="12", company="Moved")])
    result = run(bench)
    assert (result.exit, result.counts) == (3, {"unchanged": 1, "rejected": 1})
    assert bench.wrong(people(2)) == []


def test_a_bad_value_is_left_out_where_that_is_asked_for(bench: Workbench) -> None:
    bench.configure(on_invalid="drop")
    bench.write([person(0), person(1, phone="12")])
    result = run(bench)
    assert (result.exit, result.counts) == (0, {"created": 2})
    assert landed(one(bench, "c1"))["phones"] == []
    bench.write([person(0, phone="12"), person(1, phone="12")])
    assert run(bench).exit == 0
    assert landed(one(bench, "c0"))["phones"] == [("mobile", "+14155550000")], "what is not known is not cleared"


def test_a_refused_row_is_reported_and_not_sent_again_until_it_changes(bench: Workbench) -> None:
    bench.write(people(3))
    bench.sandbox.faults.next("400_refuse", methods=["POST"], reason="No more contacts")
    refused = run(bench)
    assert (refused.exit, refused.counts) == (3, {"created": 2, "failed": 1})
    (problem,) = refused.sync["problems"]
    assert problem["kind"] == "failed"
    assert "No more contacts" in problem["reason"]
    again = run(bench)
    assert (again.exit, again.counts) == (3, {"unchanged": 2, "failed": 1})
    assert "not sent again until" in again.reasons("failed")[0]
    assert bench.sandbox.writes() == []
    bench.write([person(number, company="Moved") for number in range(3)])
    assert run(bench).counts == {"created": 1, "updated": 2}
    assert bench.wrong() == []


def test_a_refused_update_keeps_the_contact_and_is_named(bench: Workbench) -> None:
    bench.write(people(2))
    run(bench)
    bench.write([person(0, company="Moved"), person(1)])
    bench.sandbox.faults.next("400_refuse", methods=["PATCH"])
    assert run(bench).counts == {"failed": 1, "unchanged": 1}
    assert bench.wrong(people(2)) == []
    bench.write(people(2))
    assert run(bench).exit == 0


# --- limits -------------------------------------------------------------------------------------------------------


def test_deletes_above_the_limit_are_held_and_the_rest_goes_on(bench: Workbench) -> None:
    bench.write(people(20))
    run(bench)
    bench.write([person(0, company="Moved"), *people(12, start=1), person(99)])
    for options in (("--dry-run",), ()):
        held = run(bench, *options)
        assert (held.exit, held.sync["status"]) == (4, "held")
        assert held.counts == {"created": 1, "updated": 1, "unchanged": 12, "held": 7}
    assert len(held.reasons("held")) == 7
    assert "--max-deletes 7" in held.reasons("held")[0]
    assert len(bench.sandbox.contacts) == 21
    assert run(bench, "--max-deletes", "6").exit == 4
    assert run(bench, "--max-deletes", "7").counts == {"deleted": 7, "unchanged": 14}
    assert bench.wrong() == []


def test_a_source_without_rows_deletes_nothing(bench: Workbench) -> None:
    bench.write(people(2))
    run(bench)
    bench.write([])
    held = run(bench)
    assert (held.exit, held.counts) == (4, {"held": 2})
    assert "no rows" in held.reasons("held")[0]


def test_a_shifted_column_does_not_rename_everyone(bench: Workbench) -> None:
    bench.configure(max_updates="10%")
    bench.write(people(20))
    run(bench)
    bench.write([person(number, first="Shifted") for number in range(20)])
    held = run(bench)
    assert (held.exit, held.counts) == (4, {"held": 20})
    assert bench.wrong(people(20)) == []
