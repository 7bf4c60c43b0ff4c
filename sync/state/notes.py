"""Small notes in the state: where incremental sources left off, which notices were sent. Each method a transaction."""

from __future__ import annotations

import sqlalchemy as sa

from sync.state.database import Database
from sync.state.schema import META, SYNCS

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
