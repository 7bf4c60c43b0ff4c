"""When a service is given up, and how long everyone waits until then: with a clock that the test sets."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest

from sync.clock import Clock
from sync.openphone.errors import ServiceDown
from sync.openphone.patience import Hope, Patience


@dataclass
class Hands:
    """The hands of a clock: they move where the test moves them."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def hope(hands: Hands) -> Hope:
    return Hope(Patience(), Clock(monotonic=hands))


def fail(hope: Hope, kind: str, at: float, times: int = 1) -> list[float]:
    """So many failures of requests that were sent then; the pauses that they ask of everyone."""
    return [hope.failure(kind, at, "HTTP 500") for _ in range(times)]


def test_a_few_failures_slow_nobody_and_more_slow_everyone_up_to_a_bound(hope: Hope, hands: Hands) -> None:
    assert fail(hope, "read", hands.at, 11) == [0, 0, 0, 0.25, 0.5, 1, 2, 4, 5, 5, 5]


def test_thirty_failures_in_a_row_are_enough(hope: Hope, hands: Hands) -> None:
    fail(hope, "read", hands.at, 29)
    with pytest.raises(ServiceDown, match=r"HTTP 500.*30 failed requests in a row"):
        fail(hope, "read", hands.at)


def test_ninety_seconds_since_the_first_failure_was_sent_are_enough(hope: Hope, hands: Hands) -> None:
    fail(hope, "read", hands.at)
    hands.at += 60
    assert hope.left("read", hands.at) == 30
    fail(hope, "read", hands.at - 70)  # sent before the one that failed first
    hands.at += 20
    with pytest.raises(ServiceDown):
        fail(hope, "read", hands.at)


def test_an_answer_worth_having_begins_the_count_anew(hope: Hope, hands: Hands) -> None:
    fail(hope, "read", hands.at, 29)
    hope.success("read")
    hands.at += 1000
    assert hope.left("read", hands.at) == 90
    assert fail(hope, "read", hands.at, 4) == [0, 0, 0, 0.25]


def test_reads_that_succeed_do_not_hide_that_every_write_fails(hope: Hope, hands: Hands) -> None:
    for _ in range(29):
        fail(hope, "write", hands.at)
        hope.success("read")
    assert hope.left("read", hands.at) == 90
    with pytest.raises(ServiceDown):
        fail(hope, "write", hands.at)


def test_reads_and_writes_that_fail_in_turn_share_one_patience(hope: Hope, hands: Hands) -> None:
    fail(hope, "write", hands.at, 15)
    fail(hope, "read", hands.at, 14)
    with pytest.raises(ServiceDown):
        fail(hope, "read", hands.at)


def test_a_request_is_sent_again_after_ever_longer_up_to_a_bound_and_half_of_it_is_chance() -> None:
    patience = Patience()
    longest = [patience.backoff(attempt, Clock(uniform=lambda low, high: high)) for attempt in range(1, 9)]
    shortest = [patience.backoff(attempt, Clock(uniform=lambda low, high: low)) for attempt in range(1, 9)]
    assert longest == [0.5, 1, 2, 4, 8, 10, 10, 10]
    assert shortest == [seconds / 2 for seconds in longest]


def test_a_scaled_patience_waits_less_and_tries_as_often() -> None:
    patience, scaled = Patience(), Patience().scaled(0.1)
    assert math.isclose(scaled.give_up_seconds, 9)
    assert (scaled.backoff_first, scaled.slow_down_first) == pytest.approx((0.05, 0.025))
    assert (scaled.list_lag, scaled.pause_max) == (patience.list_lag, patience.pause_max)
    assert (scaled.attempts, scaled.give_up_failures) == (patience.attempts, patience.give_up_failures)
