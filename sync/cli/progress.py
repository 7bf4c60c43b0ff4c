"""Progress on a terminal: what is being done, the rate, the time that remains. A pipe gets none."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sync.run.watching import Silent

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Screen(Silent):
    """Shows nothing; ``Bar`` does."""

    def clear(self) -> None:
        """Take the bar away before something is printed."""


class Bar(Screen):
    """One bar, for the phase that is under way."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def phase(self, sync: str, what: str, total: int | None) -> None:
        self.clear()
        self._task = self._progress.add_task(f"{sync}: {what}", total=total)

    def step(self, count: int = 1) -> None:
        if self._task is not None:
            self._progress.update(self._task, advance=count)

    def clear(self) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None


@contextmanager
def watching() -> Iterator[Screen]:
    """A bar on standard error where that is a terminal."""
    if not sys.stderr.isatty():
        yield Screen()
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class _Rate(ProgressColumn):
        """How many a second."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.1f}/s" if task.speed else "")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Bar(progress)
