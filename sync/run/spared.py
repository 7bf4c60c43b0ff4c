"""Whom a person left out when other held changes were let through: remembered, so that no later run does it unasked."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sync.contacts.json_value import json_text, list_in
from sync.plan.let_through import Decided
from sync.plan.plan import Plan
from sync.run.job import Job
from sync.state.notes import Notes

FACT = "spared"


def decided(job: Job, notes: Notes) -> Decided:
    """What was decided of held changes, for a run that is asked for this job."""
    through = frozenset(job.options.through)
    return Decided(through, _read(job.sync, notes) - through)


def spare(sync: str, notes: Notes, left_out: Iterable[str], through: Iterable[str]) -> None:
    """These were left out, and those let through."""
    _write(sync, notes, (_read(sync, notes) | frozenset(left_out)) - frozenset(through))


def forget_those_settled(plan: Plan, job: Job, notes: Notes) -> None:
    """A whole run was carried out: whoever was not held in it is settled, by their row or by a person."""
    if job.options.partial or plan.incomplete is not None or plan.bookmark is not None:
        return
    held = {change.external_id for back in plan.held_back for change in back.changes}
    _write(job.sync, notes, _read(job.sync, notes) & held)


def _read(sync: str, notes: Notes) -> frozenset[str]:
    return frozenset(str(key) for key in list_in(json.loads(notes.fact(sync, FACT) or "[]")))


def _write(sync: str, notes: Notes, keys: frozenset[str]) -> None:
    if keys != _read(sync, notes):
        notes.set_fact(sync, FACT, json_text(sorted(keys)) if keys else None)
