"""The commands that a run's words name: what lists the rest, what lets held changes through. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

PROGRAM = "openphone-sync"
ALL_IN_JSON = "--output json"
ALL_IN_A_DOCUMENT = f"{ALL_IN_JSON} or --output html"
"""What lists everything of a dry run: the state knows nothing of it."""


@dataclass(frozen=True, slots=True)
class Commands:
    """``config``: the configuration file, where it must be named. ``several``: it has several syncs."""

    config: str | None = None
    several: bool = False

    def show(self, run: int | None) -> str:
        """Lists what a run changed."""
        return self._command("show", *([str(run)] if run is not None else []))

    def problems(self, sync: str) -> str:
        """Lists the rows and contacts that need a person."""
        return self._command("problems", sync)

    def run(self, sync: str, *options: str) -> str:
        """A run of this sync; its name only where there are others."""
        return self._command("run", *([sync] if self.several else []), *(each for o in options for each in o.split()))

    def changes(self, run: int | None, *, dry_run: bool) -> str:
        """What lists all changes: of a dry run the state knows nothing."""
        return ALL_IN_A_DOCUMENT if dry_run or run is None else self.show(run)

    def needing(self, sync: str, *, dry_run: bool) -> str:
        """What lists everything that needs a person."""
        return ALL_IN_A_DOCUMENT if dry_run else self.problems(sync)

    def _command(self, name: str, *words: str) -> str:
        config = ("-c", self.config) if self.config else ()
        return shlex.join([PROGRAM, name, *words, *config])
