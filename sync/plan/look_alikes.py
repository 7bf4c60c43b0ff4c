"""Contacts that a new row may be already: recognised by number or address, named, or taken over (``match_on``). Pure.

Numbers are compared as E.164, addresses without regard to case.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sync.contacts.change import Create, MatchedBy, Update
from sync.contacts.contact import Contact, full_name, overlay
from sync.contacts.problem import Problem
from sync.contacts.warning import RowWarning
from sync.mapping import values
from sync.plan.decide import Label

KINDS: tuple[MatchedBy, ...] = ("phoneNumbers", "emails")
MOST_NAMED = 4
"""More look-alikes than these are counted, not named."""

_WORDS: Mapping[MatchedBy, str] = {"phoneNumbers": "number", "emails": "address"}
_T = TypeVar("_T")
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stranger:
    """A contact of the workspace that no sync tracks. ``mark``: why it is not ours to take over, if it is not."""

    contact: Contact
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Shared:
    """What a row has in common with others: the first of its numbers or addresses that somebody else has."""

    kind: MatchedBy
    value: str

    @property
    def text(self) -> str:
        return f"{_WORDS[self.kind]} {self.value}"


@dataclass(frozen=True, slots=True)
class Recognised:
    """What becomes of new rows, in their order, and what is to be said of those that stay new."""

    decisions: Sequence[Create | Update | Problem]
    warnings: Sequence[RowWarning]


class Features:
    """The numbers and addresses of a contact in the form in which they are compared."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._readers: Mapping[MatchedBy, Callable[[str], str]] = {"phoneNumbers": self._number, "emails": _address}

    def of(self, contact: Contact, kind: MatchedBy) -> list[str]:
        """Those of one kind, each once."""
        items = contact.phone_numbers if kind == "phoneNumbers" else contact.emails
        return list(dict.fromkeys(self._readers[kind](item.value) for item in items))

    def _number(self, written: str) -> str:
        if _E164.fullmatch(written):
            return written
        try:
            return values.phone(written, self._region)
        except values.ValueUnreadable:
            return written.strip()


def _address(written: str) -> str:
    return written.strip().casefold()


def recognise(
    new: Sequence[Create],
    strangers: Iterable[Stranger],
    match_on: Sequence[MatchedBy],
    label: Label,
    features: Features,
) -> Recognised:
    """Rows that nobody carries the key of: which of them the workspace has already under a number or an address."""
    carriers = _carriers(new, strangers, features)
    picks = {one.external_id: _pick(one, carriers, match_on, features) for one in new}
    claims: dict[str, list[Create]] = defaultdict(list)
    for one in new:
        for stranger in picks[one.external_id][1]:
            claims[str(stranger.contact.id)].append(one)
    decisions: list[Create | Update | Problem] = []
    for one in new:
        shared, found = picks[one.external_id]
        decisions.append(_settled(one, shared, found, claims, label) if shared else one)
    still_new = [one for one in decisions if isinstance(one, Create)]
    return Recognised(
        decisions, [*_alike_in_the_workspace(still_new, carriers, features), *alike_rows(still_new, features)]
    )


Carriers = Mapping[Shared, Sequence[Stranger]]


def _carriers(new: Sequence[Create], strangers: Iterable[Stranger], features: Features) -> Carriers:
    """Who carries a number or an address that a new row has."""
    asked = {Shared(kind, value) for one in new for kind in KINDS for value in features.of(one.after, kind)}
    carriers: dict[Shared, list[Stranger]] = defaultdict(list)
    for stranger in strangers:
        for kind in KINDS:
            for value in features.of(stranger.contact, kind):
                if (shared := Shared(kind, value)) in asked:
                    carriers[shared].append(stranger)
    return carriers


def _pick(
    one: Create, carriers: Carriers, kinds: Sequence[MatchedBy], features: Features
) -> tuple[Shared | None, Sequence[Stranger]]:
    """Who the row may be, by the first kind that anybody has in common with it."""
    for kind in kinds:
        shared = [with_ for v in features.of(one.after, kind) if (with_ := Shared(kind, v)) in carriers]
        found = {str(each.contact.id): each for with_ in shared for each in carriers[with_]}
        if found:
            return shared[0], list(found.values())
    return None, ()


