"""What becomes of a row, as one table: of each stage the first line that holds decides. Pure.

A row is looked at in up to three stages, so that most rows cost nothing: as it was read, as the mapping understands
it, and as the workspace has its contact. ``docs/how-it-works.md`` shows the same table; a test keeps the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, Literal, TypeVar

from sync.contacts.change import Adopt, Create, Decision, Delete, InStep, Update
from sync.contacts.contact import NOTHING, Contact, Desired, differences, full_name, overlay
from sync.contacts.person import person_of, person_wanted
from sync.contacts.problem import Problem
from sync.mapping.last_applied import LastApplied
from sync.plan.three_way import Merged, Policies, still_sent, three_way

Stage = Literal["as it was read", "as it is mapped", "as the workspace has it", "no row any more"]
Fate = Literal[
    "rejected", "repeated", "failed", "unchanged", "created", "updated", "adopted",
    "deleted", "held", "waiting", "gone", "let go", "kept",
]  # fmt: skip
"""What a row, or a contact without one, comes to. ``gone``: as if it were not there. ``let go``: tracked no more.

``repeated``: one row with the one before it. ``held``: not before a person decides. ``waiting``: for another read.
"""

Facts = TypeVar("Facts")


@dataclass(frozen=True, slots=True)
class Case(Generic[Facts]):
    """One line of the table: ``when`` in words, ``holds`` in code, and what then happens."""

    when: str
    holds: Callable[[Facts], bool]
    then: Fate
    more: str = ""


@dataclass(frozen=True, slots=True)
class AsRead:
    """What is known of a row before its cells are understood."""

    keyless: bool = False
    repeated: bool = False
    doubled: bool = False
    unclear: bool = False
    deleted: bool = False
    in_step: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True)
class AsMapped:
    """What is known once the mapping has been applied."""

    rejected: bool
    as_sent: bool = False


@dataclass(frozen=True, slots=True)
class AsFound:
    """What is known once the workspace was looked at."""

    exists: bool = True
    unreadable: str | None = None
    owner: str | None = None
    other_tool: str | None = None
    named: bool = False
    tracked: bool = False
    differs: bool = False


@dataclass(frozen=True, slots=True)
class AsMissing:
    """What is known of a contact, or of a create that was cut off, whose row is gone."""

    keep: bool = False
    ours: bool = True
    unreadable: bool = False
    suspected: bool = False
    waits: bool = False


READ: tuple[Case[AsRead], ...] = (
    Case("its key is empty or cannot be read", lambda row: row.keyless, "rejected"),
    Case(
        "a row before it has the same key, as keys look, and the same mapped cells",
        lambda row: row.repeated,
        "repeated",
        "one row",
    ),
    Case("a row before it has the same key, as keys look", lambda row: row.doubled, "rejected"),
    Case("the source cannot say what the record means", lambda row: row.unclear, "rejected"),
    Case("the source says that the record is deleted", lambda row: row.deleted, "gone"),
    Case("it is as it was when its contact was last in step", lambda row: row.in_step, "unchanged"),
    Case("OpenPhone refused just this row before", lambda row: row.refused, "failed", "not sent again"),
)
MAPPED: tuple[Case[AsMapped], ...] = (
    Case("a value cannot be read, or firstName comes out empty", lambda row: row.rejected, "rejected"),
    Case("it wants just what was last sent", lambda row: row.as_sent, "unchanged"),
)
FOUND: tuple[Case[AsFound], ...] = (
    Case(
        "nobody carries its key",
        lambda row: not row.exists,
        "created",
        "held back where it may be a contact whose row is gone",
    ),
    Case("its contact cannot be understood", lambda row: row.unreadable is not None, "failed", "left alone"),
    Case("its contact belongs to another sync", lambda row: row.owner is not None, "failed"),
    Case("its contact carries another tool's source", lambda row: row.other_tool is not None, "failed"),
    Case("its tracked contact is as it wants", lambda row: row.tracked and not row.differs, "unchanged"),
    Case("its tracked contact differs", lambda row: row.tracked, "updated"),
    Case("an untracked contact is as it wants", lambda row: not row.differs, "adopted"),
    Case("an untracked contact differs", lambda row: True, "updated", "counted as adopted, too"),
)
MISSING: tuple[Case[AsMissing], ...] = (
    Case("on_missing is keep", lambda contact: contact.keep, "kept"),
    Case("the workspace has no such contact of ours", lambda contact: not contact.ours, "let go"),
    Case("the workspace's contact cannot be understood", lambda contact: contact.unreadable, "failed", "left alone"),
    Case(
        "a row without a usable key of its own, which had one when the contact was last seen, may be its row",
        lambda contact: contact.suspected,
        "held",
        "unless --max-deletes lets it through",
    ),
    Case(
        "its source is read in several requests, and no read before this one missed it",
        lambda contact: contact.waits,
        "waiting",
    ),
    Case("the workspace has it", lambda contact: True, "deleted", "unless a limit holds it back"),
)


def table() -> list[tuple[Stage, str, str]]:
    """The whole table in words: stage, when, what then happens."""
    stages: list[tuple[Stage, Sequence[Case[AsRead] | Case[AsMapped] | Case[AsFound] | Case[AsMissing]]]] = [
        ("as it was read", READ),
        ("as it is mapped", MAPPED),
        ("as the workspace has it", FOUND),
        ("no row any more", MISSING),
    ]
    return [
        (stage, case.when, f"{case.then} ({case.more})" if case.more else case.then)
        for stage, cases in stages
        for case in cases
    ]


def fate(cases: Sequence[Case[Facts]], facts: Facts) -> Fate | None:
    """What the first line that holds says; None where none does, and the next stage is to decide."""
    for case in cases:
        if case.holds(facts):
            return case.then
    return None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row that is not known to be in step: what it wants its contact to be, and what the state says of it.

    ``contact_id`` is the contact that it had, or that the row itself names; None for a row that is new to us.
    ``tracked``: the state holds that contact for this sync. ``last``: what was last sent there, if that is known.
    ``moved``: the row wants something else than was sent. ``spelled``: the key as the row has it, where the
    workspace may hold the contact under that one. ``begun``: a create of ours was cut off, and may have made it.
    ``policies``: where what the app holds may stay.
    """

    row: int | None
    desired: Desired
    fingerprint: bytes
    contact_id: str | None = None
    tracked: bool = False
    last: LastApplied | None = None
    moved: bool = False
    spelled: str | None = None
    begun: bool = False
    policies: Policies = field(default_factory=dict)

    @property
    def external_id(self) -> str:
        return self.desired.external_id


