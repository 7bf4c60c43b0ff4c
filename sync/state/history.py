"""The history in the state: runs, the rows that need a person, what contacts held before each change."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from sync.contacts.contact import Contact
from sync.contacts.problem import Problem
from sync.state.database import Database
from sync.state.schema import CONTACTS, HISTORY, PROBLEMS, RUNS

HISTORY_SECONDS = 90 * 24 * 3600.0
"""How long what contacts held before a change is kept."""

_NO_CHANGES = '"created": 0, "updated": 0, "deleted": 0,'
"""How the counts of a run that changed nothing read (``report.COUNTS``)."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run in the history; times are seconds since the epoch, ``ended_at`` None while it runs or if it died."""

    id: int
    sync: str
    started_at: float
    ended_at: float | None
    status: str | None
    counts: Mapping[str, int]
    error: str | None


@dataclass(frozen=True, slots=True)
class HistoryRecord:
    """One change of one run: what the contact held before and after."""

    id: int
    external_id: str
    contact_id: str | None
    action: str
    before: Contact | None
    after: Contact | None


class RunLog(Database):
    """The part of the state that tells what happened."""

    def begin_run(self, sync: str) -> int:
        """The id of a new run. Runs long past are let go, and what undo could use of them."""
        long_ago = time.time() - HISTORY_SECONDS
        with self._transaction() as connection:
            old = sa.select(RUNS.c.id).where(RUNS.c.sync == sync, RUNS.c.started_at < long_ago)
            connection.execute(HISTORY.delete().where(HISTORY.c.run_id.in_(old)))
            connection.execute(RUNS.delete().where(RUNS.c.sync == sync, RUNS.c.started_at < long_ago))
            result = connection.execute(RUNS.insert().values(sync=sync, started_at=time.time()))
            key = result.inserted_primary_key
            return int(key[0]) if key else 0

    def end_run(
        self,
        run: int,
        sync: str,
        status: str,
        counts: Mapping[str, int],
        error: str | None,
        problems: Iterable[Problem] | None,
    ) -> None:
        """Close a run; its problems replace those of the one before, unless it cannot know them (None)."""
        rows = [{"sync": sync, **asdict(problem)} for problem in problems or ()]
        with self._transaction() as connection:
            connection.execute(
                RUNS.update()
                .where(RUNS.c.id == run)
                .values(ended_at=time.time(), status=status, counts=json.dumps(dict(counts)), error=error)
            )
            if problems is not None:
                connection.execute(PROBLEMS.delete().where(PROBLEMS.c.sync == sync))
            if rows:
                connection.execute(PROBLEMS.insert(), rows)

    def run(self, run: int) -> RunRecord | None:
        """One run of the history."""
        with self._transaction() as connection:
            row = connection.execute(sa.select(RUNS).where(RUNS.c.id == run)).first()
            return _run(row) if row else None

    def runs(self, sync: str | None = None, limit: int = 10) -> list[RunRecord]:
        """The last runs, newest first."""
        query = sa.select(RUNS).order_by(RUNS.c.id.desc()).limit(limit)
        if sync is not None:
            query = query.where(RUNS.c.sync == sync)
        with self._transaction() as connection:
            return [_run(row) for row in connection.execute(query)]

    def eventful_runs(self, sync: str, since: float) -> list[RunRecord]:
        """The runs since then that changed or adopted contacts, newest first."""
        changed = sa.not_(RUNS.c.counts.contains(_NO_CHANGES)) | sa.not_(RUNS.c.counts.contains('"adopted": 0'))
        mine = (RUNS.c.sync == sync, RUNS.c.started_at >= since, changed)
        with self._transaction() as connection:
            return [
                RunRecord(r.id, r.sync, r.started_at, r.ended_at, r.status, json.loads(r.counts), r.error)
                for r in connection.execute(sa.select(RUNS).where(*mine).order_by(RUNS.c.id.desc()))
            ]

    def problems(self, sync: str) -> list[Problem]:
        """The rows that needed a person when the last run ended."""
        query = sa.select(PROBLEMS).where(PROBLEMS.c.sync == sync).order_by(PROBLEMS.c.id)
        with self._transaction() as connection:
            return [
                Problem(p.row, p.external_id, p.column, p.value, p.reason, p.kind) for p in connection.execute(query)
            ]

    # -- history, for undo

    def keep(
        self, run: int, sync: str, external_id: str, action: str, before: Contact | None, after: Contact | None
    ) -> int:
        """What a contact held before a change that is about to be sent; the id to give to ``written``.

        From here until ``written`` the contact is not known to be in step with any row: the change may be carried out
        and its answer lost, and the row may go back to what it was.
        """
        with self._transaction() as connection:
            mine = (CONTACTS.c.sync == sync, CONTACTS.c.external_id == external_id)
            connection.execute(CONTACTS.update().where(*mine).values(fingerprint=None, sent=None))
            result = connection.execute(
                HISTORY.insert().values(
                    run_id=run,
                    sync=sync,
                    external_id=external_id,
                    contact_id=before.id if before else None,
                    action=action,
                    before=_dump(before),
                    after=_dump(after),
                    done=False,
                )
            )
            key = result.inserted_primary_key
            return int(key[0]) if key else 0

    def unkeep(self, record: int) -> None:
        """The change was not made after all."""
        with self._transaction() as connection:
            connection.execute(HISTORY.delete().where(HISTORY.c.id == record))

    def history(self, run: int) -> list[HistoryRecord]:
        """What a run changed, newest first; changes whose outcome was never learnt are among them."""
        query = sa.select(HISTORY).where(HISTORY.c.run_id == run).order_by(HISTORY.c.id.desc())
        with self._transaction() as connection:
            return [
                HistoryRecord(h.id, h.external_id, h.contact_id, h.action, _load(h.before), _load(h.after))
                for h in connection.execute(query)
            ]

    def made(self, run: int, limit: int) -> list[HistoryRecord]:
        """What a run is known to have changed, newest first, no more than ``limit``."""
        query = sa.select(HISTORY).where(HISTORY.c.run_id == run, HISTORY.c.done.is_(True))
        with self._transaction() as connection:
            return [
                HistoryRecord(h.id, h.external_id, h.contact_id, h.action, _load(h.before), _load(h.after))
                for h in connection.execute(query.order_by(HISTORY.c.id.desc()).limit(limit))
            ]


def _run(row: Any) -> RunRecord:
    counts = json.loads(row.counts or "{}")
    return RunRecord(row.id, row.sync, row.started_at, row.ended_at, row.status, counts, row.error)


def _dump(contact: Contact | None) -> str | None:
    return json.dumps(contact.to_json(), ensure_ascii=False) if contact else None


def _load(text: str | None) -> Contact | None:
    return Contact.from_json(json.loads(text)) if text else None
