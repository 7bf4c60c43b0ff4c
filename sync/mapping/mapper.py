"""A row and the mapping → what its contact should be, or the problems that keep it from being so.

Pure: nothing is read or sent here. ``compile_mapping`` checks a sync's configuration against the workspace's custom
fields once; the ``Mapper`` it gives then serves every row. How text becomes a value is the affair of ``values``;
how contacts differ is none of ours.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from urllib.parse import quote

from connectors.base import Cell, Row
from sync.config.model import FieldSpec, SyncConfig
from sync.contacts.contact import EXTERNAL_ID_MAX, SCALARS, SOURCE_URL_MAX, CustomField, Desired, Json
from sync.contacts.problem import Problem
from sync.mapping import values
from sync.mapping.fields import Bad, Cells, Field, Reader, Reading, shown
from sync.mapping.template import Template
from sync.mapping.values import ValueUnreadable

MAPPING_VERSION = 1
"""Raise it when the same row and configuration come to mean another contact: every row is then looked at anew."""

VALUE_SHOWN = 100
_DIGEST_SIZE = 16


class MappingError(Exception):
    """The mapping does not fit the workspace (exit 2). ``messages`` has every mistake."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("\n".join(messages))
        self.messages = tuple(messages)


@dataclass(frozen=True, slots=True)
class Mapper:
    """A compiled mapping. Build it with ``compile_mapping``.

    ``digest`` changes when the same row may come to mean another contact, and with nothing else.
    ``key_columns`` is empty where the source itself says which contact a row belongs to.
    """

    digest: bytes
    key_columns: tuple[str, ...]
    key_prefix: str
    drops_invalid: bool
    scalars: Mapping[str, Field]
    phone_numbers: Mapping[str, Field]
    emails: Mapping[str, Field]
    custom_fields: Mapping[str, Field]
    source_url: Field | None
    value_columns: tuple[str, ...]

    def external_id(self, row: Row) -> str | Problem:
        """The row's key as OpenPhone's ``externalId``, or why the row has none."""
        pieces = []
        for column in self.key_columns:
            try:
                piece = values.text(row.cells.get(column))
            except ValueUnreadable as unreadable:
                return _problem(row, None, Bad(column, shown(row.cells.get(column)), unreadable.reason))
            if not piece:
                return _problem(row, None, Bad(column, "", "key is empty"))
            pieces.append(piece)
        key = self.key_prefix + "/".join(pieces)
        if len(key) > EXTERNAL_ID_MAX:
            reason = f"key has {len(key)} characters: OpenPhone takes at most {EXTERNAL_ID_MAX}"
            return _problem(row, None, Bad(self.key_columns[0], key, reason))
        return key

    def fingerprint(self, row: Row) -> bytes:
        """Equal for two rows when this mapping makes the same of them; takes the types of cells into account."""
        cells = row.cells
        mapped = repr([cells.get(column) for column in self.value_columns])
        return hashlib.blake2b(self.digest + mapped.encode(), digest_size=_DIGEST_SIZE).digest()

    def desired(self, row: Row, external_id: str) -> tuple[Desired | None, list[Problem]]:
        """What the contact should be; None where the row is rejected, with every reason.

        Where invalid values are dropped, a field with nothing but bad values is left out: what the contact holds
        stays. A firstName that comes out empty rejects the row always.
        """
        bad: list[Bad] = []
        read = partial(self._read, cells=row.cells, bad=bad)
        scalars, phones = read(self.scalars), read(self.phone_numbers)
        emails, custom = read(self.emails), read(self.custom_fields)
        source = read({"": self.source_url} if self.source_url else {})
        name = self.scalars["firstName"]
        if not scalars.get("firstName", _EMPTY).first and not any(b.column in name.columns for b in bad):
            bad.append(Bad(name.column, "", "firstName is empty"))
        if bad:
            return None, [_problem(row, external_id, each) for each in bad]
        wanted = Desired(
            external_id=external_id,
            scalars={name: reading.first or None for name, reading in scalars.items()},
            phone_numbers={label: reading.values for label, reading in phones.items()},
            emails={label: reading.values for label, reading in emails.items()},
            custom_fields={key: self._custom_value(key, reading) for key, reading in custom.items()},
            source_url=source[""].first if source else None,
        )
        return wanted, []

    def _read(self, fields: Mapping[str, Field], cells: Cells, bad: list[Bad]) -> dict[str, Reading]:
        """The readings of ``fields``; unreadable values go to ``bad``, or are dropped."""
        readings = {}
        for name, field in fields.items():
            reading = field.reading(cells)
            if not self.drops_invalid:
                bad += reading.bad
            if reading.usable:
                readings[name] = reading
        return readings

    def _custom_value(self, key: str, reading: Reading) -> Json:
        return reading.values if reading.values and self.custom_fields[key].many else reading.first