def _settled(
    one: Create, shared: Shared, found: Sequence[Stranger], claims: Mapping[str, Sequence[Create]], label: Label
) -> Create | Update | Problem:
    """The row takes the only one over; whatever else there is needs a person."""
    rivals = {rival.external_id: rival for each in found for rival in claims[str(each.contact.id)] if rival is not one}
    if len(found) > 1:
        reason = (
            f"{len(found)} contacts that no sync tracks have the {shared.text}: {_named(found)}. It cannot be told "
            "which of them this row is: nothing was made. Delete those that are too many in OpenPhone; or, if none of "
            "them is this person, leave match_on out for one run"
        )
    elif rivals:
        rows = _several(sorted([one, *rivals.values()], key=_place), _row)
        reason = (
            f"{rows} match {_named(found)} ({shared.text}): it cannot be told whose contact it is, and nothing was "
            "sent. Correct what they have in common, or leave match_on out for one run: each row then gets a contact"
            " of its own"
        )
    elif found[0].mark is not None:
        reason = (
            f"{_named(found)} has the {shared.text}, but {found[0].mark}: it is not taken over, and nothing was made. "
            "If this row is to have a contact of its own beside it, leave match_on out for one run"
        )
    else:
        return _taken_over(one, shared.kind, found[0].contact, label)
    return Problem(one.row, one.external_id, None, shared.value, reason, "rejected", person=one.person)


def _taken_over(one: Create, kind: MatchedBy, held: Contact, label: Label) -> Create | Update:
    if one.desired is None:
        return one
    after = overlay(one.desired, held, label.text)
    return Update(
        one.external_id,
        one.row,
        str(held.id),
        held,
        after,
        one.desired,
        one.fingerprint,
        adopted=True,
        matched_by=kind,
    )


def _alike_in_the_workspace(new: Sequence[Create], carriers: Carriers, features: Features) -> list[RowWarning]:
    warnings = []
    for one in new:
        shared, found = _pick(one, carriers, KINDS, features)
        if shared is not None:
            text = (
                f"{_row(one)}: the workspace has {_named(found)} with the same {shared.text}, whom no sync tracks; the "
                "row gets a contact of its own. If they are one person, 'match_on' takes that contact over"
            )
            warnings.append(RowWarning("look_alike", text, one.row, one.external_id))
    return warnings


def alike_rows(new: Sequence[Create], features: Features) -> list[RowWarning]:
    """New rows that have a number, or an address, in common: one word for each such group."""
    groups: dict[Shared, list[Create]] = defaultdict(list)
    for one in new:
        for kind in KINDS:
            for value in features.of(one.after, kind):
                groups[Shared(kind, value)].append(one)
    told: set[tuple[str, ...]] = set()
    warnings = []
    for shared, rows in groups.items():
        who = tuple(one.external_id for one in rows)
        if len(rows) < 2 or who in told:
            continue
        told.add(who)
        text = f"{_several(rows, _row)} have the same {shared.text}: each gets a contact of its own"
        warnings.append(RowWarning("look_alike", text, rows[1].row, rows[1].external_id))
    return warnings


def _named(found: Sequence[Stranger]) -> str:
    return _several(found, lambda stranger: _contact(stranger.contact))


def _contact(contact: Contact) -> str:
    """A contact of the workspace: its name and id, and by what it is somebody's."""
    marks = {"externalId": contact.external_id, "source": contact.source if contact.external_id else None}
    borne = "".join(f", {name} {value!r}" for name, value in marks.items() if value)
    return f"{full_name(contact) or 'a contact without a name'} (contact {contact.id}{borne})"


def _row(one: Create) -> str:
    """A new row: its number, whose it is, its key."""
    whose = f"{one.person.text} ({one.external_id})" if one.person.text else one.external_id
    return f"row {one.row}, {whose}"


def _several(things: Sequence[_T], name: Callable[[_T], str]) -> str:
    named = [name(thing) for thing in things[:MOST_NAMED]]
    if len(things) > MOST_NAMED:
        named.append(f"{len(things) - MOST_NAMED} more")
    return " and ".join(filter(None, (", ".join(named[:-1]), named[-1])))


def _place(one: Create) -> tuple[int, str]:
    return (one.row or 0, one.external_id)
