"""Which columns a mapping needs from its source, and which of them the source does not have. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sync.contacts.contact import SCALARS
from sync.mapping.options import FieldSpec, MappingOptions
from sync.mapping.template import Template
from sync.wording import did_you_mean

_SHOWN = 12


def mapped_columns(options: MappingOptions) -> list[tuple[str, str]]:
    """Every column that is mapped, with the part of the sync that names it: ``("fields.firstName", "name")``."""
    found = [("key", column) for column in options.key or ()]
    found += [(f"where.{column}", column) for column in options.where]
    for path, spec in _specs(options):
        found += [(path, column) for column in spec.columns]
        found += [(f"{path}.label_column", spec.label_column)] if spec.label_column else []
        found += [(f"{path}.template", column) for column in Template.parse(spec.template or "").columns]
    found += [("source_url", column) for column in Template.parse(options.source_url or "").columns]
    return found


def _specs(options: MappingOptions) -> Iterator[tuple[str, FieldSpec]]:
    fields = options.fields
    for name in SCALARS:
        spec: FieldSpec | None = getattr(fields, name)
        if spec is not None:
            yield f"fields.{name}", spec
    for name, labelled in (("phoneNumbers", fields.phoneNumbers), ("emails", fields.emails)):
        for label, each in labelled.items():
            yield f"fields.{name}.{label}", each
    for name, each in options.customFields.items():
        yield f"customFields.{name}", each


def unknown_columns(options: MappingOptions, columns: Sequence[str], name: str = "") -> list[str]:
    """A message for every mapped column that is not among the source's ``columns``; ``name`` is the sync's."""
    prefix = f"syncs.{name}." if name else ""
    return [
        f"unknown column {column!r} ({prefix}{path}): {_offer(column, columns)}"
        for path, column in mapped_columns(options)
        if column not in columns
    ]


def columns_without_records(options: MappingOptions, had: Sequence[str], name: str = "", most: int = 0) -> list[str]:
    """The same where only records tell the columns, and these are the columns that they had.

    ``most``: so many records were looked at, and there are more; 0: all were.
    """
    prefix = f"syncs.{name}." if name else ""
    of = f"none of the first {most:,} records has" if most else "no record of the source has"
    shown = ", ".join(had[:_SHOWN]) + (", …" if len(had) > _SHOWN else "")
    return [
        f"{of} the column {column!r} ({prefix}{path}): the records have {shown or 'no columns'}"
        f"{did_you_mean(column, had)}; if nobody has filled it yet, leave it out of the mapping until somebody does"
        for path, column in mapped_columns(options)
        if column not in had
    ]


def _offer(column: str, columns: Sequence[str]) -> str:
    if not columns:
        return "the source has no columns"
    shown = ", ".join(columns[:_SHOWN]) + (", …" if len(columns) > _SHOWN else "")
    return f"the source has {shown}{did_you_mean(column, columns)}"
