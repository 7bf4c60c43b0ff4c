"""Progress on a terminal: what is being done, the rate, the time that remains. A pipe gets none.

The bar is on the screen only while something is under way. Whoever prints a report takes it away first; what is logged
meanwhile stands above it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
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
    """One bar, for the phase that is under way. ``make``: a new one, which is not on the screen yet."""

    def __init__(self, make: Callable[[], Progress]) -> None:
        self._make = make
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def phase(self, sync: str, what: str, total: int | None) -> None:
        if self._progress is None:
            self._progress = self._make()
            self._progress.start()
        elif self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(f"{sync}: {what}", total=total)

    def step(self, count: int = 1) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, advance=count)

    def clear(self) -> None:
        if self._progress is None:
            return
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._progress.stop()
        self._progress = self._task = None


@contextmanager
def watching() -> Iterator[Screen]:
    """A bar on standard error where that is a terminal; when all is done nothing of it is left."""
    if not sys.stderr.isatty():
        yield Screen()
        return
    bar = Bar(_made)
    try:
        yield bar
    finally:
        bar.clear()


def _made() -> Progress:
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
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    # Standard output is the report's alone: rich would send it to standard error, with the bar.
    return Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False)
