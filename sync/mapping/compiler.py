"""A sync's mapping and the workspace's custom fields → the ``Mapper`` that serves every row, or every mistake at once.

Pure. Must not know where rows come from, nor what becomes of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from sync.contacts.contact import SCALARS, CustomField, FieldType
from sync.mapping import names, pieces, readers, values
from sync.mapping.fields import Field, Reader, V, Value
from sync.mapping.mapper import DIGEST_SIZE, Mapper
from sync.mapping.options import FieldSpec, MappingOptions
from sync.mapping.pieces import Pieces
from sync.mapping.policies import policies
from sync.mapping.template import SourceUrlTemplate, Template
from sync.wording import did_you_mean

MAPPING_VERSION = 1
"""Raise it when the same row and configuration come to mean another contact: every row is then looked at anew."""


_TAKE_FALSE: frozenset[FieldType | None] = frozenset({"boolean", "string", "address", "multi-select"})
"""Custom fields in which a source's false is a value; everywhere else it means "nothing here", as some databases do."""


class MappingError(Exception):
    """The mapping does not fit the workspace (exit 2). ``messages`` has every mistake."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("\n".join(messages))
        self.messages = tuple(messages)


def compile_mapping(options: MappingOptions, definitions: Sequence[CustomField]) -> Mapper:
    """The mapping ``options`` in a workspace with these custom fields. Raises MappingError with every mistake."""
    compiler = _Compiler(options, definitions)
    mapper = compiler.mapper()
    if compiler.mistakes:
        raise MappingError(compiler.mistakes)
    return mapper


class _Compiler:
    """Builds the fields of one mapping, and gathers what is wrong with them."""

    def __init__(self, options: MappingOptions, definitions: Sequence[CustomField]) -> None:
        self.options = options
        self.definitions = definitions
        self.mistakes: list[str] = []

    def mapper(self) -> Mapper:
        fields = self.options.fields
        scalars = {name: spec for name in SCALARS if (spec := getattr(fields, name)) is not None}
        custom, used = self._custom_fields()
        texts = {name: self._field(name, spec, values.text, _of_text(spec)) for name, spec in scalars.items()}
        phones = self._labels("phoneNumbers", fields.phoneNumbers)
        emails = self._labels("emails", fields.emails)
        url = self._source_url()
        every: list[Field[Value]] = [*texts.values(), *phones.values(), *emails.values(), *custom.values()]
        columns = [column for field in every for column in field.columns]
        columns += [field.spec.label_column for field in every if field.spec.label_column]
        return Mapper(
            digest=_digest(self.options, used),
            key_columns=self.options.key or (),
            key_prefix=self.options.key_prefix,
            drops_invalid=self.options.on_invalid == "drop",
            scalars=texts,
            phone_numbers=phones,
            emails=emails,
            custom_fields=custom,
            source_url=url,
            value_columns=tuple(dict.fromkeys([*columns, *(url.columns if url else ())])),
            parts=_parts(self.options, used),
            policies=policies(self.options, dict(zip(self.options.customFields, used, strict=False))),
        )

    def _labels(self, name: str, specs: Mapping[str, FieldSpec]) -> dict[str, Field[str]]:
        read, apart = readers.LABELLED[name](self.options.region), readers.LABELLED_PIECES[name]
        return {label: self._field(f"{name}.{label}", spec, read, apart, many=True) for label, spec in specs.items()}

    def _field(
        self,
        name: str,
        spec: FieldSpec,
        read: Reader[V],
        apart: Pieces,
        *,
        many: bool = False,
        kind: FieldType | None = None,
    ) -> Field[V]:
        if spec.split is not None and not many:
            self.mistakes.append(f"{name}: 'split' gives several values, and this field holds one")
        if spec.format is not None and kind != "date":
            self.mistakes.append(f"{name}: 'format' is for dates, and this field holds none")
        one_tag = pieces.of_one_tag if kind == "multi-select" else None
        template = self._template(name, spec.template)
        whole = frozenset(filter(names.is_of_a_company, spec.columns[1:])) if spec.part else frozenset[str]()
        return Field(name, spec, read, many, template, kind not in _TAKE_FALSE, apart, one_tag, whole)

    def _template(self, name: str, source: str | None) -> Template | None:
        if source is None:
            return None
        try:
            return Template.parse(source)
        except ValueError as mistake:
            self.mistakes.append(f"{name}: {mistake}")
            return Template(("",))

    def _custom_fields(self) -> tuple[dict[str, Field[Value]], list[CustomField]]:
        fields: dict[str, Field[Value]] = {}
        used: list[CustomField] = []
        for name, spec in self.options.customFields.items():
            where = f"customFields.{name}"
            definition = self._resolve(where, name)
            if definition is None:
                continue
            if definition.key in fields:
                self.mistakes.append(f"{where}: the same custom field is mapped as {fields[definition.key].name}")
            many = definition.type == "multi-select"
            kind = definition.type
            read, apart = readers.of_type(kind, spec.format), readers.pieces_of(kind, spec.format)
            fields[definition.key] = self._field(where, spec, read, apart, many=many, kind=kind)
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

    def _source_url(self) -> Field[str] | None:
        source = self.options.source_url
        template = self._template("source_url", source)
        if source is None or template is None:
            return None
        if template.parts[0] and not template.parts[0].lower().startswith(("http://", "https://")):
            self.mistakes.append(f"source_url: {source!r} must begin with http:// or https://")
        return Field(
            "source_url",
            FieldSpec(template=source),
            readers.source_url,
            template=SourceUrlTemplate(template.parts),
            false_is_nothing=True,
        )


def _of_text(spec: FieldSpec) -> Pieces:
    return partial(names.of_name, part=spec.part, order=spec.order) if spec.part else pieces.of_text


def _parts(options: MappingOptions, used: Sequence[CustomField]) -> dict[str, str]:
    """A digest of how each field, label and custom field (by its key) is mapped, as far as its value depends on it."""
    fields, region = options.fields, options.region
    specs: dict[str, tuple[FieldSpec | None, str]] = {name: (getattr(fields, name), "") for name in SCALARS}
    specs["lastName"] = (fields.lastName, "said once" if _stands_in(options) else "")
    specs |= {f"phoneNumbers.{label}": (spec, region) for label, spec in fields.phoneNumbers.items()}
    specs |= {f"emails.{label}": (spec, "") for label, spec in fields.emails.items()}
    custom = zip(used, options.customFields.values(), strict=False)
    specs |= {f"customFields.{definition.key}": (spec, definition.type) for definition, spec in custom}
    specs["sourceUrl"] = (FieldSpec(template=options.source_url) if options.source_url else None, "")
    return {part: _part_digest(spec, more) for part, (spec, more) in specs.items() if spec is not None}


def _stands_in(options: MappingOptions) -> bool:
    """Whether the last name's column may stand in for the first name, and is then no last name: once, it was both."""
    last = options.fields.lastName
    return last is not None and last.part is None and not set(last.columns).isdisjoint(options.fields.firstName.columns)