@dataclass(frozen=True, slots=True)
class Missing:
    """A contact of ours (or one that we may have made before a crash, without ``contact_id``) whose row is gone."""

    external_id: str
    contact_id: str | None
    suspected: bool = False
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """What the sync marks its contacts with (OpenPhone's ``source``). ``own``: the configuration gave it one.

    Then contacts with another's label are another's.
    """

    text: str
    own: bool = False

    def other_tool(self, contact: Contact) -> str | None:
        """The label of another tool that marks this contact, if one does."""
        held = contact.source
        if not self.own or not held or held == self.text or held in LABELS_OF_NOBODY:
            return None
        return held

    def anyone_else(self, contact: Contact) -> str | None:
        """The label of anyone else that marks this contact, if one does, whether or not ours was chosen."""
        held = contact.source
        if not held or held in (self.text, *LABELS_OF_NOBODY) or held.startswith(_LABELS_OF_PEOPLE):
            return None
        return held


LABELS_OF_NOBODY = frozenset({"public-api"})
"""What OpenPhone writes into ``source`` when a contact's maker said nothing."""

_LABELS_OF_PEOPLE = ("openphone", "device", "csv", "other")
"""How OpenPhone's own words begin for a contact that a person made or imported; tools may not use them."""


def decide(wanted: Wanted, found: Sequence[Contact], label: Label, owners: Mapping[str, str]) -> Decision:
    """What to do about one row, given every contact that the workspace holds under its external id (oldest first).

    ``owners``: contact id → another sync that tracks it.
    """
    held = pick(wanted, found)
    row, fingerprint = wanted.row, wanted.fingerprint
    if held is None:
        return Create(wanted.external_id, row, overlay(wanted.desired, None, label.text), wanted.desired, fingerprint)
    contact_id = str(held.id)
    tracked = wanted.tracked and contact_id == wanted.contact_id  # else ours is gone, and this is another's
    named = contact_id == wanted.contact_id  # the row's own cell says that it is this one
    last = wanted.last if tracked else None
    merged = merge(wanted, held, last)
    after = overlay(merged.desired, held, label.text, last.former if last else NOTHING)
    facts = AsFound(
        unreadable=held.unreadable,
        owner=None if tracked else owners.get(contact_id),
        other_tool=None if tracked else label.anyone_else(held) if named else label.other_tool(held),
        named=named,
        tracked=tracked,
        differs=bool(differences(held, after)),
    )
    match fate(FOUND, facts):
        case "unchanged":
            again = last is not None and last.again
            still = last.still if last is not None and not again else None
            still = still_sent(still, merged) if still is not None and last is not None else still
            return InStep(wanted.external_id, contact_id, fingerprint, again, still)
        case "adopted":
            sent = wanted.desired if wanted.begun and held.source == label.text else None
            return Adopt(wanted.external_id, row, contact_id, fingerprint, full_name(held), sent)
        case "updated":
            return Update(wanted.external_id, row, contact_id, held, after, merged.sent, fingerprint, not tracked)
        case _ if held.unreadable is not None:
            return cannot_be_understood(row, wanted.external_id, held)
        case _:
            person = person_wanted(wanted.desired)
            return Problem(row, wanted.external_id, None, None, _claim(facts, label), "failed", person=person)


