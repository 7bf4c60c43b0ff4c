"""A run as a value, and as the JSON that is promised (docs/report.schema.json). Printing for people lives in ``cli``.

Needs nothing but the values it is given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sync.contacts.change import COUNTED, Change, Outcome
from sync.contacts.json_value import Json, json_text
from sync.contacts.problem import Problem
from sync.contacts.warning import RowWarning
from sync.plan.certainty import Waiting
from sync.plan.plan import HeldBack, Plan
from sync.plan.saved import Difference
from sync.redaction import Redactor, shortened

Status = Literal["ok", "partial", "held", "failed", "locked", "stale"]
COUNTS = (
    "rows",
    "created",
    "updated",
    "deleted",
    "unchanged",
    "adopted",
    "rejected",
    "failed",
    "held",
    "waiting",
    "filtered",
    "left",
)
CHANGES = tuple(COUNTED[action] for action in ("create", "update", "delete"))
"""The counts of contacts that are no longer as they were."""

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_PARTIAL, EXIT_HELD, EXIT_LOCKED, EXIT_STALE = 0, 1, 2, 3, 4, 5, 6
_PRECEDENCE = (EXIT_USAGE, EXIT_STALE, EXIT_LOCKED, EXIT_FAILED, EXIT_HELD, EXIT_PARTIAL, EXIT_OK)
_EXITS: Mapping[Status, int] = {
    "stale": EXIT_STALE,
    "locked": EXIT_LOCKED,
    "failed": EXIT_FAILED,
    "held": EXIT_HELD,
    "partial": EXIT_PARTIAL,
    "ok": EXIT_OK,
}


@dataclass(slots=True)
class SyncReport:
    """What one sync's run amounted to. Grows while the run goes on, so that a run cut short can still be told.

    ``misconfigured``: the failure is the configuration's (exit 2). ``cut_short``: we were asked to end it, so that it
    is no failure to tell of. ``stale``: what was approved no longer fits, and where (empty: as a whole). ``concerns``:
    the only contacts that it speaks of (None: all). ``details``: what the source says of its read. ``filtered``: why
    rows were left out, and how many.
    """

    name: str
    dry_run: bool = False
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[RowWarning] = field(default_factory=list)
    details: dict[str, int] = field(default_factory=dict)
    filtered: Mapping[str, int] = field(default_factory=dict)
    held_back: Sequence[HeldBack] = ()
    waiting: Sequence[Waiting] = ()
    requests: int = 0
    seconds: float = 0.0
    error: str | None = None
    locked: bool = False
    misconfigured: bool = False
    cut_short: bool = False
    stale: Sequence[Difference] | None = None
    concerns: Collection[str] | None = None
    run: int | None = None

    @property
    def status(self) -> Status:
        if self.stale is not None:
            return "stale"
        if self.locked:
            return "locked"
        if self.error is not None:
            return "failed"
        if self.counts["held"]:
            return "held"
        return "partial" if self.counts["rejected"] or self.counts["failed"] else "ok"

    @property
    def exit_code(self) -> int:
        return EXIT_USAGE if self.misconfigured else _EXITS[self.status]

    def expect(self, plan: Plan) -> None:
        """What the plan settles without a request: problems, what is held back; and, in a dry run, everything."""
        self.filtered = plan.filtered
        self.counts["filtered"] = sum(plan.filtered.values())
        self.counts["rows"], self.counts["unchanged"] = plan.rows, plan.unchanged
        self.warnings.extend(plan.warnings)
        self.details.update(plan.details)
        self.problems.extend(plan.needing_a_person())
        self.held_back = plan.held_back
        self.waiting = plan.waiting
        self.counts["held"], self.counts["waiting"] = plan.held, len(plan.waiting)
        self.counts["left"] = len(plan.left)
        self.counts["rejected"] = _rows_of([p for p in plan.problems if p.kind == "rejected"])
        self.counts["failed"] = _rows_of([p for p in plan.problems if p.kind == "failed"])
        if self.dry_run:
            for change in plan.changes:
                self._count(change)

    def add(self, outcome: Outcome) -> None:
        """One outcome of the apply."""
        if outcome.problem is not None:
            self.problems.append(outcome.problem)
            self.counts["failed"] += 1
        else:
            self._count(outcome.change)

    def cut(self, goes_on: str) -> None:
        """The run was asked to end. ``goes_on``: how what is left undone will be done."""
        done = sum(self.counts[name] for name in CHANGES)
        self.cut_short = True
        self.error = f"stopped by a signal after {done} changes, which are kept; {goes_on}"

    def tidy(self, redactor: Redactor) -> None:
        """No message holds a secret, or is endless, whoever it came from."""
        self.error = redactor.message(self.error) if self.error is not None else None
        self.problems[:] = [tidied(problem, redactor) for problem in self.problems]
        self.warnings[:] = [replace(warning, text=redactor.said(warning.text)) for warning in self.warnings]

    def in_order(self) -> None:
        """Changes and problems as the source has their rows, whatever was answered first."""
        self.changes.sort(key=_in_source_order)
        self.problems.sort(key=_in_source_order)

    def _count(self, change: Change) -> None:
        self.changes.append(change)
        if change.adopted:
            self.counts[COUNTED["adopt"]] += 1
        if change.action != "adopt":
            self.counts[COUNTED[change.action]] += 1

    def parts(self) -> dict[str, Json | Iterator[Json]]:
        """The sync's part of the document (docs/report.schema.json); its long lists as iterators."""
        return {
            "name": self.name,
            "dry_run": self.dry_run,
            "status": self.status,
            "counts": dict(self.counts),
            "changes": (change_json(change) for change in self.changes),
            "problems": (problem_json(problem) for problem in self.problems),
            "warnings": [warning.to_json() for warning in self.warnings],
            "differences": (difference.to_json() for difference in self.stale or ()),
            "source": dict(self.details),
            "run": self.run,
            "requests": self.requests,
            "seconds": round(self.seconds, 3),
            "error": self.error,
        }

    def to_json(self) -> dict[str, Json]:
        """The sync's part of the document, as a plain value."""
        return {name: list(part) if isinstance(part, Iterator) else part for name, part in self.parts().items()}


