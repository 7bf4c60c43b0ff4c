"""One run of one sync, told from top to bottom.

rows → mapping → desired contacts → plan → apply → state → report; the I/O is in the pieces that are called here.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog
from pydantic import BaseModel

from connectors.base import (
    Connector,
    Context,
    IncompleteRead,
    ReadSummary,
    SourceConfigError,
    SourceError,
    WritesBack,
    load,
)
from sync.config.model import LoadedConfig, SyncConfig
from sync.mapping.columns import unknown_columns
from sync.mapping.compiler import MappingError, compile_mapping
from sync.mapping.mapper import Mapper
from sync.openphone.client import OpenPhone, OpenPhoneError
from sync.plan.limits import Limit
from sync.plan.plan import Limits, Plan, Reading
from sync.run.apply import Outcome, Target, apply
from sync.run.feedback import Feedback
from sync.run.identity import ByContactId, ByKey, Identity
from sync.run.reconcile import Reconciler, Stopped
from sync.run.report import SyncReport
from sync.run.session import alone
from sync.state.contacts import State

GRACE_SECONDS = 7.0
"""How long a signal lets what is in flight finish."""

CUT_SHORT = "stopped by a signal"
"""How the error of a run begins that was ended from outside, and did not fail by itself."""

log = structlog.get_logger()


class Misconfigured(Exception):
    """The configuration does not fit the source or the workspace (exit 2): nothing was sent."""


class Watcher(Protocol):
    """Whoever shows progress."""

    def phase(self, sync: str, what: str, total: int | None) -> None:
        """A new phase begins; ``total`` steps where that is known."""
        ...

    def step(self, count: int = 1) -> None:
        """Some steps of the phase are done."""
        ...


class Silent:
    """A watcher for nobody."""

    def phase(self, sync: str, what: str, total: int | None) -> None:
        """Nothing is shown."""

    def step(self, count: int = 1) -> None:
        """Nothing is shown."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What one run was asked for. ``max_deletes`` is exact, and for this run alone."""

    dry_run: bool = False
    verify: bool = False
    max_deletes: Limit | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that a run of one sync needs, passed in."""

    name: str
    config: SyncConfig
    source: BaseModel
    loaded: LoadedConfig
    client: OpenPhone
    options: RunOptions = RunOptions()
    watcher: Watcher = field(default_factory=Silent)


async def run_sync(job: Job, stop: asyncio.Event) -> SyncReport:
    """One pass of one sync. Never raises for what a user, a source or OpenPhone can cause: the report tells.

    When ``stop`` is set, what is in flight may finish for a few seconds; the report says that the run was cut short.
    """
    report = SyncReport(job.name, dry_run=job.options.dry_run)
    started, requests = time.monotonic(), job.client.requests
    work = asyncio.create_task(
        alone(job.loaded.state_url(), report, lambda state: _recorded_pass(job, state, report, stop))
    )
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not work.done():
        await asyncio.wait({work}, timeout=GRACE_SECONDS)
    work.cancel()
    stopping.cancel()
    try:
        await work
    except asyncio.CancelledError:
        report.error = _cut_short(report)
    report.seconds, report.requests = time.monotonic() - started, job.client.requests - requests
    log.info(
        "run ended",
        sync=job.name,
        run=report.run,
        status=report.status,
        dry_run=report.dry_run,
        requests=report.requests,
        seconds=round(report.seconds, 3),
        **report.counts,
    )
    return report


async def _recorded_pass(job: Job, state: State, report: SyncReport, stop: asyncio.Event) -> None:
    """The pass, and its place in the history of runs however it ends."""
    report.run = None if job.options.dry_run else state.begin_run(job.name)
    try:
        await _pass(job, state, report, stop)
    except (Misconfigured, MappingError, SourceConfigError) as error:
        report.misconfigured, report.error = True, str(error)
    except (SourceError, OpenPhoneError) as error:
        report.error = str(error)
    except (Stopped, asyncio.CancelledError):
        report.error = _cut_short(report)
    except Exception as error:
        report.error = f"{type(error).__name__}: {error}"
        raise
    finally:
        report.in_order()
        if report.run is not None:
            problems = report.problems if report.problems or report.error is None else None
            state.end_run(report.run, job.name, report.status, report.counts, report.error, problems)


async def _pass(job: Job, state: State, report: SyncReport, stop: asyncio.Event) -> None:
    connector = load(str(job.config.source["type"]))(job.source, Context(job.loaded.folder))
    try:
        await _pass_from(connector, job, state, report, stop)
    finally:
        await connector.close()


async def _pass_from(connector: Connector, job: Job, state: State, report: SyncReport, stop: asyncio.Event) -> None:
    """The story: what the workspace defines, what the source says, what differs, what may be done, doing it."""
    sync, options, watcher = job.config, job.options, job.watcher
    definitions = await job.client.custom_fields()
    mapper = compile_mapping(sync, definitions)
    check_columns(await connector.columns(), job.name, sync)
    identity = _identity(connector, job, mapper, state)
    feedback = _feedback(connector, job, identity, state)
    reconciler = Reconciler(
        sync=job.name,
        mapper=mapper,
        identity=identity,
        client=job.client,
        state=state,
        source=sync.source_label,
        own_label="source_label" in sync.model_fields_set,
        verify=options.verify,
        stop=stop,
        saw=feedback.saw if feedback else lambda row, who: None,
    )
    limits = _limits(sync, options)
    try:
        watcher.phase(job.name, "comparing with the workspace" if options.verify else "reading the source", None)
        await reconciler.prepare()
        bookmark = None if options.verify else _bookmark(state, job, mapper)
        summary, incomplete = await _read(connector, bookmark, reconciler, watcher)
        full = summary is not None and summary.full
        await reconciler.finish(full=full, delete_missing=sync.on_missing == "delete", limits=limits)
    finally:
        await reconciler.abandon()

    tally = reconciler.tally
    plan = Plan.build(
        tally.decisions, held=len(reconciler.held), limits=limits, reading=Reading(tally.rows, tally.keyless)
    )
    report.counts["rows"], report.counts["unchanged"] = tally.rows, tally.unchanged
    report.warnings.extend(tally.warnings)
    report.details.update(summary.details if summary else {})
    report.expect(plan)
    if not options.dry_run:
        state.forget(job.name, tally.gone)
        target = Target(
            job.client, state, job.name, report.run or 0, sync.source_label, {d.key: d for d in definitions}
        )
        watcher.phase(job.name, "writing to the workspace", len(plan.changes))
        try:
            await _carry_out(plan, target, report, feedback, watcher, stop)
            if stop.is_set():
                raise Stopped
        except BaseException:
            if feedback:
                await feedback.leave()
            raise
        if feedback:
            await feedback.finish(report.problems)
        if report.status == "ok" and incomplete is None and summary is not None and summary.bookmark is not None:
            state.set_bookmark(job.name, f"{_question(job, mapper)} {summary.bookmark}")
    if incomplete is not None:
        report.error = f"{incomplete} What was read was added and updated; nothing was deleted."


async def _read(
    connector: Connector, bookmark: str | None, reconciler: Reconciler, watcher: Watcher
) -> tuple[ReadSummary | None, IncompleteRead | None]:
    """Every row to the reconciler; the summary is None where the read is incomplete."""
    try:
        async for row in connector.read(bookmark):
            await reconciler.take(row)
            watcher.step()
    except IncompleteRead as error:
        return None, error
    return connector.summary(), None


async def _carry_out(
    plan: Plan,
    target: Target,
    report: SyncReport,
    feedback: Feedback | None,
    watcher: Watcher,
    stop: asyncio.Event,
) -> None:
    def tell(outcome: Outcome) -> None:
        report.add(outcome)
        watcher.step()
        if feedback:
            feedback.add(outcome)

    applying = asyncio.create_task(apply(plan, target, stop, tell))
    try:
        while feedback and not applying.done():
            await asyncio.wait({applying}, timeout=1.0)
            await feedback.flush_if_due()
        await applying
    finally:
        applying.cancel()
        await asyncio.wait({applying})


def check_columns(columns: Sequence[str] | None, name: str, sync: SyncConfig) -> None:
    """Raises Misconfigured with every mapped column that is not among the source's; None: only its rows can tell."""
    messages = unknown_columns(sync, columns, name) if columns is not None else []
    if messages:
        raise Misconfigured("\n".join(messages))


