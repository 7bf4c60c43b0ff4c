"""The state's tables as this program reads and writes them. How an older state becomes so: ``migrations``."""

from __future__ import annotations

import sqlalchemy as sa

TABLES = sa.MetaData()

META = sa.Table("meta", TABLES, sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text))
CONTACTS = sa.Table(
    "contacts",
    TABLES,
    sa.Column("sync", sa.Text, primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True),
    sa.Column("contact_id", sa.Text, nullable=False, index=True),
    sa.Column("fingerprint", sa.LargeBinary),
    sa.Column("sent", sa.Text),
    sa.Column("changed_at", sa.Float, nullable=False),
    sa.Column("missing_since", sa.Float),
    sa.Column("suspects", sa.Text),
)
INTENTS = sa.Table(
    "intents",
    TABLES,
    sa.Column("sync", sa.Text, primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True),
    sa.Column("sent_at", sa.Float, nullable=False),
)
REFUSALS = sa.Table(
    "refusals",
    TABLES,
    sa.Column("sync", sa.Text, primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
SYNCS = sa.Table(
    "syncs",
    TABLES,
    sa.Column("sync", sa.Text, primary_key=True),
    sa.Column("bookmark", sa.Text),
)
NOTES = sa.Table(
    "notes",
    TABLES,
    sa.Column("sync", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
LEASES = sa.Table(
    "leases",
    TABLES,
    sa.Column("sync", sa.Text, primary_key=True),
    sa.Column("token", sa.Integer, nullable=False),
)
RUNS = sa.Table(
    "runs",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("sync", sa.Text, nullable=False, index=True),
    sa.Column("started_at", sa.Float, nullable=False),
    sa.Column("ended_at", sa.Float),
    sa.Column("status", sa.Text),
    sa.Column("counts", sa.Text),
    sa.Column("error", sa.Text),
    sa.Column("changes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("cut_short", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("started_by", sa.Text),
    sa.Column("undoes", sa.Integer),
    sa.Column("fields", sa.Text),
)
PROBLEMS = sa.Table(
    "problems",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("sync", sa.Text, nullable=False, index=True),
    sa.Column("row", sa.Integer),
    sa.Column("external_id", sa.Text),
    sa.Column("column", sa.Text),
    sa.Column("value", sa.Text),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("action", sa.Text),
    sa.Column("remedy", sa.Text),
    sa.Column("person", sa.Text),
    sa.Column("cells", sa.Text),
)
HISTORY = sa.Table(
    "history",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("run_id", sa.Integer, nullable=False, index=True),
    sa.Column("sync", sa.Text, nullable=False),
    sa.Column("external_id", sa.Text, nullable=False),
    sa.Column("contact_id", sa.Text),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("before", sa.Text),
    sa.Column("after", sa.Text),
    sa.Column("done", sa.Boolean, nullable=False),
    sa.Index("ix_history_of_contact", "sync", "external_id"),
)
