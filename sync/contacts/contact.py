"""A contact in canonical form: what we want, what the workspace holds, when the two are equal, what to send.

Pure values; knows the shape of OpenPhone's JSON (documented: list, create and update a contact) but never speaks to it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from sync.contacts.json_value import Json, list_in, object_in, text_in

FieldValue: TypeAlias = str | bool | int | float | tuple[str, ...] | None
"""What a row may want a custom field to be; a date is ``YYYY-MM-DD``, options are a tuple."""

FieldType = Literal["address", "string", "url", "boolean", "number", "date", "multi-select"]

SCALARS = ("firstName", "lastName", "company", "role")
LISTS = ("phoneNumbers", "emails")

RESERVED_SOURCES = frozenset({"openphone", "device", "csv", "zapier", "google-people", "other"})
RESERVED_SOURCE_PREFIXES = ("openphone", "csv")
EXTERNAL_ID_MAX = 75
SOURCE_MAX = 72
SOURCE_URL_MAX = 200


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)", re.ASCII)


def is_reserved_source(source: str) -> bool:
    """Whether OpenPhone refuses this ``source`` (documented: create a contact)."""
    return source in RESERVED_SOURCES or source.startswith(RESERVED_SOURCE_PREFIXES)


def sendable_source(held: str | None, label: str) -> str:
    """The ``source`` that a contact keeps, unless it has none that OpenPhone would take: then ``label``."""
    return label if held is None or is_reserved_source(held) else held


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field as the workspace defines it: ``GET /v1/contact-custom-fields``."""

    name: str
    key: str
    type: FieldType