def merge(wanted: Wanted, held: Contact, last: LastApplied | None) -> Merged:
    """What of the row's wishes the policies let into this contact."""
    standing = last.standing if last else wanted.desired
    merged = three_way(wanted.desired, held, last.sent if last else None, wanted.policies)
    if not merged.kept:
        return replace(merged, sent=standing)
    return replace(merged, sent=three_way(standing, held, last.sent if last else None, wanted.policies).sent)


def cannot_be_understood(row: int | None, external_id: str, held: Contact) -> Problem:
    """A contact that the workspace holds in a form unknown to us: an update would lose what it holds."""
    which = f"the contact {held.id}" if held.id else "the contact"
    reason = f"{which} is left alone: what OpenPhone gives cannot be understood ({held.unreadable}). See to it there."
    return Problem(row, external_id, None, None, reason, "failed", person=person_of(held))


def remove(external_id: str, held: Contact, *, orphan: bool = False) -> Delete:
    """The delete of a contact whose row is gone."""
    return Delete(external_id, str(held.id), held, orphan)


def pick(wanted: Wanted | Missing, found: Sequence[Contact]) -> Contact | None:
    """The contact of ours among doubles; else the oldest."""
    for contact in found:
        if contact.id == wanted.contact_id:
            return contact
    return found[0] if found else None


def _claim(facts: AsFound, label: Label) -> str:
    """Why this contact is not ours to take."""
    if facts.named:
        whose = f"belongs to the sync {facts.owner!r}" if facts.owner else f"carries the source {facts.other_tool!r}"
        return (
            f"the contact whose id stands in this row {whose}: an id in a cell is believed only for contacts that "
            "nobody else marks. Empty the cell, and the row gets a contact of its own"
            + ("." if facts.owner else "; or set source_label to that source to take it over.")
        )
    if facts.owner is not None:
        return (
            f"the contact with this externalId belongs to the sync {facts.owner!r}: two syncs may not share one. "
            "Give one of them a key_prefix; or, if it is this sync that was renamed, give it its old name back, or let "
            f"'openphone-sync state rename {facts.owner} NAME' take its contacts along to the new NAME."
        )
    return (
        f"the contact with this externalId carries the source {facts.other_tool!r}, not {label.text!r}: it is another "
        "tool's. Give this sync a key_prefix, or set source_label to that source to take it over."
    )
