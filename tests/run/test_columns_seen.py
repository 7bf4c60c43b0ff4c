"""Sources whose records alone tell their columns: a mapped one that no record has is a mistake, and clears nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sync.cli.main import main
from tests.connectors.test_crm_run import served
from tests.support.crm_server import CrmServer
from tests.support.run_bench import run
from tests.support.workbench import Workbench, workbench

FIELDS = {"firstName": "name", "phoneNumbers": {"mobile": "phone"}, "emails": {"work": "contact.email"}}


def records(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": f"r{number}",
            "name": f"Ana{number}",
            "phone": f"+1415555{number:04d}",
            "contact": {"email": f"a{number}@example.com"},
            **more,
        }
        for number in range(count)
    ]


@pytest.fixture
def crm() -> Iterator[CrmServer]:
    with served(records=records(56)) as server:
        yield server


@pytest.fixture
def bench(tmp_path: Path, crm: CrmServer) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        source = {
            "type": "crm",
            "url": f"{crm.url}/next",
            "paging": {"type": "next", "next": "links.next"},
            "records": "data",
            "requests_per_second": 1000,
            "retries": 0,
        }
        made.configure(source=source, fields=FIELDS, customFields={})
        yield made


def checked(bench: Workbench) -> tuple[int, list[str]]:
    """What ``check`` says."""
    done = CliRunner().invoke(main, ["check", "-c", str(bench.config), "--output", "json"])
    return done.exit_code, json.loads(done.stdout)["syncs"][0]["problems"]


def renamed(crm: CrmServer, old: str, new: str) -> None:
    crm.records[:] = [{new if name == old else name: value for name, value in one.items()} for one in crm.records]


@pytest.mark.parametrize(("old", "missing"), [("phone", "phone"), ("id", "id"), ("contact", "contact.email")])
def test_a_column_that_no_record_has_any_more_sends_nothing(
    bench: Workbench, crm: CrmServer, old: str, missing: str
) -> None:
    assert run(bench).counts == {"created": 56}
    assert checked(bench) == (0, [])
    renamed(crm, old, f"{old}_1")
    for options in ([], ["--dry-run"], ["--verify"]):
        result = run(bench, *options)
        assert (result.exit, result.counts) == (2, {})
        assert f"no record of the source has the column '{missing}' (syncs.customers." in result.error
        assert "the records have" in result.error
        assert f"{old}_1" in result.error
        assert bench.sandbox.writes() == []
    code, problems = checked(bench)
    assert (code, len(problems)) == (2, 1)
    assert missing in problems[0]


def test_a_typo_is_found_before_anybody_is_made_and_by_check(bench: Workbench) -> None:
    bench.configure(fields=FIELDS | {"lastName": "nmae"})
    result = run(bench)
    assert result.exit == 2
    assert "'nmae'" in result.error
    assert "did you mean 'name'?" in result.error
    assert bench.sandbox.contacts == {}
    code, problems = checked(bench)
    assert code == 2
    assert "'nmae'" in problems[0]


@pytest.mark.parametrize("count", [56, 7])
def test_a_column_that_is_null_in_every_record_empties_nobody(bench: Workbench, crm: CrmServer, count: int) -> None:
    crm.records[:] = records(count)
    assert run(bench).counts == {"created": count}
    crm.records[:] = records(count, phone=None)
    result = run(bench)
    assert (result.exit, result.counts) == (2, {})
    assert "null in the column 'phone' (syncs.customers.fields.phoneNumbers.mobile)" in result.error
    assert bench.sandbox.writes() == []
    assert run(bench, "--max-rewrites", str(count)).counts == {"updated": count}
    assert run(bench).counts == {"unchanged": count}


def test_a_column_that_nobody_has_filled_yet_may_be_null(bench: Workbench, crm: CrmServer) -> None:
    crm.records[:] = records(7, phone=None)
    assert run(bench).counts == {"created": 7}
    crm.records[0]["phone"] = "+14155550100"
    assert run(bench).counts == {"updated": 1, "unchanged": 6}
    crm.records[0]["phone"] = None
    assert run(bench).counts == {"updated": 1, "unchanged": 6}


def test_columns_that_only_some_records_have_are_fine(bench: Workbench, crm: CrmServer) -> None:
    for record in crm.records[:-1]:
        del record["phone"]
    crm.records[3] = {"id": "r3", "name": "Ana3"}
    assert checked(bench) == (0, [])
    assert run(bench).counts == {"created": 56}


def test_a_source_without_records_is_fine(bench: Workbench, crm: CrmServer) -> None:
    crm.records.clear()
    assert checked(bench) == (0, [])
    assert run(bench).exit == 0


def test_records_that_are_only_said_to_be_deleted_need_no_columns(bench: Workbench, crm: CrmServer) -> None:
    bench.configure(source=bench.syncs["customers"]["source"] | {"deleted": "gone"}, max_deletes="100%")
    assert run(bench).exit == 0
    crm.records[:] = [{"id": f"r{number}", "gone": True} for number in range(56)]
    assert run(bench).counts == {"deleted": 56}


def test_check_asks_for_two_pages_and_no_more_than_it_needs(bench: Workbench, crm: CrmServer) -> None:
    assert checked(bench) == (0, [])
    assert len(crm.seen) == 2
