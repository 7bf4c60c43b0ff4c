"""The frame of a run, an undo, a saved plan: lock → state → begin → the work → its errors → end.

One place knows what may go wrong around the work, and what the report says then. Knows nothing of the work itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from connectors.base import SourceConfigError, SourceError
from sync.contacts.problem import Problem
from sync.contacts.warning import RowWarning
from sync.mapping.compiler import MappingError
from sync.openphone.errors import OpenPhoneError
from sync.plan.plan import Plan
from sync.run.approval import Approval, Stale, Withdrawn
from sync.run.job import Workplace
from sync.run.report import SyncReport, fields_changed
from sync.state.address import StateError
from sync.state.history import RunEnd, RunStart
from sync.state.holding import held
from sync.state.lock import Locked
from sync.state.store import State
from sync.unexpected import unexpected

log = structlog.get_logger()


class Misconfigured(Exception):
    """The configuration does not fit the source or the workspace (exit 2): nothing was sent.

    ``messages`` has every mistake.
    """

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("\n".join(messages))
        self.messages = tuple(messages)


class Stopped(Exception):
    """A signal asked the run to end."""


@dataclass(frozen=True, slots=True)
class Session:
    """One piece of work with a sync's state that nobody else may do meanwhile, and the report that grows with it."""

    at: Workplace
    state: State
    report: SyncReport
    approval: Approval | None = None
    start: RunStart | None = None

    async def decided(self, plan: Plan) -> None:
        """The work has a plan: where it was to be approved, it goes on only if it is just that, and is a run from here.

        Raises Stale, Withdrawn, Stopped.
        """
        if self.approval is not None:
            await self.approval.confirm(plan, self.at.stop)
            if self.at.stop.is_set():
                raise Stopped
            if self.start is not None:
                self.report.run = self.state.history.begin_run(self.start)
        self.report.expect(plan)

    @property
    def run(self) -> int:
        """The run's number in the history; 0 in a dry run, which has none."""
        return self.report.run or 0


Work = Callable[[Session], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a kind of work asks of its frame, as in ``session``."""

    goes_on: str
    reads_every_row: bool
    undoes: int | None
    approval: Approval | None


async def session(
    at: Workplace,
    work: Work,
    *,
    goes_on: str,
    reads_every_row: bool = True,
    undoes: int | None = None,
    approval: Approval | None = None,
) -> SyncReport:
    """Do ``work`` in the frame. Never raises for what a user, a source or OpenPhone can cause: the report tells.

    When ``at.stop`` is set, what is in flight may finish for a few seconds; the report says that the run was cut
    short, and, with ``goes_on``, how it goes on. ``reads_every_row``: the problems that the work finds are all there
    are, so that they replace those of the run before. ``undoes``: the run that this one puts back. ``approval``: what
    may be done; a run for which it is not given is not in the history.
    """
    report = SyncReport(at.sync, dry_run=at.dry_run)
    if at.client.in_the_clear is not None:
        report.warnings.append(RowWarning("in_the_clear", at.client.in_the_clear))
    started, requests = at.clock.monotonic(), at.client.requests
    working = asyncio.create_task(_alone(at, work, report, _Frame(goes_on, reads_every_row, undoes, approval)))
    await _until_done_or_stopped(working, at)
    try:
        await working
    except asyncio.CancelledError:
        report.cut(goes_on)
    report.error = at.redactor.message(report.error) if report.error is not None else None
    report.seconds, report.requests = at.clock.monotonic() - started, at.client.requests - requests
    log.info(
        "run ended",
        sync=at.sync,
        run=report.run,
        status=report.status,
        dry_run=report.dry_run,
        requests=report.requests,
        seconds=round(report.seconds, 3),
        **report.counts,
    )
    return report


async def _until_done_or_stopped(working: asyncio.Task[None], at: Workplace) -> None:
    """Wait for the work; once it shall stop, give it its grace, then cancel it."""
    stopping = asyncio.create_task(at.stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            await asyncio.wait({working}, timeout=at.grace)
    finally:
        working.cancel()
        stopping.cancel()


async def _alone(at: Workplace, work: Work, report: SyncReport, frame: _Frame) -> None:
    """Hold the sync and its state for the work. A lock that another holds, or a state that cannot be used, is told."""
    try:
        with held(at.state, at.sync, read_only=at.dry_run, clock=at.clock) as state:
            start = None if at.dry_run else RunStart(at.sync, at.started_by, frame.undoes)
            if start is not None and frame.approval is None:
                report.run = state.history.begin_run(start)
            try:
                await _with_errors_told(work, Session(at, state, report, frame.approval, start), frame.goes_on)
            finally:
                report.warnings.extend(RowWarning("unreadable", text) for text in at.client.take_warnings())
                report.in_order()
                report.tidy(at.redactor)
                if report.run is not None:
                    _end(state, report, frame.reads_every_row)
    except Locked as error:
        report.locked, report.error = True, str(error)
    except (StateError, OSError) as error:
        report.error = str(error)


async def _with_errors_told(work: Work, session: Session, goes_on: str) -> None:
    report = session.report
    try:
        if session.approval is not None:
            session.approval.look_ahead(session.at.client)
        await work(session)
    except Stale as stale:
        report.stale, report.error = stale.differences, str(stale)
    except (Misconfigured, MappingError, SourceConfigError) as error:
        report.misconfigured, report.error = True, str(error)
    except (SourceError, OpenPhoneError, StateError, OSError, Withdrawn) as error:
        report.error = str(error) or type(error).__name__
    except (Stopped, asyncio.CancelledError):
        report.cut(goes_on)
    except Exception as error:
        report.error = unexpected(error)
        log.debug("unexpected error", sync=report.name, exc_info=True)


def _end(state: State, report: SyncReport, reads_every_row: bool) -> None:
    known: list[Problem] | None = report.problems
    if not report.problems and (report.error is not None or not reads_every_row):
        known = None  # it cannot know them: those of the run before stay
    elif report.concerns is not None:
        others = (one for one in state.history.problems(report.name) if one.external_id not in report.concerns)
        known = [*others, *report.problems]
    end = RunEnd(
        report.name, report.status, report.counts, report.error, report.cut_short, known, fields_changed(report.changes)
    )
    state.history.end_run(report.run or 0, end)
