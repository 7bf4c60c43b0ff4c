"""What the state knows of one run, one contact, or whoever is called so: the questions of people who look back.

Reads only. Every answer is bounded, and takes an index or one pass over one table: they are asked of states with
100,000 contacts and 1,000 runs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sync.contacts.person import NOBODY, Person, person_sent
from sync.contacts.problem import Problem
from sync.state.contacts import Tracked, tracked_in
from sync.state.database import Database
from sync.state.history import ChangeRecord, RunRecord, change_in, problem_in, run_in
from sync.state.schema import CONTACTS, HISTORY, PROBLEMS, RUNS

PORTION = 500
"""Changes read at once, so that a run of 100,000 needs no memory of its own."""

_NO_DIGITS = re.compile(r"[^0-9]")
_FEWEST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Found:
    """A contact that a search found: the sync that tracks it, or did, its key, and whom it is of."""

    sync: str
    external_id: str
    person: Person
    tracked: bool = True


class Lookback:
    """Answers from the state."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- runs

    def last_that_changed(self, sync: str | None = None) -> RunRecord | None:
        """The newest run that changed or adopted contacts, if only before it was cut off, of one sync or of all."""
        cut_off = sa.and_(RUNS.c.ended_at.is_(None), RUNS.c.id.in_(sa.select(HISTORY.c.run_id)))
        query = sa.select(RUNS).where(sa.or_(RUNS.c.changes > 0, cut_off)).order_by(RUNS.c.id.desc()).limit(1)
        if sync is not None:
            query = query.where(RUNS.c.sync == sync)
        with self._database.transaction() as connection:
            row = connection.execute(query).first()
            return run_in(row) if row else None

    def last_to_undo(self, sync: str | None = None) -> RunRecord | None:
        """The newest run of which the history has changes, ended or not, of one sync or of all."""
        query = sa.select(sa.func.max(HISTORY.c.run_id))
        if sync is not None:
            query = query.where(HISTORY.c.sync == sync)
        with self._database.transaction() as connection:
            newest = query.scalar_subquery()
            row = connection.execute(sa.select(RUNS).where(RUNS.c.id == newest)).first()
            return run_in(row) if row else None

    def undone_by(self, run: int) -> tuple[int, ...]:
        """The runs that put back this one, oldest first."""
        query = sa.select(RUNS.c.id).where(RUNS.c.undoes == run).order_by(RUNS.c.id)
        with self._database.transaction() as connection:
            return tuple(connection.execute(query).scalars())

    def changes_of_run(
        self, run: int, *, action: str | None = None, limit: int | None = None, offset: int = 0
    ) -> list[ChangeRecord]:
        """What a run changed, in the order in which it was sent; ``action``: only those."""
        query = sa.select(HISTORY).where(*_of_run(run, action)).order_by(HISTORY.c.id).limit(limit).offset(offset)
        with self._database.transaction() as connection:
            return [change_in(row) for row in connection.execute(query)]

    def listed_of_run(self, run: int) -> tuple[dict[str, int], int]:
        """Action → how many changes of a run are listed; and how many of them have an outcome that was never learnt."""
        unknown = sa.func.sum(sa.case((HISTORY.c.done.is_(False), 1), else_=0))
        query = sa.select(HISTORY.c.action, sa.func.count(), unknown).where(*_of_run(run)).group_by(HISTORY.c.action)
        with self._database.transaction() as connection:
            rows = connection.execute(query).all()
        return {action: count for action, count, _ in rows}, sum(open_ for _, _, open_ in rows)

    def every_change_of_run(self, run: int, *, action: str | None = None) -> Iterator[ChangeRecord]:
        """All of them, read in portions."""
        after = 0
        while True:
            mine = (*_of_run(run, action), HISTORY.c.id > after)
            query = sa.select(HISTORY).where(*mine).order_by(HISTORY.c.id).limit(PORTION)
            with self._database.transaction() as connection:
                rows = connection.execute(query).all()
            yield from map(change_in, rows)
            if len(rows) < PORTION:
                return
            after = rows[-1].id

    def runs_before(
        self, sync: str, before: int | None = None, *, eventful: bool = False, limit: int = 50
    ) -> list[RunRecord]:
        """The runs older than run ``before``, newest first; ``eventful``: only those that did something, or failed."""
        query = sa.select(RUNS).where(RUNS.c.sync == sync).order_by(RUNS.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(RUNS.c.id < before)
        if eventful:
            quiet = sa.and_(RUNS.c.changes == 0, RUNS.c.status == "ok")
            query = query.where(sa.or_(RUNS.c.status.is_(None), sa.not_(quiet)))
        with self._database.transaction() as connection:
            return [run_in(row) for row in connection.execute(query)]

    # -- what needs a person

    def held(self, sync: str) -> dict[str, int]:
        """Action → how many changes are held back."""
        mine = (PROBLEMS.c.sync == sync, PROBLEMS.c.kind == "held")
        query = sa.select(PROBLEMS.c.action, sa.func.count()).where(*mine).group_by(PROBLEMS.c.action)
        with self._database.transaction() as connection:
            return {action or "change": count for action, count in connection.execute(query.order_by("action"))}

    def open_rows(self, sync: str) -> int:
        """How many rows need a person, each once."""
        mine = (PROBLEMS.c.sync == sync, PROBLEMS.c.kind != "held")
        rows = sa.select(PROBLEMS.c.row, PROBLEMS.c.external_id).where(*mine).distinct().subquery()
        with self._database.transaction() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(rows)).scalar_one())

    # -- contacts

    def syncs_with(self, key: str) -> list[str]:
        """The syncs that track, or tracked, a contact under this key, or have a row under it that needs a person."""
        with self._database.transaction() as connection:
            return sorted(
                {
                    name
                    for table in (CONTACTS, HISTORY, PROBLEMS)
                    for name in _syncs_in(connection, table)
                    if _has(connection, table, name, key)
                }
            )

    def with_contact_id(self, contact_id: str) -> list[tuple[str, str]]:
        """The syncs that track, or tracked, the contact with this id of OpenPhone's, each with its key there."""
        with self._database.transaction() as connection:
            for table in (CONTACTS, HISTORY):
                query = sa.select(table.c.sync, table.c.external_id).where(table.c.contact_id == contact_id).distinct()
                if rows := connection.execute(query).all():
                    return sorted((row.sync, row.external_id) for row in rows)
        return []

    def contact(self, sync: str, external_id: str) -> Tracked | None:
        """What is remembered of a contact that is tracked."""
        mine = (CONTACTS.c.sync == sync, CONTACTS.c.external_id == external_id)
        with self._database.transaction() as connection:
            row = connection.execute(sa.select(CONTACTS).where(*mine)).first()
            return tracked_in(row) if row else None

    def person(self, sync: str, external_id: str) -> Person:
        """Whom the contact was of when it was last changed, as far back as the history reaches."""
        mine = (HISTORY.c.sync == sync, HISTORY.c.external_id == external_id)
        query = sa.select(HISTORY).where(*mine).order_by(HISTORY.c.id.desc()).limit(1)
        with self._database.transaction() as connection:
            row = connection.execute(query).first()
            return change_in(row).person if row else NOBODY

    def changes_of_contact(self, sync: str, external_id: str, limit: int = 100) -> list[tuple[ChangeRecord, RunRecord]]:
        """What was done to a contact, newest first, each with its run."""
        query = (
            sa.select(HISTORY.c.id, RUNS.c.id.label("run"))
            .join(RUNS, RUNS.c.id == HISTORY.c.run_id)
            .where(HISTORY.c.sync == sync, HISTORY.c.external_id == external_id)
            .order_by(HISTORY.c.id.desc())
            .limit(limit)
        )
        with self._database.transaction() as connection:
            pairs = connection.execute(query).all()
            changes = _by_id(connection, HISTORY, {pair.id for pair in pairs})
            runs = _by_id(connection, RUNS, {pair.run for pair in pairs})
        return [(change_in(changes[pair.id]), run_in(runs[pair.run])) for pair in pairs]

    def problems_of(self, sync: str, external_id: str) -> list[Problem]:
        """Why the contact's row, or the contact, needs a person, if it does."""
        mine = (PROBLEMS.c.sync == sync, PROBLEMS.c.external_id == external_id)
        with self._database.transaction() as connection:
            query = sa.select(PROBLEMS).where(*mine).order_by(PROBLEMS.c.id)
            return [problem_in(row) for row in connection.execute(query)]

    def tracked_page(self, sync: str, *, after: str = "", limit: int = 50) -> list[Tracked]:
        """Tracked contacts by key, from the one that follows ``after``."""
        query = (
            sa.select(CONTACTS)
            .where(CONTACTS.c.sync == sync, CONTACTS.c.external_id > after)
            .order_by(CONTACTS.c.external_id)
            .limit(limit)
        )
        with self._database.transaction() as connection:
            return [tracked_in(row) for row in connection.execute(query)]

    def keys_that_begin(self, sync: str, text: str, limit: int) -> list[tuple[str, str | None]]:
        """Tracked keys that begin so, each with the name of whom it is of."""
        query = (
            sa.select(CONTACTS.c.external_id, CONTACTS.c.sent)
            .where(
                CONTACTS.c.sync == sync, CONTACTS.c.external_id >= text, CONTACTS.c.external_id < f"{text}\U0010ffff"
            )
            .order_by(CONTACTS.c.external_id)
            .limit(limit)
        )
        with self._database.transaction() as connection:
            rows = connection.execute(query).all()
        sent = {row.external_id: json.loads(row.sent) if row.sent else None for row in rows}
        return [(key, person_sent(key, values).name) for key, values in sent.items()]

    def undoings(self) -> dict[int, tuple[int, ...]]:
        """Run → the runs that put it back, oldest first; for every run that was put back."""
        query = sa.select(RUNS.c.undoes, RUNS.c.id).where(RUNS.c.undoes.is_not(None)).order_by(RUNS.c.id)
        found: dict[int, tuple[int, ...]] = {}
        with self._database.transaction() as connection:
            for undone, run in connection.execute(query):
                found[undone] = (*found.get(undone, ()), run)
        return found

    def search(self, text: str, *, sync: str | None = None, limit: int = 50) -> list[Found]:
        """Whoever is called so, or has this number, address or key, among all contacts tracked; best by key first.

        Then those whose rows need a person, so that who is not in the workspace is found, too.
        """
        wanted = text.strip()
        if not wanted:
            return []
        found: dict[tuple[str, str], Found] = {}
        with self._database.transaction() as connection:
            for table, column, tracked in ((CONTACTS, CONTACTS.c.sent, True), (PROBLEMS, PROBLEMS.c.person, False)):
                query = sa.select(table).where(sa.or_(*_matching(table.c.external_id, column, wanted)))
                query = query.where(table.c.external_id.is_not(None)).order_by(table.c.external_id != wanted)
                if sync is not None:
                    query = query.where(table.c.sync == sync)
                for row in connection.execute(query.limit(limit)):
                    who = person_sent(row.external_id, tracked_in(row).sent) if tracked else problem_in(row).person
                    found.setdefault((row.sync, row.external_id), Found(row.sync, row.external_id, who, tracked))
        return list(found.values())[:limit]


