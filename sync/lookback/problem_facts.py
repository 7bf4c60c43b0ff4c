"""Problems by reason, for whoever puts them right: 96 rows with one mistake are one line. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sync.contacts.problem import Action, Kind, Problem

_ORDER: Mapping[Kind, int] = {"held": 0, "failed": 1, "rejected": 2}
_VARIES = re.compile(r"'[^']*'|\"[^\"]*\"|[^\s@,;:()]+@[^\s@,;:()]+|\+?\d[\d\s().-]*\d|\d+", re.ASCII)
_GAP = "…"


@dataclass(frozen=True, slots=True)
class ProblemGroup:
    """Problems that are one and the same but for whose they are.

    ``reason``: as all of them say it, with ``…`` where they differ. ``remedy``: what to do about all of them, if they
    agree on it. ``problems``: each as it was, in the order of their rows.
    """

    kind: Kind
    action: Action | None
    column: str | None
    reason: str
    remedy: str | None
    problems: tuple[Problem, ...]

    @property
    def count(self) -> int:
        """How many rows or contacts."""
        return len(self.problems)


def grouped(problems: Iterable[Problem]) -> tuple[ProblemGroup, ...]:
    """The problems by reason: what is held first, then what failed, then what was rejected; the most frequent first."""
    groups: dict[tuple[Kind, Action | None, str | None, str], list[Problem]] = {}
    for problem in problems:
        what = (problem.kind, problem.action, problem.column, _pattern(problem))
        groups.setdefault(what, []).append(problem)
    made = [_group(pattern, tuple(members)) for (_, _, _, pattern), members in groups.items()]
    return tuple(sorted(made, key=lambda group: (_ORDER[group.kind], -group.count)))


def what_to_do(problem: Problem) -> str:
    """What a person does about it, in a sentence that can stand alone."""
    if problem.remedy:
        return problem.remedy
    row = f"row {problem.row}" if problem.row is not None else "the row"
    if problem.kind == "held":
        return "look at it with 'openphone-sync run --dry-run'"
    if problem.kind == "failed":
        return f"correct {row} in the source: it is sent again once it changes"
    return f"correct {problem.column or 'it'} in {row} of the source: the next run takes it"


def _group(pattern: str, members: tuple[Problem, ...]) -> ProblemGroup:
    first = members[0]
    reasons, remedies = ({said(problem) for problem in members} for said in (_reason, _remedy))
    reason = first.reason if len(reasons) == 1 else pattern
    remedy = first.remedy if len(remedies) == 1 else None
    return ProblemGroup(first.kind, first.action, first.column, reason, remedy, members)


def _reason(problem: Problem) -> str:
    return problem.reason


def _remedy(problem: Problem) -> str | None:
    return problem.remedy


def _pattern(problem: Problem) -> str:
    """The reason without what is the row's own: its key, its person, its value, and every number and quotation."""
    reason = problem.reason
    own = (problem.external_id, problem.value, problem.person.name, problem.person.number)
    for word in sorted({word for word in own if word and len(word) > 1 and word in reason}, key=len, reverse=True):
        reason = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", _GAP, reason)
    return _VARIES.sub(_GAP, reason)
