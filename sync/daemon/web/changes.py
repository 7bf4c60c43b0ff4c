"""A change of one contact as the page tells it: what was done to whom, old → new. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sync.contacts.change import Change
from sync.contacts.contact import Contact, Desired, FieldChanges, differences
from sync.contacts.json_value import Json
from sync.contacts.person import Person, person_of
from sync.daemon.web import words
from sync.daemon.web.html import contact_link
from sync.state.history import ChangeRecord

VERBS = {"create": "Added", "update": "Changed", "delete": "Deleted", "adopt": "Taken over"}
_SAID_BY_THE_NAME = frozenset({"firstName", "lastName"})
_OURS = frozenset({"source", "sourceUrl"})
LABELS = {
    "firstName": "First name",
    "lastName": "Last name",
    "company": "Company",
    "role": "Role",
    "phoneNumbers": "Phone",
    "emails": "E-mail",
    "sourceUrl": "Link",
    "source": "Source label",
    "externalId": "Key",
}


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field, before and after; empty text where there was, or is, nothing."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One contact that was, or would be, changed. ``done``: its outcome is known."""

    action: str
    verb: str
    who: str
    external_id: str
    href: str
    fields: tuple[FieldView, ...]
    done: bool = True


@dataclass(frozen=True, slots=True)
class ValueView:
    """One field of a contact."""

    label: str
    value: str


def field_label(name: str) -> str:
    """A field's name as people say it; a custom field's key is its name."""
    return LABELS.get(name, name.removeprefix("customFields."))


def from_history(record: ChangeRecord, sync: str) -> ChangeView:
    """A change that was made."""
    who = person_of(record.before or record.after)
    return replace(_view(record.action, (sync, record.external_id), who, record.fields), done=record.done)


def from_plan(change: Change, sync: str) -> ChangeView:
    """A change that would be made."""
    who = person_of(change.before) if change.before is not None else change.person
    return _view(change.action, (sync, change.external_id), who, change.fields)


def shown_fields(action: str, fields: FieldChanges) -> tuple[FieldView, ...]:
    """The fields that are worth a line: a deletion has none, and a new contact's name is said already."""
    return tuple(
        FieldView(field_label(name), words.value(change["from"]), words.value(change["to"]))
        for name, change in fields.items()
        if action != "delete" and not (action == "create" and name in _SAID_BY_THE_NAME | _OURS)
    )


def contact_values(contact: Contact | None) -> tuple[ValueView, ...]:
    """Every field that a contact has."""
    fields = differences(None, contact) if contact is not None else {}
    return tuple(ValueView(field_label(name), words.value(change["to"])) for name, change in fields.items())


def sent_values(external_id: str, sent: Mapping[str, Json] | None) -> tuple[ValueView, ...]:
    """Every field that was last sent of a contact, what was cleared included."""
    try:
        desired = Desired.from_json(external_id, sent) if sent else None
    except ValueError:
        return ()
    if desired is None:
        return ()
    listed = (("phoneNumbers", desired.phone_numbers), ("emails", desired.emails))
    labelled = {
        f"{field_label(name)} ({label})": ", ".join(values) for name, items in listed for label, values in items.items()
    }
    found = {field_label(name): value or "" for name, value in desired.scalars.items()} | labelled
    found |= {name: words.value(value) for name, value in desired.custom_fields.items()}
    found |= {field_label("sourceUrl"): desired.source_url} if desired.source_url else {}
    return tuple(ValueView(label, value) for label, value in found.items())


def _view(action: str, whose: tuple[str, str], who: Person, fields: FieldChanges) -> ChangeView:
    sync, external_id = whose
    shown = shown_fields(action, fields)
    return ChangeView(
        action, VERBS.get(action, action), who.short or external_id, external_id,
        contact_link(sync, external_id), shown,
    )  # fmt: skip
