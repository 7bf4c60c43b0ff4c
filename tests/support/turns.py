"""Tests run side by side; those that measure time run alone. Two locks that all workers of one session share."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def turn(session: str, *, alone: bool) -> Iterator[None]:
    """Hold the room for a test: with others, or ``alone``. Who waits for it holds its door, so that it gets in."""
    folder = Path(tempfile.gettempdir()) / f"openphone-sync-tests-{session}"
    folder.mkdir(exist_ok=True)
    with (folder / "door").open("w") as door, (folder / "room").open("w") as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield
