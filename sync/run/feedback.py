"""Shows in the source what became of each row, for sources that can (a sheet's id, status and error columns)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from connectors.base import Cell, Connector, ProvesWritable, Row, RowResult, SourceError, WritesBack
from sync.clock import Clock
from sync.contacts.change import Delete, Outcome
from sync.contacts.problem import Problem
from sync.plan.plan import Plan
from sync.run.identity import Identified, Identity
from sync.run.job import Job
from sync.run.session import Session
from sync.run.unwritten import Trace
from sync.state.contacts import Contacts

LEAVE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often results are written while a run goes on: so many rows, or so many seconds, after the last time."""

    rows: int = 500
    seconds: float = 60.0


class Feedback:
    """Feedback for a source that shows nothing."""

    def note(self, row: Row, who: Identified | Problem) -> None:
        """Every row, as it is read."""

    async def expect(self, plan: Plan) -> None:
        """Before anything is done. Raises SourceError where what the plan does could not be shown."""

    def add(self, outcome: Outcome) -> None:
        """One outcome of the apply."""

    async def write_until(self, applying: asyncio.Task[None]) -> None:
        """Write now and then, until the changes are carried out."""

    async def leave(self) -> None:
        """The run is cut short."""

    async def finish(self, problems: list[Problem]) -> None:
        """Every row that does not show its result yet, the unchanged ones included. Raises SourceError."""


def feedback_for(connector: Connector, job: Job, identity: Identity, session: Session) -> Feedback:
    """Feedback where the configuration wants it and the connector can; else for nobody."""
    if job.at.dry_run or not job.source.writes_back or not isinstance(connector, WritesBack):
        return Feedback()
    return WrittenBack(connector, identity, session, some=bool(job.options.only))


async def prove_writable(connector: Connector, job: Job) -> None:
    """Raises SourceError, with what to do, where results shall be shown and the source says that they cannot."""
    if job.source.writes_back and isinstance(connector, ProvesWritable):
        await connector.prove_writable()


@dataclass(frozen=True, slots=True)
class _Seen:
    row: Row
    contact_id: str | None


