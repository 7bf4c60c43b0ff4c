"""One contact, put back as it was before a run: everything that this run and those after it did to it, turned round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sync.run.apply import apply
from sync.run.approval import Approval
from sync.run.job import Workplace
from sync.run.report import SyncReport
from sync.run.session import Session, Stopped, session
from sync.run.target import Target
from sync.run.undo import GOES_ON, plan_undo
from sync.run.watching import Silent
from sync.state.history import ChangeRecord

MOST_CHANGES = 1000


@dataclass(frozen=True, slots=True)
class Back:
    """Which contact, and the run before which it was as it shall be again."""

    external_id: str
    run: int


async def put_back(at: Workplace, back: Back, label: str, approval: Approval | None = None) -> SyncReport:
    """Put this contact back. Never raises for what a user or OpenPhone can cause: the report tells.

    ``label`` and ``approval`` as for ``undo``.
    """

    async def work(opened: Session) -> None:
        definitions = {field.key: field for field in await at.client.custom_fields()}
        past = opened.state.lookback.changes_of_contact(at.sync, back.external_id, MOST_CHANGES)
        record = since([each for each, _ in past], back.run)
        plan = await plan_undo(at, [record] if record else [], label, Silent())
        await opened.decided(plan)
        if not at.dry_run:
            await apply(plan, Target(opened, label, definitions), opened.report.add)
            if at.stop.is_set():
                raise Stopped

    return await session(at, work, goes_on=GOES_ON, reads_every_row=False, approval=approval)


def since(past: Sequence[ChangeRecord], run: int) -> ChangeRecord | None:
    """What was done to a contact from this run on, as one change; ``past``: newest first. None: nothing was."""
    done = [record for record in past if record.run >= run]
    if not done:
        return None
    newest, oldest = done[0], done[-1]
    action = oldest.action
    if action != "create" and newest.action == "delete":
        action = "delete"
    elif action == "delete":
        action = "update"  # it was made again since
    return replace(newest, action=action, before=oldest.before, after=newest.after or newest.before)
