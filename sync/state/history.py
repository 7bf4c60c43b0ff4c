"""The history in the state: runs, the rows that need a person, what contacts held before each change.

Every method is one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa

from sync.clock import Clock
from sync.contacts.change import COUNTED
from sync.contacts.contact import Contact, FieldChanges, differences
from sync.contacts.json_value import json_text
from sync.contacts.person import NOBODY, Person, person_of
from sync.contacts.problem import Action, Problem
from sync.state.database import Database
from sync.state.schema import CONTACTS, HISTORY, PROBLEMS, RUNS

HISTORY_SECONDS = 90 * 24 * 3600.0
"""How long what contacts held before a change is kept."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run in the history; times are seconds since the epoch, ``ended_at`` None while it runs or if it died.

    ``changes``: contacts created, updated, deleted and adopted, added up. ``cut_short``: it was asked to end.
    ``started_by``: who or what started it; None where that was not kept yet. ``undoes``: the run that it put back.
    ``fields``: action → field → in how many contacts.
    """

    id: int
    sync: str
    started_at: float
    ended_at: float | None
    status: str | None
    counts: Mapping[str, int]
    error: str | None
    changes: int = 0
    cut_short: bool = False
    started_by: str | None = None
    undoes: int | None = None
    fields: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunStart:
    """A run that begins; ``started_by`` and ``undoes`` as in ``RunRecord``."""

    sync: str
    started_by: str | None = None
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended; ``problems`` is None where it cannot know them: those of the run before stay."""

    sync: str
    status: str
    counts: Mapping[str, int]
    error: str | None
    cut_short: bool
    problems: Sequence[Problem] | None
    fields: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pending:
    """A change that is about to be sent: what the contact holds, and what it shall hold."""

    external_id: str
    action: Action
    before: Contact | None
    after: Contact | None


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """One change of one run: what the contact held before and after. ``done``: its outcome is known."""

    id: int
    run: int
    external_id: str
    contact_id: str | None
    action: str
    before: Contact | None
    after: Contact | None
    done: bool = True

    @property
    def fields(self) -> FieldChanges:
        return differences(self.before, self.after)

    @property
    def person(self) -> Person:
        return person_of(self.after or self.before)


