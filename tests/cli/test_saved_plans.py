"""``run --dry-run --save-plan FILE`` and ``run --plan FILE``: just that or nothing, and whatever is no such file."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from sync.cli.main import main
from sync.plan.saved import SavedPlan, _checksum
from sync.sandbox import SandboxThread
from tests.support.run_bench import SCHEMA
from tests.support.workbench import Result, Workbench, hurried, people, person, workbench


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with workbench(tmp_path_factory.mktemp("saved"), wait=0.05) as made:
        yield made


@pytest.fixture
def bench(served: Workbench, tmp_path: Path) -> Workbench:
    """Three people in a workspace, and in a file in which Ana0 moved, Ana2 is gone and Ana3 is new."""
    for contact_id in served.sandbox.contacts:
        served.sandbox.remove(contact_id)
    made = Workbench(tmp_path, served.sandbox, list_lag=0.05)
    made.configure(max_deletes="100%")
    made.write(people(3))
    assert made.run().exit == 0
    made.write([person(0, company="Moved"), person(1), person(3)])
    made.sandbox.forget_requests()
    return made


def file_of(bench: Workbench) -> Path:
    return bench.folder / "plan.json"


def save(bench: Workbench, *options: str) -> Result:
    return bench.run("--dry-run", "--save-plan", str(file_of(bench)), *options)


def carry_out(bench: Workbench, *options: str) -> Result:
    result = bench.run("--plan", str(file_of(bench)), *options)
    jsonschema.validate(result.document, SCHEMA)
    return result


def rewritten(bench: Workbench, change: Callable[[dict[str, Any]], None]) -> None:
    """The file with this changed, as if it had been written so."""
    whole = json.loads(file_of(bench).read_text())
    del whole["checksum"]
    change(whole)
    file_of(bench).write_text(json.dumps(whole | {"checksum": _checksum(whole)}))


def in_text(bench: Workbench, *arguments: str) -> Result:
    whole = ["run", "-c", str(bench.config), *arguments]
    done = CliRunner(catch_exceptions=False).invoke(main, whole, obj=hurried(0.05))
    return Result(done.exit_code, done.stdout, done.stderr)


def test_a_plan_is_written_for_its_owner_alone_and_carried_out(bench: Workbench) -> None:
    saved = save(bench)
    assert saved.exit == 0
    assert stat.S_IMODE(file_of(bench).stat().st_mode) == 0o600
    assert f"'openphone-sync run -c {bench.config} --plan {file_of(bench)}'" in saved.stderr
    assert bench.sandbox.key not in file_of(bench).read_text()
    assert bench.sandbox.writes() == []
    fits = carry_out(bench, "--dry-run")
    assert (fits.exit, fits.counts, bench.sandbox.writes()) == (0, saved.counts, [])
    done = carry_out(bench)
    assert (done.exit, done.counts) == (0, {"created": 1, "updated": 1, "deleted": 1, "unchanged": 1})
    assert bench.wrong() == []
    again = carry_out(bench)  # it was done: nothing of it is left to do
    assert (again.exit, again.sync["status"], len(again.sync["differences"])) == (6, "stale", 3)


def test_the_difference_stands_side_by_side_with_names(bench: Workbench) -> None:
    save(bench)
    bench.write([person(0, company="Elsewhere"), person(1), person(2), person(3)])
    said = in_text(bench, "--plan", str(file_of(bench)))
    assert said.exit == 6
    lines = [" ".join(line.split()) for line in said.stdout.splitlines()]
    assert lines[:4] == [
        "≠ Ana0 Núñez (Elsewhere, +14155550000), c0",
        "the plan says now it would be",
        "update update",
        "company: Acme → Moved Acme → Elsewhere",
    ]
    assert "≠ Ana2 Núñez (Acme, +14155550002), c2" in lines
    assert "delete nothing" in lines
    assert lines[-1] == (
        "Moved on: customers: what would be done now is not what was approved: 2 contacts would be treated otherwise. "
        "Nothing was sent. Make the plan anew (run --dry-run --save-plan)."
    )
    assert bench.sandbox.writes() == []


def test_the_options_of_then_hold(bench: Workbench) -> None:
    bench.configure(max_deletes=0)
    assert save(bench).exit == 4
    held = carry_out(bench)
    assert (held.exit, held.counts) == (4, {"created": 1, "updated": 1, "held": 1, "unchanged": 1})
    assert save(bench, "--max-deletes", "1", "--verify").exit == 0
    assert carry_out(bench).counts == {"deleted": 1, "unchanged": 3}


def test_a_part_is_saved_as_a_part(bench: Workbench) -> None:
    assert save(bench, "--only", "c0").counts == {"updated": 1}
    assert carry_out(bench).counts == {"updated": 1}
    assert save(bench, "--limit", "1").counts == {"created": 1, "left": 1, "unchanged": 2}
    assert carry_out(bench).counts == {"created": 1, "left": 1, "unchanged": 2}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--save-plan", "p.json"], "--save-plan goes with --dry-run"),
        (["--plan", "p.json", "--verify"], "leave out --verify"),
        (["--plan", "p.json", "--max-deletes", "1", "--only", "c1"], "leave out --max-deletes and --only"),
        (["--plan", "p.json", "--save-plan", "q.json", "--dry-run"], "leave out --save-plan"),
        (["--plan", "nowhere.json"], "cannot be read"),
        (["--dry-run", "--save-plan", "/nowhere/p.json"], "would stand in a folder that does not exist"),
        (["--dry-run", "--save-plan", "/tmp"], "is a folder"),
    ],
)
def test_options_that_make_no_sense_are_refused(bench: Workbench, options: list[str], says: str) -> None:
    result = bench.run(*options)
    assert (result.exit, result.document["syncs"]) == (2, [])
    assert says in result.document["error"]
    assert bench.sandbox.requests == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it is no JSON object"),
        ("[]", "it is no JSON object"),
        ("[" * 100_000, "it is no JSON object"),
        ('{"kind": "another"}', "did not write it"),
        ('{"kind": "openphone-sync plan", "version": "0.1.0", "syncs": []}', "it was altered"),
    ],
)
def test_a_file_that_is_no_plan_is_refused(bench: Workbench, text: str, says: str) -> None:
    file_of(bench).write_text(text)
    result = carry_out(bench)
    assert (result.exit, bench.sandbox.requests) == (2, [])
    assert says in result.document["error"]


def test_an_altered_plan_is_refused(bench: Workbench) -> None:
    save(bench)
    file_of(bench).write_text(file_of(bench).read_text().replace("Moved", "Loved"))
    result = carry_out(bench)
    assert result.exit == 2
    assert "altered" in result.document["error"]
    file_of(bench).write_bytes(b"\xff\xfe\x00")
    assert "it is no text" in carry_out(bench).document["error"]
    save(bench)
    rewritten(bench, lambda whole: whole.update(syncs=[{"sync": "customers"}]))
    assert carry_out(bench).exit == 2


def test_a_plan_of_another_version_is_refused(bench: Workbench) -> None:
    save(bench)
    rewritten(bench, lambda whole: whole.update(version="9.9.9"))
    result = carry_out(bench)
    assert (result.exit, bench.sandbox.writes()) == (6, [])
    assert "made by openphone-sync 9.9.9, and this is" in result.document["error"]


def test_a_plan_of_another_workspace_is_refused(bench: Workbench) -> None:
    save(bench)
    with SandboxThread() as other:
        bench.openphone |= {"base_url": other.url, "api_key": other.key}
        bench.configure()
        result = carry_out(bench)
        assert other.requests == []
    assert (result.exit, result.sync["status"]) == (6, "stale")
    assert "it was made for another workspace" in result.error


def test_another_spelling_of_the_address_is_the_same_workspace(bench: Workbench) -> None:
    save(bench)
    bench.openphone |= {"base_url": f"{bench.sandbox.url}/v1/"}
    bench.configure()
    assert carry_out(bench).exit == 0


@pytest.mark.parametrize(
    "change",
    [
        {"fields": {"firstName": "first", "lastName": "last", "company": "notes"}},
        {"customFields": {}},
        {"key_prefix": "x-"},
        {"on_missing": "keep"},
        {"where": {"company": "Moved"}},
    ],
)
def test_another_mapping_is_refused(bench: Workbench, change: dict[str, Any]) -> None:
    save(bench)
    bench.configure(**change)
    result = carry_out(bench)
    assert result.exit == (2 if "key_prefix" in change else 6)
    assert bench.sandbox.writes() == []


def test_a_run_in_between_and_a_lost_state_are_refused(bench: Workbench) -> None:
    save(bench)
    state = bench.state.read_bytes()
    bench.run("--only", "c0")
    bench.sandbox.forget_requests()
    assert carry_out(bench).exit == 6
    bench.forget_state()
    assert carry_out(bench).exit == 6
    bench.state.write_bytes(state)
    assert bench.sandbox.writes() == []


def test_a_dry_run_that_failed_saves_nothing_and_leaves_what_was_there(bench: Workbench) -> None:
    save(bench)
    before = file_of(bench).read_bytes()
    bench.source.rename(bench.folder / "away.csv")
    failed = save(bench)
    assert (failed.exit, failed.document["error"]) == (
        1,
        "no plan was saved: the dry run of customers did not come to its end",
    )
    bench.configure(fields={"firstName": "nowhere"})
    (bench.folder / "away.csv").rename(bench.source)
    assert save(bench).exit == 2
    assert file_of(bench).read_bytes() == before


def several(bench: Workbench, **options: Any) -> None:
    other = bench.syncs["customers"] | {"key_prefix": "other-", "source": {"type": "csv", "path": "others.csv"}}
    bench.syncs["others"] = other | options
    bench.configure()
    (bench.folder / "others.csv").write_text(bench.source.read_text())


def statuses(result: Result) -> dict[str, str]:
    return {sync["name"]: sync["status"] for sync in result.document["syncs"]}


def test_several_syncs_are_carried_out_whole_or_not_at_all(bench: Workbench) -> None:
    several(bench)
    save(bench)
    unknown = carry_out(bench, "nobody")
    assert (unknown.exit, unknown.document["error"]) == (
        2,
        f"no sync named 'nobody' in {file_of(bench)}: there is customers, others",
    )
    (bench.folder / "others.csv").write_text(bench.source.read_text().replace("Ana3", "Zoe"))
    result = carry_out(bench)
    assert (result.exit, statuses(result)) == (6, {"customers": "stale", "others": "stale"})
    assert "the plan is carried out whole or not at all, and others no longer fits" in result.error
    (bench.folder / "others.csv").unlink()
    result = carry_out(bench)
    assert (result.exit, statuses(result)) == (1, {"customers": "failed", "others": "failed"})
    assert bench.sandbox.writes() == []
    assert statuses(carry_out(bench, "customers")) == {"customers": "ok"}
    assert bench.wrong() == []


def test_a_sync_that_is_no_longer_configured_refuses_the_plan(bench: Workbench) -> None:
    several(bench)
    save(bench)
    del bench.syncs["others"]
    bench.configure()
    bench.sandbox.forget_requests()
    result = carry_out(bench)
    assert (result.exit, statuses(result)) == (6, {"customers": "stale", "others": "stale"})
    assert "the configuration has no such sync any more" in result.document["syncs"][1]["error"]
    assert bench.sandbox.requests == []


def test_a_contact_that_two_syncs_would_change_is_not_saved(bench: Workbench) -> None:
    bench.sandbox.seed([{"firstName": "Zoe", "phoneNumbers": [{"name": "mobile", "value": "+14155550003"}]}])
    bench.configure(match_on=["phoneNumbers"])
    several(bench)
    refused = save(bench)
    assert refused.exit == 1
    assert "customers and others would both change Ana3 Núñez" in refused.document["error"]
    assert not file_of(bench).exists()
    assert save(bench, "customers").exit == 0


def test_what_is_read_is_what_was_written(bench: Workbench) -> None:
    save(bench, "--max-rewrites", "50%", "--limit", "5")
    plan = SavedPlan.read(file_of(bench).read_text())
    assert SavedPlan.read(plan.text) == plan
    (approved,) = plan.approved
    assert (str(approved.asked.max_rewrites), approved.asked.limit, len(approved.changes)) == ("50%", 5, 2)
