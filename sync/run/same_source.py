"""A source that is what it was, for a sync that is what it was: nothing is read, asked or sent, and the last run's word
holds.

What a run said of its source is noted with what it depends on: the source's version, the mapping and the rest of the
sync's options, this program, and that no other run came between. ``tests/run/test_same_source.py`` holds that a run
which takes the note says what one says that reads everything.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from connectors.base import Connector, HasVersion
from sync import __version__
from sync.contacts.json_value import Json, json_text, list_in, object_in
from sync.contacts.problem import Problem
from sync.contacts.warning import RowWarning
from sync.mapping.compiler import MAPPING_VERSION
from sync.plan.plan import Plan
from sync.run import doubts
from sync.run.job import Job, RunOptions
from sync.run.reading import asked_of_the_source
from sync.run.report import SyncReport
from sync.run.session import Session
from sync.run.verifying import verifying

FACT = "same source"

MOST_TOLD = 1000
"""Problems and warnings that are noted; a source with more of them is read again each time."""

_OF_THE_SOURCE = frozenset({"encoding", "source"})
"""Warnings that each read brings again; what was lost of a value is said once, when the row is brought in step."""


@dataclass(frozen=True, slots=True)
class SameSource:
    """One run's view of it. ``key``: what a note depends on; None where none is made. ``looks``: none is taken."""

    job: Job
    opened: Session
    key: str | None
    looks: bool = False

    @classmethod
    async def of(cls, job: Job, opened: Session, connector: Connector) -> SameSource:
        """The view of this run. Raises SourceError where the source cannot be reached."""
        plain = replace(job.options, dry_run=False, verify=False) == RunOptions()
        if not isinstance(connector, HasVersion) or not plain:
            return cls(job, opened, None)
        with asked_of_the_source():
            version = await connector.version()
        return cls(job, opened, _digest(job, version), verifying(job, opened).everything)

    def told(self) -> bool:
        """Whether the last run's word holds; then the report says it."""
        notes, history = self.opened.state.notes, self.opened.state.history
        if self.key is None or self.looks or self._in_doubt() or (written := notes.fact(self.job.sync, FACT)) is None:
            return False
        last = next((run.id for run in history.runs(self.job.sync, 2) if run.id != self.opened.run), None)
        try:
            noted = object_in(json.loads(written))
            if (noted["key"], noted["run"]) != (self.key, last):
                return False
            _say(self.opened.report, noted)
        except (ValueError, KeyError, TypeError):
            return False
        if self.opened.report.run is not None:
            notes.set_fact(self.job.sync, FACT, json_text({**noted, "run": self.opened.run}))
        return True

    def _in_doubt(self) -> bool:
        """Whether the outcome of something that was sent is not known yet."""
        state = self.opened.state
        return bool(state.contacts.intents(self.job.sync) or doubts.read(state.notes, self.job.sync))

    def forget(self) -> None:
        """Something is about to be done: whatever becomes of it, the note is void."""
        self.opened.state.notes.set_fact(self.job.sync, FACT, None)

    def note(self, plan: Plan) -> None:
        """The plan was carried out to its end."""
        report = self.opened.report
        open_still = plan.held_back or plan.waiting or plan.incomplete or plan.bookmark or report.counts["failed"]
        if self.key is None or open_still or len(report.changes) != len(plan.changes):
            return
        if plan.noted.foreign or self._in_doubt() or not all(problem.cells for problem in report.problems):
            return  # what the workspace has decides, too
        warnings = [warning for warning in report.warnings if warning.kind in _OF_THE_SOURCE]
        if len(report.problems) + len(warnings) > MOST_TOLD:
            return
        there = sum(1 for change in plan.changes if change.action != "delete")
        noted: dict[str, Json] = {
            "key": self.key,
            "run": self.opened.run,
            "rows": plan.rows,
            "unchanged": plan.unchanged + there,
            "rejected": report.counts["rejected"],
            "problems": [problem.to_json() for problem in report.problems],
            "warnings": [warning.to_json() for warning in warnings],
            "details": dict(plan.details),
            "filtered": dict(plan.filtered),
        }
        self.opened.state.notes.set_fact(self.job.sync, FACT, json_text(noted))


def _say(report: SyncReport, noted: Mapping[str, Json]) -> None:
    """Raises ValueError, KeyError or TypeError where this is no note."""
    numbers = {name: int(str(noted[name])) for name in ("rows", "unchanged", "rejected")}
    filtered = {why: int(str(count)) for why, count in object_in(noted["filtered"]).items()}
    problems = [Problem.from_json(object_in(problem)) for problem in list_in(noted["problems"])]
    warnings = [RowWarning.from_json(warning) for warning in list_in(noted["warnings"])]
    details = {name: int(str(count)) for name, count in object_in(noted["details"]).items()}
    report.counts |= {**numbers, "filtered": sum(filtered.values())}
    report.filtered = filtered
    report.problems.extend(problems)
    report.warnings.extend(warnings)
    report.details.update(details)


def _digest(job: Job, version: str) -> str:
    """What decides what a read comes to, beside the state."""
    options = [job.mapping.model_dump_json(), job.safety.model_dump_json(), job.source.options.model_dump_json()]
    whole = json.dumps([__version__, MAPPING_VERSION, job.source.type, version, *options])
    return hashlib.blake2b(whole.encode(), digest_size=16).hexdigest()