def _part_digest(spec: FieldSpec, more: str) -> str:
    # Without what is at its default: an option that a later version brings changes no mapping.
    dumped = spec.model_dump(mode="json", exclude_defaults=True, exclude={"policy"})
    plain = json.dumps([dumped, more], sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(plain.encode(), digest_size=8).hexdigest()


_LATER = {"part": None, "label_column": None, "order": None}
"""Options that came later, as they are where nobody names them: a mapping without them is what it was."""


def _without_later_options(dumped: dict[str, Any]) -> dict[str, Any]:
    """The options as they were dumped before there were those, and without ``policy``, which decides no value."""
    return {
        name: _without_later_options(value) if isinstance(value, dict) else value
        for name, value in dumped.items()
        if name != "policy" and not (name in _LATER and value == _LATER[name])
    }


def _choices(wanted: str, have: Sequence[str]) -> str:
    """``; it has "A", "B"; did you mean "A"?``"""
    if not have:
        return "; it has none"
    return f"; it has {', '.join(map(repr, have))}{did_you_mean(wanted, have)}"


def _digest(options: MappingOptions, used: Iterable[CustomField]) -> bytes:
    """What decides the meaning of a row: the mapping, the region, the custom fields, and this program's rules."""
    decides = {
        "version": MAPPING_VERSION,
        **_without_later_options(
            options.model_dump(mode="json", include={"fields", "customFields", "region", "on_invalid", "source_url"})
        ),
        "definitions": sorted((d.key, d.type) for d in used),
        **({"last_name": "said once"} if _stands_in(options) else {}),
    }
    plain = json.dumps(decides, sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(plain.encode(), digest_size=DIGEST_SIZE).digest()
