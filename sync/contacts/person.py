"""Whom a row, a contact or a change is about, as people name them: name, company, number. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from sync.contacts.contact import Contact, Desired
from sync.contacts.json_value import Json, object_in, text_in


@dataclass(frozen=True, slots=True)
class Person:
    """``number``: the first phone number, or the first address where there is none. All None: nothing is known."""

    name: str | None = None
    company: str | None = None
    number: str | None = None

    @property
    def text(self) -> str:
        """``Ana Roe (Acme, +14155550100)``; the company, or the number, where there is no name; empty for nobody."""
        known = [part for part in (self.name, self.company, self.number) if part]
        return f"{known[0]} ({', '.join(known[1:])})" if len(known) > 1 else "".join(known)

    @property
    def short(self) -> str:
        """What to call them where their fields are listed anyway."""
        return self.name or self.company or self.number or ""

    def to_json(self) -> dict[str, Json]:
        """A plain value from which ``from_json`` makes the same person."""
        return asdict(self)

    @classmethod
    def from_json(cls, payload: Json) -> Person:
        """What ``to_json`` gave. Raises TypeError where it is none."""
        whole = object_in(payload)
        return cls(text_in(whole.get("name")), text_in(whole.get("company")), text_in(whole.get("number")))


NOBODY = Person()


def person_of(contact: Contact | None) -> Person:
    """Whom a contact is of."""
    if contact is None:
        return NOBODY
    items = (*contact.phone_numbers, *contact.emails)
    return Person(*_words(contact.scalars), next((item.value for item in items if item.value), None))


def person_wanted(desired: Desired | None) -> Person:
    """Whom a row speaks of, by what it wants its contact to be."""
    if desired is None:
        return NOBODY
    values = (*desired.phone_numbers.values(), *desired.emails.values())
    return Person(*_words(desired.scalars), next((value for each in values for value in each), None))


def person_sent(external_id: str, sent: Mapping[str, Json] | None) -> Person:
    """Whom a tracked contact is of, by what was last sent."""
    try:
        return person_wanted(Desired.from_json(external_id, sent)) if sent else NOBODY
    except ValueError:
        return NOBODY


def _words(scalars: Mapping[str, str | None]) -> tuple[str | None, str | None]:
    name = " ".join(filter(None, (scalars.get("firstName"), scalars.get("lastName"))))
    return name or None, scalars.get("company") or None
