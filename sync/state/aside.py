"""Writes to the state off the event loop, one at a time: a disk that takes its time must not delay what is paced."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Aside:
    """Calls a method of the state in a thread. Ends only when the call has ended, also where it is cancelled.

    The state may be closed next. The type checker sees through it: arguments and result are the method's own.
    """

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()

    async def __call__(
        self, write: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Result:
        async with self._one_at_a_time:
            writing = asyncio.ensure_future(asyncio.to_thread(write, *args, **kwargs))
            try:
                return await asyncio.shield(writing)
            except asyncio.CancelledError:
                await asyncio.wait({writing})
                raise
