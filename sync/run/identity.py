"""Which contact a row means: by its key, or, where a source keeps OpenPhone's contact ids, by the id in its cell.

Knows rows and the state; asks nothing of the network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from connectors.base import Cell, Connector, Row, WritesBack, is_blank
from sync.contacts.problem import Problem
from sync.mapping import guards
from sync.mapping.fields import shown
from sync.mapping.keys import as_it_looks
from sync.mapping.mapper import Key, Mapper
from sync.mapping.values import ValueUnreadable, text
from sync.run.job import Job
from sync.run.session import Misconfigured
from sync.run.unwritten import Trace, Unwritten
from sync.state.store import State


@dataclass(frozen=True, slots=True)
class Identified:
    """A row's externalId, and the contact id that the row itself names, if it does.

    ``looks``: the externalId as people see it, where that is another. ``spelled``: the row's key as it stands in the
    row, where the state does not know it and it holds marks that nobody sees.
    """

    external_id: str
    contact_id: str | None = None
    looks: str | None = None
    spelled: str | None = None

    @property
    def names(self) -> tuple[str | None, ...]:
        """What else people may call it by."""
        return (self.looks, self.spelled, self.contact_id)

    @property
    def look(self) -> str:
        """What tells rows apart: of two rows with one look the second is a double."""
        return self.looks or self.external_id


class Identity(Protocol):
    """How rows are told apart."""

    @property
    def unwritten(self) -> Unwritten | None:
        """The rows that shall show an id by which they are known from then on; None where they need none."""
        ...

    def of(self, row: Row) -> Identified | Problem | None:
        """Who the row is about; a Problem where it does not say; None where the other rows have to be seen first."""
        ...

    def settle(self) -> Sequence[Identified]:
        """Who those rows are that ``of`` left open, in their order, now that every row was seen."""
        ...

    def cells(self, row: Row) -> Mapping[str, Cell]:
        """The cells by which the row is found again in its source."""
        ...


def identity_for(connector: Connector, job: Job, mapper: Mapper, state: State, tracked: Collection[str]) -> Identity:
    """By the key that the configuration names, else by the source's column of ids. Raises Misconfigured.

    ``tracked``: the external ids of the contacts that the state tracks.
    """
    if job.mapping.key:
        return ByKey(mapper, tracked)
    column = connector.contact_id_column if isinstance(connector, WritesBack) else None
    if column is None:
        raise Misconfigured([f"syncs.{job.sync}.key is missing: name the column that identifies a row"])
    return ByContactId(column, mapper, state, job)


class ByKey:
    """The key columns of the configuration. Contacts tracked under a key that looks the same keep it as it is.

    ``tracked``: the external ids that the state knows; it may have learnt them when keys were compared as spelled, with
    their guards (``'007``) and with pieces that were joined as they are (``1/2`` and ``3``, ``1`` and ``2/3``).
    """

    unwritten = None

    def __init__(self, mapper: Mapper, tracked: Collection[str] = ()) -> None:
        self._mapper = mapper
        self._former: dict[str, str] = {}
        for external_id in tracked:
            if (looks := self._as_it_would_be(external_id)) != external_id:
                self._former.setdefault(looks, external_id)
        self._odd = frozenset(self._former.values())
        self._tracked = tracked
        self._taken: dict[str, str] = {}

    def settle(self) -> Sequence[Identified]:
        return ()

    def of(self, row: Row) -> Identified | Problem:
        key = self._mapper.key(row)
        if isinstance(key, Problem):
            return key
        if key.spelled in self._odd:
            return Identified(key.spelled, looks=key.external_id)
        if key.external_id in self._tracked:
            return Identified(key.external_id)
        if (former := self._former_key(key)) is not None and self._taken.setdefault(former, key.external_id) == (
            key.external_id
        ):
            return Identified(former, looks=key.external_id)
        # Nobody tracks it: the workspace may hold it as it is spelled, unless that is another row's.
        spelled = key.spelled if former is None and key.spelled != key.external_id else None
        return Identified(key.external_id, spelled=spelled)

    def _as_it_would_be(self, external_id: str) -> str:
        """How a key that is tracked would look if it were made today."""
        looks, prefix = as_it_looks(external_id), self._mapper.key_prefix
        if len(self._mapper.key_columns) > 1 or not looks.startswith(prefix):
            return looks
        return as_it_looks(prefix + guards.bare(looks.removeprefix(prefix)))

    def _former_key(self, key: Key) -> str | None:
        """Under which key the state knows it from before, if it does."""
        for looks in dict.fromkeys((key.external_id, as_it_looks(key.spelled))):
            if looks in self._former:
                return self._former[looks]
            if looks in self._tracked:
                return looks
        return None

    def cells(self, row: Row) -> Mapping[str, Cell]:
        return {column: row.cells.get(column) for column in self._mapper.key_columns}


class ByContactId:
    """The column of OpenPhone's ids. A row without an id is known by its content until its id is written.

    The externalId of such a row is made from its content, so that a crash, or a lost state, finds it again. A row that
    was edited before its id was written is known again by what is left of it.
    """

    def __init__(self, column: str, mapper: Mapper, state: State, job: Job) -> None:
        self._column = column
        self._mapper = mapper
        self._contacts = state.contacts
        self._sync = job.sync
        self._prefix = job.mapping.key_prefix
        self._alike: dict[str, int] = {}
        self.unwritten = Unwritten(state.notes, job.sync)
        self._seen: set[str] = set()
        self._open: list[tuple[Trace, str]] = []

    def of(self, row: Row) -> Identified | Problem | None:
        cell = row.cells.get(self._column)
        if not is_blank(cell):
            try:
                contact_id = text(cell)
            except ValueUnreadable as unreadable:
                return Problem(row.number, None, self._column, shown(cell), unreadable.reason, "rejected")
            tracked = self._contacts.by_contact_id(self._sync, contact_id)
            external_id = tracked.external_id if tracked else f"{self._prefix}{contact_id}"[:75]
            self._seen.add(external_id)
            return Identified(external_id, contact_id)
        external_id = self._of_content(row)
        remembered = self.unwritten.traces
        if remembered and external_id not in remembered and not self._contacts.tracked(self._sync, [external_id]):
            self._open.append((Trace.of(row, self._mapper.value_columns), external_id))
            return None
        self._seen.add(external_id)
        return Identified(external_id)

    def settle(self) -> Sequence[Identified]:
        known = self.unwritten.recognised([trace for trace, _ in self._open], self._seen)
        return [Identified(known.get(place, external_id)) for place, (_, external_id) in enumerate(self._open)]

    def _of_content(self, row: Row) -> str:
        content = repr([(column, str(row.cells.get(column) or "").strip()) for column in self._mapper.value_columns])
        digest = hashlib.blake2b(content.encode(), digest_size=12).hexdigest()
        alike = self._alike[digest] = self._alike.get(digest, 0) + 1
        suffix = f"-{alike}" if alike > 1 else ""
        return f"{self._prefix}row-{digest}{suffix}"

    def cells(self, row: Row) -> Mapping[str, Cell]:
        cell = row.cells.get(self._column)
        if not is_blank(cell):
            return {self._column: cell}
        return {column: row.cells.get(column) for column in self._mapper.value_columns}
