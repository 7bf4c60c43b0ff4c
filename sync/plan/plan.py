"""The plan: what a run will do, decided before anything is done. Pure: no I/O, no clock.

``decide`` settles one row, ``Plan.build`` gathers the decisions and holds back what a safety limit forbids.
Whatever counts, prints or saves a plan needs nothing but the plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from sync.contacts.contact import Contact, Desired, differences, overlay
from sync.contacts.problem import Problem
from sync.plan.limits import Limit

Action = Literal["create", "update", "delete", "adopt"]
FLOOR = 5
"""A limit of the configuration never holds back fewer changes than this."""

NO_FIELDS: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
SOURCES_OF_NOBODY = frozenset({"public-api"})
"""What OpenPhone writes into ``source`` when a contact's maker said nothing."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row that is not known to be in step: what it wants its contact to be, and what the state says of it.

    ``contact_id`` is the contact that it had, or that the row itself names; None for a row that is new to us.
    ``tracked``: the state holds that contact for this sync.
    """

    row: int | None
    desired: Desired
    fingerprint: bytes
    contact_id: str | None = None
    tracked: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to do. ``adopted``: the contact is tracked from now on, whatever else changes.

    ``fields``: ``{"lastName": {"from": "Doe", "to": "Roe"}}``. ``before``: what the workspace holds.
    ``desired`` and ``fingerprint`` are what the state shall remember; ``after`` is the whole contact to send.
    """

    action: Action
    external_id: str
    row: int | None = None
    contact_id: str | None = None
    fields: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: NO_FIELDS)
    before: Contact | None = None
    after: Contact | None = None
    desired: Desired | None = None
    fingerprint: bytes | None = None
    adopted: bool = False

    def to_json(self) -> dict[str, Any]:
        """As the report's ``changes`` promise it."""
        return {
            "action": self.action,
            "external_id": self.external_id,
            "contact_id": self.contact_id,
            "row": self.row,
            "fields": {name: dict(change) for name, change in self.fields.items()},
        }


@dataclass(frozen=True, slots=True)
class InStep:
    """Nothing to do: the contact is as the row wants it. The state may learn the new fingerprint.

    ``as_sent``: the row wants what was last sent. Otherwise the workspace was looked at, and came to be so by other
    hands: what was last sent says nothing any more.
    """

    external_id: str
    contact_id: str
    fingerprint: bytes
    as_sent: bool = False


Decision = Change | InStep | Problem


def decide(
    wanted: Wanted, found: Sequence[Contact], *, source: str, own_label: bool, owners: Mapping[str, str]
) -> Decision:
    """What to do about one row, given every contact that the workspace holds under its external id (oldest first).

    ``owners``: contact id → another sync that holds it. ``own_label``: the sync was given a source label of its own,
    so that contacts with another's label are another's.
    """
    desired = wanted.desired
    held = _pick(wanted, found)
    if held is None:
        after = overlay(desired, None, source)
        return Change(
            "create",
            desired.external_id,
            wanted.row,
            fields=differences(None, after),
            after=after,
            desired=desired,
            fingerprint=wanted.fingerprint,
        )
    tracked = wanted.tracked and held.id == wanted.contact_id  # or ours is gone, and this is another's under its id
    claim = None if tracked else _claim(held, source, own_label, owners)
    if claim is not None:
        return Problem(wanted.row, desired.external_id, None, None, claim, "failed")
    after = overlay(desired, held, source)
    fields = differences(held, after)
    if not fields and tracked:
        return InStep(desired.external_id, str(held.id), wanted.fingerprint)
    if not fields:
        return Change("adopt", desired.external_id, wanted.row, held.id, fingerprint=wanted.fingerprint, adopted=True)
    return Change(
        "update",
        desired.external_id,
        wanted.row,
        held.id,
        fields,
        held,
        after,
        desired,
        wanted.fingerprint,
        adopted=not tracked,
    )


def remove(external_id: str, held: Contact) -> Change:
    """The delete of a contact whose row is gone."""
    return Change("delete", external_id, None, held.id, differences(held, None), before=held)


def _pick(wanted: Wanted, found: Sequence[Contact]) -> Contact | None:
    """The contact of ours among doubles; else the oldest."""
    for contact in found:
        if contact.id == wanted.contact_id:
            return contact
    return found[0] if found else None


