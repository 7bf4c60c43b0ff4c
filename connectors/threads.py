"""Calls that block, run beside the event loop: one rule for every driver and library that knows no other way.

Unlike the threads of ``asyncio.to_thread`` and of executors these are daemons: a call that hangs does not keep a
process that was told to end from ending.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")


class Worker:
    """One thread, which carries out what it is given in turn. It begins with the first call."""

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._begun = False

    def submit(self, call: Callable[[], T]) -> asyncio.Future[T]:
        """What ``call`` will return or raise. Who does not wait for it any more does not end it."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def tell(settle: Callable[[], None]) -> None:
            with suppress(RuntimeError):  # the loop ended meanwhile: nobody waits any more
                loop.call_soon_threadsafe(lambda: None if future.done() else settle())

        def run() -> None:
            try:
                result = call()
            except BaseException as error:
                tell(partial(future.set_exception, error))
            else:
                tell(partial(future.set_result, result))

        self._calls.put(run)
        if not self._begun:
            self._begun = True
            self._thread.start()
        return future

    def end(self) -> None:
        """Let the thread end once it has done what it was given."""
        self._calls.put(None)

    def _work(self) -> None:
        while (run := self._calls.get()) is not None:
            run()


async def in_thread(call: Callable[[], T], name: str) -> T:
    """What ``call`` returns, run in a thread of its own."""
    worker = Worker(name)
    done = worker.submit(call)
    worker.end()
    return await done
