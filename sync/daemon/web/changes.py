"""A change of one contact as the page tells it: what was done to whom, old → new. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sync.contacts.change import Change
from sync.contacts.contact import LISTS, SCALARS, Contact, Desired, FieldChanges, differences
from sync.contacts.person import Person, person_of
from sync.daemon.web import words
from sync.daemon.web.html import contact_link
from sync.state.history import ChangeRecord
from sync.wording import field_label

VERBS = {"create": "Added", "update": "Changed", "delete": "Deleted", "adopt": "Taken over"}
_SAID_BY_THE_NAME = frozenset({"firstName", "lastName"})
_OURS = frozenset({"source", "sourceUrl"})


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
    if contact is None:
        return ()
    fields = differences(None, contact)
    plain = {field_label(name): words.value(change["to"]) for name, change in fields.items() if name not in LISTS}
    lists = (("phoneNumbers", contact.phone_numbers), ("emails", contact.emails))
    items = [(_item(name, item.name), item.value) for name, items in lists for item in items]
    return tuple(ValueView(label, value) for label, value in _in_order(plain, items))


def wanted_values(wanted: Desired | None) -> tuple[ValueView, ...]:
    """Every field that was last sent of a contact, what was cleared included."""
    if wanted is None:
        return ()
    plain = {field_label(name): value or "" for name, value in wanted.scalars.items()}
    more = {name: words.value(value) for name, value in wanted.custom_fields.items()}
    more |= {field_label("sourceUrl"): wanted.source_url} if wanted.source_url else {}
    lists = (("phoneNumbers", wanted.phone_numbers), ("emails", wanted.emails))
    items = [(_item(name, label), ", ".join(values)) for name, of in lists for label, values in of.items()]
    return tuple(ValueView(label, value) for label, value in _in_order(plain | more, items))


def _item(name: str, label: str) -> str:
    return f"{field_label(name)} ({label})" if label else field_label(name)


def _in_order(plain: Mapping[str, str], items: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Names first, then numbers and addresses, then the rest: as the app shows them."""
    first = [field_label(name) for name in SCALARS]
    before = [(label, plain[label]) for label in first if label in plain]
    return [*before, *items, *((label, value) for label, value in plain.items() if label not in first)]


def _view(action: str, whose: tuple[str, str], who: Person, fields: FieldChanges) -> ChangeView:
    sync, external_id = whose
    shown = shown_fields(action, fields)
    return ChangeView(
        action, VERBS.get(action, action), who.short or external_id, external_id,
        contact_link(sync, external_id), shown,
    )  # fmt: skip