_EMPTY = Reading()


def _problem(row: Row, external_id: str | None, bad: Bad) -> Problem:
    return Problem(row.number, external_id, bad.column, bad.value[:VALUE_SHOWN], bad.reason, "rejected")


# --- compiling ----------------------------------------------------------------------------------------------------


def compile_mapping(sync: SyncConfig, definitions: Sequence[CustomField]) -> Mapper:
    """The mapping of ``sync`` in a workspace with these custom fields. Raises MappingError with every mistake."""
    compiler = _Compiler(sync, definitions)
    mapper = compiler.mapper()
    if compiler.mistakes:
        raise MappingError(compiler.mistakes)
    return mapper


class _Compiler:
    """Builds the fields of one mapping, and gathers what is wrong with them."""

    def __init__(self, sync: SyncConfig, definitions: Sequence[CustomField]) -> None:
        self.sync = sync
        self.definitions = definitions
        self.mistakes: list[str] = []

    def mapper(self) -> Mapper:
        fields = self.sync.fields
        scalars = {name: spec for name in SCALARS if (spec := getattr(fields, name)) is not None}
        phone = partial(values.phone, region=self.sync.region)
        custom, used = self._custom_fields()
        groups: dict[str, dict[str, Field]] = {
            "scalars": {name: self._field(name, spec, values.text) for name, spec in scalars.items()},
            "phone_numbers": self._labels("phoneNumbers", fields.phoneNumbers, phone),
            "emails": self._labels("emails", fields.emails, values.email),
            "custom_fields": custom,
        }
        url = self._source_url()
        columns = [c for group in groups.values() for field in group.values() for c in field.columns]
        return Mapper(
            digest=_digest(self.sync, used),
            key_columns=self.sync.key or (),
            key_prefix=self.sync.key_prefix,
            drops_invalid=self.sync.on_invalid == "drop",
            **groups,
            source_url=url,
            value_columns=tuple(dict.fromkeys([*columns, *(url.columns if url else ())])),
        )

    def _labels(self, name: str, specs: Mapping[str, FieldSpec], read: Reader) -> dict[str, Field]:
        return {label: self._field(f"{name}.{label}", spec, read, many=True) for label, spec in specs.items()}

    def _field(self, name: str, spec: FieldSpec, read: Reader, *, many: bool = False, dates: bool = False) -> Field:
        if spec.split is not None and not many:
            self.mistakes.append(f"{name}: 'split' gives several values, and this field holds one")
        if spec.format is not None and not dates:
            self.mistakes.append(f"{name}: 'format' is for dates, and this field holds none")
        return Field(name, spec, read, many, self._template(name, spec.template))

    def _template(self, name: str, source: str | None) -> Template | None:
        if source is None:
            return None
        try:
            return Template.parse(source)
        except ValueError as mistake:
            self.mistakes.append(f"{name}: {mistake}")
            return Template(("",))

    def _custom_fields(self) -> tuple[dict[str, Field], list[CustomField]]:
        fields: dict[str, Field] = {}
        used: list[CustomField] = []
        for name, spec in self.sync.customFields.items():
            where = f"customFields.{name}"
            definition = self._resolve(where, name)
            if definition is None:
                continue
            if definition.key in fields:
                self.mistakes.append(f"{where}: the same custom field is mapped as {fields[definition.key].name}")
            many, dates = definition.type == "multi-select", definition.type == "date"
            read = _reader(definition, spec)
            fields[definition.key] = self._field(where, spec, read, many=many, dates=dates)
            used.append(definition)
        return fields, used

    def _resolve(self, where: str, wanted: str) -> CustomField | None:
        """The custom field with this key or name, exactly or else in any case."""
        folded = wanted.strip().casefold()
        tiers = (
            [d for d in self.definitions if d.key == wanted],
            [d for d in self.definitions if d.name == wanted],
            [d for d in self.definitions if folded in (d.key.casefold(), d.name.strip().casefold())],
        )
        found = next((tier for tier in tiers if tier), [])
        if len(found) > 1:
            keys = ", ".join(repr(d.key) for d in found)
            self.mistakes.append(f"{where}: the workspace has several custom fields of this name: use a key ({keys})")
        elif not found:
            have = [d.name for d in self.definitions]
            self.mistakes.append(f"{where}: the workspace has no custom field {wanted!r}{_choices(wanted, have)}")
        return found[0] if len(found) == 1 else None

    def _source_url(self) -> Field | None:
        source = self.sync.source_url
        template = self._template("source_url", source)
        if source is None or template is None:
            return None
        if template.parts[0] and not template.parts[0].lower().startswith(("http://", "https://")):
            self.mistakes.append(f"source_url: {source!r} must begin with http:// or https://")
        return Field("source_url", FieldSpec(template=source), _source_url, template=SourceUrlTemplate(template.parts))


