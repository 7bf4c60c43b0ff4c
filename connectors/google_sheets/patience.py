"""How long we try again: one bounded policy for everything asked of Google. Clock and sleep are passed in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog

from connectors.google_sheets.errors import QuotaUsedUp, Transient

T = TypeVar("T")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Patience:
    """Tries again after a transient error, within ``seconds`` all in all and at most ``attempts`` times.

    Quotas are counted per minute, so their waits are long enough that the last attempt is in the next minute.
    """

    seconds: float = 120
    attempts: int = 5
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic

    async def __call__(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """What ``attempt`` returns in the end. Raises its last error when patience runs out."""
        started = self.clock()
        number = 0
        while True:
            number += 1
            try:
                return await attempt()
            except Transient as trouble:
                wait = _wait(trouble, number)
                if number >= self.attempts or self.clock() - started + wait > self.seconds:
                    raise
                log.warning("google sheets: trying again", seconds=wait, attempt=number, reason=str(trouble))
                await self.sleep(wait)


def _wait(trouble: Transient, number: int) -> float:
    """Seconds before the next attempt: what the service asked for, else doubling."""
    if trouble.retry_after is not None:
        return trouble.retry_after
    first = 5.0 if isinstance(trouble, QuotaUsedUp) else 1.0
    return first * float(2 ** (number - 1))
