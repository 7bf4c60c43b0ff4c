"""What we know between runs: contacts, intents, refusals, and, in the parts it stands on, the history of runs.

Every method is one transaction. Knows nothing of HTTP, sources or the command line. Holds people's data: mode 0600.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from sync.state.database import StateError
from sync.state.history import HistoryRecord, RunLog, RunRecord
from sync.state.schema import CONTACTS, HISTORY, INTENTS, META, REFUSALS, RUNS, SYNCS

__all__ = ["Held", "HistoryRecord", "RunRecord", "State", "StateError"]


@dataclass(frozen=True, slots=True)
class Held:
    """A contact that a sync made or adopted. ``sent``: what was last sent (``Desired.to_json``), if anything was."""

    external_id: str
    contact_id: str
    sent: dict[str, Any] | None
    changed_at: float


class State(RunLog):
    """The state database behind one SQLAlchemy URL: ``open`` it, ``close`` it."""

    # -- contacts

    def fingerprints(self, sync: str) -> dict[str, bytes | None]:
        """External id → fingerprint of the row it was last in step with, for every contact held."""
        with self._transaction() as connection:
            rows = connection.execute(
                sa.select(CONTACTS.c.external_id, CONTACTS.c.fingerprint).where(CONTACTS.c.sync == sync)
            )
            return {external_id: fingerprint for external_id, fingerprint in rows}

    def contact_ids(self, sync: str) -> dict[str, str]:
        """External id → contact id, for every contact held."""
        with self._transaction() as connection:
            rows = connection.execute(
                sa.select(CONTACTS.c.external_id, CONTACTS.c.contact_id).where(CONTACTS.c.sync == sync)
            )
            return {external_id: contact_id for external_id, contact_id in rows}

    def held(self, sync: str, external_ids: Sequence[str]) -> dict[str, Held]:
        """The contacts held under these external ids (a few hundred at most)."""
        with self._transaction() as connection:
            rows = connection.execute(
                sa.select(CONTACTS).where(CONTACTS.c.sync == sync, CONTACTS.c.external_id.in_(external_ids))
            )
            return {row.external_id: _held(row) for row in rows}

    def find_by_contact_id(self, sync: str, contact_id: str) -> Held | None:
        """The contact held under this id of OpenPhone's."""
        with self._transaction() as connection:
            row = connection.execute(
                sa.select(CONTACTS).where(CONTACTS.c.sync == sync, CONTACTS.c.contact_id == contact_id)
            ).first()
            return _held(row) if row else None

    def owners(self, contact_ids: Sequence[str], *, besides: str) -> dict[str, str]:
        """Contact id → the other sync that holds it."""
        with self._transaction() as connection:
            rows = connection.execute(
                sa.select(CONTACTS.c.contact_id, CONTACTS.c.sync).where(
                    CONTACTS.c.contact_id.in_(contact_ids), CONTACTS.c.sync != besides
                )
            )
            return {contact_id: owner for contact_id, owner in rows}

    def count_held(self, sync: str) -> int:
        with self._transaction() as connection:
            query = sa.select(sa.func.count()).select_from(CONTACTS).where(CONTACTS.c.sync == sync)
            return int(connection.execute(query).scalar_one())

    def syncs(self) -> list[str]:
        """Every sync that the state knows, by name."""
        with self._transaction() as connection:
            names = connection.execute(sa.union(sa.select(CONTACTS.c.sync), sa.select(RUNS.c.sync))).scalars()
            return sorted(names)

    def remember(self, sync: str, kept: Iterable[tuple[str, str, bytes | None, bool]]) -> None:
        """Record contacts as held and in step: (external id, contact id, fingerprint, whether it is as last sent).

        What was last sent is forgotten where the contact is no longer so: it must not pass for what is held.
        """
        with self._transaction() as connection:
            for external_id, contact_id, fingerprint, as_sent in kept:
                self._put(connection, sync, external_id, contact_id, fingerprint, {} if as_sent else {"sent": None})

    def _put(
        self,
        connection: Connection,
        sync: str,
        external_id: str,
        contact_id: str,
        fingerprint: bytes | None,
        more: Mapping[str, dict[str, Any] | None],
    ) -> None:
        mine = (CONTACTS.c.sync == sync, CONTACTS.c.external_id == external_id)
        values = {"contact_id": contact_id, "fingerprint": fingerprint, "changed_at": time.time()}
        if "sent" in more:
            values["sent"] = json.dumps(more["sent"], ensure_ascii=False) if more["sent"] is not None else None
        if connection.execute(CONTACTS.update().where(*mine).values(**values)).rowcount == 0:
            connection.execute(CONTACTS.insert().values(sync=sync, external_id=external_id, **values))
        for table in (INTENTS, REFUSALS):
            connection.execute(table.delete().where(table.c.sync == sync, table.c.external_id == external_id))

    def forget(self, sync: str, external_ids: Sequence[str]) -> None:
        """These contacts are gone, and so is any intent to make them."""
        if not external_ids:
            return
        with self._transaction() as connection:
            for table in (CONTACTS, INTENTS, REFUSALS):
                connection.execute(
                    table.delete().where(table.c.sync == sync, table.c.external_id == sa.bindparam("gone")),
                    [{"gone": external_id} for external_id in external_ids],
                )

    # -- intents and refusals

    def intend(self, sync: str, external_id: str) -> None:
        """Durable before a create is sent: from here on only a lookup can say that it did not happen."""
        with self._transaction() as connection:
            connection.execute(INTENTS.delete().where(INTENTS.c.sync == sync, INTENTS.c.external_id == external_id))
            connection.execute(INTENTS.insert().values(sync=sync, external_id=external_id, sent_at=time.time()))

    def withdraw(self, sync: str, external_id: str) -> None:
        """The create certainly did not happen."""
        with self._transaction() as connection:
            connection.execute(INTENTS.delete().where(INTENTS.c.sync == sync, INTENTS.c.external_id == external_id))

    def intents(self, sync: str) -> dict[str, float]:
        """Unresolved creates: external id → when the last one was sent, seconds since the epoch."""
        with self._transaction() as connection:
            rows = connection.execute(sa.select(INTENTS.c.external_id, INTENTS.c.sent_at).where(INTENTS.c.sync == sync))
            return {external_id: sent_at for external_id, sent_at in rows}

    def refuse(self, sync: str, external_id: str, fingerprint: bytes, reason: str) -> None:
        """OpenPhone refused this row; it is not sent again until its fingerprint changes."""
        with self._transaction() as connection:
            for table in (REFUSALS, INTENTS):
                connection.execute(table.delete().where(table.c.sync == sync, table.c.external_id == external_id))
            connection.execute(
                REFUSALS.insert().values(sync=sync, external_id=external_id, fingerprint=fingerprint, reason=reason)
            )

    def refusals(self, sync: str) -> dict[str, tuple[bytes, str]]:
        """External id → (fingerprint of the refused row, the service's reason)."""
        with self._transaction() as connection:
            rows = connection.execute(
                sa.select(REFUSALS.c.external_id, REFUSALS.c.fingerprint, REFUSALS.c.reason).where(
                    REFUSALS.c.sync == sync
                )
            )
            return {external_id: (fingerprint, reason) for external_id, fingerprint, reason in rows}

    # -- outcomes

    def written(
        self,
        sync: str,
        record: int,
        external_id: str,
        contact_id: str,
        fingerprint: bytes | None,
        sent: dict[str, Any] | None,
    ) -> None:
        """A create or update was carried out: one transaction for the contact and its history.

        Without ``fingerprint`` and ``sent`` the next run looks at the contact afresh.
        """
        with self._transaction() as connection:
            self._put(connection, sync, external_id, contact_id, fingerprint, {"sent": sent})
            mine = HISTORY.c.id == record
            connection.execute(HISTORY.update().where(mine).values(done=True, contact_id=contact_id))

    def deleted(self, sync: str, record: int, external_id: str) -> None:
        """A delete was carried out."""
        with self._transaction() as connection:
            for table in (CONTACTS, INTENTS, REFUSALS):
                connection.execute(table.delete().where(table.c.sync == sync, table.c.external_id == external_id))
            connection.execute(HISTORY.update().where(HISTORY.c.id == record).values(done=True))

    # -- notices

    def told(self, sync: str) -> dict[str, str]:
        """Channel → the condition of this sync that was last told there."""
        with self._transaction() as connection:
            rows = connection.execute(sa.select(META).where(META.c.name.like("told:%")))
            named = ((row.name.split(":", 2), row.value) for row in rows)
            return {channel: condition for (_, channel, name), condition in named if name == sync}

    def tell(self, sync: str, channel: str, condition: str) -> None:
        """Remember what was told, so that a daemon that starts again does not repeat it."""
        name = f"told:{channel}:{sync}"
        with self._transaction() as connection:
            connection.execute(META.delete().where(META.c.name == name))
            connection.execute(META.insert().values(name=name, value=condition))

    # -- bookmarks

    def bookmark(self, sync: str) -> str | None:
        """Where an incremental source left off."""
        with self._transaction() as connection:
            return connection.execute(sa.select(SYNCS.c.bookmark).where(SYNCS.c.sync == sync)).scalar()

    def set_bookmark(self, sync: str, bookmark: str | None) -> None:
        """Only after a run that succeeded."""
        with self._transaction() as connection:
            connection.execute(SYNCS.delete().where(SYNCS.c.sync == sync))
            connection.execute(SYNCS.insert().values(sync=sync, bookmark=bookmark))


def _held(row: Any) -> Held:
    return Held(row.external_id, row.contact_id, json.loads(row.sent) if row.sent else None, row.changed_at)
