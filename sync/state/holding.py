"""A sync held, and its state open, for one piece of work: nobody else may do such work meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sync.clock import Clock
from sync.state.address import address
from sync.state.lease import give_back, take
from sync.state.lock import hold
from sync.state.store import State


@contextmanager
def held(url: str, sync: str, *, read_only: bool = False, clock: Clock = Clock()) -> Iterator[State]:
    """The state behind ``url``, with the sync held until the block ends; ``read_only`` makes nothing.

    Raises Locked where another run holds it, StateError where the state cannot be used.
    """
    parsed = address(url)
    if read_only or parsed.get_backend_name() == "sqlite":
        with hold(url, sync, read_only=read_only), State.open(url, read_only=read_only, clock=clock) as state:
            yield state
        return
    with State.open(url, clock=clock) as state:
        take(state.database, parsed, sync)
        try:
            yield state
        finally:
            give_back(state.database, sync)