@dataclass(frozen=True, slots=True)
class Desired:
    """What one row wants its contact to be: only what the sync owns.

    ``scalars``: OpenPhone's field name → text or None (cleared).
    ``phoneNumbers``/``emails``: label → values in order, E.164 and addresses; an empty tuple clears the label.
    ``custom_fields``: key → value, None where it is cleared.
    ``source_url`` is None where the sync does not map it.
    """

    external_id: str
    scalars: Mapping[str, str | None]
    phone_numbers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    emails: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    custom_fields: Mapping[str, Json] = field(default_factory=dict)
    source_url: str | None = None

    def to_json(self) -> dict[str, Json]:
        """A plain value that survives JSON: what the state remembers as last sent."""
        return {
            "scalars": dict(self.scalars),
            "phoneNumbers": {label: list(values) for label, values in self.phone_numbers.items()},
            "emails": {label: list(values) for label, values in self.emails.items()},
            "customFields": {k: list(v) if isinstance(v, tuple) else v for k, v in self.custom_fields.items()},
            "sourceUrl": self.source_url,
        }

    @classmethod
    def from_json(cls, external_id: str, payload: Json) -> Desired:
        """What ``to_json`` gave, for the row with this key. Raises ValueError where it is none."""
        try:
            whole = object_in(payload)
            return cls(
                external_id=external_id,
                scalars={name: text_in(value) for name, value in object_in(whole["scalars"]).items()},
                phone_numbers=_labelled(whole["phoneNumbers"]),
                emails=_labelled(whole["emails"]),
                custom_fields={key: canonical(v, None) for key, v in object_in(whole["customFields"]).items()},
                source_url=text_in(whole["sourceUrl"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not what a row wants: {type(error).__name__} {error}") from error


@dataclass(frozen=True, slots=True)
class Item:
    """A phone number or an e-mail address under its label (``name`` in OpenPhone's JSON)."""

    name: str
    value: str


FieldChanges: TypeAlias = Mapping[str, Mapping[str, Json]]
"""What differs between two contacts: ``{"lastName": {"from": "Doe", "to": "Roe"}}``."""

_Value: TypeAlias = "Json | tuple[Item, ...]"


@dataclass(frozen=True, slots=True)
class Contact:
    """A whole contact as the workspace holds it, or shall hold it.

    ``custom_fields``: key → canonical value, empty ones left out. ``id`` and ``created_at`` are OpenPhone's.
    ``unreadable``: why the workspace's contact cannot be understood; it is then to be left alone.
    """

    scalars: Mapping[str, str | None]
    phone_numbers: tuple[Item, ...] = ()
    emails: tuple[Item, ...] = ()
    custom_fields: Mapping[str, Json] = field(default_factory=dict)
    external_id: str | None = None
    source: str | None = None
    source_url: str | None = None
    id: str | None = None
    created_at: str = ""
    unreadable: str | None = None

    @classmethod
    def from_json(cls, payload: Json) -> Contact:
        """The contact in an answer of OpenPhone (documented: list contacts). Raises ValueError where it is none."""
        try:
            whole = object_in(payload)
            default = object_in(whole["defaultFields"])
            return cls(
                id=text_in(whole["id"]),
                external_id=text_in(whole.get("externalId")),
                source=text_in(whole.get("source")),
                source_url=text_in(whole.get("sourceUrl")),
                scalars={name: text_in(default.get(name)) or None for name in SCALARS},
                phone_numbers=_items(default.get("phoneNumbers")),
                emails=_items(default.get("emails")),
                custom_fields=_custom_values(whole.get("customFields")),
                created_at=text_in(whole.get("createdAt")) or "",
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a contact: {type(error).__name__} {error}") from error

    def to_json(self) -> dict[str, Json]:
        """A plain value from which ``from_json`` makes the same contact: what the state keeps for undo."""
        return {
            "id": self.id,
            "externalId": self.external_id,
            "source": self.source,
            "sourceUrl": self.source_url,
            "createdAt": self.created_at,
            "defaultFields": {
                **self.scalars,
                "phoneNumbers": [{"name": item.name, "value": item.value} for item in self.phone_numbers],
                "emails": [{"name": item.name, "value": item.value} for item in self.emails],
            },
            "customFields": [
                {"key": key, "type": "multi-select" if isinstance(value, tuple) else None, "value": _plain(value)}
                for key, value in self.custom_fields.items()
            ],
        }

    def body(self, definitions: Mapping[str, CustomField]) -> dict[str, Json]:
        """The JSON to POST or PATCH: always whole, since PATCH replaces; items without their ``id``.

        Custom fields that the workspace no longer defines are left out: sending one is a 400.
        """
        body: dict[str, Json] = {
            "defaultFields": {
                **{name: self.scalars.get(name) for name in SCALARS},
                "phoneNumbers": [{"name": item.name, "value": item.value} for item in self.phone_numbers],
                "emails": [{"name": item.name, "value": item.value} for item in self.emails],
            },
            "customFields": [
                {"key": key, "value": _outgoing(value, definitions[key].type)}
                for key, value in self.custom_fields.items()
                if key in definitions
            ],
        }
        optional = {"externalId": self.external_id, "source": self.source, "sourceUrl": self.source_url}
        return body | {name: value for name, value in optional.items() if value is not None}

    def body_over(self, before: Contact, definitions: Mapping[str, CustomField]) -> dict[str, Json]:
        """The JSON to PATCH ``before`` with: a link that goes is null (documented), should leaving it out not do."""
        gone: dict[str, Json] = {"sourceUrl": None} if before.source_url and not self.source_url else {}
        return self.body(definitions) | gone


@dataclass(frozen=True, slots=True)
class Former:
    """What a sync wrote to a contact and no longer wants there: under labels that it no longer maps, or as its link."""

    phone_numbers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    emails: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source_url: str | None = None


NOTHING = Former()


def overlay(desired: Desired, held: Contact | None, label: str, former: Former = NOTHING) -> Contact:
    """The whole contact to send: what the sync owns from ``desired``, everything else as ``held``.

    ``label`` marks a contact that we make; one that we find keeps its own, unless OpenPhone would refuse it.
    What is ``former`` goes where it is still as it was written.
    """
    base = held or Contact(scalars={})
    custom = {**base.custom_fields, **desired.custom_fields}
    return replace(
        base,
        external_id=desired.external_id,
        source=sendable_source(base.source, label),
        source_url=desired.source_url or (base.source_url if base.source_url != former.source_url else None),
        scalars={name: desired.scalars.get(name, base.scalars.get(name)) for name in SCALARS},
        phone_numbers=_relabel(_without(base.phone_numbers, former.phone_numbers, digits), desired.phone_numbers),
        emails=_relabel(_without(base.emails, former.emails, str.casefold), desired.emails),
        custom_fields={key: value for key, value in custom.items() if value is not None and value != ()},
    )


def full_name(contact: Contact | None) -> str | None:
    """The name that people know a contact by, as far as it has one."""
    names = (contact.scalars.get("firstName"), contact.scalars.get("lastName")) if contact else ()
    return " ".join(name for name in names if name) or None


def differences(before: Contact | None, after: Contact | None) -> FieldChanges:
    """What differs, field by field: ``{"lastName": {"from": "Doe", "to": "Roe"}}``; empty where all is equal.

    Dates are compared by day, options as sets, items without regard to order, addresses without regard to case.
    """
    if before is None or after is None:
        return {
            name: {"from": _shown(value), "to": None} if after is None else {"from": None, "to": _shown(value)}
            for name, value in _comparable(before or after).items()
            if name != "externalId" and _is_filled(value)  # that one is said beside the fields already
        }
    old, new = _comparable(before), _comparable(after)
    names = [*old, *(name for name in new if name not in old)]
    return {
        name: {"from": _shown(old.get(name)), "to": _shown(new.get(name))}
        for name in names
        if not _same(old.get(name), new.get(name)) and _key(name, old.get(name)) != _key(name, new.get(name))
    }


def _comparable(contact: Contact | None) -> dict[str, _Value]:
    if contact is None:
        return {}
    return {
        "externalId": contact.external_id,
        **{name: contact.scalars.get(name) for name in SCALARS},
        "phoneNumbers": contact.phone_numbers,
        "emails": contact.emails,
        "sourceUrl": contact.source_url,
        **{f"customFields.{key}": value for key, value in sorted(contact.custom_fields.items())},
    }


def _same(one: _Value, other: _Value) -> bool:
    """Whether the two are the same to the letter, so that nothing needs to be compared. Not where 1 equals True."""
    return one is other or (isinstance(one, str) and one == other) or (_all_items(one) and one == other)


def _all_items(value: _Value) -> bool:
    return isinstance(value, tuple) and all(isinstance(item, Item) for item in value)


def _is_filled(value: _Value) -> bool:
    """Whether this differs from nothing."""
    return bool(value.strip()) if isinstance(value, str) else value is not None and value != ()


def _key(name: str, value: _Value) -> Hashable:
    """What decides equality of one field's value."""
    if name in LISTS:
        fold = str.casefold if name == "emails" else digits
        return frozenset(Counter((item.name, fold(item.value)) for item in _items_of(value)).items())
    if isinstance(value, tuple):
        return frozenset(_plain_key(option) for option in value)
    return (value.strip() or None) if isinstance(value, str) else _plain_key(value)


def _plain_key(value: Json | Item) -> Hashable:
    if isinstance(value, bool):
        return ("boolean", value)  # True == 1 in Python, not in OpenPhone
    return value if isinstance(value, str | int | float | None) else repr(value)


def _items_of(value: _Value) -> list[Item]:
    return [item for item in value if isinstance(item, Item)] if isinstance(value, tuple) else []


def digits(number: str) -> str:
    """What decides whether two phone numbers are one."""
    return "".join(char for char in number if char.isdigit() or char == "+")


def _shown(value: _Value) -> Json:
    if isinstance(value, tuple):
        return [{"name": v.name, "value": v.value} if isinstance(v, Item) else v for v in value] or None
    return value


def _items(raw: Json) -> tuple[Item, ...]:
    items = (object_in(item) for item in list_in(raw))
    return tuple(Item(text_in(i.get("name")) or "", str(text_in(i["value"]))) for i in items if i.get("value"))


def _labelled(raw: Json) -> dict[str, tuple[str, ...]]:
    return {label: tuple(str(value) for value in list_in(values)) for label, values in object_in(raw).items()}


def _relabel(held: tuple[Item, ...], owned: Mapping[str, tuple[str, ...]]) -> tuple[Item, ...]:
    kept = tuple(item for item in held if item.name not in owned)
    return tuple(Item(label, value) for label, values in owned.items() for value in values) + kept


def _without(
    held: tuple[Item, ...], written: Mapping[str, tuple[str, ...]], fold: Callable[[str], str]
) -> tuple[Item, ...]:
    """``held`` without what was written under these labels and is as it was written."""
    ours = {(label, fold(value)) for label, values in written.items() for value in values}
    return tuple(item for item in held if (item.name, fold(item.value)) not in ours)


def _custom_values(raw: Json) -> dict[str, Json]:
    items = [object_in(item) for item in list_in(raw)]
    values = {str(item["key"]): canonical(item.get("value"), item.get("type")) for item in items}
    return {key: value for key, value in values.items() if value is not None and value not in ((), "")}


def canonical(value: Json, kind: Json) -> Json:
    """A custom field's value as the workspace gives it, in canonical form (dates by day, options as a tuple)."""
    if isinstance(value, list):
        return tuple(value)
    if kind == "date" and isinstance(value, str) and _DAY.match(value):
        return value[:10]
    return value


def _plain(value: Json) -> Json:
    return list(value) if isinstance(value, tuple) else value


def _outgoing(value: Json, kind: FieldType) -> Json:
    if kind == "date" and isinstance(value, str) and _DAY.match(value):  # else it is sent back as it came
        return f"{value[:10]}T00:00:00.000Z"
    return _plain(value)
