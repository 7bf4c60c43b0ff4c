"""A fixed set of random histories, so that a failure comes back. ``python -m tests.whole.histories`` plays others."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.postgres_server import fresh_database
from tests.whole.history_machine import Histories

LIMITS = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    stateful_step_count=10,
    print_blob=True,
)


@pytest.mark.alone  # its runs are in a hurry, and a machine that stalls is no service that is down
def test_histories_end_as_the_rows_say() -> None:
    run_state_machine_as_test(Histories, settings=settings(LIMITS, max_examples=8, phases=[Phase.generate]))


@pytest.mark.slow
def test_more_histories_do_too_with_states_in_postgresql(postgres: str) -> None:
    class OnPostgres(Histories):
        postgres = staticmethod(lambda: fresh_database(postgres_url))

    postgres_url = postgres
    run_state_machine_as_test(OnPostgres, settings=settings(LIMITS, max_examples=60, phases=[Phase.generate]))
