"""How rows are understood in one run: the mapping, whose row is whose, and what the state remembers of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.base import Connector
from sync.mapping.mapper import Mapper
from sync.run.check import Checked
from sync.run.columns_seen import ColumnsSeen
from sync.run.feedback import Feedback, feedback_for
from sync.run.identity import Identity, identity_for
from sync.run.job import Job
from sync.run.remembering import Remembering
from sync.run.session import Session


@dataclass(frozen=True, slots=True)
class Understanding:
    """How rows are understood: what they mean, which contact each is about, who shows what became of them.

    ``tracked``: external id → the fingerprint of the row that its contact was last in step with; None where it may be
    otherwise. ``mapping_changed``: the parts that are mapped otherwise than when the sync was last in step.
    """

    mapper: Mapper
    identity: Identity
    feedback: Feedback
    columns: ColumnsSeen
    tracked: Mapping[str, bytes | None]
    mapping_changed: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, connector: Connector, checked: Checked, memory: Remembering, job: Job, opened: Session
    ) -> Understanding:
        """That of a job whose mapping fits."""
        tracked = opened.state.contacts.fingerprints(job.sync)
        identity = identity_for(connector, job, checked.mapper, opened.state, tracked)
        feedback = feedback_for(connector, job, identity, opened)
        seen = ColumnsSeen(job.mapping, checked.columns, memory.sample)
        return cls(checked.mapper, identity, feedback, seen, tracked, memory.mapping.changed)
