"""A sync that has another name in the configuration: it is told from a new one, and its contacts go with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.state.lock import hold
from sync.state.store import State
from tests.support.commands import command, in_json
from tests.support.old_states import content
from tests.support.run_bench import run
from tests.support.workbench import Workbench, people, person, workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """Three contacts of ``customers``, which is then called ``clients``; the run before had a row that was refused."""
    with workbench(tmp_path) as opened:
        opened.write([*people(3), person(3, phone="12")])
        run(opened)
        rename_in_configuration(opened)
        yield opened


def rename_in_configuration(bench: Workbench) -> None:
    bench.configure()
    bench.syncs["clients"] = bench.syncs.pop("customers")
    bench.config.write_text(bench.config.read_text().replace("  customers:\n", "  clients:\n"))


def url(bench: Workbench) -> str:
    return f"sqlite:///{bench.state}"


def test_a_sync_that_reads_what_another_read_is_not_begun_anew(bench: Workbench) -> None:
    bench.sandbox.forget_requests()
    for options in (["--dry-run"], []):
        refused = bench.run(*options)
        assert refused.exit == 2
        assert "openphone-sync state rename customers clients" in refused.error
        assert "put 'customers' back beside it" in refused.error
    checked = in_json(bench, "check")
    assert checked.exit == 2
    assert "state rename customers clients" in str(checked.document)
    assert bench.sandbox.writes() == []


def test_everything_goes_along_and_nothing_is_sent(bench: Workbench) -> None:
    assert bench.run().exit == 2
    before = content(url(bench))
    bench.sandbox.forget_requests()
    dry = in_json(bench, "state", "rename", "customers", "clients", "--dry-run")
    assert dry.document["renamed"] == {"from": "customers", "to": "clients", "dry_run": True, "contacts": 3, "runs": 1}
    assert content(url(bench)) == before
    done = in_json(bench, "state", "rename", "customers", "clients")
    assert (done.exit, done.document["renamed"]["contacts"]) == (0, 3)
    assert bench.sandbox.requests == []
    after = content(url(bench))
    assert not [row for rows in after.values() for row in rows[1:] if "customers" in row]
    assert len(after["runs"]) == len(before["runs"])
    assert after["problems"][1:] != []
    bench.write(people(3))
    assert bench.run().counts == {"unchanged": 3}
    assert bench.sandbox.writes() == []


def test_undo_and_status_know_the_new_name(bench: Workbench) -> None:
    command(bench, "state", "rename", "customers", "clients")
    assert "clients: 3 contacts tracked" in command(bench, "status").stdout
    assert in_json(bench, "undo", "1").counts == {"deleted": 3}


def test_a_rename_without_a_note_of_the_source_is_told_by_the_rows(bench: Workbench) -> None:
    with State.open(url(bench)) as state:
        state.notes.set_fact("customers", "source", None)
    bench.write(people(3))
    result = bench.run()
    assert (result.exit, result.counts) == (3, {"failed": 3})
    assert "openphone-sync state rename customers" in result.reasons("failed")[0]
    assert in_json(bench, "state", "rename", "customers", "clients").exit == 0
    assert bench.run().counts == {"unchanged": 3}


def test_a_sync_beside_the_former_one_is_no_stop(bench: Workbench) -> None:
    bench.syncs = {"customers": bench.syncs["clients"], "others": {**bench.syncs["clients"], "key_prefix": "o-"}}
    bench.configure()
    assert bench.run("others").exit == 3
    assert len(bench.sandbox.contacts) == 6


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("nobody", "clients", "no sync named 'nobody'"),
        ("customers", "nobody", "no sync named 'nobody'"),
        ("clients", "clients", "still has 'clients'"),
    ],
)
def test_what_cannot_be_renamed_is_said(bench: Workbench, old: str, new: str, said: str) -> None:
    result = in_json(bench, "state", "rename", old, new)
    assert result.exit == 2
    assert said in result.document["error"]


def test_two_syncs_never_become_one(bench: Workbench) -> None:
    bench.syncs = {"customers": {**bench.syncs["clients"], "key_prefix": "x-"}}
    bench.configure(source={"type": "csv", "path": "others.csv"})
    rename_in_configuration(bench)
    (bench.folder / "others.csv").write_bytes(bench.source.read_bytes())
    assert bench.run().exit == 3
    result = in_json(bench, "state", "rename", "customers", "clients")
    assert result.exit == 2
    assert "'clients' has 3 contacts already" in result.document["error"]


@pytest.mark.parametrize("name", ["customers", "clients"])
def test_a_run_that_holds_either_name_keeps_the_rename_out(bench: Workbench, name: str) -> None:
    with hold(url(bench), name):
        result = in_json(bench, "state", "rename", "customers", "clients")
    assert result.exit == 5
    assert "another run holds" in result.document["error"]


def test_wrong_usage_is_a_document_too(bench: Workbench) -> None:
    result = in_json(bench, "state", "rename", "customers")
    assert result.exit == 2
    assert "NEW" in result.document["error"]
    assert command(bench, "state", "explode").exit == 2
