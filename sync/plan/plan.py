"""The plan: everything that a run will do and remember, decided before anything is done. Pure: no I/O, no clock.

Whatever counts, prints, saves, checks or applies a plan needs nothing but the plan.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from sync.contacts.change import (
    Change,
    Decision,
    Delete,
    InStep,
    Update,
    change_from_json,
    change_to_json,
)
from sync.contacts.contact import Desired
from sync.contacts.json_value import Json, list_in, object_in, text_in
from sync.contacts.problem import Action, Problem, action_in
from sync.contacts.warning import RowWarning
from sync.plan.certainty import CERTAIN, Doubt, Waiting, deletes_held
from sync.plan.displaced import displaced_held
from sync.plan.let_through import UNDECIDED, Decided
from sync.plan.limits import Danger, Limits, pass_once
from sync.plan.moved_rows import creates_of_held, deletes_of_held
from sync.plan.noted import NOTHING_NOTED, Noted
from sync.plan.rewrites import mapping_warnings, rewrites
from sync.plan.same_people import SamePerson

FORMAT = 1
"""The form of a plan's JSON; raise it when an older program would misread a newer plan."""

Which = tuple[Action, str, str | None]
"""What tells a change from the others of its plan: its action, external id and contact id."""

_ORDER: Mapping[Action, int] = MappingProxyType({"adopt": 0, "create": 1, "update": 2, "delete": 3})


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Changes of one kind that are held back for one reason: why, and what lets them through.

    ``reasons``: external id → why just this one, where each has a reason of its own. ``pairs``: who may be whom, where
    these are new rows that may be people whose rows are missing, or those people.
    """

    action: Action
    danger: Danger
    changes: tuple[Change, ...]
    reasons: Mapping[str, str] = field(default_factory=dict)
    pairs: tuple[SamePerson, ...] = ()

    def without(self, through: Collection[str]) -> HeldBack:
        """What stays held back once a person lets the changes of these contacts through."""
        return replace(self, changes=tuple(change for change in self.changes if change.external_id not in through))

    def problems(self) -> Iterator[Problem]:
        """A problem for each, as people are told of it."""
        for change in self.changes:
            reason = self.reasons.get(change.external_id, self.danger.reason)
            yield Problem(
                row=change.row,
                external_id=change.external_id,
                column=None,
                value=None,
                reason=reason,
                kind="held",
                action=self.action,
                remedy=self.danger.remedy,
                person=change.person,
            )


@dataclass(frozen=True, slots=True)
class Findings:
    """What reading the source, and looking at the workspace, came to: what a plan is built from.

    ``tracked``: how many contacts the sync tracked before the run. ``gone``: tracked contacts, or creates that were
    cut off, which the workspace does not have: the state lets them go. ``details``: what the source says of its read.
    ``incomplete``: why the source was not read to its end, if it was not. ``bookmark``: where an incremental source
    goes on next time. ``mapping_changed`` and ``as_before``: as ``plan.rewrites`` understands them. ``doubt``: why
    deletes are not certain. ``waiting``: missing, but not for long enough. ``same_people``: new rows that may be
    contacts whose rows are missing, the likeliest first. ``own_rows``: contacts whose key an earlier row has, too → the
    row that is as they were. ``filtered``: why ``where`` left rows out → how many. ``read``: how many rows there were
    with those; None: ``rows``.
    """

    rows: int = 0
    unchanged: int = 0
    tracked: int = 0
    decisions: Sequence[Decision] = ()
    gone: Sequence[str] = ()
    warnings: Sequence[RowWarning] = ()
    doubt: Doubt = CERTAIN
    waiting: Sequence[Waiting] = ()
    noted: Noted = NOTHING_NOTED
    same_people: Sequence[SamePerson] = ()
    details: Mapping[str, int] = field(default_factory=dict)
    bookmark: str | None = None
    incomplete: str | None = None
    mapping_changed: frozenset[str] = frozenset()
    as_before: Mapping[str, frozenset[str]] = field(default_factory=dict)
    own_rows: Mapping[str, int | None] = field(default_factory=dict)
    filtered: Mapping[str, int] = field(default_factory=dict)
    read: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run of ``sync`` will send (``changes``), what it holds back, what it will remember and report.

    ``in_step``: rows whose contacts need nothing, but whose new fingerprints the state shall learn.
    ``problems``: rows that need a person, beside those that are held back. ``left``: whose changes are left for the
    next run, since this one was asked to do only some. The rest is as in ``Findings``.
    """

    sync: str
    rows: int = 0
    unchanged: int = 0
    changes: tuple[Change, ...] = ()
    held_back: tuple[HeldBack, ...] = ()
    in_step: tuple[InStep, ...] = ()
    gone: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[RowWarning, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    noted: Noted = NOTHING_NOTED
    details: Mapping[str, int] = field(default_factory=dict)
    bookmark: str | None = None
    incomplete: str | None = None
    filtered: Mapping[str, int] = field(default_factory=dict)
    left: tuple[str, ...] = ()

    @classmethod
    def build(cls, sync: str, found: Findings, limits: Limits, decided: Decided = UNDECIDED) -> Plan:
        """Gather the decisions; above a limit all deletes, updates, or rewrites are held back, not some.

        Deletes that are not certain are held by themselves. ``decided``: what a person let through, or left out.
        """
        in_step = tuple(decision for decision in found.decisions if isinstance(decision, InStep))
        problems = tuple(decision for decision in found.decisions if isinstance(decision, Problem))
        changes = [decision for decision in found.decisions if not isinstance(decision, InStep | Problem)]
        changes.sort(key=lambda change: (_ORDER[change.action], change.row or 0, change.external_id))
        doubtful = _under_other_keys(sync, changes, found, limits)
        others = {change for back in doubtful for change in map(_which, back.changes)}
        stopped = (*doubtful, *_held_back_of(changes, found, limits, besides=others))
        stopped = (*stopped, *_spared(changes, stopped, decided, limits))
        held_back = tuple(back for each in stopped if (back := each.without(decided.through)).changes)
        held = {change for back in held_back for change in map(_which, back.changes)}
        updates = [change for change in changes if isinstance(change, Update)]
        return cls(
            sync=sync,
            rows=found.rows if found.read is None else found.read,
            unchanged=found.unchanged,
            changes=tuple(change for change in changes if _which(change) not in held),
            held_back=held_back,
            in_step=in_step,
            gone=tuple(found.gone),
            problems=problems,
            warnings=(*found.warnings, *mapping_warnings(updates, found.mapping_changed)),
            waiting=tuple(sorted(found.waiting, key=lambda contact: contact.external_id)),
            noted=found.noted,
            details=dict(found.details),
            bookmark=found.bookmark,
            incomplete=found.incomplete,
            filtered=dict(found.filtered),
        )

    def count(self, action: Action) -> int:
        """How many changes of this kind will be made; an adopted contact that also changes counts as both."""
        if action == "adopt":
            return sum(1 for change in self.changes if change.adopted)
        return sum(1 for change in self.changes if change.action == action)

    @property
    def held(self) -> int:
        """How many changes are held back."""
        return sum(len(back.changes) for back in self.held_back)

    def needing_a_person(self) -> Iterator[Problem]:
        """Every problem, those of what is held back last."""
        yield from self.problems
        for back in self.held_back:
            yield from back.problems()

    def checksum(self) -> str:
        """Equal for two plans that send the same, in whatever order: which contacts, and what each shall be."""
        sent = sorted(json.dumps(_sent(change), sort_keys=True) for change in self.changes)
        return hashlib.sha256("\n".join([self.sync, *sent]).encode()).hexdigest()

    def to_json(self) -> dict[str, Json]:
        """A plain value from which ``from_json`` makes the same plan."""
        return {
            "format": FORMAT,
            "sync": self.sync,
            "checksum": self.checksum(),
            "rows": self.rows,
            "unchanged": self.unchanged,
            "changes": [change_to_json(change) for change in self.changes],
            "held_back": [
                {
                    "action": back.action,
                    "reason": back.danger.reason,
                    "remedy": back.danger.remedy,
                    "option": back.danger.option,
                    "besides": back.danger.besides,
                    "changes": [change_to_json(change) for change in back.changes],
                    "reasons": dict(back.reasons),
                    "pairs": [pair.to_json() for pair in back.pairs],
                }
                for back in self.held_back
            ],
            "in_step": [
                [
                    s.external_id,
                    s.contact_id,
                    s.fingerprint.hex() if s.fingerprint else None,
                    s.as_sent,
                    s.still.to_json() if s.still else None,
                ]
                for s in self.in_step
            ],
            "gone": self.gone,
            "problems": [problem.to_json() for problem in self.problems],
            "warnings": [warning.to_json() for warning in self.warnings],
            "waiting": [contact.to_json() for contact in self.waiting],
            "noted": self.noted.to_json(),
            "details": dict(self.details),
            "bookmark": self.bookmark,
            "incomplete": self.incomplete,
            "filtered": dict(self.filtered),
            "left": self.left,
        }

    @classmethod
    def from_json(cls, payload: Json) -> Plan:
        """What ``to_json`` gave. Raises ValueError where it is none, or was written by a newer program."""
        try:
            whole = object_in(payload)
            if whole["format"] != FORMAT:
                raise ValueError(f"a plan of the form {whole['format']!r}; this program knows {FORMAT}")
            plan = _read(whole)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a plan: {type(error).__name__} {error}") from error
        if plan.checksum() != whole["checksum"]:
            raise ValueError("not a plan as it was written: its checksum is another")
        return plan


def _held_back_of(
    changes: Sequence[Change], found: Findings, limits: Limits, *, besides: Collection[Which]
) -> Iterator[HeldBack]:
    """What is held back ``besides`` what is already; a limit counts that, too."""
    deletes = [change for change in changes if isinstance(change, Delete)]
    already = set(besides)
    for danger, held in deletes_held(deletes, found.doubt, limits, tracked=found.tracked, rows=found.rows):
        if left := tuple(change for change in held if _which(change) not in already):
            already |= set(map(_which, left))
            yield HeldBack("delete", danger, left)
    updates = [change for change in changes if isinstance(change, Update)]
    judged = found.tracked + sum(1 for change in changes if change.adopted)
    if refused := limits.updates_refused(len(updates), judged):
        yield HeldBack("update", refused, tuple(updates))
        return
    rewriting = rewrites(updates, found.mapping_changed, found.as_before)
    if refused := rewriting.refused(limits, judged):
        yield HeldBack("update", refused, rewriting.updates)
        left_over = [change for change in changes if _which(change) not in already]
        yield from _held_with(rewriting.updates, left_over, refused)
        return
    for danger, update in displaced_held(rewriting.updates, found.own_rows, limits):
        yield HeldBack("update", danger, (update,))


def _held_with(rewriting: Sequence[Update], changes: Sequence[Change], refused: Danger) -> Iterator[HeldBack]:
    """Deletes and creates of people who are among those held rewrites, under another row's key."""
    groups: tuple[tuple[Action, Iterator[tuple[Change, str]]], ...] = (
        ("delete", deletes_of_held(rewriting, changes)),
        ("create", creates_of_held(rewriting, changes)),
    )
    for action, found in groups:
        reasons = {change.external_id: (change, reason) for change, reason in found}
        if reasons:
            danger = Danger("their rows seem to have other rows' keys", refused.remedy)
            held = tuple(change for change, _ in reasons.values())
            yield HeldBack(action, danger, held, {key: reason for key, (_, reason) in reasons.items()})


def _spared(
    changes: Sequence[Change], stopped: Sequence[HeldBack], decided: Decided, limits: Limits
) -> Iterator[HeldBack]:
    """What a person left out when others were let through stays held, though no limit would hold so few."""
    if limits.for_this_run or not decided.spared:
        return
    held = {change for back in stopped for change in map(_which, back.changes)}
    left = [change for change in changes if change.external_id in decided.spared and _which(change) not in held]
    for action in dict.fromkeys(change.action for change in left):
        mine = tuple(change for change in left if change.action == action)
        remedy = pass_once(len(mine)) if action == "delete" else None
        yield HeldBack(action, Danger("you left it out when the others were let through", remedy), mine)


def _which(change: Change) -> Which:
    """What tells a change from the others of its plan."""
    return (change.action, change.external_id, change.contact_id)


def _under_other_keys(sync: str, changes: Sequence[Change], found: Findings, limits: Limits) -> tuple[HeldBack, ...]:
    """New rows that may be contacts whose rows are missing are held back, and the deletes of those with them."""
    was = {pair.was: pair.text for pair in sorted(found.same_people, key=lambda pair: pair.likely)}
    now = {pair.now: pair.text for pair in reversed(found.same_people)}
    deletes = sum(1 for change in changes if isinstance(change, Delete))
    danger = limits.other_keys_refused(len(was), deletes, found.tracked, sync)
    if danger is None:
        return ()
    groups: list[tuple[Action, Mapping[str, str]]] = [("create", now), ("delete", was)]
    held = [
        HeldBack(
            action,
            danger,
            tuple(change for change in changes if change.action == action and change.external_id in reasons),
            reasons,
            tuple(found.same_people),
        )
        for action, reasons in groups
    ]
    return tuple(back for back in held if back.changes)


def _sent(change: Change) -> list[Json]:
    """What a change sends: nothing for what is only taken over, and nothing of what OpenPhone itself adds."""
    after = change.after.to_json() if change.after is not None else {}
    sent = {name: value for name, value in after.items() if name not in ("id", "createdAt")}
    return [change.action, change.external_id, change.contact_id, sent]


def _read(whole: Mapping[str, Json]) -> Plan:
    return Plan(
        sync=str(whole["sync"]),
        rows=_number(whole["rows"]),
        unchanged=_number(whole["unchanged"]),
        changes=tuple(map(change_from_json, list_in(whole["changes"]))),
        held_back=tuple(map(_held_back, list_in(whole["held_back"]))),
        in_step=tuple(map(_in_step, list_in(whole["in_step"]))),
        gone=_texts(whole["gone"]),
        problems=tuple(Problem.from_json(object_in(raw)) for raw in list_in(whole["problems"])),
        warnings=tuple(map(RowWarning.from_json, list_in(whole["warnings"]))),
        waiting=tuple(map(Waiting.from_json, list_in(whole["waiting"]))),
        noted=Noted.from_json(whole["noted"]),
        details={name: _number(value) for name, value in object_in(whole["details"]).items()},
        bookmark=text_in(whole["bookmark"]),
        incomplete=text_in(whole["incomplete"]),
        filtered={why: _number(count) for why, count in object_in(whole.get("filtered", {})).items()},
        left=_texts(whole.get("left", ())),
    )


def _held_back(raw: Json) -> HeldBack:
    whole = object_in(raw)
    reason, remedy = text_in(whole["reason"]) or "", text_in(whole["remedy"])
    danger = Danger(reason, remedy, text_in(whole.get("option")), text_in(whole.get("besides")))
    changes = tuple(map(change_from_json, list_in(whole["changes"])))
    reasons = {external_id: text_in(reason) or "" for external_id, reason in object_in(whole["reasons"]).items()}
    pairs = tuple(map(SamePerson.from_json, list_in(whole.get("pairs", []))))
    return HeldBack(action_in(whole["action"]), danger, changes, reasons, pairs)


def _in_step(raw: Json) -> InStep:
    external_id, contact_id, fingerprint, as_sent, still = list_in(raw)
    key, written = str(external_id), text_in(fingerprint)
    return InStep(
        key,
        str(contact_id),
        bytes.fromhex(written) if written else None,
        as_sent is True,
        Desired.from_json(key, still) if still is not None else None,
    )


def _texts(raw: Json) -> tuple[str, ...]:
    return tuple(str(text) for text in list_in(raw))


def _number(raw: Json) -> int:
    if not isinstance(raw, int):
        raise TypeError(f"{raw!r} is no number")
    return raw
