"""How far the runs under way are, for whoever looks: the newest phase of each sync, and its steps."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Phase:
    """What a run is doing now. ``total`` is None where nobody knows yet how much there is."""

    what: str
    done: int = 0
    total: int | None = None


@dataclass(slots=True)
class Progress:
    """The watcher of the daemon's runs."""

    phases: dict[str, Phase] = field(default_factory=dict)

    def of(self, sync: str) -> SyncProgress:
        """The watcher of one sync's run."""
        return SyncProgress(self, sync)

    def ended(self, sync: str) -> None:
        """The run of this sync is over."""
        self.phases.pop(sync, None)


@dataclass(slots=True)
class SyncProgress:
    """Hears of one run, so that two under way at once are not taken for one another."""

    into: Progress
    sync: str
    done: int = 0
    what: str = ""
    total: int | None = None

    def phase(self, sync: str, what: str, total: int | None) -> None:
        """A new phase begins."""
        self.what, self.done, self.total = what, 0, total
        self._tell()

    def step(self, count: int = 1) -> None:
        """Some steps of it are done."""
        self.done += count
        self._tell()

    def _tell(self) -> None:
        self.into.phases[self.sync] = Phase(self.what, self.done, self.total)
