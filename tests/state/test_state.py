"""The state's database: made, opened, read without being made, and never overwritten."""

from __future__ import annotations

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa

from sync.contacts.change import InStep
from sync.state.address import IN_MEMORY, StateError, address, sqlite_file
from sync.state.database import Database
from sync.state.lock import Locked, hold
from sync.state.migrations import MIGRATIONS
from sync.state.store import State


def make(path: Path, url: str | None = None) -> None:
    with State.open(url or f"sqlite:///{path}") as state:
        state.contacts.remember("customers", [InStep("c1", "A", b"print")])


def held(url: str) -> dict[str, str]:
    with State.open(url, read_only=True) as state:
        return state.contacts.ids("customers")


def test_a_new_state_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state.db"
    make(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    make(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_reading_makes_nothing(tmp_path: Path) -> None:
    assert held(f"sqlite:///{tmp_path / 'state.db'}") == {}
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["state.db", "ein Zustand #1?.db", "100%.db"])
def test_reading_changes_nothing(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    make(path, sa.URL.create("sqlite", database=str(path)).render_as_string())
    before = path.read_bytes()
    state = State.open(sa.URL.create("sqlite", database=str(path)).render_as_string(), read_only=True)
    assert state.contacts.ids("customers") == {"c1": "A"}
    with pytest.raises(StateError, match="readonly"):
        state.contacts.remember("customers", [InStep("c2", "B", None)])
    state.close()
    assert path.read_bytes() == before


@pytest.mark.parametrize("more", ["?timeout=5", "?cache=private&uri=true"])
def test_options_of_an_sqlite_address_are_kept(tmp_path: Path, more: str) -> None:
    prefix = "file:" if "uri" in more else ""
    url = f"sqlite:///{prefix}{tmp_path / 'state.db'}{more}"
    make(tmp_path / "state.db", url)
    assert held(url) == {"c1": "A"}
    assert {path.name for path in tmp_path.iterdir()} <= {"state.db", "state.db-journal"}


def test_a_newer_state_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    make(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
    before = path.read_bytes()
    for read_only in (True, False):
        with pytest.raises(StateError, match="newer openphone-sync"):
            State.open(f"sqlite:///{path}", read_only=read_only)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_state_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(content)
    for read_only in (True, False):
        with pytest.raises(StateError, match="left as it is"):
            State.open(f"sqlite:///{path}", read_only=read_only)
    assert path.read_bytes() == content


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE invoices (id INTEGER)")
    with pytest.raises(StateError, match="other tables"):
        State.open(f"sqlite:///{path}")


def test_a_state_in_a_place_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot be written"):
        State.open(f"sqlite:///{tmp_path / 'file' / 'state.db'}")


def test_a_state_in_memory_needs_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with hold("sqlite://", "customers"):
        State.open("sqlite://").close()
    assert not list(tmp_path.iterdir())


def test_postgresql_is_reached_through_psycopg_3() -> None:
    assert address("postgresql://u:p@h/db").drivername == "postgresql+psycopg"
    assert address("postgresql+psycopg2://u:p@h/db").drivername == "postgresql+psycopg2"
    assert sqlite_file(IN_MEMORY) is None


def test_a_database_that_is_not_there_is_named_without_its_password() -> None:
    url = "postgresql://ana:sesame@127.0.0.1:9/none?connect_timeout=2"
    with pytest.raises(StateError) as opened:
        State.open(url)
    with pytest.raises(StateError) as locked, hold(url, "customers"):
        pass
    for raised in (opened, locked):
        assert "127.0.0.1:9" in str(raised.value)
        assert "sesame" not in str(raised.value)


def test_one_run_holds_a_sync_at_a_time(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'state.db'}"
    with hold(url, "customers"):
        with pytest.raises(Locked), hold(url, "customers"):
            pass
        with hold(url, "staff"):
            pass
    with hold(url, "customers"):
        pass


def test_a_new_state_can_be_opened_by_many_at_once(tmp_path: Path) -> None:
    for attempt in range(20):
        path, together = tmp_path / f"{attempt}.db", Barrier(6)

        def opened(number: int, path: Path = path, together: Barrier = together) -> int:
            together.wait(30)
            with State.open(f"sqlite:///{path}") as state:
                state.contacts.remember(f"sync-{number}", [InStep("c1", "A", b"print")])
            return number

        with ThreadPoolExecutor(6) as pool:
            assert sorted(pool.map(opened, range(6))) == list(range(6))
        assert len(read_names(path)) == 6


def test_a_schema_whose_making_was_cut_off_is_made_by_the_next_run(
    tmp_path: Path,
) -> None:
    def cut_off(connection: sa.Connection) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "state.db"
    with pytest.raises(KeyboardInterrupt):
        Database.open(f"sqlite:///{path}", migrations=(*MIGRATIONS, cut_off))
    make(path)
    assert held(f"sqlite:///{path}") == {"c1": "A"}


def read_names(path: Path) -> list[str]:
    with State.open(f"sqlite:///{path}", read_only=True) as state:
        return state.syncs()
