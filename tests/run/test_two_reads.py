"""A source that is read page by page shows no one moment: who is missing waits until a second read says so, too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from sync.cli.main import main
from tests.connectors.test_crm_run import configure, served
from tests.support.crm_server import CrmServer, Fault, people
from tests.support.run_bench import run
from tests.support.workbench import Workbench, hurried, workbench


@pytest.fixture
def server() -> Iterator[CrmServer]:
    with served() as opened:
        yield opened


@pytest.fixture
def bench(tmp_path: Path, server: CrmServer) -> Iterator[Workbench]:
    """25 contacts of three pages, in step."""
    with workbench(tmp_path) as opened:
        configure(opened, server)
        assert opened.run().counts == {"created": 25}
        yield opened


def test_a_record_that_slipped_between_two_pages_costs_nobody(bench: Workbench, server: CrmServer) -> None:
    everyone = list(server.records)
    server.records.remove(everyone[10])
    missed = run(bench)
    assert (missed.exit, missed.sync["status"], missed.counts) == (0, "ok", {"unchanged": 24, "waiting": 1})
    server.records[:] = everyone
    assert run(bench).counts == {"unchanged": 25}
    server.records.remove(everyone[10])
    assert run(bench).counts == {"unchanged": 24, "waiting": 1}, "being seen again starts anew"
    assert run(bench).counts == {"unchanged": 24, "deleted": 1}


def test_dry_runs_show_the_same_and_count_for_nothing(bench: Workbench, server: CrmServer) -> None:
    del server.records[3]
    for _ in range(2):
        assert run(bench, "--dry-run").counts == {"unchanged": 24, "waiting": 1}
    assert run(bench).counts == {"unchanged": 24, "waiting": 1}
    assert run(bench, "--dry-run").counts == {"unchanged": 24, "deleted": 1}
    assert run(bench).counts == {"unchanged": 24, "deleted": 1}


def test_only_a_whole_read_counts(bench: Workbench, server: CrmServer) -> None:
    del server.records[3]
    run(bench)
    server.faults[2] = Fault(status=503)
    assert run(bench).exit == 1
    assert len(bench.sandbox.contacts) == 25
    server.faults.clear()
    assert run(bench).counts == {"unchanged": 24, "deleted": 1}


def test_who_waits_is_named(bench: Workbench, server: CrmServer) -> None:
    gone = server.records.pop(3)
    done = CliRunner().invoke(main, ["run", "-c", str(bench.config)], obj=hurried(0.3, 1 / 15))
    assert f"\n    {gone['name']['first']} {gone['name']['last']} ({gone['id']})\n" in done.stdout
    assert "1 contact waits for a second read" in done.stdout


def test_the_sources_own_word_counts_at_once(tmp_path: Path, server: CrmServer) -> None:
    with workbench(tmp_path) as bench:
        configure(bench, server, incremental={"param": "updated_since"})
        bench.run()
        server.records[:] = people(2)
        server.records[1]["archived"] = True
        assert run(bench).counts == {"unchanged": 1, "deleted": 1}


def test_a_deleted_marker_in_a_full_read_counts_at_once(bench: Workbench, server: CrmServer) -> None:
    server.records[1]["archived"] = True
    assert run(bench).counts == {"unchanged": 24, "deleted": 1}


def test_one_page_shows_one_moment(tmp_path: Path) -> None:
    with served(size=100) as server, workbench(tmp_path) as bench:
        configure(bench, server)
        bench.run()
        del server.records[3]
        assert run(bench).counts == {"unchanged": 24, "deleted": 1}


def test_limits_are_judged_when_the_wait_is_over(bench: Workbench, server: CrmServer) -> None:
    bench.configure(max_deletes="10%")
    del server.records[:12]
    assert run(bench).counts == {"unchanged": 13, "waiting": 12}
    assert run(bench).counts == {"unchanged": 13, "held": 12}
    assert run(bench, "--max-deletes", "12").counts == {"unchanged": 13, "deleted": 12}


def test_every_record_without_a_key_is_counted_though_records_have_no_rows(bench: Workbench, server: CrmServer) -> None:
    server.records[1]["id"], server.records[12]["id"] = None, ""
    for options in (["--dry-run"], [], []):
        result = run(bench, *options)
        assert (result.exit, result.counts) == (4, {"unchanged": 23, "rejected": 2, "held": 2})
