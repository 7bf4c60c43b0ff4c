"""A sync's name in the state: everything that is known of it goes under another. One transaction; no network."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from sync.state.notes import notice_name
from sync.state.schema import CONTACTS, HISTORY, INTENTS, LEASES, META, NOTES, PROBLEMS, REFUSALS, RUNS, SYNCS
from sync.state.store import State

_OLD_REPLACES_NEW = (REFUSALS, NOTES, SYNCS, PROBLEMS)
"""Of these the sync that made the contacts knows better than the name under which nothing could be done."""

_BOTH_STAY = (RUNS, HISTORY)


class NotRenamed(Exception):
    """The sync cannot have that name (exit 2); the message is for the user."""


def rename(state: State, old: str, new: str, *, dry_run: bool = False) -> Mapping[str, int]:
    """Everything of ``old`` is ``new``'s from now on; how many contacts and runs. Raises NotRenamed.

    What ``new`` noted while it had no contacts (runs that failed, their problems) is replaced, its runs stay.
    """
    known = state.syncs()
    if old not in known:
        there = f"it knows {', '.join(known)}" if known else "it knows none"
        raise NotRenamed(f"the state has no sync named {old!r}: {there}")
    if contacts := state.contacts.count(new):
        raise NotRenamed(f"{new!r} has {contacts} contacts already: two syncs cannot become one. Nothing was renamed.")
    with state.database.transaction() as connection:
        moved = {table.name: _count(connection, table, old) for table in (CONTACTS, RUNS)}
        if not dry_run:
            _move(connection, old, new)
    return moved


def _count(connection: Connection, table: sa.Table, sync: str) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(table.c.sync == sync)
    return int(connection.execute(query).scalar_one())


def _move(connection: Connection, old: str, new: str) -> None:
    for table in _OLD_REPLACES_NEW:
        connection.execute(table.delete().where(table.c.sync == new))
    theirs = sa.select(INTENTS.c.external_id).where(INTENTS.c.sync == new)
    connection.execute(INTENTS.delete().where(INTENTS.c.sync == old, INTENTS.c.external_id.in_(theirs)))
    _keep_the_newer_token(connection, old, new)
    for table in (CONTACTS, INTENTS, LEASES, *_OLD_REPLACES_NEW, *_BOTH_STAY):
        connection.execute(table.update().where(table.c.sync == old).values(sync=new))
    for name in connection.execute(sa.select(META.c.name)).scalars().all():
        if (renamed := notice_name(name, old, new)) is not None:
            connection.execute(META.delete().where(META.c.name == renamed))
            connection.execute(META.update().where(META.c.name == name).values(name=renamed))


def _keep_the_newer_token(connection: Connection, old: str, new: str) -> None:
    """A lease's token never goes back: whoever held either name before must not write any more."""
    query = sa.select(sa.func.max(LEASES.c.token)).where(LEASES.c.sync.in_([old, new]))
    newest = connection.execute(query).scalar()
    if newest is None:
        return
    connection.execute(LEASES.delete().where(LEASES.c.sync.in_([old, new])))
    connection.execute(LEASES.insert().values(sync=old, token=newest))
