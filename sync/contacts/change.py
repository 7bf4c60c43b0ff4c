"""What may become of a contact: a class for each kind of change, and the row that is in step already. Pure values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Literal, TypeAlias, get_args

from sync.contacts.contact import Contact, Desired, FieldChanges, differences
from sync.contacts.json_value import Json, object_in, text_in
from sync.contacts.person import NOBODY, Person, person_of
from sync.contacts.problem import Action, Problem

COUNTED: Mapping[Action, str] = MappingProxyType(
    {"create": "created", "update": "updated", "delete": "deleted", "adopt": "adopted"}
)
"""What a change counts as once it is made."""


MatchedBy = Literal["phoneNumbers", "emails"]
"""What a contact that nobody tracked was recognised by, where it was not its externalId."""


@dataclass(frozen=True, slots=True)
class InStep:
    """Nothing to do: the contact is as the row wants it. The state may learn the new fingerprint.

    ``as_sent``: the row wants what was last sent. Otherwise the workspace was looked at, and came to be so by other
    hands: of what was last sent only ``still`` stands, what is wanted now just as it was then.
    """

    external_id: str
    contact_id: str
    fingerprint: bytes | None
    as_sent: bool = False
    still: Desired | None = None


@dataclass(frozen=True, slots=True)
class Create:
    """A contact to make: ``after``, whole. ``desired`` and ``fingerprint``: what the state shall remember of the row.

    Without them (an undo) the next run looks at the contact afresh. ``contact_id`` is known once it is made.
    """

    external_id: str
    row: int | None
    after: Contact
    desired: Desired | None = None
    fingerprint: bytes | None = None
    contact_id: str | None = None

    action: ClassVar[Action] = "create"
    before: ClassVar[None] = None
    adopted: ClassVar[bool] = False
    matched_by: ClassVar[None] = None

    @property
    def fields(self) -> FieldChanges:
        return differences(None, self.after)

    @property
    def person(self) -> Person:
        return person_of(self.after)

    @property
    def name(self) -> str | None:
        return self.person.name


@dataclass(frozen=True, slots=True)
class Update:
    """A contact to replace by ``after``, whole; ``before`` is what the workspace holds.

    ``adopted``: it was not tracked, and is from now on. ``matched_by``: it was recognised by this, not by its key.
    ``released``: it is tracked no more (an undo of such an adoption).
    """

    external_id: str
    row: int | None
    contact_id: str
    before: Contact
    after: Contact
    desired: Desired | None = None
    fingerprint: bytes | None = None
    adopted: bool = False
    matched_by: MatchedBy | None = None
    released: bool = False

    action: ClassVar[Action] = "update"

    @property
    def fields(self) -> FieldChanges:
        return differences(self.before, self.after)

    @property
    def person(self) -> Person:
        return person_of(self.after)

    @property
    def name(self) -> str | None:
        return self.person.name


@dataclass(frozen=True, slots=True)
class Delete:
    """A contact whose row is gone. ``before`` is None where nobody looked, since the delete is held back anyway.

    ``orphan``: it was made by a create of ours that was cut off, and never tracked. ``known_as``: whom it was of
    when it was last sent, where nobody looked.
    """

    external_id: str
    contact_id: str
    before: Contact | None = None
    orphan: bool = False
    known_as: Person = NOBODY

    action: ClassVar[Action] = "delete"
    row: ClassVar[None] = None
    after: ClassVar[None] = None
    adopted: ClassVar[bool] = False
    matched_by: ClassVar[None] = None

    @property
    def fields(self) -> FieldChanges:
        return differences(self.before, None)

    @property
    def person(self) -> Person:
        return person_of(self.before) if self.before is not None else self.known_as

    @property
    def name(self) -> str | None:
        return self.person.name


@dataclass(frozen=True, slots=True)
class Adopt:
    """A contact that is as its row wants it already, and is tracked from now on.

    ``sent``: what a create of ours that was cut off made it of; None where we did not make it.
    """

    external_id: str
    row: int | None
    contact_id: str
    fingerprint: bytes | None
    name: str | None = None
    sent: Desired | None = None

    action: ClassVar[Action] = "adopt"
    before: ClassVar[None] = None
    after: ClassVar[None] = None
    adopted: ClassVar[bool] = True
    matched_by: ClassVar[None] = None
    fields: ClassVar[FieldChanges] = MappingProxyType({})

    @property
    def person(self) -> Person:
        return Person(self.name)


Change: TypeAlias = Create | Update | Delete | Adopt
Decision: TypeAlias = Change | InStep | Problem


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one planned change: the change as it was made, or the problem that stopped it."""

    change: Change
    problem: Problem | None = None


