"""Which request meets which fault: rules that strike by counting, so that a test can say exactly what happens.

Decides only; the gateway does what the fault says. No randomness.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal, get_args

FaultKind = Literal[
    "drop_before",
    "drop_after",
    "hang",
    "hang_after",
    "429",
    "500_before",
    "500_after",
    "html_502",
    "html_after",
    "401",
    "403",
    "400_refuse",
    "down",
]

KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
REFUSED = "The request was refused"
DROPS: frozenset[FaultKind] = frozenset({"drop_before", "drop_after"})
HANGS: frozenset[FaultKind] = frozenset({"hang", "hang_after"})
CARRIED_OUT: frozenset[FaultKind] = frozenset({"drop_after", "hang_after", "500_after", "html_after"})


@dataclass(frozen=True, slots=True)
class Fault:
    """What one request meets instead of its answer.

    ``retry_after`` is for ``429`` and ``down``: seconds, or an HTTP date. ``reason`` is for ``400_refuse``.
    """

    kind: FaultKind
    retry_after: float | str | None = None
    reason: str = REFUSED

    @property
    def carried_out(self) -> bool:
        """Whether the workspace does what was asked before the answer is spoiled."""
        return self.kind in CARRIED_OUT

    @property
    def drops(self) -> bool:
        """Whether the connection is closed without an answer."""
        return self.kind in DROPS

    @property
    def hangs(self) -> bool:
        """Whether no answer ever comes."""
        return self.kind in HANGS


@dataclass(slots=True)
class _Rule:
    """Strikes every ``n``-th matching request after the first ``after``, until ``left`` is used up."""

    fault: Fault
    n: int
    methods: frozenset[str] | None
    path: str
    after: int
    left: int | None
    seen: int = field(default=0)

    def strikes(self, method: str, path: str) -> bool:
        if self.left == 0 or not path.startswith(self.path):
            return False
        if self.methods is not None and method not in self.methods:
            return False
        self.seen += 1
        counted = self.seen - self.after
        if counted <= 0 or counted % self.n:
            return False
        if self.left is not None:
            self.left -= 1
        return True


class Faults:
    """The rules in force.

    They are asked in the order in which they were set. A request meets one fault at most: rules behind the one
    that strikes do not count it. ``methods`` left out means every method, ``path`` is how the path begins.
    """

    def __init__(self) -> None:
        self._rules: list[_Rule] = []

    def every(
        self,
        n: int,
        kind: FaultKind,
        methods: Collection[str] | None = None,
        times: int | None = None,
        after: int = 0,
        *,
        path: str = "",
        retry_after: float | str | None = None,
        reason: str = REFUSED,
    ) -> None:
        """Spoil every ``n``-th matching request, ``times`` times, letting the first ``after`` pass uncounted."""
        if n < 1:
            raise ValueError(f"a fault can strike every request or fewer, not every {n}th")
        if kind not in KINDS:
            raise ValueError(f"no such fault: {kind}; there are {', '.join(KINDS)}")
        fault = Fault(kind, retry_after, reason)
        self._rules.append(_Rule(fault, n, _upper(methods), path, after, times))

    def next(
        self,
        kind: FaultKind,
        count: int = 1,
        methods: Collection[str] | None = None,
        *,
        path: str = "",
        retry_after: float | str | None = None,
        reason: str = REFUSED,
    ) -> None:
        """Spoil the next ``count`` matching requests; ``down`` stays until it is cleared."""
        times = None if kind == "down" else count
        self.every(1, kind, methods, times, path=path, retry_after=retry_after, reason=reason)

    def down(self, retry_after: float | str | None = None) -> None:
        """Answer everything with 503 until cleared."""
        self.next("down", retry_after=retry_after)

    def clear(self) -> None:
        """Forget every rule."""
        self._rules = []

    def pick(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets, if any; counts the request."""
        return next((rule.fault for rule in self._rules if rule.strikes(method, path)), None)


def _upper(methods: Collection[str] | None) -> frozenset[str] | None:
    if methods is None:
        return None
    return frozenset(method.upper() for method in ([methods] if isinstance(methods, str) else methods))
