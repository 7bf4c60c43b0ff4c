"""What must hold of a workspace, whatever happened to its source: the people there are, and what may be seen of them.

Knows the true rows, who has which contact, and what is tolerated meanwhile. Knows nothing of how runs come about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.workbench import Row, person, shown, wants

Contacts = Mapping[str, Mapping[str, Any]]
HACKED = "Hacked"

MAX_REWRITES = 3
"""As the sync is configured: of so few contacts, a share would let all be rewritten."""


def row_of(number: int, **cells: str) -> Row:
    """A true row."""
    return {**person(number), "code": f"k-{number}", **cells}


@dataclass
class Model:
    """``home``: person → the contact that must stay theirs. ``in_step``: the rows as they were when all was in step.

    ``drifted``: people whose contacts may differ until the workspace is looked at. ``may_stay``: keys of contacts
    that no state knows of any more. ``in_step`` is None where it is not known exactly what a run would do.
    """

    people: dict[int, Row] = field(default_factory=lambda: {0: row_of(0)})
    key: str = "id"
    prefix: str = ""
    label: str = "mobile"
    home: dict[int, str] = field(default_factory=dict)
    lasts: dict[int, set[str]] = field(default_factory=dict)
    keys_ever: set[str] = field(default_factory=set)
    drifted: set[int] = field(default_factory=set)
    may_stay: set[str] = field(default_factory=set)
    by_hand: dict[str, int] = field(default_factory=dict)
    in_step: dict[int, Row] | None = None

    def put(self, number: int, **cells: str) -> None:
        """A row, new or edited."""
        self.people[number] = {**self.people.get(number, row_of(number)), **cells}
        self.may_stay.discard(self.key_of(number))

    def take_out(self, number: int) -> None:
        """A row goes for good."""
        if self.people.pop(number, None) is not None:
            self.home.pop(number, None)

    def rows(self) -> list[Row]:
        """The true rows, in their order."""
        return [self.people[number] for number in sorted(self.people)]

    def key_of(self, number: int) -> str:
        """The externalId that a person's contact has."""
        return self.prefix + (self.people[number] if number in self.people else row_of(number))[self.key]

    def note(self) -> None:
        """Before a run: what it may send."""
        for number, row in self.people.items():
            self.lasts.setdefault(number, set()).add(row["last"])
            self.keys_ever.add(self.key_of(number))

    def settled(self, contacts: Contacts) -> None:
        """Everything is in step: whoever has a contact keeps it from now on."""
        by_key = {contact["externalId"]: contact_id for contact_id, contact in contacts.items()}
        self.home = {number: by_key[self.key_of(number)] for number in self.people}
        self.in_step = {number: dict(row) for number, row in self.people.items()}
        self.lasts = {number: {row["last"]} for number, row in self.people.items()}

    # What must hold.

    def wrong(self, contacts: Contacts) -> list[str]:
        """How the workspace differs from what the true rows want, but for what is tolerated."""
        wanted = {self.key_of(number): number for number in self.people}
        found: dict[str, list[Mapping[str, Any]]] = {}
        for contact_id, contact in contacts.items():
            if contact["externalId"] not in (None, "theirs"):
                found.setdefault(contact["externalId"], []).append(contact)
            elif contact["externalId"] is None and contact_id not in self.by_hand and _first(contact) != "Bob":
                found.setdefault(f"nobody's {contact_id}", []).append(contact)
        said = [f"{key}: nobody wants it" for key in found.keys() - wanted.keys() - self.may_stay]
        for key, number in wanted.items():
            held = found.get(key, [])
            if number in self.drifted and len(held) <= 1:
                continue
            if len(held) != 1:
                said.append(f"{key}: {len(held)} contacts")
            elif shown(held[0]) != self._wants(number):
                said.append(f"{key}: {shown(held[0])} instead of {self._wants(number)}")
        return said

    def _wants(self, number: int) -> tuple[Any, ...]:
        first, last, company, phones, *rest = wants(self.people[number])
        return (first, last, company, tuple((self.label, value) for _, value in phones), *rest)

    def harm(self, contacts: Contacts) -> list[str]:
        """Who was lost, doubled, renamed or emptied. Holds at every moment."""
        said = []
        for number, contact_id in self.home.items():
            if contact_id not in contacts:
                said.append(f"{number} is lost")
            else:
                said += self._harmed(number, contacts[contact_id])
        keys = [contact["externalId"] for contact in contacts.values() if contact["externalId"]]
        said += [f"{key} is doubled" for key in set(keys) if keys.count(key) > 1]
        said += [f"{key} is nobody's key" for key in set(keys) - self.keys_ever - self.may_stay - {"theirs"}]
        if "theirs" not in keys or not any(_first(contact) == "Bob" for contact in contacts.values()):
            said.append("others' contacts are gone")
        said += [f"the contact of {n} made by hand is gone" for each, n in self.by_hand.items() if each not in contacts]
        return said

    def _harmed(self, number: int, contact: Mapping[str, Any]) -> list[str]:
        row, default = self.people[number], contact["defaultFields"]
        said = []
        if contact["externalId"] != self.key_of(number):
            said.append(f"{number} has the key {contact['externalId']}")
        if default["firstName"] != row["first"] or default["lastName"] not in {*self.lasts[number], HACKED}:
            said.append(f"{number} is called {default['firstName']} {default['lastName']}")
        for items, cell in (("phoneNumbers", "phone"), ("emails", "email")):
            if row[cell] not in {item["value"] for item in default[items]}:
                said.append(f"{number} has {items} {default[items]}")
        return said

    def beyond_a_limit(self) -> bool | None:
        """Whether what people did to the source since all was in step passes a limit; None where nobody knows."""
        if self.in_step is None or self.drifted:
            return None
        tracked = len(self.in_step)
        deletes = len(self.in_step.keys() - self.people.keys())
        rewrites = sum(1 for number, row in self.in_step.items() if self.people.get(number, row)["last"] != row["last"])
        half = tracked // 2
        return deletes > max(tracked // 10, min(5, half)) or rewrites > MAX_REWRITES


def _first(contact: Mapping[str, Any]) -> str:
    return str(contact["defaultFields"]["firstName"])
