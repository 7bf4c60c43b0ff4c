"""What the state remembers of a run beside its contacts: before anything is sent, and once all of it was done.

What each fact is for is said where it is read: keys, encoding, mapping, first creates, the last look at everything.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.base import Connector
from sync.mapping.mapper import Mapper
from sync.plan.plan import Plan
from sync.run import encoding, spared
from sync.run.job import Job
from sync.run.key_facts import note_keys
from sync.run.mapping_memory import MappingMemory
from sync.run.mapping_notes import Sample, note_mapping
from sync.run.newcomers import begin_creates, end_creates
from sync.run.same_source import SameSource
from sync.run.session import Session
from sync.run.verifying import note_verified


@dataclass(frozen=True, slots=True)
class Remembering:
    """The facts of one run. ``sample``: a row of it, for people who look at the mapping."""

    job: Job
    opened: Session
    mapping: MappingMemory
    same: SameSource
    sample: Sample

    @classmethod
    def of(cls, job: Job, opened: Session, mapper: Mapper, same: SameSource) -> Remembering:
        """Those of this run, whose rows are mapped by ``mapper``."""
        return cls(job, opened, MappingMemory(opened.state.notes, job.sync, mapper), same, Sample(mapper))

    def before(self, plan: Plan, connector: Connector) -> None:
        """The plan, made from what the connector read, is about to be carried out."""
        self.same.forget()
        note_keys(self.job, self.opened.state)
        encoding.remember(connector, self.job, self.opened)
        self.mapping.begin()
        begin_creates(self.job, self.opened, plan)
        notes, now = self.opened.state.notes, self.opened.at.clock.now()
        note_mapping(notes, self.job.sync, self.job.mapping, run=self.opened.run, now=now)
        self.sample.write(notes, self.job.sync)

    def after(self, plan: Plan) -> None:
        """The plan was carried out to its end. Of a run that was asked for a part it is as if it had been cut off."""
        if self.job.options.partial:
            return
        self.mapping.carried_out(plan)
        note_verified(plan, self.opened)
        spared.forget_those_settled(plan, self.job, self.opened.state.notes)
        end_creates(self.job, self.opened)
        self.same.note(plan)
