"""state backup and state forget: a copy that is whole, and a person of whom nothing is left."""

from __future__ import annotations

import json
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from sync.cli.main import main
from sync.state.lock import hold
from sync.state.store import State
from tests.support.commands import command, in_json
from tests.support.workbench import Workbench, people, person, workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        made.write(people(3))
        made.run()
        yield made


# --- backup -------------------------------------------------------------------------------------------------------


def test_a_backup_is_a_state_of_its_own_and_private(bench: Workbench, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    with closing(sqlite3.connect(bench.state)) as writing:  # a run that is amid its work
        writing.execute("BEGIN IMMEDIATE")
        writing.execute("DELETE FROM contacts")
        said = command(bench, "state", "backup", str(target))
        writing.rollback()
    assert said.exit == 0, said.stderr
    assert f"{target} is a copy of {bench.state}: 3 contacts, 1 runs" in said.stdout
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with State.open(f"sqlite:///{target}", read_only=True) as state:
        assert state.contacts.count("customers") == 3
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".copy.db")]


def test_a_backup_replaces_nothing_unless_it_is_told_to(bench: Workbench, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("something else")
    refused = in_json(bench, "state", "backup", str(target))
    assert refused.exit == 2
    assert "is there already" in refused.document["error"]
    assert target.read_text() == "something else"
    made = in_json(bench, "state", "backup", str(target), "--force")
    assert (made.exit, made.document["copy"]["contacts"]) == (0, 3)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("target", "message"),
    [("state.db", "is the state itself"), (".", "is a folder"), ("none/copy.db", "there is no folder")],
)
def test_a_backup_that_cannot_be_is_exit_2(bench: Workbench, tmp_path: Path, target: str, message: str) -> None:
    said = command(bench, "state", "backup", str(tmp_path / target), "--force")
    assert said.exit == 2
    assert message in said.stderr
    assert bench.run().exit == 0


def test_a_backup_of_a_state_that_was_cut_off_is_as_it_was_before(bench: Workbench, tmp_path: Path) -> None:
    journal = Path(f"{bench.state}-journal")
    with closing(sqlite3.connect(bench.state)) as writing:
        writing.execute("PRAGMA cache_size=1")
        writing.execute("BEGIN IMMEDIATE")
        writing.execute("UPDATE contacts SET sent = hex(zeroblob(20000))")
        left = bench.state.read_bytes(), journal.read_bytes()
        writing.rollback()
    bench.state.write_bytes(left[0])
    journal.write_bytes(left[1])
    assert command(bench, "state", "backup", str(tmp_path / "copy.db")).exit == 0
    with State.open(f"sqlite:///{tmp_path / 'copy.db'}", read_only=True) as state:
        assert {one.sent is not None for one in state.contacts.everyone("customers")} == {True}


def test_a_state_in_postgresql_is_copied_by_postgresql(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "openphone": {"api_key": "k"},
                "state": "postgresql://ana:sesame@db.example.com/sync",
                "syncs": {"a": {"source": {"type": "csv", "path": "a"}, "key": "id", "fields": {"firstName": "f"}}},
            }
        )
    )
    done = CliRunner().invoke(main, ["state", "backup", "my copy", "-c", str(config)])
    assert done.exit_code == 2
    assert "pg_dump --format=custom --file='my copy' postgresql://ana@db.example.com/sync" in done.stderr
    assert "sesame" not in done.stderr


# --- forget -------------------------------------------------------------------------------------------------------


def test_whoever_is_forgotten_leaves_the_file_whole(bench: Workbench) -> None:
    assert b"Ana2" in bench.state.read_bytes()
    bench.write([*people(2), person(7, phone="1", first="Zacharias")])
    bench.run("--max-deletes", "1")
    would = in_json(bench, "state", "forget", "c2", "--dry-run").document["forgotten"]
    assert (would["changes"], would["dry_run"]) == (2, True)
    assert b"Ana2" in bench.state.read_bytes()
    said = command(bench, "state", "forget", "c2")
    assert said.exit == 0
    assert said.stdout.startswith("c2 of customers: 2 changes in the history went\n")
    content = bench.state.read_bytes()
    for trace in (b"Ana2", b"ana2@example.com", b"+14155550002", b"note 2"):
        assert trace not in content
    assert b"Ana1" in content
    assert command(bench, "contact", "c2").exit == 1
    assert command(bench, "state", "forget", "c7").exit == 0
    assert b"Zacharias" not in bench.state.read_bytes()
    assert stat.S_IMODE(bench.state.stat().st_mode) == 0o600
    bench.write(people(2))
    assert bench.run().counts == {"unchanged": 2}


def test_what_is_noted_of_them_goes_and_of_others_stays(bench: Workbench) -> None:
    bench.write(people(2))
    bench.run("--max-deletes", "1")
    with State.open(f"sqlite:///{bench.state}") as state:
        state.notes.set_fact("customers", "doubts", json.dumps({"c2": 1.0, "c1": 2.0}))
        state.notes.set_fact("customers", "of columns", json.dumps({"c2": ["c2"]}))
        state.contacts.refuse("customers", "c2", b"x", "no")
    gone = in_json(bench, "state", "forget", "c2").document["forgotten"]
    assert (gone["notes"], gone["refusals"]) == (1, 1)
    with State.open(f"sqlite:///{bench.state}") as state:
        assert json.loads(state.notes.fact("customers", "doubts") or "") == {"c1": 2.0}
        assert json.loads(state.notes.fact("customers", "of columns") or "") == {"c2": ["c2"]}
        assert state.contacts.refusals("customers") == {}


def test_who_is_tracked_or_unknown_or_in_use_is_not_forgotten(bench: Workbench) -> None:
    before = bench.state.read_bytes()
    tracked = command(bench, "state", "forget", "c1")
    assert (tracked.exit, bench.state.read_bytes()) == (2, before)
    assert "Take its row out of the source" in tracked.stderr
    assert command(bench, "state", "forget", "zebra").exit == 1
    with hold(f"sqlite:///{bench.state}", "customers"):
        assert in_json(bench, "state", "forget", "c1").exit == 5


def test_a_key_that_several_syncs_know_needs_a_name(bench: Workbench) -> None:
    bench.syncs["staff"] = {**bench.syncs["customers"], "key_prefix": "s-", "source": {"type": "csv", "path": "s.csv"}}
    bench.configure()
    (bench.folder / "s.csv").write_text(bench.source.read_text())
    bench.run()
    bench.write([])
    assert "each know somebody by 'c2'" in command(bench, "state", "forget", "c2").stderr
    assert "s-c2" in command(bench, "contact", "c2", "--sync", "staff").stdout
