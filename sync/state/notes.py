"""Small notes in the state: facts of a sync by name, where its source left off, which notices were sent.

Each method is a transaction.
"""

from __future__ import annotations

import sqlalchemy as sa

from sync.state.database import Database
from sync.state.schema import META, NOTES, SYNCS

_NOTICE = "told"


class Notes:
    """What is noted of each sync."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def bookmark(self, sync: str) -> str | None:
        """Where an incremental source left off."""
        with self._database.transaction() as connection:
            return connection.execute(sa.select(SYNCS.c.bookmark).where(SYNCS.c.sync == sync)).scalar()

    def set_bookmark(self, sync: str, bookmark: str | None) -> None:
        """Only after a run that succeeded."""
        with self._database.transaction() as connection:
            connection.execute(SYNCS.delete().where(SYNCS.c.sync == sync))
            connection.execute(SYNCS.insert().values(sync=sync, bookmark=bookmark))

    def fact(self, sync: str, name: str) -> str | None:
        """What was noted of the sync under this name."""
        query = sa.select(NOTES.c.value).where(NOTES.c.sync == sync, NOTES.c.name == name)
        with self._database.transaction() as connection:
            return connection.execute(query).scalar()

    def set_fact(self, sync: str, name: str, value: str | None) -> None:
        """Note it; None: nothing is known any more."""
        with self._database.transaction() as connection:
            connection.execute(NOTES.delete().where(NOTES.c.sync == sync, NOTES.c.name == name))
            if value is not None:
                connection.execute(NOTES.insert().values(sync=sync, name=name, value=value))

    def noticed(self, sync: str) -> dict[str, str]:
        """Channel → the condition of this sync that a notice last told there."""
        with self._database.transaction() as connection:
            rows = connection.execute(sa.select(META).where(META.c.name.like(f"{_NOTICE}:%")))
            named = ((row.name.split(":", 2), row.value) for row in rows)
            return {channel: condition for (_, channel, name), condition in named if name == sync}

    def note_notice(self, sync: str, channel: str, condition: str) -> None:
        """A notice was sent: a daemon that starts again does not repeat it."""
        name = f"{_NOTICE}:{channel}:{sync}"
        with self._database.transaction() as connection:
            connection.execute(META.delete().where(META.c.name == name))
            connection.execute(META.insert().values(name=name, value=condition))


def notice_name(name: str, old: str, new: str) -> str | None:
    """What the note that a notice was sent for ``old`` is called for ``new``; None where it is no such note."""
    kind, _, rest = name.partition(":")
    channel, _, sync = rest.partition(":")
    return f"{kind}:{channel}:{new}" if kind == _NOTICE and sync == old else None
