"""A row → what its contact should be, or the problems that keep it from being so.

Pure: nothing is read or sent here. ``compiler`` builds a ``Mapper`` once, which then serves every row. How text becomes
a value is the affair of ``values``; how contacts differ is none of ours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from connectors.base import Row
from sync.contacts.contact import EXTERNAL_ID_MAX, Desired, FieldValue
from sync.contacts.problem import Problem
from sync.contacts.warning import RowWarning
from sync.mapping import error_words, guards, nothing_words, values
from sync.mapping.fields import Bad, Cells, Field, Reading, V, Value, shown
from sync.mapping.keys import as_it_looks, joined
from sync.mapping.labels import labelled
from sync.mapping.options import Policy
from sync.mapping.values import ValueUnreadable

VALUE_SHOWN = 100
DIGEST_SIZE = 16


@dataclass(frozen=True, slots=True)
class Left:
    """Labels, told by a cell, under which nothing is known of what should be there."""

    phone_numbers: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Understood:
    """What a mapping makes of a row. ``desired`` is None where ``problems`` reject it.

    ``dropped``: values that were left out. ``keeps_source_url``: the link was among them, so that nothing is known of
    what it should be. ``changed``: cells of which something was lost. ``policies``: for the parts
    that do not simply follow the source. ``left``: labels under which nothing is known.
    """

    desired: Desired | None
    problems: tuple[Problem, ...] = ()
    dropped: tuple[Bad, ...] = ()
    keeps_source_url: bool = False
    changed: tuple[Bad, ...] = ()
    policies: Mapping[str, Policy] = field(default_factory=dict)
    left: Left = Left()


@dataclass(frozen=True, slots=True)
class Key:
    """A row's ``externalId``, as it looks; ``spelled``: as the row has it, with what guards it, marks that nobody sees,
    and pieces that are joined as they are."""

    external_id: str
    spelled: str


@dataclass(frozen=True, slots=True)
class Mapper:
    """A compiled mapping. Build it with ``compiler.compile_mapping``.

    ``digest`` changes when the same row may come to mean another contact, and with nothing else.
    ``key_columns`` is empty where the source itself says which contact a row belongs to. ``parts``: the same for each
    field, label and custom field by itself.
    """

    digest: bytes
    key_columns: tuple[str, ...]
    key_prefix: str
    drops_invalid: bool
    scalars: Mapping[str, Field[str]]
    phone_numbers: Mapping[str, Field[str]]
    emails: Mapping[str, Field[str]]
    custom_fields: Mapping[str, Field[Value]]
    source_url: Field[str] | None
    value_columns: tuple[str, ...]
    parts: Mapping[str, str]
    policies: Mapping[str, Policy] = field(default_factory=dict)

    def external_id(self, row: Row) -> str | Problem:
        """The row's key as OpenPhone's ``externalId``, or why the row has none."""
        key = self.key(row)
        return key if isinstance(key, Problem) else key.external_id

    def key(self, row: Row) -> Key | Problem:
        """The row's key as it looks and as it is spelled, or why the row has none."""
        pieces, spelled = [], []
        for column in self.key_columns:
            try:
                cell = row.cells.get(column)
                piece = "" if cell is False else values.text(cell)  # some databases say false for empty
            except ValueUnreadable as unreadable:
                return _problem(row, None, Bad(column, shown(row.cells.get(column)), unreadable.reason))
            looks = as_it_looks(guards.bare(piece))
            if not looks:
                return _problem(row, None, Bad(column, "", "key is empty"))
            if _stands_for_none(looks):
                return _problem(
                    row, None, Bad(column, looks, "a program wrote this because there is no key: give the row one")
                )
            pieces.append(looks)
            spelled.append(piece)
        key = as_it_looks(self.key_prefix + joined(pieces))
        if len(key) > EXTERNAL_ID_MAX:
            reason = f"key has {len(key)} characters: OpenPhone takes at most {EXTERNAL_ID_MAX}"
            return _problem(row, None, Bad(self.key_columns[0], key, reason))
        return Key(key, self.key_prefix + "/".join(spelled))

    def fingerprint(self, row: Row) -> bytes:
        """Equal for two rows when this mapping makes the same of them; takes the types of cells into account."""
        cells = row.cells
        mapped = repr([cells.get(column) for column in self.value_columns])
        return hashlib.blake2b(self.digest + mapped.encode(), digest_size=DIGEST_SIZE).digest()

    def desired(self, row: Row, external_id: str) -> tuple[Desired | None, list[Problem]]:
        """What the contact should be; None where the row is rejected, with every reason."""
        understood = self.understand(row, external_id)
        return understood.desired, [*understood.problems]

    def understand(self, row: Row, external_id: str) -> Understood:
        """What the row wants, or every reason why it is rejected, and what was dropped.

        Where invalid values are dropped, a field with nothing but bad values is left out: what the contact holds
        stays. A firstName that comes out empty rejects the row always.
        """
        bad: list[Bad] = []
        dropped: list[Bad] = []
        changed: list[Bad] = []
        read = partial(self._read, cells=row.cells, bad=dropped if self.drops_invalid else bad, changed=changed)
        scalars, phones = read(self.scalars), read(self.phone_numbers)
        emails, custom = read(self.emails), read(self.custom_fields)
        source = read({"": self.source_url} if self.source_url else {})
        name = self.scalars["firstName"]
        first = scalars.get("firstName", _EMPTY)
        if not first.first and not any(b.column in name.columns for b in bad):
            because = "; ".join(f": {each.reason}" for each in first.changed[:1])
            bad.append(Bad(name.column, "", f"firstName is empty{because}"))
        if bad:
            return Understood(None, tuple(_problem(row, external_id, each) for each in bad))
        if (
            "lastName" in scalars
            and not self.scalars["lastName"].spec.part
            and _says_it_again(scalars["lastName"], first)
        ):
            scalars["lastName"] = _EMPTY
        numbers = labelled("phoneNumbers", self.phone_numbers, phones, row.cells, self.policies)
        addresses = labelled("emails", self.emails, emails, row.cells, self.policies)
        changed += [*numbers.changed, *addresses.changed]
        wanted = Desired(
            external_id=external_id,
            scalars={name: reading.first or None for name, reading in scalars.items()},
            phone_numbers=numbers.values,
            emails=addresses.values,
            custom_fields={key: self._custom_value(key, reading) for key, reading in custom.items()},
            source_url=source[""].first if source else None,
        )
        keeps = self.source_url is not None and not source
        policies = {**self.policies, **numbers.policies, **addresses.policies}
        left = Left(tuple(numbers.left), tuple(addresses.left))
        return Understood(wanted, (), tuple(dropped), keeps, tuple(changed), policies, left)

    def _read(
        self, fields: Mapping[str, Field[V]], cells: Cells, bad: list[Bad], changed: list[Bad]
    ) -> dict[str, Reading[V]]:
        """The readings of ``fields``; unreadable values go to ``bad``, what lost something to ``changed``."""
        readings = {}
        for name, each in fields.items():
            reading = each.reading(cells)
            bad += reading.bad
            changed += reading.changed
            if reading.usable:
                readings[name] = reading
        return readings

    def _custom_value(self, key: str, reading: Reading[Value]) -> FieldValue:
        if reading.values and self.custom_fields[key].many:
            return tuple(str(option) for option in reading.values)
        return reading.first


def _says_it_again(last: Reading[str], first: Reading[str]) -> bool:
    """Whether the last name is the column that stands in for the first name: a firm is not "Acme Acme"."""
    return last.first is not None and (last.first, last.column) == (first.first, first.column)


def _stands_for_none(key: str) -> bool:
    """Whether a program wrote this because there is no key (yet)."""
    return nothing_words.is_a_programs(key) or error_words.is_no_name(key)


_EMPTY: Reading[str] = Reading()


def changed(bad: Bad, row: Row, external_id: str) -> RowWarning:
    """What is told of a cell of which something was lost."""
    return RowWarning("changed_value", f"{bad.column}: {bad.reason}", row.number, external_id)


def dropped(bad: Bad, row: Row, external_id: str) -> RowWarning:
    """What is told of a value that was left out."""
    text = f"{bad.column}: {bad.value[:VALUE_SHOWN]!r} {bad.reason}; it was left out"
    return RowWarning("changed_value", text, row.number, external_id)


def _problem(row: Row, external_id: str | None, bad: Bad) -> Problem:
    return Problem(row.number, external_id, bad.column, bad.value[:VALUE_SHOWN], bad.reason, "rejected")
