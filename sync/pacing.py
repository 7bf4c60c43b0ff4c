"""How fast we may go: an even pace below the key's limit, a pause for everyone after a 429.

One ``Pace`` belongs to one key; syncs that share the key share it. Knows nothing of HTTP or contacts.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque

from aiolimiter import AsyncLimiter

HEADROOM = 0.98
"""Of the allowed rate: AsyncLimiter(1, 1/9.8) keeps 9.7/s and survives 20 ms of jitter (API.md, Access)."""

_POLICY = re.compile(r"q=(\d+)\s*;\s*w=(\d+)")
_REMAINING = re.compile(r"r=(\d+)")


class Pace:
    """Even spacing of requests; ``pause`` and ``heed`` slow everyone who waits on it."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._limiter = _even(per_second)
        self._resume_at = 0.0
        self._sent: deque[float] = deque(maxlen=256)
        self.waited = 0.0

    async def turn(self) -> None:
        """Wait for the next place in the window. Raises nothing."""
        started = time.monotonic()
        while (delay := self.paused_for()) > 0:  # noqa: ASYNC110 - the end may move while we sleep
            await asyncio.sleep(delay)
        await self._limiter.acquire()
        now = time.monotonic()
        self._sent.append(now)
        self.waited += now - started

    def paused_for(self) -> float:
        """Seconds until anyone may send again; 0 where nobody asked for a pause."""
        return max(0.0, self._resume_at - time.monotonic())

    def pause(self, seconds: float) -> None:
        """Let nobody send for ``seconds`` from now."""
        self._resume_at = max(self._resume_at, time.monotonic() + seconds)

    def heed(self, policy: str | None, remaining: str | None) -> None:
        """Respect what an answer says of the limit: ``"per-second"; q=10; w=1`` and ``r=9; t=1``.

        A lower quota than configured slows us for good. Nothing remaining while we used less than the quota
        means that someone else uses the key too: wait for one place more.
        """
        match = _POLICY.search(policy or "")
        if match is None or int(match[1]) < 1 or int(match[2]) < 1:
            return
        quota, window = int(match[1]), int(match[2])
        if quota / window < self._per_second:
            self._per_second = quota / window
            self._limiter = _even(self._per_second)
        left = _REMAINING.search(remaining or "")
        if left is not None and int(left[1]) == 0:
            since = time.monotonic() - window
            if sum(1 for at in self._sent if at > since) <= quota - 2:
                self.pause(window / quota)


def _even(per_second: float) -> AsyncLimiter:
    return AsyncLimiter(1, 1 / (per_second * HEADROOM))
