"""A change of one contact as the page tells it: what was done to whom, old → new. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from sync.contacts.change import Change
from sync.contacts.contact import Contact, FieldChanges, differences
from sync.daemon.web import words
from sync.state.history import ChangeRecord

_VERBS = {"create": "Added", "update": "Changed", "delete": "Deleted", "adopt": "Taken over"}
_SAID_BY_THE_NAME = frozenset({"firstName", "lastName"})
_OURS = frozenset({"source", "sourceUrl"})
_LABELS = {
    "firstName": "First name",
    "lastName": "Last name",
    "company": "Company",
    "role": "Role",
    "phoneNumbers": "Phone",
    "emails": "E-mail",
    "sourceUrl": "Link",
    "source": "Source label",
}


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field, before and after; empty text where there was, or is, nothing."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One contact that was, or would be, changed."""

    action: str
    verb: str
    who: str
    external_id: str
    fields: tuple[FieldView, ...]


def from_history(record: ChangeRecord) -> ChangeView:
    """A change that was made."""
    fields = differences(record.before, record.after)
    return _view(record.action, record.external_id, record.before or record.after, fields)


def from_plan(change: Change) -> ChangeView:
    """A change that would be made."""
    return _view(change.action, change.external_id, change.before or change.after, change.fields)


def _view(action: str, external_id: str, contact: Contact | None, fields: FieldChanges) -> ChangeView:
    shown = tuple(
        FieldView(_LABELS.get(name, name), words.value(change["from"]), words.value(change["to"]))
        for name, change in fields.items()
        if action != "delete" and not (action == "create" and name in _SAID_BY_THE_NAME | _OURS)
    )
    return ChangeView(action, _VERBS.get(action, action), _name(contact) or external_id, external_id, shown)


def _name(contact: Contact | None) -> str:
    if contact is None:
        return ""
    names = (contact.scalars.get("firstName"), contact.scalars.get("lastName"))
    return " ".join(name for name in names if name)