def _identity(connector: Connector, job: Job, mapper: Mapper, state: State) -> Identity:
    if job.config.key:
        return ByKey(mapper)
    column = connector.contact_id_column if isinstance(connector, WritesBack) else None
    if column is None:
        raise Misconfigured(f"syncs.{job.name}.key is missing: name the column that identifies a row")
    return ByContactId(column, mapper, state, job.name, job.config.key_prefix)


def _feedback(connector: Connector, job: Job, identity: Identity, state: State) -> Feedback | None:
    if job.options.dry_run or not isinstance(connector, WritesBack) or not getattr(job.source, "write_back", None):
        return None
    return Feedback(connector, identity, state, job.name)


def _bookmark(state: State, job: Job, mapper: Mapper) -> str | None:
    """Where an incremental source left off; None where rows that it left out may now mean other contacts."""
    question, _, bookmark = (state.bookmark(job.name) or "").partition(" ")
    return bookmark if question == _question(job, mapper) else None


def _question(job: Job, mapper: Mapper) -> str:
    identity = f"{job.config.key}{job.config.key_prefix}".encode()
    return hashlib.blake2b(mapper.digest + identity, digest_size=12).hexdigest()


def _limits(sync: SyncConfig, options: RunOptions) -> Limits:
    if options.max_deletes is not None:
        return Limits(options.max_deletes, sync.max_updates, deletes_exact=True)
    return Limits(sync.max_deletes, sync.max_updates)


def _cut_short(report: SyncReport) -> str:
    done = sum(report.counts[name] for name in ("created", "updated", "deleted"))
    return f"{CUT_SHORT} after {done} changes, which are kept; the next run goes on from there"
