"""Everything that is known of one person leaves the state: history, problems, refusals, intents, notes. No network."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from sync.contacts.json_value import Json, json_text
from sync.state.schema import CONTACTS, HISTORY, INTENTS, NOTES, PROBLEMS, REFUSALS
from sync.state.store import State

_BY_KEY = (PROBLEMS, REFUSALS, INTENTS)
_NAMED_BY = "external_id"


class StillTracked(Exception):
    """The person's contact is in the workspace, and kept in step (exit 2); the message is for the user."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What went, or would go: how many entries of each kind. ``keys``: every key that the person had."""

    keys: tuple[str, ...]
    counts: Mapping[str, int]


def forget(
    state: State, sync: str, external_id: str, naming_notes: Collection[str], *, dry_run: bool = False
) -> Forgotten:
    """Let go of all that is known of the person under this key. Raises StillTracked.

    ``naming_notes``: the notes that name people. Of the others none is looked into: a column may be called as a key is.
    What was deleted leaves the file of an SQLite state, too. Copies of the state are not ours to reach.
    """
    with state.database.transaction() as connection:
        keys, ids = _whole_person(connection, sync, external_id)
        _refuse_tracked(connection, sync, keys)
        counts = {"changes": _count(connection, HISTORY, sync, keys)}
        counts |= {table.name: _count(connection, table, sync, keys) for table in _BY_KEY}
        counts["notes"] = _prune(connection, sync, naming_notes, {*keys, *ids}, dry_run=dry_run)
        if not dry_run:
            for table in (HISTORY, *_BY_KEY):
                connection.execute(table.delete().where(table.c.sync == sync, table.c.external_id.in_(keys)))
    if not dry_run:
        state.database.leave_no_trace()
    return Forgotten(tuple(sorted(keys)), counts)


def _whole_person(connection: Connection, sync: str, external_id: str) -> tuple[set[str], set[str]]:
    """The keys under which the history has the contacts that had this key, and OpenPhone's ids of them."""
    mine = HISTORY.c.sync == sync
    ids = set(
        connection.execute(
            sa.select(HISTORY.c.contact_id).where(
                mine, HISTORY.c.external_id == external_id, HISTORY.c.contact_id.is_not(None)
            )
        ).scalars()
    )
    others = connection.execute(sa.select(HISTORY.c.external_id).where(mine, HISTORY.c.contact_id.in_(ids))).scalars()
    return {external_id, *others}, {each for each in ids if each is not None}


def _refuse_tracked(connection: Connection, sync: str, keys: Collection[str]) -> None:
    query = sa.select(CONTACTS.c.external_id).where(CONTACTS.c.sync == sync, CONTACTS.c.external_id.in_(keys))
    tracked = connection.execute(query.limit(1)).scalar()
    if tracked is not None:
        raise StillTracked(
            f"{tracked!r} is tracked by {sync}: its contact is in the workspace. Take its row out of the source and "
            "run the sync with 'on_missing: delete', so that the contact is deleted; then forget it. Nothing was "
            "forgotten."
        )


def _count(connection: Connection, table: sa.Table, sync: str, keys: Collection[str]) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(table.c.sync == sync, table.c.external_id.in_(keys))
    return int(connection.execute(query).scalar_one())


def _prune(connection: Connection, sync: str, notes: Collection[str], names: Collection[str], *, dry_run: bool) -> int:
    """Take whatever is noted under one of these names out of the notes; how many notes had something."""
    pruned = 0
    query = sa.select(NOTES.c.name, NOTES.c.value).where(NOTES.c.sync == sync, NOTES.c.name.in_(notes))
    for name, value in connection.execute(query).all():
        try:
            noted: Json = json.loads(value)
        except ValueError:
            continue
        rest = _without(noted, names)
        if rest == noted:
            continue
        pruned += 1
        mine = (NOTES.c.sync == sync, NOTES.c.name == name)
        if not dry_run:
            connection.execute(NOTES.update().where(*mine).values(value=json_text(rest)))
    return pruned


def _without(value: Json, names: Collection[str]) -> Json:
    if isinstance(value, dict):
        return {key: _without(each, names) for key, each in value.items() if key not in names and not _is(each, names)}
    if isinstance(value, list):
        return [_without(each, names) for each in value if not _is(each, names)]
    return value


def _is(value: Json, names: Collection[str]) -> bool:
    """Whether an entry of a note is of the person: the key itself, a list that begins with it, a value that has it."""
    if isinstance(value, str):
        return value in names
    if isinstance(value, list):
        return bool(value) and isinstance(value[0], str) and value[0] in names
    return isinstance(value, dict) and value.get(_NAMED_BY) in names
