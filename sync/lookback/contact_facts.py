"""One contact, for whoever looks back: what became of its row, what was last sent, every change with its run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sync.contacts.contact import Contact, Desired, FieldChanges, differences, overlay
from sync.contacts.json_value import Json
from sync.contacts.person import NOBODY, Person, person_sent
from sync.contacts.problem import Problem
from sync.mapping.keys import as_it_looks
from sync.state.contacts import Tracked
from sync.state.history import ChangeRecord, RunRecord
from sync.state.lookback import Found
from sync.state.store import State

CANDIDATES = 20
CHANGES = 100

FateKind = Literal[
    "in_step", "afresh", "rejected", "failed", "held", "waiting", "unknown", "deleted", "released", "not_made"
]
"""``afresh``: the next run looks at it, whatever its row says. ``unknown``: a change was sent, and no answer came.
``released``: it is there, but no longer tracked. ``not_made``: nothing came of what was tried."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a contact is kept in the state: the sync, and the contact's externalId."""

    sync: str
    external_id: str


@dataclass(frozen=True, slots=True)
class ContactChange:
    """One change of the contact, and the run that made it."""

    change: ChangeRecord
    run: RunRecord


@dataclass(frozen=True, slots=True)
class Seen:
    """The contact as the workspace held it when it was last looked at, as far as the history knows: in which run."""

    contact: Contact
    run: RunRecord


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of the contact's row. ``run``: the run that did it. ``problem``: why not. ``since``: since when."""

    kind: FateKind
    run: RunRecord | None = None
    problem: Problem | None = None
    since: float | None = None


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """A contact, or a row that never became one.

    ``tracked_since``: when it was made or adopted, as far back as the history reaches; None where that is longer ago.
    ``wanted``: what was last sent; None where nothing was, or where it no longer stands. ``changes``: newest first, no
    more than ``CHANGES``. ``problems``: why its row needs a person.
    """

    at: Place
    person: Person
    contact_id: str | None
    tracked: bool
    fate: Fate
    tracked_since: float | None = None
    wanted: Desired | None = None
    last_seen: Seen | None = None
    problems: tuple[Problem, ...] = ()
    changes: tuple[ContactChange, ...] = ()

    @property
    def sync(self) -> str:
        return self.at.sync

    @property
    def external_id(self) -> str:
        return self.at.external_id

    @property
    def sent(self) -> Mapping[str, Json]:
        """Field → what was last sent of it, as ``FieldChanges`` has it; what the sync owns and left empty is None."""
        return _fields_of(self.wanted) if self.wanted is not None else {}

    @property
    def last_known(self) -> Mapping[str, Json]:
        """Field → what the workspace held when it was last looked at, as far as the history knows."""
        if self.last_seen is None:
            return {}
        return {name: values["to"] for name, values in differences(None, self.last_seen.contact).items()}

    def fate_text(self, when: Callable[[float], str]) -> str:
        """What became of it, as one sentence; ``when`` writes a time."""
        return _fate_text(self, when)


def places(
    state: State, key: str, *, sync: str | None = None, prefixes: Mapping[str, str] | None = None
) -> list[Place]:
    """Where a contact with this key is kept: the source's key, the externalId, or OpenPhone's id of the contact.

    ``prefixes``: sync → its ``key_prefix``, which people leave out. ``sync``: only there. By the first that is found.
    """
    for spelled in dict.fromkeys((key, as_it_looks(key))):
        wanted = [Place(name, spelled) for name in state.lookback.syncs_with(spelled)]
        wanted += [
            Place(name, prefix + spelled)
            for name, prefix in (prefixes or {}).items()
            if prefix and name in state.lookback.syncs_with(prefix + spelled)
        ]
        wanted += [Place(*found) for found in state.lookback.with_contact_id(spelled)] if not wanted else []
        found = [place for place in dict.fromkeys(wanted) if sync in (None, place.sync)]
        if found:
            return found
    return []


def candidates(state: State, text: str, *, sync: str | None = None, limit: int = CANDIDATES) -> list[Found]:
    """Who is called so, or has this number, address or a key that begins so."""
    return state.lookback.search(text, sync=sync, limit=limit)


