"""A service that is down or refuses, a state that is lost or damaged, drift, secrets: what is promised then."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from sync.sandbox import DEFAULT_CUSTOM_FIELDS, CustomField, FaultKind
from tests.support.workbench import HURRY, Workbench, ended, people, person, workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """Thirty contacts in step."""
    with workbench(tmp_path) as opened:
        opened.write(people(30))
        assert opened.run().exit == 0
        opened.sandbox.forget_requests()
        yield opened


# A service that is down.


@pytest.mark.parametrize("kind", ["down", "drop_before", "html_502", "500_before", "429", "hang"])
def test_a_service_that_is_down_is_given_up(tmp_path: Path, kind: FaultKind) -> None:
    with workbench(tmp_path, openphone={"timeout": 1}) as bench:
        bench.write(people(200))
        bench.sandbox.faults.every(1, kind, after=60)
        result = bench.run()

        assert result.exit == 1
        assert "kept" in result.error
        assert result.sync["seconds"] < 9
        assert len(bench.sandbox.requests) - 60 <= 60
        made = len(bench.sandbox.contacts)
        assert made > 0
        bench.sandbox.faults.clear()
        after = bench.run()
        assert (after.exit, after.counts["created"]) == (0, 200 - made)
        assert bench.wrong() == []


@pytest.mark.slow
def test_a_service_that_is_down_is_given_up_within_two_minutes_and_sixty_requests(tmp_path: Path) -> None:
    """The product's own patience; every way to be down at once, each with a sandbox of its own."""
    kinds: list[FaultKind] = ["down", "drop_before", "500_after", "hang"]
    benches = []
    with ExitStack() as stack:
        started = time.monotonic()
        for kind in kinds:
            bench = stack.enter_context(workbench(tmp_path / kind))
            bench.hurry, bench.list_lag = 1, 5
            bench.write(people(300))
            bench.sandbox.faults.every(1, kind, after=100)
            benches.append((bench, bench.start()))
        for bench, process in benches:
            result = ended(process, 130)
            assert (result.exit, "kept" in result.error) == (1, True)
            assert time.monotonic() - started < 125
            assert len(bench.sandbox.requests) - 100 <= 60


@pytest.mark.parametrize("rows", [5, 12, 29, 60])
def test_creates_that_always_fail_end_the_run_in_some_tens_of_requests(tmp_path: Path, rows: int) -> None:
    with workbench(tmp_path, openphone={"requests_per_second": 10 / HURRY}) as bench:
        bench.write(people(rows))
        bench.sandbox.faults.every(1, "500_before", {"POST"})
        result = bench.run()
        assert result.exit in (1, 3)
        assert len(bench.sandbox.requests) <= 60 + 1 + rows / 20
        assert bench.sandbox.contacts == {}


def test_a_service_that_cannot_be_reached_is_given_up(tmp_path: Path) -> None:
    with workbench(tmp_path) as bench:
        bench.write(people(3))
    result = bench.run()
    assert result.exit == 1
    assert "cannot connect" in result.error
    assert result.sync["seconds"] < 9


def test_an_outage_of_some_seconds_is_outlived(tmp_path: Path) -> None:
    with workbench(tmp_path, openphone={"requests_per_second": 10 / HURRY}) as bench:
        bench.write(people(100))
        bench.sandbox.faults.every(1, "500_before", times=16, after=30)  # some 40 of the product's seconds
        assert bench.run().exit == 0
        assert bench.wrong() == []


@pytest.mark.parametrize("kind", ["401", "403"])
@pytest.mark.parametrize("after", [0, 25])
def test_a_refused_key_ends_the_run_at_once(tmp_path: Path, kind: FaultKind, after: int) -> None:
    with workbench(tmp_path) as bench:
        bench.write(people(60))
        bench.sandbox.faults.every(1, kind, after=after)
        result = bench.run()
        assert result.exit == 1
        assert "30 seconds" in result.error
        assert len(bench.sandbox.requests) <= after + 8
        bench.sandbox.faults.clear()
        assert bench.run().exit == 0
        assert bench.wrong() == []


# Rows that the service refuses.


