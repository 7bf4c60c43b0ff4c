"""Rows that stay wrong though a source of changes does not give them again: remembered by key from run to run.

The mark of an incremental source moves once everything was read; a row that was rejected, or that OpenPhone refused,
is reported until it comes again, or until everything is read again. Knows nothing of sources.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence

from sync.contacts.change import Decision
from sync.contacts.json_value import object_in
from sync.contacts.problem import Problem
from sync.plan.plan import Plan
from sync.run.report import SyncReport
from sync.state.store import State

FACT = "open rows"


def still_open(state: State, sync: str, seen: Collection[str], found: Iterable[Decision]) -> list[Problem]:
    """The problems of earlier runs whose rows a read of changes did not give again."""
    new = {(p.column, p.value, p.reason) for p in found if isinstance(p, Problem) and p.external_id is None}
    refused = state.contacts.refusals(sync)
    return [
        problem
        for problem in _remembered(state, sync)
        if (
            problem.external_id not in seen and (problem.kind == "rejected" or problem.external_id in refused)
            if problem.external_id is not None
            else (problem.column, problem.value, problem.reason) not in new
        )
    ]


def go_on_from_here(state: State, report: SyncReport, plan: Plan) -> None:
    """Move the mark of an incremental source, if all was read and nothing is left open but rows that are remembered."""
    if plan.bookmark is None or plan.incomplete is not None or report.status not in ("ok", "partial"):
        return
    refused = state.contacts.refusals(plan.sync)
    settled = [p for p in report.problems if p.kind == "rejected" or (p.kind == "failed" and p.external_id in refused)]
    if len(settled) < len(report.problems):
        return
    _remember(state, plan.sync, settled)
    state.notes.set_bookmark(plan.sync, plan.bookmark)


def _remembered(state: State, sync: str) -> list[Problem]:
    try:
        raw = json.loads(state.notes.fact(sync, FACT) or "[]")
        return [Problem.from_json(object_in(each)) for each in raw]
    except (ValueError, KeyError, TypeError):
        return []


def _remember(state: State, sync: str, problems: Sequence[Problem]) -> None:
    told = json.dumps([problem.to_json() for problem in problems], ensure_ascii=False) if problems else None
    state.notes.set_fact(sync, FACT, told)
