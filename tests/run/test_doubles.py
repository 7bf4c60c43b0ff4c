"""Contacts that we made twice: they are looked for after any doubt and in every verification, and said."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.clock import Clock
from tests.support.run_bench import run
from tests.support.workbench import Result, Workbench, people, person, workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """Ten contacts in step, in a workspace that takes two contacts with one externalId."""
    with workbench(tmp_path, accept_doubles=True) as opened:
        opened.write(people(10))
        opened.run()
        yield opened


def copy_of(bench: Workbench, key: str, **changed: Any) -> str:
    """A contact just like the one with this key, made now; its id."""
    (held,) = bench.sandbox.by_external_id(key)
    default = held["defaultFields"]
    contact = {name: default[name] for name in ("firstName", "lastName", "company", "phoneNumbers", "emails")}
    custom = {item["key"]: item["value"] for item in held["customFields"]}
    (made,) = bench.sandbox.seed(
        [{**contact, "customFields": custom, "externalId": key, "source": "contact-sync", **changed}]
    )
    return made


def twice(result: Result) -> list[str]:
    return [warning["external_id"] for warning in result.sync["warnings"] if warning["kind"] == "doubles"]


def late_create(bench: Workbench) -> None:
    """The first create of c10 is answered with an error, and carried out after the run was over."""
    bench.sandbox.faults.every(1, "500_before", {"POST"}, times=1)
    bench.write(people(11))
    assert run(bench).counts == {"created": 1, "unchanged": 10}
    bench.sandbox.faults.clear()
    copy_of(bench, "c10")


def test_a_create_carried_out_late_is_said_by_the_next_runs(bench: Workbench) -> None:
    late_create(bench)
    for _ in range(2):
        result = run(bench)
        assert (result.exit, result.counts, twice(result)) == (0, {"unchanged": 11}, ["c10"])
        assert "--verify" in result.sync["warnings"][0]["text"]
        assert len(bench.sandbox.requests) <= 2
    bench.clock = Clock(now=lambda: time.time() + 3600)
    assert twice(run(bench)) == ["c10"], "as long as there are two"


def test_verify_deletes_the_younger_of_two_that_we_made(bench: Workbench) -> None:
    late_create(bench)
    kept = min((c["createdAt"], c["id"]) for c in bench.sandbox.by_external_id("c10"))[1]
    dry, result = run(bench, "--dry-run", "--verify"), run(bench, "--verify")
    assert result.counts == dry.counts == {"unchanged": 11, "deleted": 1}
    assert [c["id"] for c in bench.sandbox.by_external_id("c10")] == [kept]
    for _ in range(2):
        after = run(bench)
        assert (after.counts, after.sync["warnings"]) == ({"unchanged": 11}, [])
        assert bench.sandbox.writes() == []
    assert bench.wrong() == []


def test_the_older_one_is_kept_although_the_younger_was_tracked(bench: Workbench) -> None:
    (held,) = bench.sandbox.by_external_id("c3")
    copied = copy_of(bench, "c3")
    older, younger = bench.sandbox.contacts[copied], held
    older["createdAt"] = "2020-01-01T00:00:00.000Z"
    assert run(bench, "--verify").counts == {"unchanged": 10, "deleted": 1}
    assert [c["id"] for c in bench.sandbox.by_external_id("c3")] == [older["id"]] != [younger["id"]]
    bench.write([person(n, company="Moved" if n == 3 else "Acme") for n in range(10)])
    assert run(bench).counts == {"updated": 1, "unchanged": 9}
    assert bench.wrong() == []


def test_the_daily_look_reports_and_deletes_nothing(bench: Workbench) -> None:
    copy_of(bench, "c3")
    assert twice(run(bench)) == []
    bench.clock = Clock(now=lambda: time.time() + 25 * 3600)
    result = run(bench)
    assert (result.counts, twice(result)) == ({"unchanged": 10}, ["c3"])
    assert twice(run(bench)) == ["c3"]
    assert len(bench.sandbox.requests) <= 2


def test_the_delete_limits_hold(bench: Workbench) -> None:
    for n in range(6):
        copy_of(bench, f"c{n}")
    result = run(bench, "--verify")
    assert (result.exit, result.counts) == (4, {"unchanged": 10, "held": 6})
    assert run(bench, "--verify", "--max-deletes", "6").counts == {"unchanged": 10, "deleted": 6}
    assert bench.wrong() == []


@pytest.mark.parametrize("source", ["importer", None])
def test_what_we_did_not_make_is_left_alone(bench: Workbench, source: str | None) -> None:
    copy_of(bench, "c3", source=source)
    result = run(bench, "--verify")
    assert (result.counts, twice(result)) == ({"unchanged": 10}, ["c3"])
    assert len(bench.sandbox.by_external_id("c3")) == 2
    assert twice(run(bench)) == []


def test_a_create_in_flight_when_the_run_was_killed_is_looked_for_again(bench: Workbench) -> None:
    bench.sandbox.faults.every(1, "drop_before", {"POST"})
    bench.write(people(11))
    process = bench.start()
    while not any(request.method == "POST" and request.fault for request in bench.sandbox.requests):
        assert process.poll() is None
    process.kill()
    process.communicate()
    bench.sandbox.faults.clear()
    assert run(bench).counts == {"created": 1, "unchanged": 10}
    copy_of(bench, "c10")
    result = run(bench)
    assert (result.counts, twice(result)) == ({"unchanged": 11}, ["c10"])


def test_a_late_create_whose_row_is_gone_meanwhile_is_taken_away(bench: Workbench) -> None:
    bench.sandbox.faults.every(1, "500_before", {"POST"}, times=1)
    bench.write(people(11))
    run(bench)
    bench.write(people(10))
    assert run(bench).counts == {"unchanged": 10, "deleted": 1}
    bench.sandbox.seed([{"firstName": "Ana10", "externalId": "c10", "source": "contact-sync"}])
    assert run(bench).counts == {"unchanged": 10, "deleted": 1}
    assert bench.wrong() == []


def test_without_doubt_nothing_is_asked(bench: Workbench) -> None:
    bench.sandbox.faults.every(1, "500_before", {"POST"}, times=1)
    bench.write(people(11))
    run(bench)
    bench.sandbox.faults.clear()
    run(bench)
    assert len(bench.sandbox.requests) <= 2
    bench.clock = Clock(now=lambda: time.time() + 3600)
    run(bench)
    run(bench)
    assert len(bench.sandbox.requests) <= 1
