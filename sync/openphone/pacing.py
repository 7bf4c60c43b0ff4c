"""How fast we may go: a pace just below the key's limit, a pause for everyone after a 429.

One ``Pace`` belongs to one key; syncs that share the key share it. Knows nothing of HTTP or contacts.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from aiolimiter import AsyncLimiter

from sync.clock import Clock

HEADROOM = 0.98
"""Of the allowed rate. What else keeps an eleventh request out of a second is the window below."""

BURST = 3
"""Places that were missed while an answer was awaited may be made up for, so many at once."""

JITTER = 0.03
"""Seconds by which two requests' ways to the server may differ."""

ANSWER = 0.5
"""Seconds that an answer may have been under way: what we sent so long before the window may stand in its count."""

SLOWEST = 1 / 60
"""Requests a second that no answer may slow us below: it would be the end of the run without a word."""

# No more digits than a number of requests may have: what has more is none.
_POLICY = re.compile(r"q=(\d{1,9})\s*;\s*w=(\d{1,9})(?!\d)", re.ASCII)
_REMAINING = re.compile(r"r=(\d{1,9})(?!\d)", re.ASCII)


@dataclass(slots=True)
class Place:
    """A place in the window: when its request left, as far as that is known (monotonic seconds)."""

    at: float
    monotonic: Callable[[], float]

    def taken(self) -> None:
        """The request leaves now."""
        self.at = self.monotonic()


class Pace:
    """Places in the window, even but for a few made up for; ``pause`` and ``heed`` slow everyone who waits on it."""

    def __init__(self, per_second: float, clock: Clock = Clock()) -> None:
        self._clock = clock
        self._resume_at = 0.0
        self._sent: deque[Place] = deque()
        self._set_rate(per_second)

    def _set_rate(self, per_second: float) -> None:
        self._per_second = per_second
        self._limiter = AsyncLimiter(BURST, BURST / (per_second * HEADROOM))
        self._sent = deque(self._sent, maxlen=max(1, int(per_second)))

    async def turn(self) -> Place:
        """Wait for the next place in the window. Call the place's ``taken`` when the request really leaves."""
        while (delay := self.paused_for()) > 0:  # the end may move while we sleep
            await self._clock.sleep(delay)
        await self._limiter.acquire()
        while (delay := self._until_window_has_room()) > 0:  # others may take the room meanwhile
            await self._clock.sleep(delay)
        place = Place(self._clock.monotonic(), self._clock.monotonic)
        self._sent.append(place)
        return place

    def _until_window_has_room(self) -> float:
        """A request that left late counts from when it left, not from when it was allowed to."""
        if len(self._sent) < (self._sent.maxlen or 1) or self._per_second < 1:
            return 0.0
        return self._sent[0].at + 1 + JITTER - self._clock.monotonic()

    def paused_for(self) -> float:
        """Seconds until anyone may send again; 0 where nobody asked for a pause."""
        return max(0.0, self._resume_at - self._clock.monotonic())

    def pause(self, seconds: float) -> None:
        """Let nobody send for ``seconds`` from now."""
        self._resume_at = max(self._resume_at, self._clock.monotonic() + seconds)

    def heed(self, policy: str | None, remaining: str | None) -> None:
        """Respect what an answer says of the limit: ``"per-second"; q=10; w=1`` and ``r=9; t=1``.

        A lower quota than configured slows us for good. What is used up beyond our own requests, someone else used:
        another process with this key, or the run before this one. Its places in the window are taken, too.
        """
        match = _POLICY.search(policy or "")
        if match is None or int(match[1]) < 1 or int(match[2]) < 1:
            return
        quota, window = int(match[1]), int(match[2])
        if quota / window < self._per_second:
            self._set_rate(max(quota / window, min(SLOWEST, self._per_second)))
        left = _REMAINING.search(remaining or "")
        if left is not None:
            self._yield_to_others(quota, quota - int(left[1]), window)

    def _yield_to_others(self, quota: int, used: int, window: int) -> None:
        """Count what others used as if it were ours; what they may use beside our own rate is theirs."""
        now, rate = self._clock.monotonic(), self._sent.maxlen or 1
        ours = sum(1 for place in self._sent if place.at > now - window - ANSWER)
        others = used - ours - max(0, quota - rate)
        self._sent.extend(Place(now, self._clock.monotonic) for _ in range(min(others, rate)))