def _claim(held: Contact, source: str, own_label: bool, owners: Mapping[str, str]) -> str | None:
    """Why this contact is not ours to take, or None."""
    owner = owners.get(str(held.id))
    if owner is not None:
        return (
            f"the contact with this externalId belongs to the sync {owner!r}: two syncs may not share one. "
            "Give one of them a key_prefix; or, if it is this sync that was renamed, give it its old name back."
        )
    if own_label and held.source and held.source != source and held.source not in SOURCES_OF_NOBODY:
        return (
            f"the contact with this externalId carries the source {held.source!r}, not {source!r}: it is another "
            "tool's. Give this sync a key_prefix, or set source_label to that source to take it over."
        )
    return None


@dataclass(frozen=True, slots=True)
class Limits:
    """The safety limits of one run. ``deletes_exact``: given for this run alone, hence without the floor."""

    deletes: Limit
    updates: Limit
    deletes_exact: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What the source gave, as far as deletes depend on it."""

    rows: int
    keyless: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will do (``changes``), what a limit holds back (``held``) and why (``reasons``, by action)."""

    changes: tuple[Change, ...] = ()
    held: tuple[Change, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    in_step: tuple[InStep, ...] = ()
    problems: tuple[Problem, ...] = ()

    @classmethod
    def build(cls, decisions: Iterable[Decision], *, held: int, limits: Limits, reading: Reading) -> Plan:
        """Gather the decisions; above a limit all deletes, or all updates, are held back, not some.

        ``held``: how many contacts the sync held before the run.
        """
        changes: list[Change] = []
        in_step: list[InStep] = []
        problems: list[Problem] = []
        for decision in decisions:
            if isinstance(decision, Change):
                changes.append(decision)
            elif isinstance(decision, InStep):
                in_step.append(decision)
            else:
                problems.append(decision)
        changes.sort(key=lambda change: (_ORDER[change.action], change.row or 0, change.external_id))
        reasons = _reasons_to_hold(changes, held, limits, reading)
        kept = tuple(change for change in changes if change.action not in reasons)
        back = tuple(change for change in changes if change.action in reasons)
        return cls(kept, back, reasons, tuple(in_step), (*problems, *_held_problems(back, reasons)))

    def count(self, action: Action) -> int:
        """How many changes of this kind will be made; an adopted contact that also changes counts as both."""
        if action == "adopt":
            return sum(1 for change in self.changes if change.adopted)
        return sum(1 for change in self.changes if change.action == action)


_ORDER: Mapping[str, int] = {"adopt": 0, "create": 1, "update": 2, "delete": 3}


def _reasons_to_hold(changes: Sequence[Change], held: int, limits: Limits, reading: Reading) -> dict[str, str]:
    deletes = sum(1 for change in changes if change.action == "delete")
    updates = sum(1 for change in changes if change.action == "update")
    adopted = sum(1 for change in changes if change.adopted)
    reasons = {
        "delete": deletes_refused(deletes, held, limits, reading),
        "update": _updates_refused(updates, held + adopted, limits),
    }
    return {action: reason for action, reason in reasons.items() if reason is not None}


def deletes_refused(deletes: int, held: int, limits: Limits, reading: Reading) -> str | None:
    """Why this many deletes are held back, or None; the sentence that the user reads."""
    if deletes == 0:
        return None
    allowed = limits.deletes.allows(held)
    pass_once = f"if they are meant, run once with --max-deletes {deletes}"
    if limits.deletes_exact:
        if deletes > allowed:
            return f"{deletes} deletes of {held} contacts held are more than --max-deletes {limits.deletes} allows"
        return None
    if reading.rows == 0:
        return f"the source has no rows, which would delete {deletes} of {held} contacts held; {pass_once}"
    if reading.keyless:
        return (
            f"{reading.keyless} row(s) have no usable key, so it cannot be told which of the {deletes} missing "
            f"contacts they are; give them their key, or {pass_once}"
        )
    if deletes > max(FLOOR, allowed):
        limit = f"max_deletes ({limits.deletes})"
        return f"{deletes} deletes of {held} contacts held are more than {limit} allows; {pass_once}"
    return None


def _updates_refused(updates: int, held: int, limits: Limits) -> str | None:
    if updates > max(FLOOR, limits.updates.allows(held)):
        return (
            f"{updates} updates of {held} contacts held are more than max_updates ({limits.updates}) allows: "
            "look at the plan (run --dry-run); if they are meant, raise max_updates for one run"
        )
    return None


def _held_problems(back: Sequence[Change], reasons: Mapping[str, str]) -> Iterable[Problem]:
    for change in back:
        reason = f"{change.action} held back: {reasons[change.action]}"
        yield Problem(change.row, change.external_id, None, None, reason, "held")