class History:
    """What happened, as far as it is kept."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # -- runs

    def begin_run(self, start: RunStart) -> int:
        """The id of a new run. Runs long past are let go, and what undo could use of them."""
        now = self._clock.now()
        past = (RUNS.c.sync == start.sync, RUNS.c.started_at < now - HISTORY_SECONDS)
        with self._database.transaction() as connection:
            connection.execute(HISTORY.delete().where(HISTORY.c.run_id.in_(sa.select(RUNS.c.id).where(*past))))
            connection.execute(RUNS.delete().where(*past))
            result = connection.execute(RUNS.insert().values(started_at=now, **asdict(start)))
            return _new_id(result)

    def end_run(self, run: int, end: RunEnd) -> None:
        """Close a run; its problems replace those of the one before, unless it cannot know them."""
        values = {
            "ended_at": self._clock.now(),
            "status": end.status,
            "counts": json.dumps(dict(end.counts)),
            "error": end.error,
            "changes": sum(end.counts.get(name, 0) for name in COUNTED.values()),
            "cut_short": end.cut_short,
            "fields": json.dumps(end.fields),
        }
        rows = [{"sync": end.sync, **_problem_row(problem)} for problem in end.problems or ()]
        with self._database.transaction() as connection:
            connection.execute(RUNS.update().where(RUNS.c.id == run).values(**values))
            if end.problems is not None:
                connection.execute(PROBLEMS.delete().where(PROBLEMS.c.sync == end.sync))
            if rows:
                connection.execute(PROBLEMS.insert(), rows)

    def run(self, run: int) -> RunRecord | None:
        """One run of the history."""
        with self._database.transaction() as connection:
            row = connection.execute(sa.select(RUNS).where(RUNS.c.id == run)).first()
            return run_in(row) if row else None

    def runs(self, sync: str | None = None, limit: int = 10) -> list[RunRecord]:
        """The last runs, newest first."""
        query = sa.select(RUNS).order_by(RUNS.c.id.desc()).limit(limit)
        if sync is not None:
            query = query.where(RUNS.c.sync == sync)
        with self._database.transaction() as connection:
            return [run_in(row) for row in connection.execute(query)]

    def eventful_runs(self, sync: str, since: float) -> list[RunRecord]:
        """The ended runs since then that changed or adopted contacts, newest first."""
        mine = (RUNS.c.sync == sync, RUNS.c.started_at >= since, RUNS.c.changes > 0)
        with self._database.transaction() as connection:
            return [run_in(row) for row in connection.execute(sa.select(RUNS).where(*mine).order_by(RUNS.c.id.desc()))]

    def problems(self, sync: str) -> list[Problem]:
        """The rows that needed a person when the last run ended."""
        query = sa.select(PROBLEMS).where(PROBLEMS.c.sync == sync).order_by(PROBLEMS.c.id)
        with self._database.transaction() as connection:
            return [problem_in(row) for row in connection.execute(query)]

    # -- changes, for undo

    def touched(self, sync: str, external_id: str) -> bool:
        """Whether this sync is known to have sent anything for this contact, whatever came of it."""
        mine = (HISTORY.c.sync == sync, HISTORY.c.external_id == external_id)
        with self._database.transaction() as connection:
            return connection.execute(sa.select(HISTORY.c.id).where(*mine).limit(1)).first() is not None

    def record(self, run: int, sync: str, pending: Pending) -> int:
        """What a contact holds before a change that is about to be sent; the id to give to ``Contacts.written``.

        From here until then the contact is not known to be in step with any row: the change may be carried out and
        its answer lost, and the row may go back to what it was.
        """
        values = {
            "run_id": run,
            "sync": sync,
            "external_id": pending.external_id,
            "contact_id": pending.before.id if pending.before else None,
            "action": pending.action,
            "before": _dump(pending.before),
            "after": _dump(pending.after),
            "done": False,
        }
        mine = (CONTACTS.c.sync == sync, CONTACTS.c.external_id == pending.external_id)
        with self._database.transaction() as connection:
            connection.execute(CONTACTS.update().where(*mine).values(fingerprint=None, sent=None))
            return _new_id(connection.execute(HISTORY.insert().values(**values)))

    def discard(self, record: int) -> None:
        """The change was not made after all."""
        with self._database.transaction() as connection:
            connection.execute(HISTORY.delete().where(HISTORY.c.id == record))

    def changes(self, run: int) -> list[ChangeRecord]:
        """What a run changed, newest first; changes whose outcome was never learnt are among them."""
        query = sa.select(HISTORY).where(HISTORY.c.run_id == run).order_by(HISTORY.c.id.desc())
        with self._database.transaction() as connection:
            return [change_in(row) for row in connection.execute(query)]


def _new_id(result: sa.CursorResult[Any]) -> int:
    key = result.inserted_primary_key
    return int(key[0]) if key else 0


def run_in(row: Any) -> RunRecord:
    """The run of a row of the table."""
    counts = json.loads(row.counts or "{}")
    return RunRecord(
        id=row.id,
        sync=row.sync,
        started_at=row.started_at,
        ended_at=row.ended_at,
        status=row.status,
        counts=counts,
        error=row.error,
        changes=row.changes,
        cut_short=row.cut_short,
        started_by=row.started_by,
        undoes=row.undoes,
        fields=json.loads(row.fields or "{}"),
    )


def change_in(row: Any) -> ChangeRecord:
    """The change of a row of the table."""
    return ChangeRecord(
        id=row.id,
        run=row.run_id,
        external_id=row.external_id,
        contact_id=row.contact_id,
        action=row.action,
        before=_load(row.before),
        after=_load(row.after),
        done=row.done,
    )


def _problem_row(problem: Problem) -> dict[str, Any]:
    """The problem's columns; whom it is of and the row as it was as JSON."""
    person, cells = problem.person.to_json(), dict(problem.cells)
    written = {"person": json_text(person), "cells": json_text(cells) if cells else None}
    return {**asdict(problem), **written}


def problem_in(row: Any) -> Problem:
    """The problem of a row of the table."""
    return Problem(
        row=row.row,
        external_id=row.external_id,
        column=row.column,
        value=row.value,
        reason=row.reason,
        kind=row.kind,
        action=row.action,
        remedy=row.remedy,
        person=Person.from_json(json.loads(row.person)) if row.person else NOBODY,
        cells=json.loads(row.cells or "{}"),
    )


def _dump(contact: Contact | None) -> str | None:
    return json_text(contact.to_json()) if contact else None


def _load(text: str | None) -> Contact | None:
    return Contact.from_json(json.loads(text)) if text else None
