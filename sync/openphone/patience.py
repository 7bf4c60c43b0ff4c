"""How long to hope: a value that says so, and the count of failures in a row that is held against it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sync.clock import Clock
from sync.openphone.errors import ServiceDown


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds and numbers of attempts, for all requests of one client.

    ``list_lag``: after this long a list is believed when it lacks a new contact (2 to 3 s were measured).
    ``give_up_*``: a service without one success is given up after so long, or so many failures in a row.
    ``slow_down_*``: how long everyone waits after more than ``unremarkable_failures`` in a row: a service that is down
    for a minute is outlived. ``attempts`` and ``backoff_*`` are for one request; ``pause_max`` is the longest pause
    that a service may ask for.
    """

    list_lag: float = 5.0
    give_up_seconds: float = 90.0
    give_up_failures: int = 30
    unremarkable_failures: int = 4
    slow_down_first: float = 0.25
    slow_down_max: float = 5.0
    attempts: int = 8
    backoff_first: float = 0.5
    backoff_max: float = 10.0
    pause_max: float = 60.0

    def scaled(self, by: float) -> Patience:
        """The same, with every wait of ours ``by`` times as long; what lists and services need stays."""
        return replace(
            self,
            give_up_seconds=self.give_up_seconds * by,
            slow_down_first=self.slow_down_first * by,
            slow_down_max=self.slow_down_max * by,
            backoff_first=self.backoff_first * by,
            backoff_max=self.backoff_max * by,
        )

    def slow_down(self, failures: int) -> float:
        """Seconds that everyone shall wait after so many failures in a row."""
        excess = failures - self.unremarkable_failures
        return min(self.slow_down_max, self.slow_down_first * 2.0**excess) if excess >= 0 else 0.0

    def backoff(self, attempt: int, clock: Clock) -> float:
        """Seconds until a request is sent again after this attempt (the first is 1)."""
        ceiling = min(self.backoff_max, self.backoff_first * 2.0 ** (attempt - 1))
        return ceiling * clock.uniform(0.5, 1.0)


@dataclass(slots=True)
class _Streak:
    """Failures in a row, and when the first of them was sent."""

    failures: int = 0
    since: float | None = None

    def lasted(self, now: float) -> float:
        return 0.0 if self.since is None else now - self.since


class Hope:
    """Knows when to stop hoping: too many failures, or too long, without one success (of the same kind, or at all)."""

    def __init__(self, patience: Patience, clock: Clock) -> None:
        self._patience = patience
        self._clock = clock
        self._streaks = {"read": _Streak(), "write": _Streak(), "any": _Streak()}

    def left(self, kind: str, now: float) -> float:
        """Seconds until a request of this kind, ``read`` or ``write``, is given up."""
        return self._patience.give_up_seconds - max(self._streaks[name].lasted(now) for name in (kind, "any"))

    def success(self, kind: str) -> None:
        """An answer worth having."""
        self._streaks[kind] = _Streak()
        self._streaks["any"] = _Streak()

    def failure(self, kind: str, started: float, what: str) -> float:
        """How many seconds everyone shall wait now. Raises ServiceDown when it has been enough."""
        for name in (kind, "any"):
            streak = self._streaks[name]
            streak.failures += 1
            streak.since = started if streak.since is None else min(streak.since, started)
        failures = max(self._streaks[name].failures for name in (kind, "any"))
        if failures >= self._patience.give_up_failures or self.left(kind, self._clock.monotonic()) <= 0:
            raise ServiceDown(
                f"OpenPhone does not answer properly ({what}): gave up after {failures} failed requests "
                "in a row. What was done so far is kept; run again later."
            )
        return self._patience.slow_down(failures)
