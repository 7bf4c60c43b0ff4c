"""The same people under other keys: contacts whose rows are missing, and new rows that are plainly theirs. Pure.

Two are one person where they share a number or address that nobody else's row carries, or carry the same name beside
it; where they are alike in every field; or where one key is the other, spelled anew, and nothing speaks against it.
Where that shows that keys were given anew, the same first and last name will do: who got another number meanwhile, too.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sync.contacts.contact import Contact, Desired
from sync.contacts.json_value import Json, list_in
from sync.mapping.keys import bare, spelled_anew

TELLING_FACTS = 3
"""How many filled fields tell who somebody is; a first and a last name do, too."""

MANY = 20
"""Of how many who share one number, or address, each is compared with each."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """A contact whose row is missing, or a row that is new, as far as it says who somebody is.

    ``reach``: every number and address, as it is compared. ``content``: every field as text that is equal for equals;
    None where that is not known, or says too little.
    """

    external_id: str
    reach: frozenset[str] = frozenset()
    name: tuple[str, ...] = ()
    content: str | None = None

    @classmethod
    def wanted(cls, desired: Desired) -> Likeness:
        """Whom a row wants, or what was last sent of a contact."""
        numbers = [value for values in desired.phone_numbers.values() for value in values]
        addresses = [value for values in desired.emails.values() for value in values]
        name = _name(desired.scalars)
        whole = {part: value for part, value in desired.to_json().items() if part != "sourceUrl"}
        telling = all(name) or _filled(whole) >= TELLING_FACTS
        content = json.dumps(whole, sort_keys=True) if telling else None
        return cls(desired.external_id, _reach(numbers, addresses), name, content)

    @classmethod
    def found(cls, external_id: str, contact: Contact) -> Likeness:
        """Whom the workspace has: that says nothing of what the row's fields were."""
        numbers, addresses = ([item.value for item in items] for items in (contact.phone_numbers, contact.emails))
        return cls(external_id, _reach(numbers, addresses), _name(contact.scalars))


@dataclass(frozen=True, slots=True)
class SamePerson:
    """A contact whose row is missing (``was``), the new row that may be the same person's (``now``), and why.

    ``likely``: more speaks for it than a number or address.
    """

    was: str
    now: str
    why: str
    likely: bool = False

    @property
    def text(self) -> str:
        """Both, side by side."""
        return f"{self.was} may be {self.now}: {self.why}"

    def to_json(self) -> Json:
        """A plain value from which ``from_json`` makes the same."""
        return [self.was, self.now, self.why, self.likely]

    @classmethod
    def from_json(cls, payload: Json) -> SamePerson:
        """What ``to_json`` gave. Raises TypeError or ValueError where it is none."""
        was, now, why, likely = list_in(payload)
        return cls(str(was), str(now), str(why), likely is True)


class Finder:
    """Finds people among those whose rows are missing.

    ``there``: numbers and addresses of tracked contacts whose rows are there. A line that many share tells nobody.
    """

    def __init__(self, missing: Iterable[Likeness], there: Collection[str] = ()) -> None:
        self._there = there
        self._missing = tuple(missing)
        self._by: dict[str, list[Likeness]] = defaultdict(list)
        self._paired: set[str] = set()
        for person in self._missing:
            for mark in _marks(person):
                self._by[mark].append(person)

    def all_pairs(self, new: Sequence[Likeness]) -> list[SamePerson]:
        """Of everyone who is new, the likeliest first; where keys were given anew, by their names alone, too."""
        pairs = [pair for one in new for pair in self.pairs(one)]
        if pairs:
            found = {pair.now for pair in pairs}
            pairs += self._by_name([one for one in new if one.external_id not in found])
        return sorted(pairs, key=lambda pair: not pair.likely)

    def _by_name(self, new: Iterable[Likeness]) -> Iterator[SamePerson]:
        """Those of the missing who were found under no other key, and have one's first and last name."""
        left: dict[tuple[str, ...], Likeness] = {
            was.name: was for was in self._missing if was.external_id not in self._paired and was.name and all(was.name)
        }
        for one in new:
            if was := left.get(one.name):
                why = f"both are {' '.join(one.name).title()}, and others have other keys now"
                yield SamePerson(was.external_id, one.external_id, why)

    def pairs(self, new: Likeness) -> list[SamePerson]:
        """Those of the missing whom this one may be, the likeliest first."""
        found: dict[str, SamePerson] = {}
        for mark in _marks(new):
            for was in self._carriers(mark):
                if was.external_id not in found and (why := self._why(was, new)):
                    likely = was.name == new.name or (was.content is not None and was.content == new.content)
                    found[was.external_id] = SamePerson(was.external_id, new.external_id, why, likely)
        self._paired |= found.keys()
        return sorted(found.values(), key=lambda pair: not pair.likely)

    def _carriers(self, mark: str) -> list[Likeness]:
        """Who of the missing has this; of very many only some, so that each is looked at, but not by everyone."""
        carriers = self._by.get(mark, [])
        while len(carriers) > MANY and carriers[-1].external_id in self._paired:
            carriers.pop()
        return carriers[-MANY:]

    def _why(self, was: Likeness, new: Likeness) -> str | None:
        shared = sorted(was.reach & new.reach)
        telling = [value for value in shared if value not in self._there]
        if telling or (shared and was.name == new.name):
            return f"both have {(telling or shared)[0]}"
        if was.content is not None and was.content == new.content:
            return "both are the same in every field"
        return "their keys differ in spelling alone" if _keys_alike(was, new) else None


def shared_values(missing: Iterable[Likeness], new: Iterable[Likeness]) -> frozenset[str]:
    """The numbers and addresses that somebody missing and somebody new have in common."""
    ours = frozenset(value for person in missing for value in person.reach)
    return frozenset(value for person in new for value in person.reach if value in ours)


def _keys_alike(was: Likeness, new: Likeness) -> bool:
    """One key is the other's, spelled anew; but two who have nothing in common are two."""
    if not spelled_anew(was.external_id, new.external_id):
        return False
    return was.name == new.name or not (was.reach and new.reach)


def _marks(person: Likeness) -> list[str]:
    """What two must have in common, at the least, to be looked at together."""
    content = [f"content {person.content}"] if person.content is not None else []
    return [*content, f"key {bare(person.external_id)}", *sorted(person.reach)]


def _reach(numbers: Iterable[str], addresses: Iterable[str]) -> frozenset[str]:
    return frozenset([*numbers, *(address.casefold() for address in addresses)])


def _name(scalars: Mapping[str, str | None]) -> tuple[str, ...]:
    return tuple((scalars.get(part) or "").casefold() for part in ("firstName", "lastName"))


def _filled(content: Json) -> int:
    if isinstance(content, Mapping):
        return sum(_filled(value) for value in content.values())
    return 0 if content is None or content in ("", [], ()) else 1