class SourceUrlTemplate(Template):
    """A template whose values are percent-encoded; empty where one of them is, for it would name another page.

    A column at the very start holds an address, and is inserted as it is.
    """

    __slots__ = ()

    def render(self, cells: Cells) -> str:
        filled = [values.text(cells.get(column)) for column in self.columns]
        if not all(filled):
            return ""
        encoded = [quote(value, safe="") for value in filled]
        return self.join([filled[0], *encoded[1:]] if filled and not self.parts[0] else encoded)


def _source_url(cell: Cell) -> str:
    address = values.url(cell)
    if len(address) > SOURCE_URL_MAX:
        raise ValueUnreadable(f"makes a source_url of {len(address)} characters: OpenPhone takes {SOURCE_URL_MAX}")
    return address


def _reader(definition: CustomField, spec: FieldSpec) -> Reader:
    readers: dict[str, Reader] = {
        "url": values.url,
        "boolean": values.boolean,
        "number": values.number,
        "date": partial(values.date_, format=spec.format),
    }
    return readers.get(definition.type, values.text)


def _choices(wanted: str, have: Sequence[str]) -> str:
    """``; it has "A", "B"; did you mean "A"?``"""
    if not have:
        return "; it has none"
    by_fold = {name.casefold(): name for name in have}
    near = get_close_matches(wanted.casefold(), by_fold, n=1)
    guess = f"; did you mean {by_fold[near[0]]!r}?" if near else ""
    return f"; it has {', '.join(map(repr, have))}{guess}"


def _digest(sync: SyncConfig, used: Iterable[CustomField]) -> bytes:
    """What decides the meaning of a row: the mapping, the region, the custom fields, and this program's rules."""
    decides = {
        "version": MAPPING_VERSION,
        **sync.model_dump(mode="json", include={"fields", "customFields", "region", "on_invalid", "source_url"}),
        "definitions": sorted((d.key, d.type) for d in used),
    }
    plain = json.dumps(decides, sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(plain.encode(), digest_size=_DIGEST_SIZE).digest()
