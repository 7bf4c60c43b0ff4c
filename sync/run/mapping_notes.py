"""What people can look up of a mapping: a row as it was read last, and which field's mapping changed when.

Notes in the state for those who look back; no run decides anything by them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.base import Row
from sync.contacts.json_value import Json, json_text, list_in, object_in, text_in
from sync.mapping.fields import shown
from sync.mapping.mapper import Key, Mapper
from sync.mapping.options import MappingOptions
from sync.mapping.said import mapping_said
from sync.redaction import shortened
from sync.state.notes import Notes

SAMPLE, SAID, CHANGED = "mapping_sample", "mapping_said", "mapping_changed"
KEPT = 50
"""Changes of the mapping that are remembered."""


@dataclass(frozen=True, slots=True)
class MappingChange:
    """One field that came to be mapped otherwise. Empty text: it was not mapped, or is not any more."""

    at: float
    run: int
    part: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class MappingNotes:
    """What is noted of one sync's mapping. ``cells``: those of a row as it was read, by column."""

    row: int | None = None
    cells: Mapping[str, str] = field(default_factory=dict)
    changes: tuple[MappingChange, ...] = ()


class Sample:
    """Keeps the first row that says something in most of its columns, of the first few; ``mapper`` knows its key."""

    def __init__(self, mapper: Mapper) -> None:
        self._mapper = mapper
        self._best: Row | None = None
        self._filled = -1
        self._looked_at = 0

    def note(self, row: Row) -> None:
        """One row."""
        if self._looked_at >= 20 or row.deleted or row.problem:
            return
        self._looked_at += 1
        filled = sum(1 for cell in row.cells.values() if shown(cell).strip())
        if filled > self._filled:
            self._best, self._filled = row, filled

    def write(self, notes: Notes, sync: str) -> None:
        """Remember it."""
        if self._best is not None:
            cells = {column: shortened(shown(cell), 120) for column, cell in self._best.cells.items()}
            key = self._mapper.key(self._best) if self._mapper.key_columns else None
            whose = key.external_id if isinstance(key, Key) else None
            written = json_text([{"external_id": whose, "row": self._best.number, "cells": cells}])
            if written != notes.fact(sync, SAMPLE):
                notes.set_fact(sync, SAMPLE, written)


def note_mapping(notes: Notes, sync: str, options: MappingOptions, *, run: int, now: float) -> None:
    """The mapping that a run goes by; where it is another than that of the run before, what changed."""
    said, written = mapping_said(options), notes.fact(sync, SAID)
    known = {part: text_in(words) or "" for part, words in object_in(json.loads(written)).items()} if written else said
    changes: list[Json] = [
        [now, run, part, known.get(part, ""), said.get(part, "")]
        for part in {**known, **said}
        if known.get(part) != said.get(part)
    ]
    if changes:
        before = list_in(json.loads(notes.fact(sync, CHANGED) or "[]"))
        notes.set_fact(sync, CHANGED, json_text([*changes, *before][:KEPT]))
    if changes or not written:
        notes.set_fact(sync, SAID, json_text(dict(said)))


def read_mapping(notes: Notes, sync: str) -> MappingNotes:
    """What is noted; nothing where it cannot be read."""
    try:
        samples = list_in(json.loads(notes.fact(sync, SAMPLE) or "[]"))  # none once its person was forgotten
        sample = object_in(samples[0]) if samples else {"cells": {}}
        row = sample.get("row")
        cells = {column: text_in(cell) or "" for column, cell in object_in(sample["cells"]).items()}
        changes = [list_in(each) for each in list_in(json.loads(notes.fact(sync, CHANGED) or "[]"))]
        return MappingNotes(
            row if isinstance(row, int) else None,
            cells,
            tuple(MappingChange(float(str(at)), int(str(run)), str(part), str(was), str(is_now))
                  for at, run, part, was, is_now in changes),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError):
        return MappingNotes()
