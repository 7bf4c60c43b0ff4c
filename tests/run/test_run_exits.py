"""Several syncs in one run, and every exit of a run: its code, its document, its log."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.support.run_bench import SCHEMA, run
from tests.support.workbench import Workbench, ended, people, person, workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        yield made


def test_several_syncs_report_in_one_document(bench: Workbench) -> None:
    bench.write(people(2))
    bench.syncs["staff"] = {**bench.syncs["customers"], "key_prefix": "staff-"}
    bench.syncs["gone"] = {**bench.syncs["customers"], "source": {"type": "csv", "path": "gone.csv"}}
    bench.configure()
    result = run(bench)
    assert result.exit == 1
    assert [(sync["name"], sync["status"]) for sync in result.document["syncs"]] == [
        ("customers", "ok"),
        ("gone", "failed"),
        ("staff", "ok"),
    ]
    assert "gone.csv" in result.document["syncs"][1]["error"]
    named = run(bench, "staff", "staff")
    assert [sync["name"] for sync in named.document["syncs"]] == ["staff"]
    assert named.exit == 0


def test_two_syncs_do_not_share_a_contact(bench: Workbench) -> None:
    bench.write(people(2))
    bench.syncs["staff"] = dict(bench.syncs["customers"])
    bench.configure()
    result = run(bench)
    assert result.exit == 3
    assert result.document["syncs"][1]["counts"]["failed"] == 2
    assert "belongs to the sync 'customers'" in result.document["syncs"][1]["problems"][0]["reason"]


def test_syncs_that_a_signal_kept_from_beginning_are_no_success(tmp_path: Path) -> None:
    with workbench(tmp_path, latency=0.2) as slow:
        slow.write(people(40))
        slow.syncs["staff"] = {**slow.syncs["customers"], "key_prefix": "staff-"}
        slow.configure()
        process = slow.start()
        while not slow.sandbox.writes() and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        result = ended(process)
    jsonschema.validate(result.document, SCHEMA)
    assert result.exit == 1
    customers, staff = result.document["syncs"]
    assert "stopped by a signal" in customers["error"]
    assert customers["counts"]["created"] == len(slow.sandbox.contacts)
    assert (staff["status"], staff["error"]) == ("failed", "stopped by a signal before it began")


@pytest.mark.parametrize("key", ["a b&c=d", "1+1", "100%", "é/ü#?", "x,y;z", "'quoted'", '"', "日本", "A" * 75])
def test_any_key_is_looked_up_as_it_is(bench: Workbench, key: str) -> None:
    bench.write([person(1, id=key)])
    assert run(bench).counts == {"created": 1}
    bench.forget_state()
    assert run(bench).counts == {"adopted": 1}


@pytest.mark.parametrize(
    ("change", "exit_code", "said"),
    [
        ({"source": {"type": "csv", "path": "nowhere.csv"}}, 1, "nowhere.csv"),
        ({"fields": {"firstName": "fist"}}, 2, "unknown column 'fist'"),
        ({"customFields": {"Notez": "notes"}}, 2, "Notez"),
    ],
)
def test_what_a_run_finds_wrong_is_in_the_document(
    bench: Workbench, change: dict[str, Any], exit_code: int, said: str
) -> None:
    bench.write(people(1))
    bench.configure(**change)
    result = run(bench)
    assert result.exit == exit_code
    assert said in result.error
    assert result.sync["status"] == "failed"
    assert bench.sandbox.writes() == []


def test_a_wrong_key_is_exit_1(bench: Workbench) -> None:
    bench.write(people(1))
    bench.openphone["api_key"] = "wrong-key"
    bench.configure()
    result = run(bench)
    assert result.exit == 1
    assert "refused the API key" in result.error
    assert "wrong-key" not in result.stdout + result.stderr


@pytest.mark.parametrize(
    "options",
    [("--max-deletes", "many"), ("--no-such-option",), ("nobody",), ("-c", "nowhere.yaml")],
    ids=["limit", "option", "sync", "file"],
)
def test_a_wrong_use_is_exit_2_with_a_document_of_its_own(bench: Workbench, options: tuple[str, ...]) -> None:
    bench.write(people(1))
    result = run(bench, *options)
    assert result.exit == 2
    assert result.document["syncs"] == []
    assert result.document["error"]
    assert bench.sandbox.requests == []


def test_a_configuration_that_is_wrong_is_exit_2_with_a_document(bench: Workbench) -> None:
    bench.config.write_text(yaml.safe_dump({"openphone": bench.openphone, "syncs": {"a": {"key": "id"}}}))
    result = run(bench)
    assert result.exit == 2
    assert "fields" in result.document["error"]
    assert "Traceback" not in result.stderr


def test_a_damaged_state_is_exit_1_and_left_alone(bench: Workbench) -> None:
    bench.write(people(1))
    bench.state.write_text("not a database, " * 100)
    result = run(bench)
    assert result.exit == 1
    assert "state.db" in result.error
    assert bench.state.read_text().startswith("not a database")
    assert bench.sandbox.writes() == []


def test_the_report_names_nobody_in_the_log(bench: Workbench) -> None:
    """Personal data is for the report; standard error gets keys and counts."""
    bench.write(people(2))
    result = run(bench)
    assert result.stderr
    for private in ("Ana0", "Núñez", "+1415", "ana0@", bench.sandbox.key):
        assert private not in result.stderr
    for line in result.stderr.splitlines():
        assert json.loads(line)["level"] in ("info", "warning")
