"""``python -m tests.whole.histories [N] [--seed S] [--processes P]``: plays N random histories (500), and says how many
of what they met. A history that ends otherwise than it must is told step by step; the same seed plays it again."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import traceback
from contextlib import ExitStack
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.postgres_server import BINARIES, fresh_database, postgres_server
from tests.whole.history_machine import Histories

AT_ONCE = 5
"""Histories of one seed: after one that ends wrong, those that follow it are not played."""

STEPS = 10


def played(count: int, number: int, server: str | None) -> dict[str, int]:
    """Play so many histories of this seed; what they met. Raises what the first that ends wrong raises."""

    class Seeded(Histories):
        figures: ClassVar[dict[str, int]] = {}
        postgres = staticmethod(lambda: fresh_database(server)) if server else None

    limits = settings(
        max_examples=count,
        stateful_step_count=STEPS,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(seed(number)(Seeded), settings=limits)
    except BaseException:
        Seeded.figures["ended wrong"] = 1
        print(f"seed {number}:\n{traceback.format_exc()}", flush=True)
    return Seeded.figures


def _one(work: tuple[int, int, str | None]) -> dict[str, int]:
    return played(*work)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args(arguments)
    figures: dict[str, Any] = {}
    with ExitStack() as stack:
        server = stack.enter_context(postgres_server()) if BINARIES.exists() else None
        work = [
            (min(AT_ONCE, asked.count - start), asked.seed + start // AT_ONCE, server)
            for start in range(0, asked.count, AT_ONCE)
        ]
        with multiprocessing.get_context("spawn").Pool(asked.processes, maxtasksperchild=1) as pool:
            for met in pool.imap_unordered(_one, work):
                for name, count in met.items():
                    figures[name] = figures.get(name, 0) + count
                print(json.dumps(figures), flush=True)
    return 1 if figures.get("ended wrong") else 0


if __name__ == "__main__":
    sys.exit(main())