class WrittenBack(Feedback):
    """Gathers results and hands them to the source in batches; only what the source does not show yet.

    ``some``: it hears only of some rows; the others stay as they are.
    """

    def __init__(
        self,
        connector: WritesBack,
        identity: Identity,
        session: Session,
        rhythm: Rhythm = Rhythm(),
        *,
        some: bool = False,
    ) -> None:
        self._connector = connector
        self._identity = identity
        self._contacts: Contacts = session.state.contacts
        self._sync = session.at.sync
        self._clock: Clock = session.at.clock
        self._rhythm = rhythm
        self._rows: dict[str, _Seen] = {}
        self._nameless: list[tuple[Row, Problem]] = []
        self._doubles: list[tuple[Row, str]] = []
        self._pending: list[RowResult] = []
        self._lost: list[RowResult] = []
        self._settled: set[str] = set()
        self._flushed_at = self._clock.monotonic()
        self._failed = False
        self._some = some
        self._left: frozenset[str] = frozenset()

    def note(self, row: Row, who: Identified | Problem) -> None:
        if isinstance(who, Problem):
            self._nameless.append((row, who))
        elif who.external_id in self._rows:
            self._doubles.append((row, who.external_id))
        else:
            self._rows[who.external_id] = _Seen(row, who.contact_id)

    async def expect(self, plan: Plan) -> None:
        """A row must be able to show its id before its contact is made; until it does it is remembered."""
        self._left = frozenset(plan.left)
        changed = [change.external_id for change in plan.changes if not isinstance(change, Delete)]
        if not changed:
            return
        if isinstance(self._connector, ProvesWritable):
            await self._connector.prove_writable()
        if self._identity.unwritten is not None:
            self._remember_unwritten({*changed, *self._identity.unwritten.traces})

    def _remember_unwritten(self, external_ids: Iterable[str]) -> None:
        """Of these the rows that show no id yet; with nothing known of a row, what was remembered of it."""
        unwritten = self._identity.unwritten
        if unwritten is None:
            return
        traces = {}
        for external_id in external_ids:
            seen = self._rows.get(external_id)
            if seen is None and external_id in unwritten.traces:
                traces[external_id] = unwritten.traces[external_id]
            elif seen is not None and seen.contact_id is None:
                traces[external_id] = Trace.of(seen.row, self._identity.cells(seen.row))
        unwritten.remember(traces)

    def add(self, outcome: Outcome) -> None:
        """One outcome of the apply: a new contact's id is worth writing soon."""
        seen = self._rows.get(outcome.change.external_id)
        if seen is not None and outcome.problem is None and not isinstance(outcome.change, Delete):
            self._settled.add(outcome.change.external_id)
            self._queue(seen.row, outcome.change.contact_id, "synced", "")

    async def write_until(self, applying: asyncio.Task[None]) -> None:
        """Write now and then. A source that fails is no reason to stop: ``finish`` tries again, and reports it."""
        while not applying.done():
            await asyncio.wait({applying}, timeout=1.0)
            due = (
                len(self._pending) >= self._rhythm.rows
                or self._clock.monotonic() - self._flushed_at > self._rhythm.seconds
            )
            if due and not self._failed:
                try:
                    await self._flush()
                except SourceError:
                    self._failed = True

    async def leave(self) -> None:
        """The run is cut short: what is gathered is written if the source answers soon, else by the next run."""
        with suppress(SourceError, TimeoutError):
            async with asyncio.timeout(LEAVE_SECONDS):
                await self._flush()

    async def _flush(self) -> None:
        """Write what is gathered. Raises SourceError; what found no row is offered again by the next run."""
        self._flushed_at = self._clock.monotonic()
        if batch := tuple(self._pending):
            lost = await self._connector.write_back(batch)
            del self._pending[: len(batch)]  # more may have come meanwhile
            self._lost += lost

    async def finish(self, problems: list[Problem]) -> None:
        by_row = {p.row: p for p in reversed(problems) if p.row is not None}
        by_key = {p.external_id: p for p in reversed(problems) if p.row is None}  # where rows have no numbers
        tracked = self._contacts.ids(self._sync)
        for external_id, seen in self._rows.items():
            if external_id not in self._settled and external_id not in self._left:
                number = seen.row.number
                problem = by_row.get(number) if number is not None else by_key.get(external_id)
                self._settle(seen.row, tracked.get(external_id) or seen.contact_id, problem)
        for row, problem in self._nameless:
            self._settle(row, None, problem)
        for row, external_id in self._doubles:
            if row.number is not None:  # else it is as the first: one row with it
                problem = by_row.get(row.number)
                self._settle(row, None if problem else tracked.get(external_id), problem)
        await self._flush()
        if self._identity.unwritten is not None:
            lost = {result.contact_id for result in self._lost}
            still = {key for key in self._identity.unwritten.traces if key in self._left}
            if self._some:
                still |= self._identity.unwritten.traces.keys() - self._rows.keys()
            self._remember_unwritten({*still, *(key for key, one in tracked.items() if one in lost)})

    def _settle(self, row: Row, contact_id: str | None, problem: Problem | None) -> None:
        if problem is not None:
            self._queue(row, contact_id, problem.kind, _shown(problem))
        elif contact_id is not None:
            self._queue(row, contact_id, "synced", "")

    def _queue(self, row: Row, contact_id: str | None, status: str, error: str) -> None:
        key: Mapping[str, Cell] = self._identity.cells(row)
        result = RowResult(row.number, key, contact_id, status, error)
        if not self._connector.shows(row, result):
            self._pending.append(result)


def _shown(problem: Problem) -> str:
    return f"{problem.column}: {problem.text}" if problem.column else problem.text
