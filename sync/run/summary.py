"""A report put together for people: what is held back and for which reason, problems by reason, changes by field. Pure.

For the terminal, the page to send by mail and the markdown document alike; none of them decides what belongs together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sync.contacts.change import Change
from sync.contacts.person import NOBODY, Person
from sync.contacts.problem import Action, Kind, Problem
from sync.plan.limits import Danger
from sync.plan.same_people import SamePerson
from sync.run.report import SyncReport
from sync.wording import counted, listed

FEW = 10
"""So many changes of one kind are read one by one; more new contacts than that are a load."""

_DOES: Mapping[Action, tuple[str, str]] = {
    "create": ("to add", "added"),
    "update": ("to change", "changed"),
    "delete": ("to delete", "deleted"),
    "adopt": ("to take over as they are", "taken over as they are"),
}


@dataclass(frozen=True, slots=True)
class Pair:
    """A new row, and whom of those whose rows are missing it may be: both by name and key, and why."""

    was: Person
    was_key: str
    now: Person
    now_key: str
    row: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Held:
    """What is held back for one reason. ``changes``: what stands in no pair. ``reasons``: of single ones, by key."""

    danger: Danger
    counts: Mapping[Action, int]
    changes: tuple[Change, ...]
    pairs: tuple[Pair, ...] = ()
    reasons: Mapping[str, str] | None = None

    @property
    def title(self) -> str:
        """``17 deletes held back``."""
        return f"{listed([counted(count, action) for action, count in self.counts.items()])} held back"

    @property
    def besides(self) -> str:
        """What else there is to do than letting them through once."""
        return self.danger.besides or ("" if self.danger.option else self.danger.remedy or "")


@dataclass(frozen=True, slots=True)
class Alike:
    """Problems of one kind, in one column, for one reason."""

    kind: Kind
    column: str | None
    reason: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Changes of one kind. ``fields``: name → in how many. ``load``: so many that only some are examples."""

    action: Action
    changes: tuple[Change, ...]
    fields: Mapping[str, int]
    load: bool

    def short_title(self, *, dry_run: bool) -> str:
        """``146 contacts to add``."""
        return f"{counted(len(self.changes), 'contact')} {_DOES[self.action][0 if dry_run else 1]}"

    def title(self, *, dry_run: bool) -> str:
        """``146 contacts to add: firstName in 146, lastName in 140``."""
        fields = ", ".join(f"{name} in {count:,}" for name, count in self.fields.items())
        what = self.short_title(dry_run=dry_run)
        return f"{what}: {fields}" if fields and self.action != "delete" else what


def held(report: SyncReport) -> list[Held]:
    """What is held back, each reason once, with everything that is held for it."""
    by_danger: dict[Danger, list[Change]] = {}
    reasons: dict[Danger, dict[str, str]] = {}
    pairs: dict[Danger, Sequence[SamePerson]] = {}
    for back in report.held_back:
        by_danger.setdefault(back.danger, []).extend(back.changes)
        reasons.setdefault(back.danger, {}).update(back.reasons)
        pairs.setdefault(back.danger, back.pairs)
    found = []
    for danger, changes in by_danger.items():
        side_by_side = _pairs(pairs[danger], changes)
        paired = {("delete", pair.was_key) for pair in side_by_side} | {("create", p.now_key) for p in side_by_side}
        alone = tuple(change for change in changes if (change.action, change.external_id) not in paired)
        counts = Counter(change.action for change in changes)
        found.append(Held(danger, counts, alone, side_by_side, reasons[danger]))
    return found


def _pairs(same: Sequence[SamePerson], changes: Sequence[Change]) -> tuple[Pair, ...]:
    """Each new row beside whom it most likely is; of a contact that is held for no other row, beside that, too."""
    new = {change.external_id: change for change in changes if change.action == "create"}
    gone = {change.external_id: change.person for change in changes if change.action == "delete"}
    found: list[Pair] = []
    told_new: set[str] = set()
    told_gone: set[str] = set()
    for pair in same:
        if pair.now not in new or (pair.now in told_new and (pair.was in told_gone or pair.was not in gone)):
            continue
        told_new.add(pair.now)
        told_gone.add(pair.was)
        now = new[pair.now]
        found.append(Pair(gone.get(pair.was, NOBODY), pair.was, now.person, pair.now, now.row, pair.why))
    return tuple(found)


def problems(report: SyncReport) -> list[Problem]:
    """What needs a person, beside what is held back."""
    return [problem for problem in report.problems if problem.kind != "held"]


def by_reason(found: Iterable[Problem]) -> list[Alike]:
    """Problems of one reason together, those of which there are most first."""
    groups: dict[tuple[Kind, str | None, str], list[Problem]] = {}
    for problem in found:
        groups.setdefault((problem.kind, problem.column, problem.text), []).append(problem)
    alike = [Alike(*key, tuple(group)) for key, group in groups.items()]
    return sorted(alike, key=lambda group: -len(group.problems))


def groups(report: SyncReport) -> list[Group]:
    """The changes by kind: new contacts, changed ones, deleted ones, and last what was taken over as it is."""
    by_action: dict[Action, list[Change]] = {"create": [], "update": [], "delete": [], "adopt": []}
    for change in report.changes:
        by_action[change.action].append(change)
    mapping_changed = any(warning.kind == "mapping_changed" for warning in report.warnings)
    return [
        Group(action, tuple(changes), _fields(changes), _is_load(action, len(changes), mapping_changed))
        for action, changes in by_action.items()
        if changes
    ]


def _is_load(action: Action, count: int, mapping_changed: bool) -> bool:
    return count > FEW and (action in ("create", "adopt") or (action == "update" and mapping_changed))


def _fields(changes: Iterable[Change]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for change in changes:
        counts.update(change.fields.keys())
    return dict(counts)
