"""A contact by its parts: each field, label and custom field with the values in it, as they decide equality. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from sync.contacts.change import Update
from sync.contacts.contact import SCALARS, Contact, Desired, digits
from sync.contacts.json_value import Json

Values: TypeAlias = tuple[str, ...]
Parts: TypeAlias = Mapping[str, Values]
"""``{"firstName": ("ana",), "phoneNumbers.mobile": ("+14155550100",)}``; what is empty is left out."""

Changed: TypeAlias = Mapping[str, tuple[Values, Values]]
"""Part → its values before and after."""


def field_of(part: str) -> str:
    """The field, as a report names it, that a part belongs to."""
    name = part.partition(".")[0]
    return name if name in ("phoneNumbers", "emails") else part


def parts_of(contact: Contact) -> dict[str, Values]:
    """Every part of a contact that holds something."""
    found = _scalars(contact.scalars)
    for item in contact.phone_numbers:
        part = f"phoneNumbers.{item.name}"
        found[part] = (*found.get(part, ()), digits(item.value))
    for item in contact.emails:
        part = f"emails.{item.name}"
        found[part] = (*found.get(part, ()), item.value.casefold())
    found |= {f"customFields.{key}": _custom(value) for key, value in contact.custom_fields.items()}
    if contact.source_url:
        found["sourceUrl"] = (contact.source_url,)
    return {part: values for part, values in found.items() if values}


def changed_parts(update: Update) -> Changed:
    """The parts that an update changes."""
    before, after = parts_of(update.before), parts_of(update.after)
    return {
        part: (before.get(part, ()), after.get(part, ()))
        for part in {**before, **after}
        if set(before.get(part, ())) != set(after.get(part, ()))
    }


def same_wishes(changed: Changed, desired: Desired, sent: Desired) -> frozenset[str]:
    """The changed parts for which the row wants what was last sent: another hand changed them, not the source."""
    if not changed:
        return frozenset()
    now, then = _wishes(desired), _wishes(sent)
    return frozenset(part for part in changed if part in then and now.get(part) == then[part])


def _wishes(desired: Desired) -> dict[str, object]:
    """What is said of each part, cleared ones included."""
    wishes: dict[str, object] = {**desired.scalars, "sourceUrl": desired.source_url}
    wishes |= {f"phoneNumbers.{label}": tuple(values) for label, values in desired.phone_numbers.items()}
    wishes |= {f"emails.{label}": tuple(values) for label, values in desired.emails.items()}
    return wishes | {f"customFields.{key}": value for key, value in desired.custom_fields.items()}


def _scalars(scalars: Mapping[str, str | None]) -> dict[str, Values]:
    found = {name: folded(scalars.get(name) or "") for name in SCALARS}
    return {name: (text,) for name, text in found.items() if text}


def folded(text: str) -> str:
    """Text without regard to case and to how many spaces stand where."""
    return " ".join(text.casefold().split())


def _custom(value: Json) -> Values:
    if value is None or value == "":
        return ()
    if isinstance(value, tuple | list):
        return tuple(sorted(str(option) for option in value))
    return (str(value),)
