"""Deletes need certainty: a contact that may be a row without a key of its own is held while that row stays so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.run_bench import run
from tests.support.workbench import Row, Workbench, people, person, workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """Eight contacts in step."""
    with workbench(tmp_path) as opened:
        opened.write(people(8))
        assert opened.run().exit == 0
        yield opened


def with_row(number: int, **cells: str) -> list[Row]:
    """The eight rows, one of them changed."""
    return [person(n, **(cells if n == number else {})) for n in range(8)]


def same_in_a_dry_run(bench: Workbench, *options: str) -> object:
    """A run that a dry run foretold."""
    dry = run(bench, "--dry-run", *options)
    real = run(bench, *options)
    assert (real.exit, real.counts, real.sync["warnings"]) == (dry.exit, dry.counts, dry.sync["warnings"])
    return real.exit, real.counts


@pytest.mark.parametrize("key", ["c0", "", " ", "x" * 80], ids=["dragged down", "emptied", "blank", "too long"])
def test_a_contact_is_held_while_the_row_that_may_be_its_own_has_no_key(bench: Workbench, key: str) -> None:
    bench.write(with_row(1, id=key))
    for _ in range(3):
        assert same_in_a_dry_run(bench) == (4, {"unchanged": 7, "rejected": 1, "held": 1})
    (problem,) = [p for p in run(bench).sync["problems"] if p["kind"] == "held"]
    assert (problem["external_id"], problem["action"]) == ("c1", "delete")
    assert "row 3 has no usable key of its own" in problem["reason"]
    assert "--max-deletes 1" in problem["reason"]
    assert len(bench.sandbox.contacts) == 8

    bench.write(people(8))
    assert run(bench).counts == {"unchanged": 8}


def test_a_placeholder_in_many_rows_deletes_nobody(bench: Workbench) -> None:
    bench.write([person(n, **({"id": "TBD"} if n >= 3 else {})) for n in range(8)])
    result = run(bench)
    assert result.exit == 4
    assert result.counts == {"unchanged": 3, "rejected": 4, "held": 6}
    assert {f"c{n}" for n in range(8)} <= {c["externalId"] for c in bench.sandbox.contacts.values()}


def test_the_row_is_still_suspected_when_it_is_edited_moved_or_sorted(bench: Workbench) -> None:
    bench.write(with_row(1, id="c0"))
    assert run(bench).counts == {"unchanged": 7, "rejected": 1, "held": 1}
    bench.write(with_row(1, id="c0", company="Moved"))
    assert run(bench).counts == {"unchanged": 7, "rejected": 1, "held": 1}
    bench.write(with_row(1, id="", company="Moved")[::-1])
    result = run(bench)
    assert result.counts == {"unchanged": 7, "rejected": 1, "held": 1}
    assert "row 8 has no usable key" in result.reasons("held")[0]
    bench.configure(fields={"firstName": "first"})
    assert run(bench).counts["held"] == 1, "another mapping makes other digests"


def test_the_first_of_two_rows_with_one_key_may_be_the_missing_one(bench: Workbench) -> None:
    bench.write(with_row(1, id="c0"))
    run(bench)
    bench.write(with_row(1, id="c0")[::-1])
    assert run(bench).counts == {"unchanged": 6, "rejected": 1, "held": 2}
    assert not bench.wrong(people(8))


def test_other_deletes_go_on_once_the_row_was_so_before(bench: Workbench) -> None:
    bench.write(with_row(1, id=""))
    assert run(bench).counts == {"unchanged": 7, "rejected": 1, "held": 1}
    bench.write(with_row(1, id="")[:-1])
    assert same_in_a_dry_run(bench) == (4, {"unchanged": 6, "rejected": 1, "held": 1, "deleted": 1})
    assert not bench.sandbox.by_external_id("c7")
    assert bench.sandbox.by_external_id("c1")


def test_when_the_row_goes_the_contact_goes(bench: Workbench) -> None:
    bench.write(with_row(1, id=""))
    run(bench)
    bench.write([row for row in people(8) if row["id"] != "c1"])
    assert same_in_a_dry_run(bench) == (0, {"unchanged": 7, "deleted": 1})


def test_deletes_that_are_meant_pass(bench: Workbench) -> None:
    bench.write(with_row(1, id="c0")[:-1])
    assert run(bench).counts == {"unchanged": 6, "rejected": 1, "held": 2}
    assert "--max-deletes 2" in run(bench).reasons("held")[0]
    assert run(bench, "--max-deletes", "1").counts == {"unchanged": 6, "rejected": 1, "held": 2}
    assert same_in_a_dry_run(bench, "--max-deletes", "2") == (3, {"unchanged": 6, "rejected": 1, "deleted": 2})


FOOTERS = [
    [{"id": "", "first": "Walk-in sales", "phone": "8"}],
    [{"id": "", "first": "As told by Ana on 2026-03-01 10:22"}],
    [{"id": ""}, {"id": "", "notes": "confidential"}],
    [{"id": "c0", "company": "Second property of c0"}, {"id": "c0", "company": "Third"}],
]


@pytest.mark.parametrize("footer", FOOTERS)
def test_rows_that_were_so_before_hold_nothing(tmp_path: Path, footer: list[Row]) -> None:
    blank = dict.fromkeys(person(0), "")
    with workbench(tmp_path) as bench:
        bench.write([*people(8), *(blank | row for row in footer)])
        bench.run()
        bench.write([*people(7), *(blank | row for row in footer)])
        result = run(bench)
        assert (result.exit, result.counts["deleted"], result.counts.get("held")) == (3, 1, None)
        bench.write([person(6), *(blank | row for row in footer[::-1]), *people(6)])
        assert run(bench).counts.get("held") is None


def test_a_footer_that_counts_is_the_same_footer(tmp_path: Path) -> None:
    blank = dict.fromkeys(person(0), "")
    with workbench(tmp_path) as bench:
        for count in range(8, 4, -1):
            bench.write([*people(count), blank | {"first": "Total", "last": f"{count} contacts", "phone": str(count)}])
            result = run(bench)
            assert result.counts.get("held") is None, count
        assert len(bench.sandbox.contacts) == 5


def test_a_person_that_resembles_another_is_no_footer(bench: Workbench) -> None:
    bench.write([*people(8), person(20, id="")])
    run(bench)
    bench.write([*people(7), person(20, id="c20"), person(7, id="")])
    assert run(bench).counts["held"] == 1


def test_doubled_rows_whose_mapped_cells_are_equal_are_one_row(bench: Workbench) -> None:
    bench.write([*people(8), person(3), person(3)])
    result = run(bench)
    assert (result.exit, result.counts, result.sync["problems"]) == (0, {"unchanged": 8}, [])
    bench.write([*people(7), person(3)])
    assert same_in_a_dry_run(bench) == (0, {"unchanged": 7, "deleted": 1})


def test_what_was_missing_before_the_row_lost_its_key_is_not_that_row(bench: Workbench) -> None:
    bench.configure(max_deletes=0)
    bench.write(people(7))
    assert run(bench).counts == {"unchanged": 7, "held": 1}
    bench.configure(max_deletes="10%")
    bench.write([*people(6), person(6, id="")])
    assert run(bench).counts == {"unchanged": 6, "rejected": 1, "held": 1, "deleted": 1}
    assert bench.sandbox.by_external_id("c6")


def test_a_kept_contact_is_remembered_as_missing_too(bench: Workbench) -> None:
    bench.configure(on_missing="keep")
    bench.write(with_row(1, id=""))
    assert run(bench).exit == 3
    bench.configure(on_missing="delete")
    assert run(bench).counts == {"unchanged": 7, "rejected": 1, "held": 1}


def test_a_limit_and_a_suspicion_are_told_apart(bench: Workbench) -> None:
    bench.write(with_row(1, id=""))
    run(bench)
    bench.write(with_row(1, id="")[:3])
    result = run(bench)
    assert result.counts == {"unchanged": 2, "rejected": 1, "held": 6}
    reasons = result.reasons("held")
    assert sum("5 deletes of 8" in reason for reason in reasons) == 5
    assert sum("row 3 has no usable key" in reason for reason in reasons) == 1
    assert all("--max-deletes 6" in reason for reason in reasons)
    assert run(bench, "--max-deletes", "6").counts == {"unchanged": 2, "rejected": 1, "deleted": 6}


def test_a_create_that_was_cut_off_is_no_row_without_a_key_either(bench: Workbench) -> None:
    """The contact was made, nobody knows; meanwhile its row lost its key."""
    bench.sandbox.faults.every(1, "hang_after", {"POST"})
    bench.write(people(9))
    process = bench.start()
    while len(bench.sandbox.contacts) < 9:
        pass
    process.kill()
    process.communicate()
    bench.sandbox.faults.clear()
    bench.write([*people(8), person(8, id="")])
    for _ in range(2):
        assert run(bench).counts == {"unchanged": 8, "rejected": 1, "held": 1}
    bench.write(people(8))
    assert run(bench).counts == {"unchanged": 8, "deleted": 1}


@pytest.mark.parametrize("count", [3, 12, 60])
def test_a_key_dragged_up_makes_nobody_somebody_else(bench: Workbench, count: int) -> None:
    bench.write(people(count))
    run(bench, "--max-deletes", "100%")
    bench.write([person(0, id="c1"), *people(count)[1:]])
    for _ in range(2):
        assert same_in_a_dry_run(bench) == (4, {"unchanged": count - 2, "rejected": 1, "held": 2})
    assert not bench.wrong(people(count))
    reasons = run(bench).reasons("held")
    assert any("row 3 has the same key and is just as this contact was" in reason for reason in reasons)

    bench.write(people(count))
    assert run(bench).counts == {"unchanged": count}


def test_the_row_above_counts_where_that_is_meant(bench: Workbench) -> None:
    bench.write([person(0, id="c1"), *people(8)[1:]])
    assert run(bench, "--max-rewrites", "1").counts == {"unchanged": 6, "updated": 1, "rejected": 1, "held": 1}


def test_lines_of_one_person_may_be_sorted(bench: Workbench) -> None:
    bench.write([*people(8), person(3, company="House 2")])
    assert run(bench).counts == {"unchanged": 8, "rejected": 1}
    bench.write([person(3, company="House 2"), *people(8)])
    assert run(bench).counts == {"unchanged": 7, "updated": 1, "rejected": 1}
