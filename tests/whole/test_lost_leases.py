"""A run that loses its hold on a sync, with its state in PostgreSQL: it sends nothing more, and nobody is doubled."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.contacts.change import InStep
from sync.state.address import StateError
from sync.state.holding import held
from sync.state.lock import Locked
from sync.state.store import State
from tests.support.pgbouncer import pooled
from tests.support.workbench import Workbench, ended, people, workbench

ROWS = 60
OURS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@pytest.fixture
def bench(tmp_path: Path, postgres_state: str) -> Iterator[Workbench]:
    with workbench(tmp_path, wait=0.3, latency=0.1, accept_doubles=True, openphone={"requests_per_second": 25}) as made:
        made.config.write_text(f"{made.config.read_text()}\nstate: {postgres_state}\n")
        made.write(people(ROWS))
        yield made


def on_the_server(url: str, statement: str) -> list[Any]:
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(url, autocommit=True) as connection:
        return list(connection.execute(statement).fetchall())


def cut_off(url: str) -> int:
    """Ends every session with this database; how many there were."""
    return len(on_the_server(url, OURS.replace("SELECT pid", "SELECT pg_terminate_backend(pid)")))


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


def doubled(bench: Workbench) -> list[str]:
    keys = [contact["externalId"] for contact in bench.sandbox.contacts.values()]
    return sorted({key for key in keys if keys.count(key) > 1})


@pytest.mark.parametrize("after", [12, *(pytest.param(after, marks=pytest.mark.slow) for after in (1, 30))])
def test_a_run_that_was_cut_off_sends_nothing_more_and_the_next_doubles_nobody(
    bench: Workbench, postgres_state: str, after: int
) -> None:
    first = bench.start()
    until(lambda: len(bench.sandbox.contacts) >= after)
    assert cut_off(postgres_state)
    second = bench.start()
    done, again = ended(first), ended(second)

    assert (done.exit, again.exit) == (1, 0)
    assert "run again" in done.error or "taken over" in done.error
    assert "move it away" not in done.error, "a connection that broke off is no damaged file"
    assert bench.wrong() == []
    assert doubled(bench) == []


def test_what_was_lost_is_noticed_before_the_next_write(postgres_state: str) -> None:
    with held(postgres_state, "customers") as state:
        cut_off(postgres_state)
        with pytest.raises(StateError, match="broke off"):
            state.contacts.remember("customers", [InStep("c1", "A", None)])
    with State.open(postgres_state, read_only=True) as state:
        assert state.contacts.ids("customers") == {}


def test_a_connection_that_comes_back_is_another(postgres_state: str) -> None:
    with held(postgres_state, "customers") as state:
        cut_off(postgres_state)
        for _ in range(3):  # the driver connects again by itself: the lock is gone all the same
            with pytest.raises(StateError):
                state.contacts.intend("customers", "c1")
    with held(postgres_state, "customers") as state:
        assert state.contacts.intents("customers") == {}
        state.contacts.intend("customers", "c1")


def test_whoever_was_overtaken_is_told_so(postgres_state: str) -> None:
    with held(postgres_state, "customers") as state:
        on_the_server(postgres_state, "update leases set token = token + 1 returning token")
        with pytest.raises(StateError, match="another run has taken over the sync 'customers'"):
            state.contacts.intend("customers", "c1")


def test_one_run_holds_a_sync_and_another_the_next(postgres_state: str) -> None:
    with held(postgres_state, "customers"):
        with pytest.raises(Locked), held(postgres_state, "customers"):
            pass
        with held(postgres_state, "staff"):
            pass
    with held(postgres_state, "customers"):
        pass


def test_a_pooler_that_keeps_no_sessions_is_refused_with_a_clear_word(bench: Workbench, postgres_state: str) -> None:
    State.open(postgres_state).close()
    with pooled(postgres_state, "transaction") as url:
        bench.config.write_text(bench.config.read_text().replace(postgres_state, url))
        result = bench.run()
    assert result.exit == 1
    assert "keep sessions" in result.error
    assert bench.sandbox.writes() == []


def test_a_pool_of_sessions_will_do(bench: Workbench, postgres_state: str) -> None:
    bench.write(people(3))
    with pooled(postgres_state, "session") as url:
        bench.config.write_text(bench.config.read_text().replace(postgres_state, url))
        assert bench.run().counts == {"created": 3}
        assert bench.run().counts == {"unchanged": 3}
