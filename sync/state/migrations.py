"""The steps by which an empty, or an older, state becomes today's. Each is frozen: it names no table of ``schema``.

Never edit a step that was released; append one. A test holds the outcome against ``schema``, on SQLite and PostgreSQL,
and opens a state that the first release wrote.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.engine import Connection

_TYPES = {
    "sqlite": {"number": "INTEGER", "bytes": "BLOB"},
    "postgresql": {"number": "SERIAL", "bytes": "BYTEA"},
}

_FIRST = (
    "CREATE TABLE meta (name TEXT NOT NULL, value TEXT, PRIMARY KEY (name))",
    "CREATE TABLE contacts (sync TEXT NOT NULL, external_id TEXT NOT NULL, contact_id TEXT NOT NULL, "
    "fingerprint {bytes}, sent TEXT, changed_at FLOAT NOT NULL, PRIMARY KEY (sync, external_id))",
    "CREATE INDEX ix_contacts_contact_id ON contacts (contact_id)",
    "CREATE TABLE intents (sync TEXT NOT NULL, external_id TEXT NOT NULL, sent_at FLOAT NOT NULL, "
    "PRIMARY KEY (sync, external_id))",
    "CREATE TABLE refusals (sync TEXT NOT NULL, external_id TEXT NOT NULL, fingerprint {bytes} NOT NULL, "
    "reason TEXT NOT NULL, PRIMARY KEY (sync, external_id))",
    "CREATE TABLE syncs (sync TEXT NOT NULL, bookmark TEXT, PRIMARY KEY (sync))",
    "CREATE TABLE runs (id {number} NOT NULL, sync TEXT NOT NULL, started_at FLOAT NOT NULL, ended_at FLOAT, "
    "status TEXT, counts TEXT, error TEXT, PRIMARY KEY (id))",
    "CREATE INDEX ix_runs_sync ON runs (sync)",
    'CREATE TABLE problems (id {number} NOT NULL, sync TEXT NOT NULL, "row" INTEGER, external_id TEXT, "column" TEXT, '
    "value TEXT, reason TEXT NOT NULL, kind TEXT NOT NULL, PRIMARY KEY (id))",
    "CREATE INDEX ix_problems_sync ON problems (sync)",
    "CREATE TABLE history (id {number} NOT NULL, run_id INTEGER NOT NULL, sync TEXT NOT NULL, "
    "external_id TEXT NOT NULL, contact_id TEXT, action TEXT NOT NULL, before TEXT, after TEXT, done BOOLEAN NOT NULL, "
    "PRIMARY KEY (id))",
    "CREATE INDEX ix_history_run_id ON history (run_id)",
)

_SECOND = (
    "ALTER TABLE runs ADD COLUMN changes INTEGER DEFAULT '0' NOT NULL",
    "ALTER TABLE runs ADD COLUMN cut_short BOOLEAN DEFAULT false NOT NULL",
    "ALTER TABLE problems ADD COLUMN action TEXT",
    "ALTER TABLE problems ADD COLUMN remedy TEXT",
)


_THIRD = (
    "ALTER TABLE contacts ADD COLUMN missing_since FLOAT",
    "ALTER TABLE contacts ADD COLUMN suspects TEXT",
    "CREATE TABLE notes (sync TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (sync, name))",
    "CREATE TABLE leases (sync TEXT NOT NULL, token INTEGER NOT NULL, PRIMARY KEY (sync))",
)

_FOURTH = (
    "ALTER TABLE runs ADD COLUMN started_by TEXT",
    "ALTER TABLE runs ADD COLUMN undoes INTEGER",
    "ALTER TABLE runs ADD COLUMN fields TEXT",
    "ALTER TABLE problems ADD COLUMN person TEXT",
    "ALTER TABLE problems ADD COLUMN cells TEXT",
    "CREATE INDEX ix_history_of_contact ON history (sync, external_id)",
)


def _first(connection: Connection) -> None:
    """The tables of the first release."""
    types = _TYPES[connection.dialect.name]
    for statement in _FIRST:
        connection.exec_driver_sql(statement.format_map(types))


def _second(connection: Connection) -> None:
    """What was read out of sentences until then gets columns: what a run came to, what is held back and what to do."""
    for statement in _SECOND:
        connection.exec_driver_sql(statement)
    runs = connection.execute(text("SELECT id, counts, error FROM runs")).all()
    ended = [_run_in_columns(number, counts, error) for number, counts, error in runs]
    if ended:
        connection.execute(text("UPDATE runs SET changes = :changes, cut_short = :cut_short WHERE id = :id"), ended)
    held = connection.execute(text("SELECT id, reason FROM problems WHERE kind = 'held'")).all()
    if held:
        connection.execute(
            text("UPDATE problems SET action = :action, reason = :reason, remedy = :remedy WHERE id = :id"),
            [_held_in_columns(number, sentence) for number, sentence in held],
        )


def _third(connection: Connection) -> None:
    """What is known of a sync beside its contacts; contacts that a read missed; who may write."""
    for statement in _THIRD:
        connection.exec_driver_sql(statement)


def _fourth(connection: Connection) -> None:
    """Looking back: who started a run, which one it undid, what it changed by field; whose row a problem is of."""
    for statement in _FOURTH:
        connection.exec_driver_sql(statement)


def _run_in_columns(number: int, counts: str | None, error: str | None) -> dict[str, object]:
    counted = json.loads(counts or "{}")
    changes = sum(counted.get(name, 0) for name in ("created", "updated", "deleted", "adopted"))
    return {"id": number, "changes": changes, "cut_short": (error or "").startswith("stopped by a signal")}


def _held_in_columns(number: int, sentence: str) -> dict[str, object]:
    action, _, rest = sentence.partition(" held back: ")
    reason, _, remedy = rest.partition("; ")
    return {"id": number, "action": action, "reason": reason, "remedy": remedy or None}


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (_first, _second, _third, _fourth)
"""One step a schema version, oldest first."""
