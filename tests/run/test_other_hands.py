"""Two states with one configuration, or an older copy of a state: they are noticed, and delete nothing in that run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.run_bench import run
from tests.support.workbench import Result, Workbench, people, person, workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """Twenty contacts in step: the server."""
    with workbench(tmp_path / "server") as opened:
        opened.write(people(20))
        assert opened.run().exit == 0
        yield opened


@pytest.fixture
def laptop(bench: Workbench, tmp_path: Path) -> Workbench:
    """The same configuration with a state of its own, which has adopted everybody."""
    other = Workbench(tmp_path / "laptop", bench.sandbox)
    other.write(people(20))
    assert other.run().counts == {"adopted": 20}
    return other


@contextmanager
def restored(bench: Workbench) -> Iterator[None]:
    """What happens in this block is not known to the state afterwards."""
    copy = bench.folder / "state.copy"
    shutil.copyfile(bench.state, copy)
    yield
    bench.forget_state()
    shutil.copyfile(copy, bench.state)


def says_so(result: Result, held: int) -> None:
    """The run names the other hand and holds its deletes."""
    assert [warning["kind"] for warning in result.sync["warnings"]] == ["foreign_hand"]
    assert (result.exit, result.counts["held"], result.counts.get("deleted")) == (4, held, None)
    reason = result.reasons("held")[0]
    assert "another state works with this configuration" in reason
    assert f"--max-deletes {held}" in reason


def foretold(bench: Workbench, *options: str) -> Result:
    """A run, after a dry run that says the same."""
    dry, real = run(bench, "--dry-run", *options), run(bench, *options)
    assert (dry.exit, dry.counts, dry.sync["warnings"]) == (real.exit, real.counts, real.sync["warnings"])
    return real


def test_contacts_that_another_state_made_again(bench: Workbench, laptop: Workbench) -> None:
    laptop.write(people(16))
    assert run(laptop).counts == {"deleted": 4, "unchanged": 16}
    laptop.write(people(18))
    assert run(laptop).counts == {"created": 2, "unchanged": 16}
    bench.write([*people(17)[1:], person(17, company="Moved")])
    says_so(foretold(bench), 1)
    says_so(foretold(bench), 1)  # it looks at everything, and finds the other one
    again = run(bench)
    assert (again.exit, again.counts, again.sync["warnings"]) == (0, {"unchanged": 17, "deleted": 1}, [])


def test_contacts_that_another_state_made(bench: Workbench, laptop: Workbench) -> None:
    laptop.write(people(22))
    run(laptop)
    bench.write(people(21)[1:])
    says_so(foretold(bench), 1)
    assert run(bench).counts["deleted"] == 1


def test_contacts_that_another_state_deleted(bench: Workbench, laptop: Workbench) -> None:
    laptop.write(people(16))
    run(laptop)
    bench.write(people(20)[1:])
    result = foretold(bench, "--verify")
    says_so(result, 1)
    assert result.counts["created"] == 4


def test_a_state_that_was_restored_from_a_backup(bench: Workbench) -> None:
    newer = [person(n, company="Moved" if n < 3 else "Acme") for n in range(20)]
    with restored(bench):
        bench.write(newer)
        assert run(bench).counts == {"updated": 3, "unchanged": 17}
    bench.write(newer[:-1])
    says_so(foretold(bench), 1)
    after = run(bench)
    assert (after.exit, after.counts) == (0, {"unchanged": 19, "deleted": 1})


def test_values_that_a_restored_state_does_not_know_of_are_put_right(bench: Workbench) -> None:
    """The row went back to what the older state knows: only a look at everything finds out."""
    with restored(bench):
        bench.write([*people(18), person(18, company="Moved"), person(19), person(20)])
        run(bench)
    bench.write([*people(21)])
    assert [w["kind"] for w in run(bench).sync["warnings"]] == ["foreign_hand"]
    assert run(bench).counts == {"updated": 1, "unchanged": 20}
    assert bench.wrong() == []


def test_deletes_that_are_meant_pass(bench: Workbench, laptop: Workbench) -> None:
    laptop.write(people(22))
    run(laptop)
    bench.write(people(21)[1:])
    assert run(bench, "--max-deletes", "1").counts == {"adopted": 1, "unchanged": 19, "deleted": 1}


# --- what is no sign ----------------------------------------------------------------------------------------------


def ordinary(result: Result) -> dict[str, int]:
    warnings = [warning for warning in result.sync["warnings"] if warning["kind"] != "mapping_changed"]
    assert (result.exit, warnings) == (0, [])
    return result.counts


def test_what_people_do_in_the_app_holds_nothing(bench: Workbench) -> None:
    for n in range(9):
        bench.sandbox.edit(str(bench.sandbox.by_external_id(f"c{n}")[0]["id"]), company="Moved")
    for n in (10, 11, 12):
        bench.sandbox.remove(str(bench.sandbox.by_external_id(f"c{n}")[0]["id"]))
    bench.write([person(0, company="Moved"), *people(18, 1)])  # one was corrected in both places
    counts = ordinary(run(bench, "--verify"))
    assert counts == {"created": 3, "updated": 8, "unchanged": 8, "deleted": 1}


def test_contacts_removed_in_both_places_are_no_sign(bench: Workbench) -> None:
    for n in range(16, 20):
        bench.sandbox.remove(str(bench.sandbox.by_external_id(f"c{n}")[0]["id"]))
    bench.write(people(15))
    assert ordinary(run(bench)) == {"unchanged": 15, "deleted": 1}


def test_a_lost_state_is_no_other_hand(bench: Workbench) -> None:
    bench.forget_state()
    bench.write([person(0, phone="12"), *people(19, 1)])
    assert run(bench).counts == {"adopted": 19, "rejected": 1}
    bench.write(people(19))
    assert ordinary(run(bench)) == {"adopted": 1, "unchanged": 18, "deleted": 1}


def test_a_run_that_was_cut_off_is_no_other_hand(bench: Workbench) -> None:
    bench.forget_state()
    bench.write([person(n, company="Moved") for n in range(20)])
    bench.sandbox.faults.every(1, "hang_after", {"PATCH"}, after=3)
    process = bench.start()
    while sum(1 for request in bench.sandbox.requests if request.method == "PATCH") < 20 + 5:
        if process.poll() is not None:
            break
        if any(request.fault for request in bench.sandbox.requests):
            break
    process.kill()
    process.communicate()
    bench.sandbox.faults.clear()
    bench.write([person(n, company="Moved") for n in range(19)])
    result = run(bench)
    assert (result.exit, result.sync["warnings"]) == (0, [])


def test_a_new_mapping_finds_what_people_wrote_and_suspects_nobody(bench: Workbench) -> None:
    for n in range(5):
        bench.sandbox.edit(str(bench.sandbox.by_external_id(f"c{n}")[0]["id"]), role="Boss")
    fields: dict[str, Any] = bench.syncs["customers"]["fields"] | {"role": {"value": "Boss"}}
    bench.configure(fields=fields)
    bench.write(people(19))
    assert ordinary(run(bench)) == {"updated": 14, "unchanged": 5, "deleted": 1}


def test_another_tools_contact_under_a_key_of_ours_is_adopted_as_ever(bench: Workbench) -> None:
    bench.sandbox.seed([{"externalId": "c20", "firstName": "Ann", "source": "importer"}])
    bench.write(people(21)[1:])
    assert ordinary(run(bench)) == {"adopted": 1, "updated": 1, "unchanged": 19, "deleted": 1}
