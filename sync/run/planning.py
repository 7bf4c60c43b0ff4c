"""Source → plan: reads the source to its end, and gathers what was found and what was decided. Sends nothing."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from connectors.base import Connector, IncompleteRead, ReadSummary
from sync.contacts.change import Update
from sync.mapping.mapper import Mapper
from sync.plan.partial import limited, narrowed
from sync.plan.plan import Plan
from sync.plan.rewrites import rewrites
from sync.run import encoding, spared
from sync.run.absences import Read
from sync.run.filtering import Filtering
from sync.run.job import Job
from sync.run.open_rows import still_open
from sync.run.other_keys import note_other_keys, under_other_keys
from sync.run.reading import absent_columns, asked_of_the_source, notes_of, rows_of
from sync.run.reconcile import Reconciler
from sync.run.session import Misconfigured, Session
from sync.run.understanding import Understanding


async def read_and_decide(connector: Connector, rows: Understanding, job: Job, session: Session) -> Plan:
    """Read the source to its end and decide everything. Sends nothing.

    Raises Stopped, Misconfigured, and what the source, the client and the state raise.
    """
    guesses = (*encoding.warnings(connector, job, session), *notes_of(connector))
    reconciler = Reconciler(rows, job, session)
    notes, question = session.state.notes, _question(job, rows.mapper)
    try:
        everything = reconciler.verifying.everything
        job.watcher.phase(job.sync, "comparing with the workspace" if everything else "reading the source", None)
        await reconciler.prepare()
        # A row that is asked for by its key may be one that did not change: then everything is read.
        bookmark = None if everything or job.options.only else _mark(notes.bookmark(job.sync), question)
        reconciler.filtering = Filtering(job.mapping.where, rows.identity, changes_only=bookmark is not None)
        summary, incomplete = await _read(connector, bookmark, reconciler, job)
        absent = [*absent_columns(connector, job.mapping, job.sync), *rows.columns.mistakes(job.sync)]
        if summary is not None and summary.full and absent:
            raise Misconfigured(absent)
        await reconciler.settle()
        if summary is not None and reconciler.chosen.unknown:
            raise Misconfigured(_nobody(reconciler.chosen.unknown, job))
        await reconciler.finish(Read(summary.full, summary.one_moment) if summary is not None else Read())
        found = reconciler.findings()
        if summary is not None and summary.full and not job.limits.rewrites_for_this_run:
            updates = [decision for decision in found.decisions if isinstance(decision, Update)]
            counts = rewrites(updates, found.mapping_changed, found.as_before).emptied
            if mistakes := rows.columns.emptied(job.sync, counts):
                raise Misconfigured(mistakes)
        missing = reconciler.unseen() if summary is None or summary.full else set[str]()
        same_people = await under_other_keys(missing, found.decisions, session)
    finally:
        await reconciler.abandon()
    again = (
        []
        if summary is None or summary.full
        else still_open(session.state, job.sync, reconciler.seen | reconciler.filtering.left, found.decisions)
    )
    found = replace(
        found,
        warnings=(*guesses, *found.warnings),
        decisions=[*found.decisions, *again],
        same_people=same_people,
        noted=note_other_keys(found.noted, same_people),
        details=summary.details if summary else {},
        incomplete=str(incomplete) if incomplete else None,
        bookmark=f"{question} {summary.bookmark}" if summary and summary.bookmark is not None else None,
    )
    if not reconciler.chosen.everyone:
        session.report.concerns = reconciler.chosen.keys
        found = narrowed(found, reconciler.chosen.keys)
    plan = Plan.build(job.sync, found, job.limits, spared.decided(job, notes))
    return plan if job.options.limit is None else limited(plan, job.options.limit, reconciler.places)


def _nobody(keys: list[str], job: Job) -> list[str]:
    """A message for each key that was asked for, and that nobody has."""
    rows = "the source (rows that 'where' leaves out do not count)" if job.mapping.where else "the source"
    return [f"--only {key}: neither {rows} nor the state of {job.sync} has this key; nothing was sent" for key in keys]


async def _read(
    connector: Connector, bookmark: str | None, reconciler: Reconciler, job: Job
) -> tuple[ReadSummary | None, IncompleteRead | None]:
    """Every row to the reconciler; the summary is None where the read is incomplete."""
    try:
        async for row in rows_of(connector, bookmark):
            await reconciler.take(row)
            job.watcher.step()
    except IncompleteRead as error:
        return None, error
    with asked_of_the_source():
        return connector.summary(), None


def _mark(stored: str | None, question: str) -> str | None:
    """Where an incremental source left off; None where rows that it left out may now mean other contacts."""
    asked, _, bookmark = (stored or "").partition(" ")
    return bookmark if asked == question else None


def _question(job: Job, mapper: Mapper) -> str:
    where = {column: condition.model_dump(mode="json") for column, condition in job.mapping.where.items()}
    identity = f"{job.mapping.key}{job.mapping.key_prefix}{where or ''}".encode()
    return hashlib.blake2b(mapper.digest + identity, digest_size=12).hexdigest()
