"""Which columns a sync needs from its source, and which of them the source does not have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from sync.config.checks import template_columns
from sync.config.model import FieldSpec, SyncConfig

_SHOWN = 12


def mapped_columns(sync: SyncConfig) -> list[tuple[str, str]]:
    """Every column that the sync maps, with the part of the sync that names it: ``("fields.firstName", "name")``."""
    found = [("key", column) for column in sync.key or ()]
    for path, spec in _specs(sync):
        found += [(path, column) for column in spec.columns]
        found += [(f"{path}.template", column) for column in template_columns(spec.template or "")]
    found += [("source_url", column) for column in template_columns(sync.source_url or "")]
    return found


def _specs(sync: SyncConfig) -> Iterator[tuple[str, FieldSpec]]:
    fields = sync.fields
    for name in ("firstName", "lastName", "company", "role"):
        spec: FieldSpec | None = getattr(fields, name)
        if spec is not None:
            yield f"fields.{name}", spec
    for name, labelled in (("phoneNumbers", fields.phoneNumbers), ("emails", fields.emails)):
        for label, each in labelled.items():
            yield f"fields.{name}.{label}", each
    for name, each in sync.customFields.items():
        yield f"customFields.{name}", each


def unknown_columns(sync: SyncConfig, columns: Sequence[str], name: str = "") -> list[str]:
    """A message for every mapped column that is not among the source's ``columns``; ``name`` is the sync's."""
    prefix = f"syncs.{name}." if name else ""
    return [
        f"unknown column {column!r} ({prefix}{path}): {_offer(column, columns)}"
        for path, column in mapped_columns(sync)
        if column not in columns
    ]


def _offer(column: str, columns: Sequence[str]) -> str:
    if not columns:
        return "the source has no columns"
    shown = ", ".join(columns[:_SHOWN]) + (", …" if len(columns) > _SHOWN else "")
    lowered = {each.lower(): each for each in reversed(columns)}
    near = get_close_matches(column.strip().lower(), lowered, n=1)
    hint = f"; did you mean {lowered[near[0]]!r}?" if near else ""
    return f"the source has {shown}{hint}"
