"""Never an eleventh request in any sliding second, measured where they arrive, and hardly ever one that is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.workbench import Workbench, ended, people, person, workbench

pytestmark = pytest.mark.alone

SELDOM_LATE = 9.3
"""Requests a second of ten: what is left on a machine that does other things as well."""


def rate(bench: Workbench) -> float:
    """Requests a second, from the first to the last that the sandbox saw."""
    times = [request.at for request in bench.sandbox.requests]
    return (len(times) - 1) / (times[-1] - times[0])


@pytest.mark.parametrize("latency", [0.0, 0.25])
def test_creates_use_what_the_key_allows_and_no_more(tmp_path: Path, latency: float) -> None:
    with workbench(tmp_path, requests_per_second=10, latency=latency, openphone={"requests_per_second": 10}) as bench:
        bench.write(people(150))
        result = ended(bench.start())  # a process of its own: the sandbox must not slow what is measured

        assert (result.exit, result.counts) == (0, {"created": 150})
        assert bench.sandbox.max_in_window() <= 10
        assert bench.sandbox.windows_exceeded == 0
        assert len(bench.sandbox.requests) <= 150 + 150 / 20 + 3
        assert rate(bench) >= SELDOM_LATE


def test_lookups_updates_and_deletes_share_the_window(tmp_path: Path) -> None:
    with workbench(tmp_path, requests_per_second=10, openphone={"requests_per_second": 10}) as bench:
        bench.sandbox.seed(
            {"externalId": row["id"], "firstName": row["first"], "company": "Old"} for row in people(100)
        )
        bench.write(people(60) + people(40, 200))
        result = ended(bench.start())

        assert result.counts == {"adopted": 60, "updated": 60, "created": 40}
        assert bench.sandbox.windows_exceeded == 0
        assert rate(bench) >= SELDOM_LATE


def test_an_unchanged_run_asks_at_most_twice_and_changes_cost_little_more_than_themselves(tmp_path: Path) -> None:
    with workbench(tmp_path) as bench:
        bench.write(people(100))
        bench.run()
        bench.sandbox.forget_requests()
        bench.run()
        assert len(bench.sandbox.requests) <= 2

        bench.write([person(n, last="Roe") for n in range(25)] + people(70, 25) + people(30, 200))
        bench.sandbox.forget_requests()
        assert bench.run().counts == {"updated": 25, "created": 30, "deleted": 5, "unchanged": 70}
        assert len(bench.sandbox.requests) <= 60 + 60 / 20 + 3


def test_a_lower_quota_than_configured_is_respected(tmp_path: Path) -> None:
    with workbench(tmp_path, requests_per_second=5, openphone={"requests_per_second": 10}) as bench:
        bench.write(people(30))
        assert ended(bench.start()).counts == {"created": 30}
        assert bench.sandbox.windows_exceeded == 0


def test_what_the_http_library_repeats_by_itself_takes_its_turn_too(tmp_path: Path) -> None:
    """aiohttp sends a GET or DELETE again when a kept connection breaks: that is a request like any other."""
    with workbench(tmp_path, requests_per_second=10, openphone={"requests_per_second": 10}) as bench:
        bench.write(people(40))
        bench.configure(max_deletes="100%")
        assert ended(bench.start()).exit == 0
        bench.sandbox.forget_requests()
        bench.sandbox.faults.every(3, "drop_after", {"GET", "DELETE"})
        bench.write(people(5))
        result = ended(bench.start())

        assert result.exit == 0, result.error
        assert bench.wrong() == []
        assert result.sync["requests"] == len(bench.sandbox.requests) > 40
        assert bench.sandbox.windows_exceeded == 0


def test_a_run_right_after_another_counts_what_that_one_sent(tmp_path: Path) -> None:
    with workbench(tmp_path, requests_per_second=10, openphone={"requests_per_second": 10}) as bench:
        bench.configure(max_deletes="100%")
        for count in (20, 8, 30):
            bench.write(people(count))
            assert ended(bench.start()).exit == 0
        assert bench.sandbox.windows_exceeded == 0


def test_syncs_that_share_a_key_share_its_pace(tmp_path: Path) -> None:
    with workbench(tmp_path, requests_per_second=10, openphone={"requests_per_second": 10}) as bench:
        bench.write(people(25))
        bench.syncs["others"] = bench.syncs["customers"] | {"key_prefix": "other-"}
        bench.configure()
        assert ended(bench.start()).exit == 0
        assert len(bench.sandbox.contacts) == 50
        assert bench.sandbox.windows_exceeded == 0
