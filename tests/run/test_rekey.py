"""A changed key or prefix is refused, and ``state rekey`` gives contacts their new keys: one request each, no more."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sync.contacts.contact import Contact
from sync.state.store import State
from tests.support.commands import command, in_json
from tests.support.run_bench import run
from tests.support.workbench import COLUMNS, Result, Row, Workbench, ended, people, person, workbench

WITH_NUMBER = (*COLUMNS, "number")


@pytest.fixture(params=[False, pytest.param(True, marks=pytest.mark.slow)], ids=["strict", "doubles"])
def bench(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Workbench]:
    with workbench(tmp_path, accept_doubles=request.param) as opened:
        yield opened


def numbered(rows: list[Row], *numbers: object) -> list[Row]:
    return [{**row, "number": str(number)} for row, number in zip(rows, numbers, strict=True)]


def rekey(bench: Workbench, *options: str) -> Result:
    bench.sandbox.forget_requests()
    return in_json(bench, "state", "rekey", "customers", *options)


def keys(bench: Workbench) -> dict[str, str]:
    """First name → externalId, of everyone."""
    return {c["defaultFields"]["firstName"]: c["externalId"] for c in bench.sandbox.contacts.values()}


def whole(bench: Workbench) -> list[Contact]:
    """Everything that the workspace holds, but for externalIds."""
    return [replace(Contact.from_json(contact), external_id=None) for contact in bench.sandbox.contacts.values()]


def in_step(bench: Workbench, count: int) -> None:
    for options in ([], ["--verify"]):
        assert run(bench, *options).counts == {"unchanged": count}
        assert bench.sandbox.writes() == []


@pytest.mark.parametrize("changed", [{"key": "number"}, {"key_prefix": "crm-"}, {"key": ["id", "number"]}])
def test_a_changed_key_is_refused_before_anything_is_sent(bench: Workbench, changed: dict[str, Any]) -> None:
    bench.write(numbered(people(3), 10, 11, 12), WITH_NUMBER)
    run(bench)
    bench.configure(**changed)
    before = bench.state.read_bytes()
    bench.sandbox.forget_requests()
    for options in (["--dry-run"], ["--dry-run", "--verify"]):
        refused = bench.run(*options)
        assert (refused.exit, bench.sandbox.requests) == (2, [])
        assert "put it back to key: id" in refused.error
        assert "openphone-sync state rekey customers" in refused.error
        assert "\n" not in refused.error
    checked = in_json(bench, "check")
    assert checked.exit == 2
    assert "state rekey customers" in str(checked.document["syncs"][0]["problems"])
    assert bench.state.read_bytes() == before
    assert bench.run().exit == 2
    assert bench.sandbox.writes() == []
    bench.configure(key="id", key_prefix="")
    in_step(bench, 3)


def test_a_sync_without_contacts_may_have_any_key(bench: Workbench) -> None:
    bench.write([person(0, first="")])
    assert run(bench).exit == 3
    bench.configure(key="email")
    bench.write(people(2))
    assert run(bench).counts == {"created": 2}


def test_a_state_that_was_made_before_learns_its_keys_at_its_next_run(bench: Workbench) -> None:
    bench.write(people(2))
    run(bench)
    with State.open(f"sqlite:///{bench.state}") as state:
        state.notes.set_fact("customers", "identity", None)
    run(bench, "--dry-run")
    with State.open(f"sqlite:///{bench.state}") as state:
        assert state.notes.fact("customers", "identity") is None
    in_step(bench, 2)
    bench.configure(key_prefix="x-")
    assert run(bench).exit == 2


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"key_prefix": "crm-"}, {"Ana0": "crm-c0", "Ana1": "crm-c1", "Ana2": "crm-c2"}),
        ({"key": "number"}, {"Ana0": "10", "Ana1": "11", "Ana2": "12"}),
        ({"key": ["id", "number"]}, {"Ana0": "c0/10", "Ana1": "c1/11", "Ana2": "c2/12"}),
    ],
)
def test_contacts_stay_and_get_their_new_keys(
    bench: Workbench, changed: dict[str, Any], wanted: dict[str, str]
) -> None:
    bench.write(numbered(people(3), 10, 11, 12), WITH_NUMBER)
    run(bench)
    for contact in list(bench.sandbox.contacts.values()):
        bench.sandbox.edit(contact["id"], role="by hand")
    before = whole(bench)
    bench.configure(**changed)
    dry = rekey(bench, "--dry-run")
    assert (dry.counts, bench.sandbox.writes(), keys(bench)["Ana0"]) == ({"updated": 3}, [], "c0")
    done = rekey(bench)
    assert (done.exit, done.counts, keys(bench)) == (0, {"updated": 3}, wanted)
    assert [request.method for request in bench.sandbox.requests].count("PATCH") == 3
    assert len(bench.sandbox.requests) <= 3 + 2
    assert done.sync["changes"][0]["fields"].keys() == {"externalId"}
    assert whole(bench) == before
    again = rekey(bench)
    assert (again.exit, again.counts, bench.sandbox.writes()) == (0, {"unchanged": 3}, [])
    in_step(bench, 3)


@pytest.mark.parametrize(
    "numbers", [(1, 2, 3, 4, 0), (4, 0, 1, 2, 3), (1, 0, 3, 4, 2), (1, 2, 3, 4, 5), (0, 2, 1, 4, 3)]
)
def test_keys_that_change_hands_go_to_whom_they_belong(bench: Workbench, numbers: tuple[int, ...]) -> None:
    rows = [{**row, "id": str(place)} for place, row in enumerate(people(5))]
    bench.write(numbered(rows, *numbers), WITH_NUMBER)
    run(bench)
    bench.configure(key="number")
    assert rekey(bench).exit == 0
    wanted = {f"Ana{place}": str(number) for place, number in enumerate(numbers)}
    assert keys(bench) == wanted
    in_step(bench, 5)
    run_number = rekey(bench).sync["run"] - 3
    undone = in_json(bench, "undo", str(run_number))
    assert (undone.exit, keys(bench)) == (0, {f"Ana{place}": str(place) for place in range(5)})
    assert run(bench).exit == 2, "the keys are again those of before"
    bench.configure(key="id")
    in_step(bench, 5)


def test_a_rekey_that_is_killed_is_finished_by_the_next(bench: Workbench) -> None:
    rows = [{**row, "id": str(place)} for place, row in enumerate(people(8))]
    bench.write(numbered(rows, 1, 2, 3, 4, 0, 20, 7, 6), WITH_NUMBER)
    run(bench)
    bench.configure(key="number")
    cut_off = 0
    for round_ in range(20):
        bench.sandbox.forget_requests()
        bench.sandbox.faults.every(1, "hang_after", {"PATCH"}, after=round_ % 2)
        process = bench.start_command("state", "rekey", "customers")
        while process.poll() is None and not any(request.fault for request in bench.sandbox.requests):
            time.sleep(0.002)
        process.kill()
        ended(process)
        bench.sandbox.faults.clear()
        if process.returncode == 0:
            break
        cut_off += 1
        assert bench.run().exit == 2
    assert cut_off > 1
    assert rekey(bench).exit == 0
    assert [keys(bench)[f"Ana{place}"] for place in range(8)] == ["1", "2", "3", "4", "0", "20", "7", "6"]
    in_step(bench, 8)


def test_a_rekey_that_was_cut_off_can_be_taken_back(bench: Workbench) -> None:
    bench.write(numbered(people(6), *range(6)), WITH_NUMBER)
    run(bench)
    bench.configure(key="number")
    bench.sandbox.faults.every(1, "400_refuse", {"PATCH"}, after=3)
    failed = rekey(bench)
    assert failed.exit == 1
    bench.sandbox.faults.clear()
    bench.configure(key="id")
    halfway = run(bench)
    assert halfway.exit == 2
    assert "again" in halfway.error
    assert rekey(bench).exit == 0
    assert keys(bench) == {f"Ana{number}": f"c{number}" for number in range(6)}
    in_step(bench, 6)


def test_where_the_former_column_is_gone_what_was_sent_tells(bench: Workbench) -> None:
    bench.write([*people(4), person(4, phone="", email="")])
    run(bench)
    columns = ["number", *COLUMNS[1:]]
    bench.configure(key="number")
    rows = numbered([*people(4), person(4, phone="", email="")], *"abcde")
    rows[1]["company"], rows[2]["last"] = "Moved", "Roe"
    bench.write(rows, columns)
    done = rekey(bench)
    assert (done.exit, done.counts) == (0, {"updated": 5})
    assert [keys(bench)[f"Ana{place}"] for place in range(5)] == list("abcde")
    assert run(bench).counts == {"updated": 2, "unchanged": 3}


def test_a_column_that_was_renamed_sends_nothing(bench: Workbench) -> None:
    bench.write(people(4))
    run(bench)
    bench.configure(key="number")
    rows = numbered(people(4), "c0", "c1", "c2", "c3")
    rows[3] |= {"first": "Zoe", "last": "Poe", "phone": "", "email": "zoe@example.com"}
    bench.write(rows, ["number", *COLUMNS[1:]])
    done = rekey(bench)
    assert (done.exit, done.counts, bench.sandbox.writes()) == (0, {"unchanged": 4}, [])
    assert run(bench).counts == {"updated": 1, "unchanged": 3}


def test_keys_spelled_anew_in_the_source_become_the_keys(bench: Workbench) -> None:
    bench.write([{**row, "id": f"000{place}"} for place, row in enumerate(people(5))])
    run(bench)
    bench.write([*({**row, "id": str(place)} for place, row in enumerate(people(5))), person(9)])
    assert run(bench).exit == 4
    done = rekey(bench)
    assert (done.exit, done.counts) == (0, {"updated": 5, "unchanged": 1})
    in_step(bench, 6)


def test_who_may_be_several_is_named_and_left(bench: Workbench) -> None:
    twins = [person(number, first="Ana", last="Roe", phone="+14155550000", email="", notes="") for number in (0, 1)]
    bench.write([*twins, person(2)])
    run(bench)
    bench.configure(key="number")
    bench.write(numbered([*twins, person(2)], "x", "y", "z"), ["number", *COLUMNS[1:]])
    done = rekey(bench)
    assert (done.exit, done.counts) == (3, {"updated": 1, "unchanged": 2, "rejected": 2})
    assert "its contact may be c0 or c1" in done.reasons("rejected")[0]
    assert sorted(str(c["externalId"]) for c in bench.sandbox.contacts.values()) == ["c0", "c1", "z"]
    held = run(bench)
    assert (held.exit, held.counts) == (4, {"unchanged": 1, "held": 4})


def test_a_key_that_now_is_another_persons_is_given_to_that_person(bench: Workbench) -> None:
    """Who has no row any more makes room: nobody becomes another person for having had that person's key."""
    rows = [{**row, "id": str(place)} for place, row in enumerate(people(4))]
    bench.write(numbered(rows, 10, 11, 12, 13), WITH_NUMBER)
    run(bench)
    bench.configure(key="number")
    bench.write(numbered([*rows[:2], person(3, id="99"), person(7, id="70")], 10, 3, 2, 13), WITH_NUMBER)
    assert rekey(bench).exit == 0
    assert keys(bench)["Ana0"] == "10"
    assert keys(bench)["Ana1"] == "3"
    assert keys(bench)["Ana3"] == "2"
    assert keys(bench)["Ana2"].startswith("rekey-")
    assert run(bench).counts == {"created": 1, "deleted": 1, "unchanged": 3}
    assert keys(bench) == {"Ana0": "10", "Ana1": "3", "Ana3": "2", "Ana7": "13"}


def test_a_source_that_cannot_be_read_changes_nothing(bench: Workbench) -> None:
    bench.write(people(2))
    run(bench)
    bench.configure(key_prefix="x-")
    bench.source.unlink()
    assert rekey(bench).exit == 1
    assert bench.sandbox.writes() == []
    bench.write(people(2))
    assert rekey(bench).exit == 0
    in_step(bench, 2)


def test_contacts_that_are_gone_cost_no_request(bench: Workbench) -> None:
    bench.write(people(3))
    run(bench)
    (gone,) = bench.sandbox.by_external_id("c1")
    bench.sandbox.remove(gone["id"])
    bench.configure(key_prefix="x-")
    assert rekey(bench).counts == {"updated": 2, "unchanged": 1}
    assert run(bench, "--verify").counts == {"created": 1, "unchanged": 2}


def test_the_text_says_what_happened(bench: Workbench) -> None:
    bench.write(people(2))
    run(bench)
    bench.configure(key_prefix="x-")
    said = command(bench, "state", "rekey", "customers")
    assert "externalId: c0 → x-c0" in said.stdout
    assert "every contact has the key of its row" in command(bench, "state", "rekey", "customers").stdout
