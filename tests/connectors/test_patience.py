"""Patience: how often, how long, and when it is no use to wait."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from connectors.patience import AsksTooMuch, MayPass, Patience, Timing


class Trouble(MayPass):
    def __init__(self, asked: float | None = None) -> None:
        super().__init__("trouble")
        self.retry_after = asked


class Bench:
    """Time that passes only when somebody sleeps, and an attempt that fails ``failures`` times."""

    def __init__(self, failures: int, asked: float | None = None) -> None:
        self.waits: list[float] = []
        self.attempts = 0
        self._failures = failures
        self._asked = asked

    async def attempt(self) -> str:
        self.attempts += 1
        if self.attempts <= self._failures:
            raise Trouble(self._asked)
        return "done"

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def patience(self, **limits: Any) -> Callable[[Callable[[], Awaitable[str]]], Awaitable[str]]:
        timing = Timing(monotonic=lambda: sum(self.waits), sleep=self.sleep, chance=lambda: 0.5)
        return Patience(**{"attempts": 5, "timing": timing, **limits})


async def test_waits_double_up_to_the_longest() -> None:
    bench = Bench(4)

    assert await bench.patience(first_wait=2, longest_wait=9)(bench.attempt) == "done"
    assert bench.waits == [2, 4, 8, 9]


async def test_the_last_failure_comes_out() -> None:
    bench = Bench(99)
    with pytest.raises(Trouble):
        await bench.patience()(bench.attempt)

    assert (bench.attempts, len(bench.waits)) == (5, 4)


async def test_a_share_of_our_own_waits_is_left_to_chance() -> None:
    bench = Bench(2)
    await bench.patience(spread=0.5)(bench.attempt)

    assert bench.waits == [0.75, 1.5]


@pytest.mark.parametrize(("at_least", "waits"), [(False, [1.5, 1.5, 1.5]), (True, [1.5, 2, 4])])
async def test_what_is_asked_for_is_waited(at_least: bool, waits: list[float]) -> None:
    bench = Bench(3, asked=1.5)
    await bench.patience(at_least=at_least)(bench.attempt)

    assert bench.waits == waits


async def test_nothing_is_waited_for_that_would_take_too_long_all_in_all() -> None:
    bench = Bench(99, asked=30)
    with pytest.raises(Trouble):
        await bench.patience(seconds=70)(bench.attempt)

    assert bench.waits == [30, 30]


async def test_who_asks_for_too_much_is_not_asked_again_but_may_end_the_last_attempt() -> None:
    bench = Bench(99, asked=121)
    with pytest.raises(AsksTooMuch, match="121 seconds") as raised:
        await bench.patience(longest_asked=120)(bench.attempt)
    assert isinstance(raised.value.__cause__, Trouble)
    with pytest.raises(Trouble):
        await bench.patience(longest_asked=120, attempts=1)(bench.attempt)

    assert bench.waits == []


async def test_what_no_patience_mends_comes_out_at_once() -> None:
    async def attempt() -> str:
        raise ValueError("no use")

    bench = Bench(0)
    with pytest.raises(ValueError, match="no use"):
        await bench.patience()(attempt)

    assert bench.waits == []
