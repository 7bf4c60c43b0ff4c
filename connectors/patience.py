"""How long a connector hopes: one rule for whatever may be tried again. Knows nothing of HTTP, nor of who is asked.

Time, sleep and chance are passed in.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Timing:
    """Clock, sleep and chance, passed in so that tests need none of them."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random


class MayPass(Exception):
    """A failure that another attempt may mend. ``retry_after``: the seconds that the other side asks to wait."""

    retry_after: float | None = None
    first_wait: float | None = None
    """The wait after a first failure of this kind, where it is not the usual one."""


class AsksTooMuch(Exception):
    """The other side asks for a longer wait than we have patience for; the cause is the failure with which it did."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"it asks to wait {seconds:.0f} seconds")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Patience:
    """Tries again after a failure that may pass, at most ``attempts`` times and within ``seconds`` all in all.

    ``first_wait`` doubles each time up to ``longest_wait``; the share ``spread`` of it is left to chance. What the
    other side asks for is waited instead, or, with ``at_least``, where it is longer; ``longest_asked`` at most.
    ``on_trouble`` hears of each failure before another attempt: which, after how many attempts, and how long we wait.
    """

    attempts: int
    seconds: float = math.inf
    first_wait: float = 1.0
    longest_wait: float = math.inf
    longest_asked: float = math.inf
    spread: float = 0.0
    at_least: bool = False
    timing: Timing = field(default_factory=Timing)
    on_trouble: Callable[[MayPass, int, float], None] = lambda *_: None

    async def __call__(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """What ``attempt`` returns in the end. Raises its last error when patience runs out, or AsksTooMuch."""
        started = self.timing.monotonic()
        number = 0
        while True:
            number += 1
            try:
                return await attempt()
            except MayPass as trouble:
                if number >= self.attempts:
                    raise
                if trouble.retry_after is not None and trouble.retry_after > self.longest_asked:
                    raise AsksTooMuch(trouble.retry_after) from trouble
                wait = self._wait(trouble, number)
                if self.timing.monotonic() - started + wait > self.seconds:
                    raise
                self.on_trouble(trouble, number, wait)
                await self.timing.sleep(wait)

    def _wait(self, trouble: MayPass, number: int) -> float:
        """Seconds before the next attempt."""
        asked = trouble.retry_after
        if asked is not None and not self.at_least:
            return asked
        first = self.first_wait if trouble.first_wait is None else trouble.first_wait
        ours = min(first * 2.0 ** (number - 1), self.longest_wait)
        ours *= 1 - self.spread + self.spread * self.timing.chance()
        return ours if asked is None else max(asked, ours)
