"""The state, opened to look back: read only, and at once, however large it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sync.state.lock import Locked, hold
from sync.state.store import State


@contextmanager
def opened(url: str) -> Iterator[State]:
    """The state behind ``url``; nothing in it changes, and it is not searched for damage first. Raises StateError."""
    with State.open(url, read_only=True, glance=True) as state:
        yield state


def goes_on(url: str, sync: str) -> bool:
    """Whether a run of this sync is under way. To be asked only of one that has no end: it was cut off, or goes on."""
    try:
        with hold(url, sync, read_only=True):
            return False
    except Locked:
        return True