def test_a_refused_row_is_reported_and_not_sent_again_until_something_changes(bench: Workbench) -> None:
    def run(*options: str) -> tuple[int, int]:
        """Exit code and how many writes were sent."""
        bench.sandbox.forget_requests()
        code = bench.run(*options).exit
        return code, len(bench.sandbox.writes())

    bench.write([*people(30), person(40)])
    bench.sandbox.faults.every(1, "400_refuse", {"POST"}, reason="No more contacts on this plan")
    result = bench.run()
    assert (result.exit, result.counts) == (3, {"unchanged": 30, "failed": 1})
    assert "No more contacts on this plan" in result.reasons("failed")[0]
    assert run() == (3, 0)
    assert len(bench.sandbox.requests) <= 2
    assert run("--verify") == (3, 1), "asked for"
    assert run() == (3, 0)

    bench.write([*people(30), person(40, last="Roe")])
    assert run() == (3, 1), "the row changed"
    assert run() == (3, 0)
    bench.configure(region="FR")
    assert run() == (3, 1), "the mapping changed"
    assert run() == (3, 0)
    bench.sandbox.custom_fields = [*DEFAULT_CUSTOM_FIELDS, CustomField("Other", "other", "string")]
    assert run() == (3, 0), "a custom field that is not mapped says nothing about the row"
    bench.sandbox.custom_fields = [
        CustomField(f.name, f.key, "url" if f.key == "notes" else f.type) for f in DEFAULT_CUSTOM_FIELDS
    ]
    bench.configure(customFields={"Notes": {"value": "https://example.com"}}, max_updates=0)
    assert run()[1] == 1, "the custom fields changed"

    bench.sandbox.faults.clear()
    assert run("--verify")[1] == 1
    assert bench.sandbox.by_external_id("c40")


def test_a_refused_update_leaves_the_contact_and_is_sent_again_when_the_row_changes(bench: Workbench) -> None:
    bench.write([person(0, last="Bad"), *people(29, 1)])
    bench.sandbox.faults.next("400_refuse", methods={"PATCH"})
    assert bench.run().counts == {"failed": 1, "unchanged": 29}
    assert bench.wrong(people(30)) == []
    assert bench.run().counts == {"failed": 1, "unchanged": 29}
    bench.write(people(30))
    assert bench.run().counts == {"unchanged": 30}
    bench.write([person(0, last="Good"), *people(29, 1)])
    assert bench.run().counts == {"updated": 1, "unchanged": 29}


# A state that is lost, damaged, or not ours to read.


@pytest.mark.parametrize("demanding", [False, True], ids=["lists everyone", "demands externalIds"])
def test_a_lost_state_is_found_again_by_the_external_ids(tmp_path: Path, demanding: bool) -> None:
    with workbench(tmp_path, require_external_ids=demanding, accept_doubles=True) as bench:
        bench.write(people(130))
        bench.run()
        bench.forget_state()
        bench.sandbox.forget_requests()
        result = bench.run()

        assert (result.exit, result.counts) == (0, {"adopted": 130})
        assert len(bench.sandbox.requests) <= 130 / 20 + 3 <= 15
        assert bench.sandbox.writes() == []
        assert bench.run().counts == {"unchanged": 130}
        bench.write([*people(3), *people(120, 10)])
        assert bench.run().counts == {"unchanged": 123, "deleted": 7}, "adopted contacts are ours to delete"


def _garbage(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 100)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _holes(path: Path) -> None:
    content = bytearray(path.read_bytes())
    rng = random.Random(1)
    for page in range(2, len(content) // 4096):
        content[page * 4096 : page * 4096 + 200] = rng.randbytes(200)
    path.write_bytes(content)


def _newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
        connection.commit()


def _of_another(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipes (name)")
        connection.commit()


@pytest.mark.parametrize("spoil", [_garbage, _cut, _holes, _newer, _of_another])
def test_a_state_that_cannot_be_read_is_exit_1_and_never_overwritten(bench: Workbench, spoil: object) -> None:
    assert callable(spoil)
    spoil(bench.state)
    held = bench.state.read_bytes()
    for options in ([], ["--dry-run"], ["--verify"]):
        result = bench.run(*options)
        assert (result.exit, "state" in result.error) == (1, True)
        assert bench.state.read_bytes() == held
    assert bench.sandbox.requests == []


def test_the_state_is_private(bench: Workbench) -> None:
    assert {stat.S_IMODE(file.stat().st_mode) for file in bench.folder.glob("state.db*")} == {0o600}
    bench.state.chmod(0o644)
    bench.run()
    assert stat.S_IMODE(bench.state.stat().st_mode) == 0o600


def test_an_older_copy_of_the_state_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with workbench(tmp_path, accept_doubles=True) as bench:
        bench.write(people(40))
        bench.run()
        shutil.copy(bench.state, tmp_path / "backup")
        bench.write([person(n, last="Roe") for n in range(3, 10)] + people(50, 10))
        bench.run()
        shutil.copy(tmp_path / "backup", bench.state)
        assert bench.run().exit == 0
        assert bench.wrong() == []


# Drift.


@pytest.mark.parametrize("demanding", [False, True], ids=["lists everyone", "demands externalIds"])
def test_verify_repairs_what_others_changed_and_finds_nothing_where_there_is_nothing(
    tmp_path: Path, demanding: bool
) -> None:
    with workbench(tmp_path, require_external_ids=demanding) as bench:
        bench.write(people(120))
        bench.run()
        bench.sandbox.forget_requests()
        assert bench.run("--verify").counts == {"unchanged": 120}
        assert len(bench.sandbox.requests) <= (1 + 1 + 6 if demanding else 1 + 3)

        one, two, three = (bench.sandbox.by_external_id(f"c{n}")[0]["id"] for n in (1, 2, 3))
        bench.sandbox.edit(one, lastName="Hacked", phoneNumbers={"mobile": "+15005550006", "home": "+15005550001"})
        bench.sandbox.remove(two)
        bench.sandbox.edit(three, externalId=None)
        state = bench.state.read_bytes()
        bench.sandbox.forget_requests()
        dry = bench.run("--verify", "--dry-run")
        assert {request.method for request in bench.sandbox.requests} == {"GET"}
        assert bench.state.read_bytes() == state
        fields = {change["external_id"]: change["fields"] for change in dry.sync["changes"]}
        assert fields["c1"]["lastName"] == {"from": "Hacked", "to": "Núñez"}

        result = bench.run("--verify")
        assert result.counts == dry.counts == {"created": 1, "updated": 2, "unchanged": 117}
        assert bench.sandbox.by_external_id("c3")[0]["id"] == three
        assert bench.run("--verify").counts == {"unchanged": 120}
        bench.sandbox.edit(one, phoneNumbers={"mobile": person(1)["phone"]})  # the label 'home' was never ours
        assert bench.wrong() == []


def test_a_dry_run_sends_only_gets_and_changes_no_byte(bench: Workbench) -> None:
    bench.write([person(0, last="Roe"), *people(27, 3), *people(4, 90)])
    before = {file.name: file.read_bytes() for file in bench.folder.iterdir()}
    dry = bench.run("--dry-run")
    assert {request.method for request in bench.sandbox.requests} == {"GET"}
    assert {file.name: file.read_bytes() for file in bench.folder.iterdir()} == before
    assert bench.run().counts == dry.counts == {"created": 4, "updated": 1, "deleted": 2, "unchanged": 27}


def test_a_first_dry_run_leaves_no_file(tmp_path: Path) -> None:
    with workbench(tmp_path) as bench:
        bench.write(people(3))
        assert bench.run("--dry-run", "--verify").counts == {"created": 3}
        assert sorted(file.name for file in tmp_path.iterdir()) == ["config.yaml", "customers.csv"]


# Secrets and people's data.


def test_the_key_is_nowhere_and_people_are_in_no_log(tmp_path: Path) -> None:
    key = "wCxz5q9TopSecretKey0Aq"
    with workbench(tmp_path, key=key) as bench:
        bench.write([person(n, first="Zebulon", last="Quisling", phone="+14155550199") for n in range(20)])
        bench.sandbox.faults.every(3, "drop_after", {"POST"})
        bench.sandbox.faults.next("400_refuse", methods={"POST"}, reason="Nope")
        outputs = [ended(bench.start("--log-level", level)) for level in ("debug", "info")]
        bench.sandbox.faults.clear()
        bench.sandbox.faults.every(1, "401")
        outputs.append(ended(bench.start("--log-level", "debug", "--verify")))

        assert [output.exit for output in outputs] == [3, 3, 1]
        for output in outputs:
            assert key not in output.stdout + output.stderr
            for secret in ("Zebulon", "Quisling", "4155550199", "@example.com"):
                assert secret not in output.stderr
            assert all(json.loads(line)["event"] for line in output.stderr.splitlines())
        for file in tmp_path.glob("state.db*"):
            assert key.encode() not in file.read_bytes()
