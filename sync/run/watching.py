"""Whoever shows a run's progress, and the watcher for nobody."""

from __future__ import annotations

from typing import Protocol


class Watcher(Protocol):
    """Whoever shows progress."""

    def phase(self, sync: str, what: str, total: int | None) -> None:
        """A new phase begins; ``total`` steps where that is known."""
        ...

    def step(self, count: int = 1) -> None:
        """Some steps of the phase are done."""
        ...


class Silent:
    """A watcher for nobody."""

    def phase(self, sync: str, what: str, total: int | None) -> None:
        """Nothing is shown."""

    def step(self, count: int = 1) -> None:
        """Nothing is shown."""
