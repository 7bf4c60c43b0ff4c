"""Calls in threads: their results, their order, and that none of them holds anyone up."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from connectors.threads import Worker, in_thread
from tests.support.paths import ROOT


async def test_results_and_errors_come_back() -> None:
    assert await in_thread(lambda: threading.current_thread().name, "aside") == "aside"
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 / 0, "aside")


async def test_a_worker_does_one_after_another_also_what_nobody_waits_for() -> None:
    worker, go, done = Worker("worker"), threading.Event(), list[int]()

    def slow() -> None:
        go.wait(5)
        done.append(1)

    first = worker.submit(slow)
    second = worker.submit(lambda: done.append(2))
    worker.end()
    first.cancel()
    go.set()
    await second

    assert done == [1, 2]


async def test_the_thread_ends_with_the_worker() -> None:
    worker = Worker("short-lived")
    await worker.submit(lambda: None)
    assert "short-lived" in {thread.name for thread in threading.enumerate()}
    worker.end()
    for _ in range(500):
        if "short-lived" not in {thread.name for thread in threading.enumerate()}:
            return
        await asyncio.sleep(0.01)
    pytest.fail("the thread went on")


def test_a_call_that_hangs_does_not_keep_the_process_from_ending() -> None:
    script = """
import asyncio, threading
from connectors.threads import in_thread
async def main():
    await asyncio.wait([asyncio.ensure_future(in_thread(threading.Event().wait, "hangs"))], timeout=0.1)
asyncio.run(main())
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT, timeout=15)
