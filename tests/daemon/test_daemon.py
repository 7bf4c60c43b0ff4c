"""The daemon as its user runs it: a process, a file that is edited, a workspace, signals."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.sandbox import SandboxOptions, SandboxThread
from tests.support.daemons import CSV, TOKEN, DaemonProcess, until
from tests.support.paths import ROOT


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(requests_per_second=1000)) as started:
        yield started


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "customers.csv").write_text(CSV)
    return tmp_path


def first_name(sandbox: SandboxThread, external_id: str) -> str | None:
    found = sandbox.by_external_id(external_id)
    return str(found[0]["defaultFields"]["firstName"]) if found else None


def test_edits_are_picked_up_and_a_missing_file_is_told_and_recovered_from(
    folder: Path, sandbox: SandboxThread
) -> None:
    with DaemonProcess(folder, sandbox) as daemon:
        until(lambda: daemon.get("/readyz").status == 200)
        assert first_name(sandbox, "c1") == "Ann"
        daemon.csv.write_text(CSV.replace("Ann", "Anna"))
        until(lambda: first_name(sandbox, "c1") == "Anna")
        until(lambda: "1 changed" in daemon.get("/runs/2").text)

        daemon.csv.rename(folder / "away.csv")
        until(lambda: daemon.get("/readyz").status == 503)
        assert "customers.csv" in daemon.get("/readyz").text
        until(lambda: "Does not work" in daemon.get("/").text)
        assert "customers.csv does not exist" in daemon.get("/").text
        assert daemon.get("/healthz").status == 200

        (folder / "away.csv").rename(daemon.csv)
        until(lambda: daemon.get("/readyz").status == 200)
        until(lambda: "Everything is in place" in daemon.get("/").text)
        code, seconds = daemon.stop()
        assert code == 0
        assert seconds < 10
        assert daemon.logged("stopped")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_finishes_what_is_in_flight_and_ends_well(folder: Path, number: signal.Signals) -> None:
    rows = "".join(f"c{n},Name {n},,\n" for n in range(200))
    (folder / "customers.csv").write_text(f"id,first,last,phone\n{rows}")
    with (
        SandboxThread(SandboxOptions(latency=0.3)) as sandbox,
        DaemonProcess(folder, sandbox, extra=f"alerts: {{webhook: '{sandbox.url}/hook'}}") as daemon,
    ):
        until(lambda: len(sandbox.contacts) > 3)
        code, seconds = daemon.stop(number)
        assert code == 0
        assert seconds < 10
        ended = [line for line in daemon.logs() if line["event"] == "run ended"]
        assert ended[-1]["created"] == len(sandbox.contacts)
        assert not any("notice" in line["event"] for line in daemon.logs())  # a stop is no trouble to tell of


def test_a_failing_sync_does_not_stop_the_others(folder: Path, sandbox: SandboxThread) -> None:
    daemon = DaemonProcess(folder, sandbox)
    more = (
        "  broken:\n    schedule: 2s\n    source: {type: csv, path: nowhere.csv}\n    key: id\n    key_prefix: b-\n"
        "    fields: {firstName: first}\n"
    )
    daemon.write_config(more_syncs=more)
    with daemon:
        until(lambda: 'runs_total{status="failed",sync="broken"} 2.0' in daemon.get("/metrics").text)
        until(lambda: 'runs_total{status="ok",sync="customers"} 2.0' in daemon.get("/metrics").text)
        ready = daemon.get("/readyz")
        assert ready.status == 503
        assert ready.text.startswith("broken: ")
        assert "customers" not in ready.text
        assert daemon.stop()[0] == 0


def test_sighup_takes_up_a_new_configuration_and_refuses_a_broken_one(folder: Path, sandbox: SandboxThread) -> None:
    with DaemonProcess(folder, sandbox, schedule="1h") as daemon:
        until(lambda: daemon.get("/readyz").status == 200)
        daemon.config.write_text("syncs: {}\n")
        daemon.process.send_signal(signal.SIGHUP)
        until(lambda: daemon.logged("the new configuration is refused: the old one goes on"))
        assert daemon.get("/readyz").status == 200

        more = (
            "  staff:\n    source: {type: csv, path: customers.csv}\n    key: id\n    key_prefix: s-\n"
            "    fields: {firstName: first}\n"
        )
        daemon.write_config(more_syncs=more)
        daemon.process.send_signal(signal.SIGHUP)
        until(lambda: first_name(sandbox, "s-c2") == "Bob")
        until(lambda: "staff" in daemon.get("/").text)
        assert any(line.get("by_default") and line.get("sync") == "staff" for line in daemon.logs())
        assert daemon.stop()[0] == 0


@pytest.mark.alone
def test_syncs_that_run_together_share_the_keys_limit(folder: Path) -> None:
    rows = "".join(f"c{n},Name {n},,\n" for n in range(12))
    (folder / "customers.csv").write_text(f"id,first,last,phone\n{rows}")
    with SandboxThread() as sandbox:
        daemon = DaemonProcess(folder, sandbox, schedule="1h")
        more = (
            "  staff:\n    schedule: 1h\n    source: {type: csv, path: customers.csv}\n    key: id\n"
            "    key_prefix: s-\n    fields: {firstName: first}\n"
        )
        daemon.write_config(more_syncs=more)
        with daemon:
            until(lambda: len(sandbox.contacts) == 24)
            assert sandbox.max_in_window() <= 10
            assert sandbox.windows_exceeded == 0
            order = [str(contact["externalId"]).startswith("s-") for contact in sandbox.contacts.values()]
            assert len(set(order[:12])) == 2  # neither waits for the other to be done


def test_metrics_tell_what_was_done(folder: Path, sandbox: SandboxThread) -> None:
    (folder / "customers.csv").write_text(f"{CSV}c3,,No,\n")
    with DaemonProcess(folder, sandbox, schedule="1h") as daemon:
        until(lambda: 'runs_total{status="partial",sync="customers"} 1.0' in daemon.get("/metrics").text)
        until(lambda: 'contacts_held{sync="customers"} 2.0' in daemon.get("/metrics").text)
        lines = daemon.get("/metrics").text.splitlines()
    for expected in [
        'openphone_sync_changes_total{action="create",sync="customers"} 2.0',
        'openphone_sync_requests_total{status="201",sync="customers"} 2.0',
        'openphone_sync_retries_total{sync="customers"} 0.0',
        'openphone_sync_rows{outcome="rejected",sync="customers"} 1.0',
        'openphone_sync_rows{outcome="read",sync="customers"} 3.0',
    ]:
        assert expected in lines
    assert any(line.startswith('openphone_sync_last_success_timestamp_seconds{sync="customers"} 1') for line in lines)
    assert any(line.startswith('openphone_sync_wait_seconds_total{sync="customers"}') for line in lines)


def test_a_configuration_that_is_wrong_ends_with_2_and_a_log_line(folder: Path, sandbox: SandboxThread) -> None:
    (folder / "config.yaml").write_text("syncs: {}\n")
    with DaemonProcess(folder, sandbox) as daemon:
        assert daemon.process.returncode == 2
        (line,) = daemon.logs()
        assert line["event"] == "cannot start"


def test_a_port_that_is_taken_ends_with_1(folder: Path, sandbox: SandboxThread) -> None:
    taken = int(sandbox.url.rpartition(":")[2])
    daemon = DaemonProcess(folder, sandbox, port=taken)
    with daemon:
        until(lambda: daemon.process.poll() is not None)
        assert daemon.process.returncode == 1
        assert "server.port" in daemon.logs()[-1]["reason"]


def test_logs_hold_no_names_numbers_or_secrets(folder: Path, sandbox: SandboxThread) -> None:
    with DaemonProcess(folder, sandbox, server=f", token: {TOKEN}") as daemon:
        until(lambda: daemon.get("/readyz").status == 200)
        daemon.stop()
    text = (folder / "stderr.txt").read_text()
    for secret in ("Ann", "Lee", "0101", sandbox.key, TOKEN):
        assert secret not in text
    assert daemon.logged("contact")


def test_port_0_switches_the_page_off(folder: Path, sandbox: SandboxThread) -> None:
    with DaemonProcess(folder, sandbox, port=0) as daemon:
        until(lambda: len(sandbox.contacts) == 2)
        until(lambda: daemon.logged("no page: server.port is 0"))
        assert daemon.stop()[0] == 0


def test_other_commands_do_not_pay_for_the_daemon() -> None:
    code = (
        "import sys; from sync.cli.main import main; main(['run', '--help'], standalone_mode=False); "
        "print([name for name in ('apscheduler', 'jinja2', 'prometheus_client', 'aiohttp') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("[]")
