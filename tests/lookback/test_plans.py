"""Looking back takes an index: in a state with years in it no question but a search reads a table from end to end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from sync.lookback.contact_facts import Place, contact_facts, places
from sync.lookback.reading import opened
from sync.lookback.run_facts import changes_of, every_change_of, last_run_facts, run_facts
from sync.state.store import State
from tests.support.large_state import Size, make

LARGE = ("history", "contacts")


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    folder = tmp_path_factory.mktemp("state")
    make(folder, Size(contacts=300, runs=30, a_run=5, problems=20))
    with opened(f"sqlite:///{folder / 'state.db'}") as state:
        yield state


@contextmanager
def asked() -> Iterator[list[tuple[str, object]]]:
    """The statements that are sent to the database meanwhile."""
    sent: list[tuple[str, object]] = []

    def note(_: object, __: object, statement: str, parameters: object, *___: object) -> None:
        sent.append((statement, parameters))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


QUESTIONS: dict[str, Callable[[State], object]] = {
    "the last run": last_run_facts,
    "the last run of a sync": lambda state: last_run_facts(state, "customers"),
    "a run": lambda state: run_facts(state, 7),
    "its first changes": lambda state: changes_of(state, 7, limit=50),
    "its updates": lambda state: changes_of(state, 7, action="update"),
    "all of its changes": lambda state: list(every_change_of(state, 7)),
    "whose key it is": lambda state: places(state, "c42", prefixes={"customers": "x-"}),
    "whose id it is": lambda state: places(state, f"{42:024x}"),
    "a contact": lambda state: contact_facts(state, Place("customers", "c42")),
    "problems": lambda state: state.history.problems("customers"),
    "runs": lambda state: state.history.runs("customers", 5),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_it_takes_an_index(state: State, question: str) -> None:
    with asked() as sent:
        assert QUESTIONS[question](state) not in (None, [])
    assert sent
    for statement, parameters in sent:
        if not statement.startswith("SELECT"):
            continue
        with state.database.transaction() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()  # type: ignore[arg-type]
        steps = [str(step[-1]) for step in plan]
        scans = [step for step in steps if step.startswith("SCAN") and step.split()[1] in LARGE and "INDEX" not in step]
        assert not scans, f"{statement}\n{steps}"
