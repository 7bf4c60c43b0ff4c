"""Two runs at the same time: one sync is held by one run, and two syncs never fight over a contact."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from tests.support.workbench import Workbench, ended, people, person, workbench


def under_way(bench: Workbench, requests: int = 5) -> subprocess.Popen[str]:
    """A run that has got so far."""
    bench.sandbox.forget_requests()
    process = bench.start()
    while process.poll() is None and len(bench.sandbox.requests) < requests:
        time.sleep(0.005)
    assert process.poll() is None, "the run ended too early for this test"
    return process


def test_the_second_run_ends_with_exit_5_and_does_nothing(tmp_path: Path) -> None:
    with workbench(tmp_path, latency=0.2) as bench:
        bench.write(people(60))
        first = under_way(bench)
        second = bench.run()
        dry = bench.run("--dry-run")
        result = ended(first)

        assert (second.exit, second.sync["status"], second.counts, second.sync["requests"]) == (5, "locked", {}, 0)
        assert dry.exit == 5
        assert "another run holds this sync" in second.error
        assert (result.exit, result.counts) == (0, {"created": 60})
        assert bench.wrong() == []


def test_six_runs_at_once_make_one_contact_per_row(tmp_path: Path) -> None:
    with workbench(tmp_path, latency=0.05, accept_doubles=True) as bench:
        bench.write(people(80))
        results = [ended(process) for process in [bench.start() for _ in range(6)]]
        assert sorted({result.exit for result in results}) in ([0], [0, 5])
        assert bench.wrong() == []


def test_the_lock_of_a_run_that_was_killed_is_free(tmp_path: Path) -> None:
    with workbench(tmp_path, latency=0.1) as bench:
        bench.write(people(40))
        process = under_way(bench)
        process.kill()
        process.communicate()
        result = bench.run()
        assert result.exit == 0
        assert bench.wrong() == []


def test_the_same_state_by_another_way_is_the_same_lock(tmp_path: Path) -> None:
    """A pod that mounts the volume elsewhere, a link, a relative path."""
    with workbench(tmp_path / "one", latency=0.2) as bench:
        bench.write(people(60))
        (tmp_path / "two").symlink_to(tmp_path / "one")
        first = under_way(bench)
        other = Workbench(tmp_path / "two", bench.sandbox)
        assert other.run().exit == 5
        assert ended(first).exit == 0

        (tmp_path / "three").mkdir()
        linked = Workbench(tmp_path / "three", bench.sandbox)
        (tmp_path / "three" / "state.db").symlink_to(bench.state)
        bench.write(people(120))
        linked.write(people(120))
        running = under_way(bench)
        assert linked.run().exit == 5
        assert ended(running).exit == 0


def test_another_sync_of_the_same_state_runs_meanwhile(tmp_path: Path) -> None:
    with workbench(tmp_path, latency=0.1) as bench:
        bench.write(people(60))
        bench.syncs["others"] = bench.syncs["customers"] | {"key_prefix": "other-"}
        bench.configure()
        processes = [bench.start("customers"), bench.start("others")]
        assert [ended(process).exit for process in processes] == [0, 0]
        assert len(bench.sandbox.contacts) == 120


def test_an_external_id_that_two_syncs_claim_is_reported_and_not_fought_over(tmp_path: Path) -> None:
    with workbench(tmp_path) as bench:
        bench.write(people(10))
        bench.syncs["others"] = bench.syncs["customers"] | {"source": {"type": "csv", "path": "others.csv"}}
        bench.configure()
        others = people(3, 8)
        lines = [",".join(row) for row in [others[0], *[person(n, first="Other").values() for n in (8, 9, 10)]]]
        (tmp_path / "others.csv").write_text("\n".join(lines))

        bench.run("customers")
        for _ in range(3):
            bench.sandbox.forget_requests()
            result = bench.run("others")
            assert (result.exit, result.sync["counts"]["failed"]) == (3, 2)
            assert all("belongs to the sync 'customers'" in reason for reason in result.reasons("failed"))
            assert all("key_prefix" in reason for reason in result.reasons("failed"))
            assert bench.run("customers").counts == {"unchanged": 10}
        assert bench.sandbox.writes() == []
        assert bench.wrong([*people(10), person(10, first="Other")]) == []


def test_two_states_with_labels_of_their_own_do_not_fight_either(tmp_path: Path) -> None:
    with workbench(tmp_path / "one", accept_doubles=True) as bench:
        bench.configure(source_label="shop")
        other = Workbench(tmp_path / "two", bench.sandbox)
        other.configure(source_label="crm")
        bench.write(people(5))
        other.write([person(n, first="Other") for n in range(3, 8)])
        assert bench.run().exit == 0
        for _ in range(2):
            result = other.run()
            assert (result.exit, result.sync["counts"]["failed"]) == (3, 2)
            assert all("another tool's" in reason for reason in result.reasons("failed"))
        assert bench.run("--verify").counts == {"unchanged": 5}
        assert bench.wrong([*people(5), *[person(n, first="Other") for n in range(5, 8)]]) == []
