"""Whole runs on a CRM: what an incomplete read leaves alone, what an incremental one sees, what ``check`` says."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from sync.cli.main import main
from tests.support.crm_server import CrmServer, Fault, people
from tests.support.workbench import Workbench, workbench

FIELDS = {"firstName": "first", "lastName": "last", "phoneNumbers": {"mobile": "mobile"}, "emails": {"work": "emails"}}


@contextmanager
def served(**options: Any) -> Iterator[CrmServer]:
    """A CRM in a thread of its own, beside the run."""
    loop, server = asyncio.new_event_loop(), CrmServer(**options)
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(10)
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def configure(bench: Workbench, server: CrmServer, **source: Any) -> None:
    """The CRM as the source of the sync."""
    described = {
        "type": "crm",
        "url": f"{server.url}/next",
        "token": "s3cr3t-token",
        "paging": {"type": "next", "next": "links.next"},
        "records": "data",
        "columns": {
            "id": "id",
            "first": "name.first",
            "last": "name.last",
            "mobile": "phones[?type=='mobile'].number | [0]",
            "emails": "emails[].value",
        },
        "deleted": "archived",
        "requests_per_second": 1000,
        "retries": 0,
        **source,
    }
    bench.configure(source=described, fields=FIELDS, customFields={}, max_deletes="100%")


def test_a_crm_is_synced_and_an_incomplete_read_deletes_nothing(tmp_path: Path) -> None:
    with served() as server, workbench(tmp_path) as bench:
        configure(bench, server)
        first = bench.run()
        assert (first.exit, first.counts) == (0, {"created": 25}), first.error
        jane = next(held for held in bench.sandbox.contacts.values() if held["externalId"] == "1")
        assert [email["value"] for email in jane["defaultFields"]["emails"]] == ["p1@example.com", "q1@example.com"]

        server.faults[3] = Fault(status=503)
        server.records[0]["name"]["last"] = "Changed"
        broken = bench.run()
        assert broken.exit == 1
        assert broken.counts == {"updated": 1, "unchanged": 19}
        assert "page 3: the CRM answered 503" in broken.error
        assert "20 records on 2 pages were read" in broken.error
        assert "s3cr3t" not in broken.stdout + broken.stderr
        assert len(bench.sandbox.contacts) == 25

        server.faults.clear()
        del server.records[20:]
        whole = bench.run()
        assert (whole.exit, whole.counts) == (0, {"waiting": 5, "unchanged": 20}), "pages show no one moment"
        again = bench.run()
        assert (again.exit, again.counts) == (0, {"deleted": 5, "unchanged": 20})


def test_keys_spelled_anew_double_nobody_though_the_read_is_incomplete(tmp_path: Path) -> None:
    with served() as server, workbench(tmp_path) as bench:
        configure(bench, server)
        bench.run()
        for record in server.records:
            record["id"] = f"crm-{record['id']}"
        server.records.insert(0, {**people(40)[-1], "id": "crm-40"})
        server.faults[3] = Fault(status=503)
        broken = bench.run()
        assert (broken.exit, broken.counts) == (1, {"created": 1, "held": 19})
        assert "1 may be crm-1: both have" in broken.reasons("held")[0]
        server.faults.clear()
        assert bench.run().counts == {"unchanged": 1, "held": 44, "waiting": 6}
        assert len(bench.sandbox.contacts) == 26


def test_changes_are_read_between_full_reads(tmp_path: Path) -> None:
    with served() as server, workbench(tmp_path) as bench:
        configure(bench, server, incremental={"param": "updated_since"})
        assert bench.run().counts == {"created": 25}
        server.records[:] = people(2)
        server.records[0]["archived"] = True
        server.records[1]["name"]["last"] = "Changed"
        server.seen.clear()
        changes = bench.run()
        assert changes.counts == {"updated": 1, "deleted": 1}, changes.error
        assert "updated_since" in server.seen[-1].query
        assert len(bench.sandbox.contacts) == 24


def test_changes_that_were_held_back_are_read_again(tmp_path: Path) -> None:
    with served() as server, workbench(tmp_path) as bench:
        configure(bench, server, incremental={"param": "updated_since"})
        bench.configure(max_updates="10%")
        bench.run()
        server.records[:] = people(9)
        for record in server.records:
            record["name"]["last"] = "Changed"
        assert (bench.run().exit, bench.run().exit) == (4, 4)
        bench.configure(max_updates="100%")
        assert bench.run().counts == {"updated": 9}


def test_a_changed_mapping_reaches_the_rows_that_an_incremental_read_leaves_out(tmp_path: Path) -> None:
    with served() as server, workbench(tmp_path) as bench:
        configure(bench, server, incremental={"param": "updated_since"})
        bench.run()
        bench.configure(fields={"firstName": "last"})
        assert bench.run().counts == {"updated": 25}


def test_check_says_what_the_crm_said(tmp_path: Path) -> None:
    with served(allow=lambda request: False) as server, workbench(tmp_path) as bench:
        configure(bench, server)
        done = CliRunner().invoke(main, ["check", "-c", str(bench.config)])
        assert done.exit_code == 1
        assert "401 Unauthorized: Your token is not valid." in " ".join((done.stdout + done.stderr).split())
        assert "s3cr3t" not in done.stdout + done.stderr
