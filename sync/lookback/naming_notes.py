"""Which notes of the state name people, by key: what must be looked through when somebody is forgotten."""

from __future__ import annotations

from sync.run import doubts, key_facts, open_rows, unwritten

NAMING_NOTES = frozenset({doubts.FACT, key_facts.REKEYING, open_rows.FACT, unwritten.FACT})