def contact_facts(state: State, at: Place) -> ContactFacts:
    """All that is known of the contact."""
    tracked = state.lookback.contact(at.sync, at.external_id)
    problems = tuple(state.lookback.problems_of(at.sync, at.external_id))
    pairs = state.lookback.changes_of_contact(at.sync, at.external_id, CHANGES)
    changes = tuple(ContactChange(change, run) for change, run in pairs)
    return ContactFacts(
        at=at,
        person=_person(at, tracked, changes, problems),
        contact_id=tracked.contact_id if tracked else next((one.change.contact_id for one in changes), None),
        tracked=tracked is not None,
        fate=_fate(tracked, changes, problems),
        tracked_since=_since(changes) if tracked else None,
        wanted=_wanted(at, tracked),
        last_seen=_last_seen(changes),
        problems=problems,
        changes=changes,
    )


def compared(facts: ContactFacts, now: Contact) -> FieldChanges:
    """Where the workspace, as it is ``now``, differs from what was sent (``from``), in what the sync owns.

    Where nothing is known to have been sent: from what the history last knew, in every field.
    """
    if facts.wanted is not None:
        found = differences(overlay(facts.wanted, now, now.source or ""), now)
        return {name: values for name, values in found.items() if name != "externalId"}
    return differences(facts.last_seen.contact, now) if facts.last_seen else {}


def _fields_of(wanted: Desired) -> dict[str, Json]:
    fields: dict[str, Json] = dict(wanted.scalars)
    for name, labels in (("phoneNumbers", wanted.phone_numbers), ("emails", wanted.emails)):
        if labels:
            items = [{"name": label, "value": value} for label, values in labels.items() for value in values]
            fields[name] = items or None
    if wanted.source_url is not None:
        fields["sourceUrl"] = wanted.source_url
    return fields | {f"customFields.{key}": value for key, value in wanted.custom_fields.items()}


def _person(
    at: Place, tracked: Tracked | None, changes: Sequence[ContactChange], problems: Sequence[Problem]
) -> Person:
    known = [person_sent(at.external_id, tracked.sent if tracked else None)]
    known += [one.change.person for one in changes[:1]]
    known += [problem.person for problem in problems]
    return next((person for person in known if person != NOBODY), NOBODY)


def _wanted(at: Place, tracked: Tracked | None) -> Desired | None:
    try:
        return Desired.from_json(at.external_id, tracked.sent) if tracked and tracked.sent else None
    except ValueError:
        return None


def _last_seen(changes: Sequence[ContactChange]) -> Seen | None:
    """What the newest change left; what it found, where its outcome was never learnt."""
    for one in changes:
        contact = (one.change.after if one.change.done else None) or one.change.before
        if contact is not None:
            return Seen(contact, one.run)
    return None


def _since(changes: Sequence[ContactChange]) -> float | None:
    for one in changes:
        if one.change.done and one.change.action in ("create", "adopt"):
            return one.run.started_at
    return None


def _fate(tracked: Tracked | None, changes: Sequence[ContactChange], problems: Sequence[Problem]) -> Fate:
    last = changes[0] if changes else None
    run = last.run if last else None
    if problems:
        return Fate(problems[0].kind, run, problems[0])
    if last is not None and not last.change.done:
        return Fate("unknown", run)
    if tracked is not None:
        if tracked.missing_since is not None:
            return Fate("waiting", run, since=tracked.missing_since)
        return Fate("in_step" if tracked.in_step else "afresh", run, since=tracked.changed_at)
    if last is None:
        return Fate("not_made")
    return Fate("deleted" if last.change.action == "delete" else "released", run)


def _fate_text(facts: ContactFacts, when: Callable[[float], str]) -> str:
    fate = facts.fate
    run = f"run {fate.run.id} ({when(fate.run.started_at)})" if fate.run else ""
    if fate.problem is not None:
        return _problem_text(fate.problem)
    last = f"; last changed in {run}" if run else ""
    match fate.kind:
        case "in_step":
            return f"in step with its row{last}"
        case "afresh":
            return f"the next run compares it with its row, whether that changed or not{last}"
        case "waiting":
            since = f" since {when(fate.since)}" if fate.since is not None else ""
            return f"its row is missing{since}: deleted, or held back, once another full read misses it, too"
        case "unknown":
            return f"{run} was cut off while it changed this contact: the outcome is not known; the next run finds out"
        case "deleted":
            return f"deleted in {run}"
        case "released":
            return f"no longer tracked; {run} was the last to change it"
        case _:
            return "nothing is known of it"


def _problem_text(problem: Problem) -> str:
    where = f"row {problem.row}" if problem.row is not None else "its row"
    column = f", {problem.column}" if problem.column else ""
    value = f" {problem.value!r}" if problem.value else ""
    if problem.kind == "held":
        return problem.text
    return f"{problem.kind}: {where}{column}{value}: {problem.text}"
