"""Several syncs, each with what was approved for it, carried out together or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sync.run.approval import Together
from sync.run.job import Job
from sync.run.report import SyncReport
from sync.run.story import run_sync


async def run_together(jobs: Sequence[Job], together: Together) -> list[SyncReport]:
    """Run these at once; their approvals share ``together``, so that none sends anything before all are found to fit.

    Each has a client of its own, with the pace of its key.
    """

    async def one(job: Job) -> SyncReport:
        report = SyncReport(job.sync, job.at.dry_run, error="it did not end as it should")
        try:
            report = await run_sync(job)
        finally:
            together.ended(report)
        return report

    return await asyncio.gather(*(one(job) for job in jobs))
