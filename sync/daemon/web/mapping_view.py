"""``/syncs/NAME/mapping``: which columns make which field, with a row to see it by; what changed, and when. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from sync.daemon.web.site import Moments
from sync.daemon.web.words import Moment
from sync.mapping.options import MappingOptions
from sync.mapping.said import columns_of, spec_said, specs
from sync.run.mapping_notes import MappingNotes
from sync.wording import field_label


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One field: what it is made of, and the cells of the sample row."""

    field: str
    said: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One field that came to be mapped otherwise."""

    field: str
    was: str
    now: str
    when: Moment
    run: int


@dataclass(frozen=True, slots=True)
class MappingView:
    """The mapping. ``sampled``: there is a row to see it by; ``unused``: its columns that are not mapped."""

    key: str
    fields: tuple[FieldLine, ...]
    sampled: bool
    row: int | None
    unused: tuple[str, ...]
    where: str
    changes: tuple[ChangeLine, ...]


def field_name(part: str) -> str:
    """``phoneNumbers.mobile`` as people say it: ``Phone (mobile)``."""
    group, _, label = part.partition(".")
    if group == "customFields":
        return label
    name = field_label(group)
    return f"{name} ({label})" if label else name


def mapping_view(options: MappingOptions, notes: MappingNotes, clock: Moments) -> MappingView:
    """The mapping of a sync."""
    found, cells = specs(options), notes.cells
    used = {column for spec in found.values() for column in columns_of(spec)} | set(options.key or ())
    fields = tuple(
        FieldLine(
            field_name(name),
            spec_said(spec, options),
            tuple(cells[column] for column in columns_of(spec) if cells.get(column)),
        )
        for name, spec in found.items()
    )
    return MappingView(
        key=", ".join(options.key or ()) or "the column of contact ids",
        fields=fields,
        sampled=bool(cells),
        row=notes.row,
        unused=tuple(column for column in cells if column not in used),
        where=", ".join(options.where),
        changes=tuple(
            ChangeLine(field_name(each.part), each.was, each.now, clock.at(each.at), each.run) for each in notes.changes
        ),
    )
