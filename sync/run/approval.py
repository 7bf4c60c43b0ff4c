"""Carries out just what somebody approved, or nothing: between the plan that a run made and what it would send.

How it is used, by whoever shows a dry run first::

    report = await run_sync(jobs.job(name, client, stop, RunOptions(dry_run=True, max_deletes=limit)))
    approved = approved_by(report, options, client)         # at once: before anything is cut from the report; or None
    ...                                                     # a person looks at it, and says yes
    report = await run_sync(jobs.job(name, client, stop, RunOptions.to_do(Approval(approved))))
    report.status == "stale" and report.stale               # it was not done: the differences, side by side

``undo`` takes an ``Approval`` of its own dry run likewise. Several syncs that are done together or not at all share a
``Together`` (``run.together``). A run that waits for an approval is in the history from when it has it: one that no
longer fits has sent nothing, and nothing is remembered of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field

from sync.openphone.client import OpenPhone
from sync.plan.plan import Plan
from sync.plan.saved import Approved, Asked, Difference
from sync.run.report import SyncReport


class Stale(Exception):
    """What was approved no longer fits; nothing was sent. ``differences``: where, as far as that is it."""

    def __init__(self, message: str, differences: tuple[Difference, ...] = ()) -> None:
        super().__init__(message)
        self.differences = differences


class Withdrawn(Exception):
    """What was approved may fit, and is not done: it, or what was to be done with it, could not be judged."""


class Together:
    """Syncs that are carried out together or not at all: each waits here until all of them are found to fit."""

    def __init__(self, syncs: Collection[str]) -> None:
        self._awaited = set(syncs)
        self._settled = asyncio.Event()
        self._spoilt: tuple[str, bool] | None = None

    def raise_if_spoilt(self) -> None:
        """Raises Stale or Withdrawn where one of the syncs is known not to fit."""
        if self._spoilt is None:
            return
        name, stale = self._spoilt
        if stale:
            raise Stale(f"nothing was sent: the plan is carried out whole or not at all, and {name} no longer fits")
        raise Withdrawn(
            f"nothing was sent: the plan is carried out whole or not at all, and {name} could not be carried out"
        )

    async def wait(self, sync: str, stop: asyncio.Event) -> None:
        """This sync fits. Raises Stale or Withdrawn where another does not; returns early where ``stop`` is set."""
        self._awaited.discard(sync)
        if not self._awaited:
            self._settled.set()
        waits = [asyncio.create_task(event.wait()) for event in (self._settled, stop)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
        self.raise_if_spoilt()

    def ended(self, report: SyncReport) -> None:
        """This sync has ended; where it had not been found to fit, no other goes on."""
        if report.name in self._awaited and self._spoilt is None:
            self._spoilt = report.name, report.status == "stale"
            self._settled.set()


@dataclass(frozen=True, slots=True)
class Approval:
    """What a run may do, and with which others. ``redo``: how a person decides anew, for the message."""

    approved: Approved
    together: Together | None = None
    redo: str = field(default="Look at what would be done now, and decide anew", kw_only=True)

    def look_ahead(self, client: OpenPhone) -> None:
        """Before anything is asked: raises Stale, or Withdrawn, where it is known already that nothing will be done.

        It is not where the client leads to another workspace than the one that was looked at.
        """
        if client.workspace != self.approved.workspace:
            raise Stale(
                f"it was made for another workspace (or with another API key) than {self.approved.sync} writes to now; "
                "nothing was sent"
            )
        if self.together is not None:
            self.together.raise_if_spoilt()

    async def confirm(self, plan: Plan, stop: asyncio.Event) -> None:
        """Return if this plan, and that of every sync beside it, does just what was approved.

        Raises Stale, or Withdrawn; returns early where ``stop`` is set.
        """
        if plan.incomplete is not None:
            raise Withdrawn(f"{plan.incomplete} Whether what was approved still fits cannot be told: nothing was sent")
        found = await asyncio.to_thread(self.approved.differences, plan)  # a signal is heard meanwhile
        if found:
            contacts = len({difference.external_id for difference in found})
            raise Stale(
                f"what would be done now is not what was approved: {contacts} contact{'' if contacts == 1 else 's'} "
                f"would be treated otherwise. Nothing was sent. {self.redo}",
                found,
            )
        if self.together is not None:
            await self.together.wait(self.approved.sync, stop)


def approved_by(report: SyncReport, asked: Asked, client: OpenPhone) -> Approved | None:
    """What may be done, once somebody has approved what this dry run shows; None where it shows no whole plan."""
    if not report.dry_run or report.error is not None or report.status in ("locked", "failed", "stale"):
        return None
    held = tuple(change for back in report.held_back for change in back.changes)
    return Approved(report.name, client.workspace, tuple(report.changes), held, asked.asked)