def fields_changed(changes: Iterable[Change]) -> dict[str, dict[str, int]]:
    """A summary by field: action → field → in how many contacts; what was only taken over has none."""
    counts: dict[str, Counter[str]] = {}
    for change in changes:
        counts.setdefault(change.action, Counter()).update(change.fields.keys())
    return {action: dict(fields) for action, fields in counts.items()}


def tidied(problem: Problem, redactor: Redactor) -> Problem:
    """The problem without secrets, and not endless, whoever gave its words."""
    reason = redactor.message(problem.reason)
    value = shortened(problem.value) if problem.value else problem.value
    if reason == problem.reason and value == problem.value:
        return problem
    return replace(problem, reason=reason, value=value)


def change_json(change: Change) -> dict[str, Json]:
    """A change as the report promises it."""
    return {
        "action": change.action,
        "external_id": change.external_id,
        "contact_id": change.contact_id,
        "row": change.row,
        "name": change.name,
        "matched_by": change.matched_by,
        "fields": {name: dict(values) for name, values in change.fields.items()},
    }


def problem_json(problem: Problem) -> dict[str, Json]:
    """A problem as the report promises it."""
    return {
        "row": problem.row,
        "external_id": problem.external_id,
        "name": problem.person.name,
        "column": problem.column,
        "value": problem.value,
        "reason": problem.text,
        "kind": problem.kind,
        "action": problem.action,
    }


def document(reports: Sequence[SyncReport], error: str | None = None) -> Iterator[str]:
    """The one JSON document of ``run --output json``, line by line: 100,000 changes take no memory of their own."""
    yield '{"syncs": ['
    for place, report in enumerate(reports):
        parts = report.parts()
        for number, (name, part) in enumerate(parts.items()):
            opening = "{" if number == 0 else " "
            closing = "," if number < len(parts) - 1 else "}" if place == len(reports) - 1 else "},"
            if isinstance(part, Iterator):
                yield f"{opening}{_text(name)}: ["
                yield from _items(part)
                yield f"  ]{closing}"
            else:
                yield f"{opening}{_text(name)}: {_text(part)}{closing}"
    yield f'], "error": {_text(error)}}}'


def _items(values: Iterator[Json]) -> Iterator[str]:
    """One line a value, with commas between them."""
    line: str | None = None
    for value in values:
        if line is not None:
            yield f"{line},"
        line = f"    {_text(value)}"
    if line is not None:
        yield line


def _text(value: Json) -> str:
    return json_text(value)


def exit_code(reports: Sequence[SyncReport]) -> int:
    """The exit code of several syncs together: 2, 6, 5, 1, 4, 3, in this order."""
    codes = {report.exit_code for report in reports}
    return next((code for code in _PRECEDENCE if code in codes), EXIT_OK)


def _in_source_order(item: Change | Problem) -> tuple[bool, int, str]:
    """By row; what has none, such as a delete, comes last, by external id."""
    return (item.row is None, item.row or 0, item.external_id or "")


def _rows_of(problems: Sequence[Problem]) -> int:
    """How many rows these are of. Records without row numbers: a record has one problem in a column, or none."""
    numbered = {(problem.row, problem.external_id) for problem in problems if problem.row is not None}
    columns = Counter((problem.external_id, problem.column) for problem in problems if problem.row is None)
    records: dict[str | None, int] = {}
    for (external_id, _), count in columns.items():
        records[external_id] = max(count, records.get(external_id, 0))
    return len(numbered) + sum(records.values())
