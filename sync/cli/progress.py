"""Progress on a terminal: what is being done, the rate, the time that remains. A pipe gets none.

The bar is on the screen only while something is under way. Whoever prints a report takes it away first; what is logged
meanwhile stands above it.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

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
        self._stderr: TextIO | None = None

    def phase(self, sync: str, what: str, total: int | None) -> None:
        if self._progress is None:
            self._progress = self._make()
            self._progress.start()
            self._stderr = sys.stderr
            sys.stderr = _Above(self._progress, sys.stderr)
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
        if isinstance(sys.stderr, _Above) and self._stderr is not None:
            sys.stderr = self._stderr
        self._progress = self._task = self._stderr = None


class _Above(io.TextIOBase):
    """Standard error while the bar stands at its end: each line is written above it, as it is and uncut."""

    def __init__(self, progress: Progress, file: TextIO) -> None:
        self._progress = progress
        self._begun = ""
        self.rich_proxied_file = file
        """What rich itself goes on writing to."""

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._print(line)
        return len(text)

    def flush(self) -> None:
        if self._begun:
            self._print(self._begun)
            self._begun = ""
        self.rich_proxied_file.flush()

    def isatty(self) -> bool:
        return self.rich_proxied_file.isatty()

    def fileno(self) -> int:
        return self.rich_proxied_file.fileno()

    def _print(self, line: str) -> None:
        from rich.text import Text

        self._progress.console.print(Text.from_ansi(line), soft_wrap=True, highlight=False)


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
    # Standard output is the report's alone: rich would send it to standard error, with the bar; and cut log lines.
    return Progress(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False
    )
