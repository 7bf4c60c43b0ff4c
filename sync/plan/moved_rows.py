"""Deletes and creates that belong to updates which are held: where keys moved along their column, so did people. Pure.

An id column that slipped by one row gives most rows another contact's key, the last contact none, and one row a key
that is new. The updates are held as rewrites; who seems to be gone, or new, is only somebody whose key another row has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sync.contacts.change import Change, Create, Delete, Update
from sync.contacts.contact import Contact
from sync.plan.parts import folded

NAME = ("firstName", "lastName")


def deletes_of_held(held: Sequence[Update], changes: Sequence[Change]) -> Iterator[tuple[Delete, str]]:
    """Contacts without a row whom a held update would make of another contact, each with the reason."""
    wanted = _marks_of((update.external_id, update.after) for update in held if _is_another(update))
    for change in changes:
        if isinstance(change, Delete) and change.before is not None and (who := _who(change.before, wanted)):
            yield change, f"the row with the key {who} is this person's now, and what it would change is held back"


def creates_of_held(held: Sequence[Update], changes: Sequence[Change]) -> Iterator[tuple[Create, str]]:
    """New rows of people whom a contact still is whose update is held, each with the reason."""
    were = _marks_of((update.external_id, update.before) for update in held if _is_another(update))
    for change in changes:
        if isinstance(change, Create) and (who := _who(change.after, were)):
            yield change, f"the contact {who} is this person as yet, and what its row would change is held back"


def _is_another(update: Update) -> bool:
    return _marks(update.before).isdisjoint(_marks(update.after))


def _marks_of(people: Iterable[tuple[str, Contact]]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for external_id, contact in people:
        for mark in _marks(contact):
            found[mark].append(external_id)
    return found


def _who(contact: Contact, people: Mapping[str, list[str]]) -> str | None:
    """The only one of the people who has something in common with the contact, or the first of several."""
    return next((people[mark][0] for mark in sorted(_marks(contact)) if mark in people), None)


def _marks(contact: Contact) -> set[str]:
    """What tells who somebody is: numbers, addresses, and a whole name."""
    numbers = {item.value for item in contact.phone_numbers}
    addresses = {item.value.casefold() for item in contact.emails}
    name = [contact.scalars.get(part) or "" for part in NAME]
    return numbers | addresses | ({f"name {folded(' '.join(name))}"} if all(name) else set())
