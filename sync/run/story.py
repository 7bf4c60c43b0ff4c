"""One run of one sync, told from top to bottom.

rows → mapping → desired contacts → plan → apply → state → report; the I/O is in the pieces that are called here.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from sync.contacts.change import Outcome
from sync.plan.plan import Plan
from sync.run.apply import apply
from sync.run.check import Checked, check
from sync.run.feedback import Feedback
from sync.run.job import Job
from sync.run.key_facts import refuse_other_keys
from sync.run.open_rows import go_on_from_here
from sync.run.planning import read_and_decide
from sync.run.remembering import Remembering
from sync.run.report import SyncReport
from sync.run.same_source import SameSource
from sync.run.session import Session, Stopped, session
from sync.run.target import Target
from sync.run.understanding import Understanding

GOES_ON = "the next run goes on from there"


async def run_sync(job: Job) -> SyncReport:
    """One pass of one sync. Never raises for what a user, a source or OpenPhone can cause: the report tells."""
    approval = job.options.approval
    return await session(job.at, lambda opened: _pass(job, opened), goes_on=GOES_ON, approval=approval)


async def _pass(job: Job, opened: Session) -> None:
    """The story: what fits, what the source says, what differs, what may be done, doing it."""
    refuse_other_keys(job, opened.state)
    async with job.source.opened() as connector:
        same = await SameSource.of(job, opened, connector)
        if same.told():
            return
        checked = await check(job, connector)
        memory = Remembering.of(job, opened, checked.mapper, same)
        rows = Understanding.of(connector, checked, memory, job, opened)
        plan = await read_and_decide(connector, rows, job, opened)
        await opened.decided(plan)
        if not job.at.dry_run:
            memory.before(plan, connector)
            await _carry_out(plan, _Hands(job, opened, checked, rows.feedback, memory))
    if plan.incomplete is not None:
        opened.report.error = f"{plan.incomplete} What was read was added and updated; nothing was deleted."


@dataclass(frozen=True, slots=True)
class _Hands:
    """Who carries a plan out, and who is told of it."""

    job: Job
    opened: Session
    checked: Checked
    feedback: Feedback
    memory: Remembering


async def _carry_out(plan: Plan, by: _Hands) -> None:
    """Do what the plan says; show it in the source; go on from here next time, if nothing is left open."""
    job, report = by.job, by.opened.report
    await by.feedback.expect(plan)
    job.watcher.phase(job.sync, "writing to the workspace", len(plan.changes))
    try:
        await _apply(plan, by)
        if job.at.stop.is_set():
            raise Stopped
    except BaseException:
        await by.feedback.leave()
        raise
    by.memory.after(plan)
    await by.feedback.finish(report.problems)
    go_on_from_here(by.opened.state, report, plan)


async def _apply(plan: Plan, by: _Hands) -> None:
    def on_outcome(outcome: Outcome) -> None:
        by.opened.report.add(outcome)
        by.job.watcher.step()
        by.feedback.add(outcome)

    target = Target(by.opened, by.job.mapping.source_label, by.checked.definitions)
    applying = asyncio.create_task(apply(plan, target, on_outcome))
    try:
        await by.feedback.write_until(applying)
        await applying
    finally:
        applying.cancel()
        await asyncio.wait({applying})
