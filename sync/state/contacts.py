"""The contacts that syncs track, the creates that are not settled yet, the rows that OpenPhone refused.

Every method is one transaction. Knows nothing of HTTP, sources or the command line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from sync.clock import Clock
from sync.contacts.change import InStep
from sync.contacts.json_value import Json, json_text
from sync.state.database import Database
from sync.state.schema import CONTACTS, HISTORY, INTENTS, REFUSALS

PORTION = 1000
"""Contacts that are read at once where all are."""

Sent = dict[str, Json]
"""What was last sent, as ``Desired.to_json`` gives it."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """A contact that a sync made or adopted. ``sent``: what was last sent, if anything was.

    ``missing_since``: when a full read first missed its row. ``in_step``: the next run may believe that it is as its
    row was; else it looks.
    """

    external_id: str
    contact_id: str
    sent: Sent | None
    changed_at: float
    missing_since: float | None = None
    in_step: bool = True


@dataclass(frozen=True, slots=True)
class Written:
    """A create or update that was carried out; ``record`` is its place in the history.

    Without ``fingerprint`` and ``sent`` the next run looks at the contact afresh.
    """

    record: int
    external_id: str
    contact_id: str
    fingerprint: bytes | None
    sent: Sent | None


class Contacts:
    """What is known of each sync's contacts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # -- tracked

    def fingerprints(self, sync: str) -> dict[str, bytes | None]:
        """External id → fingerprint of the row it was last in step with, for every contact tracked."""
        query = sa.select(CONTACTS.c.external_id, CONTACTS.c.fingerprint).where(CONTACTS.c.sync == sync)
        with self._database.transaction() as connection:
            return {external_id: fingerprint for external_id, fingerprint in connection.execute(query)}

    def ids(self, sync: str) -> dict[str, str]:
        """External id → contact id, for every contact tracked."""
        query = sa.select(CONTACTS.c.external_id, CONTACTS.c.contact_id).where(CONTACTS.c.sync == sync)
        with self._database.transaction() as connection:
            return {external_id: contact_id for external_id, contact_id in connection.execute(query)}

    def tracked(self, sync: str, external_ids: Sequence[str]) -> dict[str, Tracked]:
        """The contacts tracked under these external ids (a few hundred at most)."""
        query = sa.select(CONTACTS).where(CONTACTS.c.sync == sync, CONTACTS.c.external_id.in_(external_ids))
        with self._database.transaction() as connection:
            return {row.external_id: tracked_in(row) for row in connection.execute(query)}

    def everyone(self, sync: str) -> Iterator[Tracked]:
        """Every contact tracked, read in portions: what was sent of each may be much."""
        query = sa.select(CONTACTS).where(CONTACTS.c.sync == sync).order_by(CONTACTS.c.external_id).limit(PORTION)
        after = ""
        while True:
            with self._database.transaction() as connection:
                rows = connection.execute(query.where(CONTACTS.c.external_id > after)).all()
            yield from map(tracked_in, rows)
            if len(rows) < PORTION:
                return
            after = rows[-1].external_id

    def by_contact_id(self, sync: str, contact_id: str) -> Tracked | None:
        """The contact tracked under this id of OpenPhone's."""
        query = sa.select(CONTACTS).where(CONTACTS.c.sync == sync, CONTACTS.c.contact_id == contact_id)
        with self._database.transaction() as connection:
            row = connection.execute(query).first()
            return tracked_in(row) if row else None

    def owners(self, contact_ids: Sequence[str], *, besides: str) -> dict[str, str]:
        """Contact id → the other sync that tracks it."""
        query = sa.select(CONTACTS.c.contact_id, CONTACTS.c.sync).where(
            CONTACTS.c.contact_id.in_(contact_ids), CONTACTS.c.sync != besides
        )
        with self._database.transaction() as connection:
            return {contact_id: owner for contact_id, owner in connection.execute(query)}

    def count(self, sync: str) -> int:
        """How many contacts the sync tracks."""
        query = sa.select(sa.func.count()).select_from(CONTACTS).where(CONTACTS.c.sync == sync)
        with self._database.transaction() as connection:
            return int(connection.execute(query).scalar_one())

    def remember(self, sync: str, steps: Iterable[InStep]) -> None:
        """Record contacts as tracked and in step.

        What was last sent is forgotten as far as the contact is no longer so: it must not pass for what is held.
        """
        with self._database.transaction() as connection:
            for step in steps:
                values: dict[str, Any] = {"contact_id": step.contact_id, "fingerprint": step.fingerprint}
                if not step.as_sent:
                    values["sent"] = json_text(step.still.to_json()) if step.still else None
                self._put(connection, sync, step.external_id, values)

    def forget(self, sync: str, external_ids: Sequence[str]) -> None:
        """These contacts are gone, and so is any intent to make them."""
        if not external_ids:
            return
        with self._database.transaction() as connection:
            for table in (CONTACTS, INTENTS, REFUSALS):
                connection.execute(
                    table.delete().where(table.c.sync == sync, table.c.external_id == sa.bindparam("gone")),
                    [{"gone": external_id} for external_id in external_ids],
                )

    # -- contacts whose rows are missing

    def absent(self, sync: str) -> dict[str, tuple[str, ...]]:
        """External id → the rows (their digests) that it may be, for each contact that the last full read missed."""
        query = sa.select(CONTACTS.c.external_id, CONTACTS.c.suspects).where(
            CONTACTS.c.sync == sync, CONTACTS.c.missing_since.is_not(None)
        )
        with self._database.transaction() as connection:
            return {external_id: tuple(json.loads(rows or "[]")) for external_id, rows in connection.execute(query)}

    def note_absent(self, sync: str, missing: Mapping[str, Sequence[str]]) -> None:
        """A full read missed these contacts; the first such read is remembered, and the rows that each may be."""
        since = sa.func.coalesce(CONTACTS.c.missing_since, self._clock.now())
        with self._database.transaction() as connection:
            for external_id, rows in missing.items():
                mine = (CONTACTS.c.sync == sync, CONTACTS.c.external_id == external_id)
                suspects = json.dumps(list(rows)) if rows else None
                connection.execute(CONTACTS.update().where(*mine).values(missing_since=since, suspects=suspects))

    def note_back(self, sync: str, external_ids: Sequence[str]) -> None:
        """These contacts have rows again."""
        values = {"missing_since": None, "suspects": None}
        with self._database.transaction() as connection:
            for external_id in external_ids:
                mine = (CONTACTS.c.sync == sync, CONTACTS.c.external_id == external_id)
                connection.execute(CONTACTS.update().where(*mine).values(**values))

    # -- intents and refusals

    def intend(self, sync: str, external_id: str) -> None:
        """Durable before a create is sent: from here on only a lookup can say that it did not happen."""
        with self._database.transaction() as connection:
            _delete(connection, INTENTS, sync, external_id)
            values = {"sync": sync, "external_id": external_id, "sent_at": self._clock.now()}
            connection.execute(INTENTS.insert().values(**values))

    def withdraw(self, sync: str, external_id: str) -> None:
        """The create certainly did not happen."""
        with self._database.transaction() as connection:
            _delete(connection, INTENTS, sync, external_id)

    def intents(self, sync: str) -> dict[str, float]:
        """Unresolved creates: external id → when the last one was sent, seconds since the epoch."""
        query = sa.select(INTENTS.c.external_id, INTENTS.c.sent_at).where(INTENTS.c.sync == sync)
        with self._database.transaction() as connection:
            return {external_id: sent_at for external_id, sent_at in connection.execute(query)}

    def refuse(self, sync: str, external_id: str, fingerprint: bytes, reason: str) -> None:
        """OpenPhone refused this row; it is not sent again until its fingerprint changes."""
        with self._database.transaction() as connection:
            for table in (REFUSALS, INTENTS):
                _delete(connection, table, sync, external_id)
            connection.execute(
                REFUSALS.insert().values(sync=sync, external_id=external_id, fingerprint=fingerprint, reason=reason)
            )

    def refusals(self, sync: str) -> dict[str, tuple[bytes, str]]:
        """External id → (fingerprint of the refused row, the service's reason)."""
        query = sa.select(REFUSALS.c.external_id, REFUSALS.c.fingerprint, REFUSALS.c.reason).where(
            REFUSALS.c.sync == sync
        )
        with self._database.transaction() as connection:
            return {
                external_id: (fingerprint, reason) for external_id, fingerprint, reason in connection.execute(query)
            }

    # -- outcomes

    def written(self, sync: str, written: Written) -> None:
        """A create or update was carried out: one transaction for the contact and its history."""
        sent = json_text(written.sent) if written.sent is not None else None
        values = {"contact_id": written.contact_id, "fingerprint": written.fingerprint, "sent": sent}
        with self._database.transaction() as connection:
            self._put(connection, sync, written.external_id, values)
            mine = HISTORY.c.id == written.record
            connection.execute(HISTORY.update().where(mine).values(done=True, contact_id=written.contact_id))

    def deleted(self, sync: str, record: int, external_id: str, contact_id: str) -> None:
        """A delete was carried out. It may have been of a double: another contact stays tracked."""
        mine = (CONTACTS.c.sync == sync, CONTACTS.c.external_id == external_id, CONTACTS.c.contact_id == contact_id)
        with self._database.transaction() as connection:
            connection.execute(CONTACTS.delete().where(*mine))
            for table in (INTENTS, REFUSALS):
                _delete(connection, table, sync, external_id)
            connection.execute(HISTORY.update().where(HISTORY.c.id == record).values(done=True))

    def _put(self, connection: Connection, sync: str, external_id: str, values: dict[str, Any]) -> None:
        mine = (CONTACTS.c.sync == sync, CONTACTS.c.external_id == external_id)
        values = values | {"changed_at": self._clock.now()}
        if connection.execute(CONTACTS.update().where(*mine).values(**values)).rowcount == 0:
            self._put_under_new_key(connection, sync, external_id, values)
        for table in (INTENTS, REFUSALS):
            _delete(connection, table, sync, external_id)

    def _put_under_new_key(self, connection: Connection, sync: str, external_id: str, values: dict[str, Any]) -> None:
        """A contact is tracked once: one that had another key until now has this one instead."""
        same = (CONTACTS.c.sync == sync, CONTACTS.c.contact_id == values["contact_id"])
        former = connection.execute(sa.select(CONTACTS.c.external_id).where(*same).limit(1)).scalar()
        values = values | {"external_id": external_id}
        if former is None:
            connection.execute(CONTACTS.insert().values(sync=sync, **values))
        else:
            mine = (CONTACTS.c.sync == sync, CONTACTS.c.external_id == former)
            connection.execute(CONTACTS.update().where(*mine).values(**values))


def _delete(connection: Connection, table: sa.Table, sync: str, external_id: str) -> None:
    connection.execute(table.delete().where(table.c.sync == sync, table.c.external_id == external_id))


def tracked_in(row: Any) -> Tracked:
    """The contact of a row of the table."""
    return Tracked(
        external_id=row.external_id,
        contact_id=row.contact_id,
        sent=json.loads(row.sent) if row.sent else None,
        changed_at=row.changed_at,
        missing_since=row.missing_since,
        in_step=row.fingerprint is not None,
    )
