"""A state of an older program goes on: brought up to date whole or not at all, read without a change, never lost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from sync.contacts.problem import Problem
from sync.state.address import StateError, address
from sync.state.database import Database
from sync.state.migrations import MIGRATIONS
from sync.state.schema import TABLES
from sync.state.store import State
from tests.support.old_states import (
    LAST_RUN,
    LATER,
    OldState,
    content,
    files,
    is_whole,
    number_schema,
    postgres_state,
    sqlite_state,
    structure,
    workspace,
)
from tests.support.paths import ROOT

FIELDS = ("GET", "/v1/contact-custom-fields", ())
TWELVE = "12 deletes of 20 contacts held are more than max_deletes (10%) allows"
REMEDY = "if they are meant, run once with --max-deletes 12"


@pytest.fixture(params=["sqlite", "postgres"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The address of a database that has nothing in it."""
    if backend == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return new_database(request.getfixturevalue("postgres"))


@pytest.fixture
def old(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[OldState]:
    """A state of 1a0e9c0, and all that goes with it."""
    if backend == "sqlite":
        url = sqlite_state(tmp_path)
    else:
        url = postgres_state(new_database(request.getfixturevalue("postgres")))
    with workspace(tmp_path, backend) as sandbox:
        made = OldState(url, tmp_path, sandbox)
        made.configure()
        yield made


def new_database(server: str) -> str:
    psycopg = pytest.importorskip("psycopg")
    name = f"old_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    return server.removesuffix("/postgres") + f"/{name}"


def test_the_next_run_makes_no_needless_request(old: OldState) -> None:
    customers = old.command("run", "customers")
    assert (customers.exit, customers.counts) == (3, {"unchanged": 28, "adopted": 1, "rejected": 1, "failed": 1})
    assert old.requests() == [FIELDS, ("GET", "/v1/contacts", ("c40",))]
    staff = old.command("run", "staff")
    assert (staff.exit, staff.counts) == (4, {"unchanged": 8, "held": 12})
    assert old.requests() == [FIELDS]


def test_it_goes_on_from_there(old: OldState) -> None:
    old.command("run")
    old.requests()
    customers = old.command("run", "customers")
    assert (customers.exit, customers.counts) == (3, {"unchanged": 29, "rejected": 1, "failed": 1})
    assert old.requests() == [FIELDS]
    deleted = old.command("run", "staff", "--max-deletes", "12")
    assert (deleted.exit, deleted.counts) == (0, {"unchanged": 8, "deleted": 12})
    assert deleted.sync["run"] == 10


def test_undo_takes_back_what_the_old_program_did(old: OldState) -> None:
    old.command("run", "customers")
    taken_back = old.command("undo", "2")
    assert (taken_back.exit, taken_back.counts) == (0, {"created": 2, "updated": 2})
    names = {contact["externalId"]: contact["defaultFields"] for contact in old.sandbox.contacts.values()}
    assert (names["c28"]["company"], names["c29"]["lastName"]) == ("Acme", "Núñez")
    assert {"c26", "c27"} <= names.keys()


@pytest.mark.parametrize(
    ("command", "code"),
    [(("status",), 0), (("run", "--dry-run"), 4), (("undo", "2", "--dry-run"), 0), (("check",), 0)],
)
def test_whatever_only_reads_changes_nothing(old: OldState, command: tuple[str, ...], code: int) -> None:
    rows, kept = content(old.url), files(old.folder)
    assert old.command(*command).exit == code
    assert content(old.url) == rows
    assert files(old.folder) == kept
    assert {method for method, _, _ in old.requests()} <= {"GET"}


def test_reading_needs_no_right_to_write(old: OldState) -> None:
    url = old.url
    if url.startswith("postgresql"):
        url += "?options=-c%20default_transaction_read_only%3Don"
        with pytest.raises(StateError, match="read-only"):
            State.open(url)
    with State.open(url, read_only=True) as state:
        assert state.contacts.ids("customers").keys() == state.contacts.fingerprints("customers").keys()
        assert state.history.runs("staff", 1)[0].counts["held"] == 12


def test_a_dry_run_says_what_a_run_would_do(old: OldState) -> None:
    dry = old.command("run", "--dry-run", "customers")
    assert (dry.exit, dry.counts) == (3, {"unchanged": 28, "adopted": 1, "rejected": 1, "failed": 1})
    dry = old.command("undo", "2", "--dry-run")
    assert (dry.exit, dry.counts) == (0, {"created": 2, "updated": 2})


def test_status_says_what_it_said_before(old: OldState) -> None:
    customers, staff = old.command("status").document["syncs"]
    assert (customers["held"], staff["held"]) == (28, 20)
    assert [run["status"] for run in customers["runs"]] == ["interrupted", "partial", "partial"]
    assert [run["status"] for run in staff["runs"]] == ["held", "ok", "failed"]
    assert [problem["external_id"] for problem in customers["problems"]] == ["c91", "c90"]
    assert {problem["reason"] for problem in staff["problems"]} == {f"delete held back: {TWELVE}; {REMEDY}"}


@pytest.mark.parametrize("read_only", [True, False])
def test_what_was_told_in_sentences_has_columns(old: OldState, read_only: bool) -> None:
    with State.open(old.url, read_only=read_only, clock=LATER) as state:
        runs = {run.id: (run.changes, run.cut_short) for run in state.history.runs()}
        assert runs == {1: (31, False), 2: (4, False), 3: (0, False), 4: (19, True), 5: (1, False), 6: (0, False)}
        assert [run.id for run in state.history.eventful_runs("staff", LAST_RUN - 3600)] == [5, 4]
        assert [run.id for run in state.history.eventful_runs("customers", LAST_RUN - 3600)] == [2, 1]
        held = state.history.problems("staff")
        assert held == [
            Problem(None, f"c{number}", None, None, TWELVE, "held", "delete", REMEDY) for number in range(508, 520)
        ]
        failed, rejected = state.history.problems("customers")
        assert (failed.kind, failed.action, failed.remedy) == ("failed", None, None)
        assert rejected == Problem(31, "c90", "phone", "12", "is too short for a phone number", "rejected")


@pytest.mark.parametrize("read_only", [True, False])
def test_nothing_else_is_lost(old: OldState, read_only: bool) -> None:
    before = content(old.url)
    with State.open(old.url, read_only=read_only, clock=LATER) as state:
        assert state.syncs() == ["customers", "staff"]
        assert (state.contacts.count("customers"), state.contacts.count("staff")) == (28, 20)
        assert state.contacts.intents("customers").keys() == {"c40"}
        assert state.contacts.refusals("customers").keys() == {"c91"}
        assert state.notes.bookmark("staff") == "question 2026-11-01"
        assert len(state.history.changes(2)) == 5
    after = content(old.url)
    for table in ("contacts", "intents", "refusals", "syncs", "history"):
        width = len(before[table][0])  # later steps add columns behind
        assert [row[:width] for row in after[table]] == before[table]


def test_an_older_program_that_was_still_at_work_is_understood(old: OldState) -> None:
    State.open(old.url).close()
    engine = sa.create_engine(address(old.url))
    with engine.begin() as connection:  # what it writes at the end of its run, as it knows the tables
        connection.execute(sa.text("INSERT INTO runs (sync, started_at) VALUES ('staff', 1795578122)"))
        connection.execute(sa.text("DELETE FROM problems WHERE sync = 'staff'"))
        sentence = sa.text("INSERT INTO problems (sync, reason, kind) VALUES ('staff', :reason, 'held')")
        connection.execute(sentence, {"reason": f"delete held back: {TWELVE}; {REMEDY}"})
    engine.dispose()
    with State.open(old.url, read_only=True) as state:
        assert [run.changes for run in state.history.runs("staff", 2)] == [0, 0]
        assert [problem.text for problem in state.history.problems("staff")] == [
            f"delete held back: {TWELVE}; {REMEDY}"
        ]


def test_fresh_and_migrated_are_the_same(old: OldState, empty: str) -> None:
    State.open(old.url).close()
    State.open(empty).close()
    assert structure(old.url) == structure(empty)
    assert structure(empty).keys() == TABLES.tables.keys()


def test_the_steps_lead_to_the_tables_that_the_program_works_with(
    empty: str, backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    State.open(empty).close()
    other = (
        f"sqlite:///{tmp_path / 'o.db'}" if backend == "sqlite" else new_database(request.getfixturevalue("postgres"))
    )
    engine = sa.create_engine(address(other))
    TABLES.create_all(engine)
    engine.dispose()
    assert structure(empty) == structure(other)


def test_the_first_step_is_frozen(old: OldState, empty: str) -> None:
    Database.open(empty, migrations=MIGRATIONS[:1]).close()
    assert structure(empty) == structure(old.url)


def test_a_newer_state_is_refused_and_left_alone(old: OldState) -> None:
    number_schema(old.url, len(MIGRATIONS) + 1)
    rows, kept = content(old.url), files(old.folder)
    result = old.command("run", "customers")
    assert result.exit == 1
    assert "newer openphone-sync" in result.error
    for read_only in (True, False):
        with pytest.raises(StateError, match="newer openphone-sync"):
            State.open(old.url, read_only=read_only)
    assert content(old.url) == rows
    assert {name: kept[name] for name in kept if not name.endswith(".lock")} == {
        name: data for name, data in files(old.folder).items() if not name.endswith(".lock")
    }
    assert old.requests() == []


def test_a_migration_that_fails_leaves_the_old_state_whole(old: OldState) -> None:
    def fail(connection: sa.Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE nowhere ADD COLUMN x TEXT")

    rows, made = content(old.url), structure(old.url)
    with pytest.raises(StateError):
        Database.open(old.url, migrations=(*MIGRATIONS, fail))
    assert (content(old.url), structure(old.url)) == (rows, made)
    assert old.command("run", "staff").counts == {"unchanged": 8, "held": 12}


_KILLED = """
import os, sys
from sync.state.database import Database
from sync.state.migrations import MIGRATIONS
Database.open(sys.argv[1], migrations=(*MIGRATIONS, lambda connection: os._exit(9)))
"""


def test_a_migration_that_is_killed_leaves_the_old_state_whole(old: OldState) -> None:
    rows, made = content(old.url), structure(old.url)
    killed = subprocess.run([sys.executable, "-c", _KILLED, old.url], cwd=ROOT, env={**os.environ}, check=False)
    assert killed.returncode == 9
    kept = files(old.folder)
    with State.open(old.url, read_only=True) as state:
        assert state.contacts.count("staff") == 20
    assert files(old.folder) == kept, "reading repairs nothing"
    assert (content(old.url), structure(old.url)) == (rows, made)
    assert old.command("run", "staff").counts == {"unchanged": 8, "held": 12}
    assert all(is_whole(path) for path in old.folder.glob("state.db"))