def change_to_json(change: Change) -> dict[str, Json]:
    """A plain value from which ``change_from_json`` makes the same change."""
    written: dict[str, Json] = {"action": change.action, "external_id": change.external_id}
    if isinstance(change, Delete):
        written |= {"orphan": change.orphan, "known_as": change.known_as.to_json()}
    else:
        written |= {"row": change.row, "fingerprint": change.fingerprint.hex() if change.fingerprint else None}
    if change.contact_id is not None:
        written["contact_id"] = change.contact_id
    if change.before is not None:
        written["before"] = change.before.to_json()
    if change.after is not None:
        written["after"] = change.after.to_json()
    if isinstance(change, Create | Update):
        written["desired"] = change.desired.to_json() if change.desired else None
    if isinstance(change, Update):
        written |= {"adopted": change.adopted, "matched_by": change.matched_by, "released": change.released}
    if isinstance(change, Adopt):
        written |= {"name": change.name, "sent": change.sent.to_json() if change.sent else None}
    return written


def change_from_json(payload: Json) -> Change:
    """What ``change_to_json`` gave. Raises ValueError where it is none."""
    try:
        whole = object_in(payload)
        return _READERS[str(whole["action"])](whole)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a change: {type(error).__name__} {error}") from error


def _create(whole: Mapping[str, Json]) -> Create:
    external_id = str(whole["external_id"])
    return Create(
        external_id,
        _row(whole),
        Contact.from_json(whole["after"]),
        _desired(external_id, whole),
        _fingerprint(whole),
        text_in(whole.get("contact_id")),
    )


def _update(whole: Mapping[str, Json]) -> Update:
    external_id = str(whole["external_id"])
    return Update(
        external_id,
        _row(whole),
        str(whole["contact_id"]),
        Contact.from_json(whole["before"]),
        Contact.from_json(whole["after"]),
        _desired(external_id, whole),
        _fingerprint(whole),
        whole["adopted"] is True,
        _matched_by(whole.get("matched_by")),
        whole.get("released") is True,
    )


def _delete(whole: Mapping[str, Json]) -> Delete:
    before = whole.get("before")
    held = Contact.from_json(before) if before is not None else None
    known_as = Person.from_json(whole["known_as"])
    return Delete(str(whole["external_id"]), str(whole["contact_id"]), held, whole.get("orphan") is True, known_as)


def _adopt(whole: Mapping[str, Json]) -> Adopt:
    external_id, name, sent = str(whole["external_id"]), text_in(whole.get("name")), whole.get("sent")
    made_of = Desired.from_json(external_id, sent) if sent is not None else None
    return Adopt(external_id, _row(whole), str(whole["contact_id"]), _fingerprint(whole), name, made_of)


def _matched_by(value: Json) -> MatchedBy | None:
    for kind in get_args(MatchedBy):
        if value == kind:
            named: MatchedBy = kind
            return named
    if value is not None:
        raise TypeError(f"{value!r} is nothing to match by")
    return None


_READERS: Mapping[str, Callable[[Mapping[str, Json]], Change]] = {
    "create": _create,
    "update": _update,
    "delete": _delete,
    "adopt": _adopt,
}


def _row(whole: Mapping[str, Json]) -> int | None:
    row = whole["row"]
    if not isinstance(row, int | None):
        raise TypeError(f"row {row!r} is no number")
    return row


def _fingerprint(whole: Mapping[str, Json]) -> bytes | None:
    written = text_in(whole["fingerprint"])
    return bytes.fromhex(written) if written else None


def _desired(external_id: str, whole: Mapping[str, Json]) -> Desired | None:
    return Desired.from_json(external_id, whole["desired"]) if whole["desired"] is not None else None
