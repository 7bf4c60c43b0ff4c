"""What somebody approved is carried out just so, or not at all: runs and undos from a dry run that was looked at."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sync.config.file import load
from sync.config.jobs import Jobs
from sync.plan.options import Limit
from sync.plan.saved import Approved, SavedPlan
from sync.run.approval import Approval, Together, approved_by
from sync.run.job import RunOptions
from sync.run.report import SyncReport, exit_code
from sync.run.story import run_sync
from sync.run.together import run_together
from sync.run.undo import undo
from sync.state.store import State
from tests.support.workbench import Workbench, hurried, people, person, workbench


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with workbench(tmp_path_factory.mktemp("approval"), wait=0.05) as made:
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
    return made


def jobs_of(bench: Workbench) -> Jobs:
    around = hurried(bench.list_lag)
    return Jobs(load(bench.config, os.environ), around.clock, around.patience, started_by="a test")


def ran(bench: Workbench, options: RunOptions, sync: str = "customers") -> SyncReport:
    async def run() -> SyncReport:
        jobs = jobs_of(bench)
        async with jobs.client() as client:
            return await run_sync(jobs.job(sync, client, asyncio.Event(), options))

    return asyncio.run(run())


def approved(bench: Workbench, options: RunOptions = RunOptions(dry_run=True), sync: str = "customers") -> Approved:
    async def run() -> Approved | None:
        jobs = jobs_of(bench)
        async with jobs.client() as client:
            report = await run_sync(jobs.job(sync, client, asyncio.Event(), options))
            return approved_by(report, options, client)

    found = asyncio.run(run())
    assert found is not None
    (read,) = SavedPlan.read(SavedPlan((found,)).text).approved
    assert read == found
    return read


def done(bench: Workbench, what: Approved) -> SyncReport:
    return ran(bench, RunOptions.to_do(Approval(what)))


def runs(bench: Workbench) -> int:
    with State.open(f"sqlite:///{bench.state}", read_only=True) as state:
        return len(state.history.runs())


def test_what_was_approved_is_done(bench: Workbench) -> None:
    report = done(bench, approved(bench))
    assert (report.status, report.exit_code, report.run) == ("ok", 0, 2)
    assert {name: count for name, count in report.counts.items() if count} == {
        "rows": 3, "created": 1, "updated": 1, "deleted": 1, "unchanged": 1,
    }  # fmt: skip
    assert bench.wrong() == []
    assert runs(bench) == 2


def test_another_row_is_a_difference_and_nothing_is_sent_or_remembered(bench: Workbench) -> None:
    what = approved(bench)
    bench.write([person(0, company="Elsewhere"), person(1), person(3)])
    bench.sandbox.forget_requests()
    report = done(bench, what)
    assert (report.status, report.exit_code, report.run) == ("stale", 6, None)
    assert bench.sandbox.writes() == []
    assert runs(bench) == 1
    (difference,) = report.stale or ()
    assert difference.to_json() == {
        "external_id": "c0",
        "name": "Ana0 Núñez",
        "planned": {"action": "update", "held": False, "fields": {"company": {"from": "Acme", "to": "Moved"}}},
        "now": {"action": "update", "held": False, "fields": {"company": {"from": "Acme", "to": "Elsewhere"}}},
    }
    assert "1 contact would be treated otherwise" in str(report.error)


def test_what_somebody_changed_in_the_contact_meanwhile_is_a_difference(bench: Workbench) -> None:
    what = approved(bench)
    (contact,) = bench.sandbox.by_external_id("c0")
    bench.sandbox.edit(str(contact["id"]), role="Boss")
    report = done(bench, what)
    (difference,) = report.stale or ()
    assert difference.planned.fields == {"role": {"from": None, "to": None}}
    assert difference.now.fields == {"role": {"from": "Boss", "to": "Boss"}}


def test_a_change_that_is_no_longer_there_and_one_that_is_new(bench: Workbench) -> None:
    what = approved(bench)
    bench.write([person(0), person(1, last="Roe"), person(3)])
    found = {each.external_id: each for each in done(bench, what).stale or ()}
    assert found.keys() == {"c0", "c1"}
    assert (found["c0"].planned.action, found["c0"].now.action) == ("update", None)
    assert (found["c1"].planned.action, found["c1"].now.action) == (None, "update")


@pytest.mark.parametrize(("then", "now"), [("100%", "0"), ("0", "100%")])
def test_what_is_held_now_and_was_not_is_a_difference_and_the_reverse(bench: Workbench, then: str, now: str) -> None:
    bench.configure(max_deletes=then)
    what = approved(bench)
    bench.configure(max_deletes=now)
    (difference,) = done(bench, what).stale or ()
    assert (difference.planned.action, difference.now.action) == ("delete", "delete")
    assert (difference.planned.held, difference.now.held) == (then == "0", now == "0")


def test_the_limits_of_then_hold_when_it_is_done(bench: Workbench) -> None:
    bench.configure(max_deletes=0)
    what = approved(bench, RunOptions(dry_run=True, max_deletes=Limit.parse(1)))
    assert done(bench, what).counts["deleted"] == 1
    assert bench.wrong() == []


def test_what_is_held_both_times_does_not_count(bench: Workbench) -> None:
    bench.configure(max_deletes=0)
    what = approved(bench)
    bench.write([person(0, company="Moved"), person(3)])  # another delete, held like the first
    report = done(bench, what)
    assert (report.status, report.counts["held"], report.counts["updated"]) == ("held", 2, 1)


def test_another_workspace_is_refused_before_anything_is_asked(bench: Workbench) -> None:
    what = replace(approved(bench), workspace="another")
    bench.sandbox.forget_requests()
    report = done(bench, what)
    assert (report.status, report.stale) == ("stale", ())
    assert "another workspace" in str(report.error)
    assert bench.sandbox.requests == []


def test_a_lost_state_is_a_difference(bench: Workbench) -> None:
    what = approved(bench)
    bench.forget_state()
    report = done(bench, what)
    assert report.status == "stale"
    assert len(bench.sandbox.contacts) == 3


def test_an_undo_puts_back_just_what_was_shown(bench: Workbench) -> None:
    bench.run()

    async def undone(*, meanwhile: bool) -> SyncReport:
        jobs = jobs_of(bench)
        async with jobs.client() as client:
            stop = asyncio.Event()
            shown = await undo(jobs.workplace("customers", client, stop, dry_run=True), 2, "contact-sync")
            what = approved_by(shown, RunOptions(), client)
            assert what is not None
            if meanwhile:
                (contact,) = bench.sandbox.by_external_id("c0")
                bench.sandbox.edit(str(contact["id"]), company="By hand")
            return await undo(jobs.workplace("customers", client, stop), 2, "contact-sync", Approval(what))

    stale = asyncio.run(undone(meanwhile=True))
    assert (stale.status, [each.external_id for each in stale.stale or ()], runs(bench)) == ("stale", ["c0"], 2)
    assert asyncio.run(undone(meanwhile=False)).counts["deleted"] == 1


def test_several_are_done_together_or_not_at_all(bench: Workbench) -> None:
    other = bench.syncs["customers"] | {"key_prefix": "other-"}
    bench.syncs["others"] = other | {"source": {"type": "csv", "path": "others.csv"}}
    bench.configure()
    (bench.folder / "others.csv").write_text(bench.source.read_text())
    plan = [approved(bench), approved(bench, sync="others")]

    def together(*, stop: bool = False) -> list[SyncReport]:
        async def run() -> list[SyncReport]:
            jobs, barrier, ended = jobs_of(bench), Together([each.sync for each in plan]), asyncio.Event()
            if stop:
                ended.set()
            async with jobs.client() as one, jobs.client(one.pace) as two:
                made = [
                    jobs.job(each.sync, client, ended, RunOptions.to_do(Approval(each, barrier)))
                    for each, client in zip(plan, (one, two), strict=True)
                ]
                return await run_together(made, barrier)

        return asyncio.run(run())

    bench.sandbox.forget_requests()
    (bench.folder / "others.csv").write_text(bench.source.read_text().replace("Ana3", "Zoe"))
    first, second = together()
    assert (first.status, first.stale, second.status, len(second.stale or ())) == ("stale", (), "stale", 1)
    assert "others no longer fits" in str(first.error)
    (bench.folder / "others.csv").unlink()
    reports = together()
    assert ([each.status for each in reports], exit_code(reports)) == (["failed", "failed"], 1)
    assert "others could not be carried out" in str(reports[0].error)
    (bench.folder / "others.csv").write_text(bench.source.read_text())
    assert {each.cut_short for each in together(stop=True)} == {True}
    assert (bench.sandbox.writes(), runs(bench)) == ([], 1)
    reports = together()
    assert [(each.status, each.counts["created"]) for each in reports] == [("ok", 1), ("ok", 3)]
