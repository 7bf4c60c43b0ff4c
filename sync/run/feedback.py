"""Shows in the source what became of each row, for sources that can (a sheet's id, status and error columns)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from connectors.base import Cell, Row, RowResult, SourceError, WritesBack
from sync.contacts.problem import Problem
from sync.run.apply import Outcome
from sync.run.identity import Identified, Identity
from sync.state.contacts import State

FLUSH_ROWS = 500
FLUSH_SECONDS = 60.0
LEAVE_SECONDS = 2.0
_STATUS = {"rejected": "rejected", "failed": "failed", "held": "held"}


@dataclass(frozen=True, slots=True)
class _Seen:
    row: Row
    contact_id: str | None


class Feedback:
    """Gathers results and hands them to the source in batches; only what the source does not show yet."""

    def __init__(self, connector: WritesBack, identity: Identity, state: State, sync: str) -> None:
        self._connector = connector
        self._identity = identity
        self._state = state
        self._sync = sync
        self._rows: dict[str, _Seen] = {}
        self._nameless: list[tuple[Row, Problem]] = []
        self._doubles: list[Row] = []
        self._pending: list[RowResult] = []
        self._settled: set[str] = set()
        self._flushed_at = time.monotonic()
        self._failed = False

    def saw(self, row: Row, who: Identified | Problem) -> None:
        """Every row, as it is read."""
        if isinstance(who, Problem):
            self._nameless.append((row, who))
        elif who.external_id in self._rows:
            self._doubles.append(row)
        else:
            self._rows[who.external_id] = _Seen(row, who.contact_id)

    def add(self, outcome: Outcome) -> None:
        """One outcome of the apply: a new contact's id is worth writing soon."""
        seen = self._rows.get(outcome.change.external_id)
        if seen is not None and outcome.problem is None and outcome.change.action != "delete":
            self._settled.add(outcome.change.external_id)
            self._queue(seen.row, outcome.change.contact_id, "synced", "")

    async def flush_if_due(self) -> None:
        """Write now and then. A source that fails is no reason to stop: ``finish`` tries again, and reports it."""
        due = len(self._pending) >= FLUSH_ROWS or time.monotonic() - self._flushed_at > FLUSH_SECONDS
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
        self._flushed_at = time.monotonic()
        if batch := tuple(self._pending):
            await self._connector.write_back(batch)
            del self._pending[: len(batch)]  # more may have come meanwhile

    async def finish(self, problems: list[Problem]) -> None:
        """Every row that does not show its result yet, the unchanged ones included. Raises SourceError."""
        by_row = {p.row: p for p in reversed(problems) if p.row is not None}
        by_key = {p.external_id: p for p in reversed(problems) if p.row is None}  # where rows have no numbers
        held = self._state.contact_ids(self._sync)
        for external_id, seen in self._rows.items():
            if external_id not in self._settled:
                number = seen.row.number
                problem = by_row.get(number) if number is not None else by_key.get(external_id)
                self._settle(seen.row, held.get(external_id) or seen.contact_id, problem)
        for row, problem in self._nameless:
            self._settle(row, None, problem)
        for row in self._doubles:
            self._settle(row, None, by_row.get(row.number or 0))
        await self._flush()

    def _settle(self, row: Row, contact_id: str | None, problem: Problem | None) -> None:
        if problem is not None:
            self._queue(row, contact_id, _STATUS[problem.kind], _told(problem))
        elif contact_id is not None:
            self._queue(row, contact_id, "synced", "")

    def _queue(self, row: Row, contact_id: str | None, status: str, error: str) -> None:
        key: Mapping[str, Cell] = self._identity.cells(row)
        result = RowResult(row.number, key, contact_id, status, error)
        if not self._connector.shows(row, result):
            self._pending.append(result)


def _told(problem: Problem) -> str:
    return f"{problem.column}: {problem.reason}" if problem.column else problem.reason
