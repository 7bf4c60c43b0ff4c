"""Which notes of the state name people, by key: what must be looked through when somebody is forgotten."""

from __future__ import annotations

from sync.run import doubts, key_facts, mapping_notes, open_rows, spared, unwritten

NAMING_NOTES = frozenset(
    {doubts.FACT, key_facts.REKEYING, mapping_notes.SAMPLE, open_rows.FACT, spared.FACT, unwritten.FACT}
)
