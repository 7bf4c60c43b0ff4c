"""What we know between runs: contacts, intents, refusals, the history of runs, the rows that need a person.

Every method is one transaction. Knows nothing of HTTP, sources or the command line. Holds people's data: mode 0600.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import NullPool, StaticPool

from sync.contact import Contact
from sync.problem import Problem

_tables = sa.MetaData()

_meta = sa.Table("meta", _tables, sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text))
_contacts = sa.Table(
    "contacts",
    _tables,
    sa.Column("sync", sa.Text, primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True),
    sa.Column("contact_id", sa.Text, nullable=False, index=True),
    sa.Column("fingerprint", sa.LargeBinary),
    sa.Column("sent", sa.Text),
    sa.Column("changed_at", sa.Float, nullable=False),
)
_intents = sa.Table(
    "intents",
    _tables,
    sa.Column("sync", sa.Text, primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True),
    sa.Column("sent_at", sa.Float, nullable=False),
)
_refusals = sa.Table(
    "refusals",
    _tables,
    sa.Column("sync", sa.Text, primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
_syncs = sa.Table(
    "syncs",
    _tables,
    sa.Column("sync", sa.Text, primary_key=True),
    sa.Column("bookmark", sa.Text),
)
_runs = sa.Table(
    "runs",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("sync", sa.Text, nullable=False, index=True),
    sa.Column("started_at", sa.Float, nullable=False),
    sa.Column("ended_at", sa.Float),
    sa.Column("status", sa.Text),
    sa.Column("counts", sa.Text),
    sa.Column("error", sa.Text),
)
_problems = sa.Table(
    "problems",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("sync", sa.Text, nullable=False, index=True),
    sa.Column("row", sa.Integer),
    sa.Column("external_id", sa.Text),
    sa.Column("column", sa.Text),
    sa.Column("value", sa.Text),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
)
_history = sa.Table(
    "history",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("run_id", sa.Integer, nullable=False, index=True),
    sa.Column("sync", sa.Text, nullable=False),
    sa.Column("external_id", sa.Text, nullable=False),
    sa.Column("contact_id", sa.Text),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("before", sa.Text),
    sa.Column("after", sa.Text),
    sa.Column("done", sa.Boolean, nullable=False),
)


def _create_v1(connection: Connection) -> None:
    _tables.create_all(connection)


HISTORY_SECONDS = 90 * 24 * 3600.0
"""How long what contacts held before a change is kept."""

_NO_CHANGES = '"created": 0, "updated": 0, "deleted": 0,'
"""How the counts of a run that changed nothing read (``report.COUNTS``)."""

MIGRATIONS: tuple[Callable[[Connection], None], ...] = (_create_v1,)
"""One step a schema version, oldest first; never edit a step that was released, append one."""


class StateError(Exception):
    """The state cannot be used (exit 1); it is left as it is. The message is for the user."""


@dataclass(frozen=True, slots=True)
class Held:
    """A contact that a sync made or adopted. ``sent``: what was last sent (``Desired.to_json``), if anything was."""

    external_id: str
    contact_id: str
    sent: dict[str, Any] | None
    changed_at: float


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


class State:
    """The state database behind one SQLAlchemy URL."""

    def __init__(self, engine: Engine, shown: str) -> None:
        self._engine = engine
        self._shown = shown
        self._connection: Connection | None = None
        self._one_at_a_time = threading.Lock()  # a worker's transaction and the event loop's share the connection

    @classmethod
    def open(cls, url: str, *, read_only: bool = False) -> State:
        """Open the state, making it if it is not there.

        ``read_only``: nothing on the disk changes; a state that is not there yet is empty. Raises StateError.
        """
        parsed = sa.make_url(url)
        shown = parsed.render_as_string(hide_password=True)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            shown = parsed.database
            path = Path(parsed.database)
            if read_only:
                url = _read_only_url(path)
            else:
                _make_private(path)
        try:
            engine = _engine(url)
        except (sa.exc.ArgumentError, ModuleNotFoundError) as error:
            raise StateError(f"state {shown}: cannot be opened: {error}") from error
        state = cls(engine, shown)
        with state._errors_named():
            state._prepare(read_only)
        return state

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._engine.dispose()

    def _prepare(self, read_only: bool) -> None:
        self._connection = self._engine.connect()
        if self._engine.dialect.name == "sqlite":
            # FULL: an intent must survive a power cut before the request leaves. No WAL: it breaks on network volumes.
            self._connection.exec_driver_sql("PRAGMA synchronous=FULL")
            self._connection.exec_driver_sql("PRAGMA busy_timeout=15000")
            if not read_only:
                self._connection.exec_driver_sql("PRAGMA journal_mode=TRUNCATE")
            self._connection.commit()
        memory = self._engine.url.database == ":memory:"
        with self._transaction() as connection:
            version = self._version(connection)
            if version > len(MIGRATIONS):
                raise StateError(
                    f"state {self._shown}: it was written by a newer openphone-sync (schema {version}, this program "
                    f"knows {len(MIGRATIONS)}). Upgrade openphone-sync; the file was left as it is."
                )
            if version < len(MIGRATIONS) and (not read_only or memory):
                for migrate in MIGRATIONS[version:]:
                    migrate(connection)
                connection.execute(_meta.delete().where(_meta.c.name == "schema"))
                connection.execute(_meta.insert().values(name="schema", value=str(len(MIGRATIONS))))

    def _version(self, connection: Connection) -> int:
        inspector = sa.inspect(connection)
        if not inspector.has_table("meta"):
            if inspector.get_table_names():
                raise StateError(
                    f"state {self._shown}: this database holds other tables, not openphone-sync's state. "
                    "Name another file under 'state'; this one was left as it is."
                )
            return 0
        found = connection.execute(sa.select(_meta.c.value).where(_meta.c.name == "schema")).scalar()
        return int(found or 0)

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.DBAPIError, OSError) as error:
            cause = getattr(error, "orig", None) or error
            raise StateError(
                f"state {self._shown}: cannot be used: {cause}. It was left as it is; restore a copy, or move it away "
                "to start afresh (contacts are then found again by their externalId)."
            ) from error

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        if self._connection is None:
            raise RuntimeError("the state is closed")
        with self._errors_named(), self._one_at_a_time, self._connection.begin():
            yield self._connection

    # -- contacts

    def fingerprints(self, sync: str) -> dict[str, bytes | None]:
        """External id → fingerprint of the row it was last in step with, for every contact held."""
        with self._transaction() as connection:
            rows = connection.execute(
                sa.select(_contacts.c.external_id, _contacts.c.fingerprint).where(_contacts.c.sync == sync)
            )
            return {external_id: fingerprint for external_id, fingerprint in rows}

    def contact_ids(self, sync: str) -> dict[str, str]:
        """External id → contact id, for every contact held."""
        with self._transaction() as connection:
            rows = connection.execute(
                sa.select(_contacts.c.external_id, _contacts.c.contact_id).where(_contacts.c.sync == sync)
            )
            return {external_id: contact_id for external_id, contact_id in rows}

    def held(self, sync: str, external_ids: Sequence[str]) -> dict[str, Held]:
        """The contacts held under these external ids (a few hundred at most)."""
        with self._transaction() as connection:
            rows = connection.execute(
                sa.select(_contacts).where(_contacts.c.sync == sync, _contacts.c.external_id.in_(external_ids))
            )
            return {row.external_id: _held(row) for row in rows}

    def find_by_contact_id(self, sync: str, contact_id: str) -> Held | None:
        """The contact held under this id of OpenPhone's."""
        with self._transaction() as connection:
            row = connection.execute(
                sa.select(_contacts).where(_contacts.c.sync == sync, _contacts.c.contact_id == contact_id)
            ).first()
            return _held(row) if row else None

    def owners(self, contact_ids: Sequence[str], *, besides: str) -> dict[str, str]:
        """Contact id → the other sync that holds it."""
        with self._transaction() as connection:
            rows = connection.execute(
                sa.select(_contacts.c.contact_id, _contacts.c.sync).where(
                    _contacts.c.contact_id.in_(contact_ids), _contacts.c.sync != besides
                )
            )
            return {contact_id: owner for contact_id, owner in rows}

    def count_held(self, sync: str) -> int:
        with self._transaction() as connection:
            query = sa.select(sa.func.count()).select_from(_contacts).where(_contacts.c.sync == sync)
            return int(connection.execute(query).scalar_one())

    def syncs(self) -> list[str]:
        """Every sync that the state knows, by name."""
        with self._transaction() as connection:
            names = connection.execute(sa.union(sa.select(_contacts.c.sync), sa.select(_runs.c.sync))).scalars()
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
        mine = (_contacts.c.sync == sync, _contacts.c.external_id == external_id)
        values = {"contact_id": contact_id, "fingerprint": fingerprint, "changed_at": time.time()}
        if "sent" in more:
            values["sent"] = json.dumps(more["sent"], ensure_ascii=False) if more["sent"] is not None else None
        if connection.execute(_contacts.update().where(*mine).values(**values)).rowcount == 0:
            connection.execute(_contacts.insert().values(sync=sync, external_id=external_id, **values))
        for table in (_intents, _refusals):
            connection.execute(table.delete().where(table.c.sync == sync, table.c.external_id == external_id))

    def forget(self, sync: str, external_ids: Sequence[str]) -> None:
        """These contacts are gone, and so is any intent to make them."""
        if not external_ids:
            return
        with self._transaction() as connection:
            for table in (_contacts, _intents, _refusals):
                connection.execute(
                    table.delete().where(table.c.sync == sync, table.c.external_id == sa.bindparam("gone")),
                    [{"gone": external_id} for external_id in external_ids],
                )

    # -- intents and refusals

    def intend(self, sync: str, external_id: str) -> None:
        """Durable before a create is sent: from here on only a lookup can say that it did not happen."""
        with self._transaction() as connection:
            connection.execute(_intents.delete().where(_intents.c.sync == sync, _intents.c.external_id == external_id))
            connection.execute(_intents.insert().values(sync=sync, external_id=external_id, sent_at=time.time()))

    def withdraw(self, sync: str, external_id: str) -> None:
        """The create certainly did not happen."""
        with self._transaction() as connection:
            connection.execute(_intents.delete().where(_intents.c.sync == sync, _intents.c.external_id == external_id))

    def intents(self, sync: str) -> dict[str, float]:
        """Unresolved creates: external id → when the last one was sent, seconds since the epoch."""
        with self._transaction() as connection:
            rows = connection.execute(
                sa.select(_intents.c.external_id, _intents.c.sent_at).where(_intents.c.sync == sync)
            )
            return {external_id: sent_at for external_id, sent_at in rows}

    def refuse(self, sync: str, external_id: str, fingerprint: bytes, reason: str) -> None:
        """OpenPhone refused this row; it is not sent again until its fingerprint changes."""
        with self._transaction() as connection:
            for table in (_refusals, _intents):
                connection.execute(table.delete().where(table.c.sync == sync, table.c.external_id == external_id))
            connection.execute(
                _refusals.insert().values(sync=sync, external_id=external_id, fingerprint=fingerprint, reason=reason)
            )

    def refusals(self, sync: str) -> dict[str, tuple[bytes, str]]:
        """External id → (fingerprint of the refused row, the service's reason)."""
        with self._transaction() as connection:
            rows = connection.execute(
                sa.select(_refusals.c.external_id, _refusals.c.fingerprint, _refusals.c.reason).where(
                    _refusals.c.sync == sync
                )
            )
            return {external_id: (fingerprint, reason) for external_id, fingerprint, reason in rows}

    # -- runs

    def begin_run(self, sync: str) -> int:
        """The id of a new run. What undo could use of runs long past is let go."""
        long_ago = time.time() - HISTORY_SECONDS
        with self._transaction() as connection:
            old = sa.select(_runs.c.id).where(_runs.c.sync == sync, _runs.c.started_at < long_ago)
            connection.execute(_history.delete().where(_history.c.run_id.in_(old)))
            result = connection.execute(_runs.insert().values(sync=sync, started_at=time.time()))
            key = result.inserted_primary_key
            return int(key[0]) if key else 0

    def end_run(
        self,
        run: int,
        sync: str,
        status: str,
        counts: Mapping[str, int],
        error: str | None,
        problems: Iterable[Problem],
    ) -> None:
        """Close a run; its problems replace those of the one before."""
        rows = [{"sync": sync, **asdict(problem)} for problem in problems]
        with self._transaction() as connection:
            connection.execute(
                _runs.update()
                .where(_runs.c.id == run)
                .values(ended_at=time.time(), status=status, counts=json.dumps(dict(counts)), error=error)
            )
            connection.execute(_problems.delete().where(_problems.c.sync == sync))
            if rows:
                connection.execute(_problems.insert(), rows)

    def run(self, run: int) -> RunRecord | None:
        """One run of the history."""
        with self._transaction() as connection:
            row = connection.execute(sa.select(_runs).where(_runs.c.id == run)).first()
            return _run(row) if row else None

    def runs(self, sync: str | None = None, limit: int = 10) -> list[RunRecord]:
        """The last runs, newest first."""
        query = sa.select(_runs).order_by(_runs.c.id.desc()).limit(limit)
        if sync is not None:
            query = query.where(_runs.c.sync == sync)
        with self._transaction() as connection:
            return [_run(row) for row in connection.execute(query)]

    def eventful_runs(self, sync: str, since: float) -> list[RunRecord]:
        """The runs since then that changed or adopted contacts, newest first."""
        changed = sa.not_(_runs.c.counts.contains(_NO_CHANGES)) | sa.not_(_runs.c.counts.contains('"adopted": 0'))
        mine = (_runs.c.sync == sync, _runs.c.started_at >= since, changed)
        with self._transaction() as connection:
            return [
                RunRecord(r.id, r.sync, r.started_at, r.ended_at, r.status, json.loads(r.counts), r.error)
                for r in connection.execute(sa.select(_runs).where(*mine).order_by(_runs.c.id.desc()))
            ]

    def problems(self, sync: str) -> list[Problem]:
        """The rows that needed a person when the last run ended."""
        query = sa.select(_problems).where(_problems.c.sync == sync).order_by(_problems.c.id)
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
            mine = (_contacts.c.sync == sync, _contacts.c.external_id == external_id)
            connection.execute(_contacts.update().where(*mine).values(fingerprint=None, sent=None))
            result = connection.execute(
                _history.insert().values(
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
            mine = _history.c.id == record
            connection.execute(_history.update().where(mine).values(done=True, contact_id=contact_id))

    def deleted(self, sync: str, record: int, external_id: str) -> None:
        """A delete was carried out."""
        with self._transaction() as connection:
            for table in (_contacts, _intents, _refusals):
                connection.execute(table.delete().where(table.c.sync == sync, table.c.external_id == external_id))
            connection.execute(_history.update().where(_history.c.id == record).values(done=True))

    def history(self, run: int) -> list[HistoryRecord]:
        """What a run changed, newest first; changes whose outcome was never learnt are among them."""
        query = sa.select(_history).where(_history.c.run_id == run).order_by(_history.c.id.desc())
        with self._transaction() as connection:
            return [
                HistoryRecord(h.id, h.external_id, h.contact_id, h.action, _load(h.before), _load(h.after))
                for h in connection.execute(query)
            ]

    def made(self, run: int, limit: int) -> list[HistoryRecord]:
        """What a run is known to have changed, newest first, no more than ``limit``."""
        query = sa.select(_history).where(_history.c.run_id == run, _history.c.done.is_(True))
        with self._transaction() as connection:
            return [
                HistoryRecord(h.id, h.external_id, h.contact_id, h.action, _load(h.before), _load(h.after))
                for h in connection.execute(query.order_by(_history.c.id.desc()).limit(limit))
            ]

    # -- notices

    def told(self, sync: str) -> dict[str, str]:
        """Channel → the condition of this sync that was last told there."""
        with self._transaction() as connection:
            rows = connection.execute(sa.select(_meta).where(_meta.c.name.like("told:%")))
            named = ((row.name.split(":", 2), row.value) for row in rows)
            return {channel: condition for (_, channel, name), condition in named if name == sync}

    def tell(self, sync: str, channel: str, condition: str) -> None:
        """Remember what was told, so that a daemon that starts again does not repeat it."""
        name = f"told:{channel}:{sync}"
        with self._transaction() as connection:
            connection.execute(_meta.delete().where(_meta.c.name == name))
            connection.execute(_meta.insert().values(name=name, value=condition))

    # -- bookmarks

    def bookmark(self, sync: str) -> str | None:
        """Where an incremental source left off."""
        with self._transaction() as connection:
            return connection.execute(sa.select(_syncs.c.bookmark).where(_syncs.c.sync == sync)).scalar()

    def set_bookmark(self, sync: str, bookmark: str | None) -> None:
        """Only after a run that succeeded."""
        with self._transaction() as connection:
            connection.execute(_syncs.delete().where(_syncs.c.sync == sync))
            connection.execute(_syncs.insert().values(sync=sync, bookmark=bookmark))


def _read_only_url(path: Path) -> str:
    """The file, which SQLite then cannot change; a state that is not there yet is an empty one in memory."""
    if not path.exists() or path.stat().st_size == 0:
        return "sqlite:///:memory:"
    return f"sqlite:///file:{quote(str(path))}?mode=ro&uri=true"


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return sa.create_engine(url, poolclass=NullPool)
    # One connection, used by one thread at a time: the caller's, or a worker's while the caller awaits it.
    return sa.create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})


def _held(row: Any) -> Held:
    return Held(row.external_id, row.contact_id, json.loads(row.sent) if row.sent else None, row.changed_at)


def _run(row: Any) -> RunRecord:
    counts = json.loads(row.counts or "{}")
    return RunRecord(row.id, row.sync, row.started_at, row.ended_at, row.status, counts, row.error)


def _dump(contact: Contact | None) -> str | None:
    return json.dumps(contact.to_json(), ensure_ascii=False) if contact else None


def _load(text: str | None) -> Contact | None:
    return Contact.from_json(json.loads(text)) if text else None


def _make_private(path: Path) -> None:
    """Make the file with mode 0600 before SQLite would make it with another."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        raise StateError(
            f"state {path}: cannot be written: {error.strerror}. Choose another place for 'state'."
        ) from error