def _syncs_in(connection: sa.Connection, table: sa.Table) -> Iterator[str]:
    """The syncs of a table, by its index: one step for each sync, and not for each row."""
    name = connection.execute(sa.select(sa.func.min(table.c.sync))).scalar()
    while name is not None:
        yield name
        name = connection.execute(sa.select(sa.func.min(table.c.sync)).where(table.c.sync > name)).scalar()


def _has(connection: sa.Connection, table: sa.Table, sync: str, key: str) -> bool:
    query = sa.select(sa.literal(1)).select_from(table).where(table.c.sync == sync, table.c.external_id == key)
    return connection.execute(query.limit(1)).first() is not None


def _of_run(run: int, action: str | None = None) -> Iterator[sa.ColumnElement[bool]]:
    """The changes of a run; not an update that found nobody, where a create followed."""
    yield HISTORY.c.run_id == run
    later = HISTORY.alias()
    followed = sa.exists().where(
        later.c.run_id == run, later.c.external_id == HISTORY.c.external_id, later.c.id > HISTORY.c.id
    )
    yield sa.or_(HISTORY.c.done.is_(True), ~followed)
    if action is not None:
        yield HISTORY.c.action == action


def _matching(key: sa.Column[Any], column: sa.Column[Any], wanted: str) -> Iterator[sa.ColumnElement[bool]]:
    """A key that begins so; a text that holds all of the words, however they are written; a number that ends so."""
    yield key.startswith(wanted, autoescape=True)
    words = wanted.split()
    yield sa.and_(*(sa.or_(*(column.contains(form, autoescape=True) for form in _forms(word))) for word in words))
    digits = _NO_DIGITS.sub("", wanted)
    if len(digits) >= _FEWEST_DIGITS:
        yield column.contains(digits, autoescape=True)


def _forms(word: str) -> set[str]:
    """A word in the cases in which names are written: databases fold those of ASCII at most."""
    return {word, word.lower(), word.upper(), word.capitalize()}


def _by_id(connection: sa.Connection, table: sa.Table, ids: set[int]) -> dict[int, Any]:
    return {row.id: row for row in connection.execute(sa.select(table).where(table.c.id.in_(ids)))}
