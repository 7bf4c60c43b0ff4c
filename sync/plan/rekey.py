"""Which contact is which row's once the keys are others, and in which order they get their new ones. Pure.

Nobody is guessed: a row is matched by its former key, or by evidence that speaks for one contact alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sync.contacts.change import Update
from sync.mapping.keys import bare
from sync.plan.same_people import MANY, Finder, Likeness


@dataclass(frozen=True, slots=True)
class Known:
    """A tracked contact: under which key it is ``now``, and which was its ``former`` one before the keys changed."""

    contact_id: str
    former: str
    now: str


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A row whose former key says nothing: whom it wants, under its new key."""

    row: int | None
    person: Likeness


@dataclass(slots=True)
class Matching:
    """Contact id → the key of its row, as far as that is known; rows that may be several contacts', and whose."""

    keys: dict[str, str] = field(default_factory=dict)
    doubtful: list[tuple[Unmatched, list[str]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Move:
    """A contact that gets another key."""

    contact_id: str
    old: str
    new: str


def aside(contact_id: str) -> str:
    """The key of a contact that makes room for another's."""
    return f"rekey-{contact_id}"[:75]


def match_by_evidence(
    rows: Sequence[Unmatched], contacts: Mapping[str, Likeness], there: frozenset[str], into: Matching
) -> None:
    """Match rows to contacts (by contact id; their persons carry former keys). ``there``: numbers of the others."""
    matcher = _Matcher(rows, contacts)
    matcher.settle(lambda person: [person.external_id], _something_in_common)
    matcher.settle(lambda person: [person.content] if person.content is not None else [])
    matcher.settle(lambda person: [f"{person.name} {value}" for value in person.reach])
    matcher.settle(lambda person: sorted(person.reach - there))
    matcher.settle(lambda person: [bare(person.external_id)], _not_two)
    if matcher.kept_their_keys():
        matcher.settle(lambda person: [person.external_id])
    into.keys |= matcher.found
    finder = Finder(matcher.contacts.values(), there)
    for row in matcher.rows:
        if pairs := finder.pairs(row.person):
            into.doubtful.append((row, [pair.was for pair in pairs]))


class _Matcher:
    """Matches what speaks for one alone, from both sides, and takes it out."""

    def __init__(self, rows: Sequence[Unmatched], contacts: Mapping[str, Likeness]) -> None:
        self.rows = list(rows)
        self.contacts = dict(contacts)
        self.found: dict[str, str] = {}
        self._kept = 0

    def kept_their_keys(self) -> bool:
        """Whether most of those that were matched have the key that they had: a column was renamed, no more."""
        return self._kept * 2 > len(self.found)

    def settle(
        self,
        marks: Callable[[Likeness], Sequence[str]],
        holds: Callable[[Likeness, Likeness], bool] = lambda was, now: True,
    ) -> None:
        """Match by what ``marks`` says that both must have, where ``holds``, too."""
        rows, contacts = defaultdict[str, list[int]](list), defaultdict[str, list[str]](list)
        for place, row in enumerate(self.rows):
            for mark in marks(row.person):
                rows[mark].append(place)
        for contact_id, person in self.contacts.items():
            for mark in marks(person):
                contacts[mark].append(contact_id)
        matched: set[int] = set()
        for place, row in enumerate(self.rows):
            ids = {each for mark in marks(row.person) for each in contacts.get(mark, ())[: MANY + 1]}
            if len(ids) != 1:
                continue
            (contact_id,) = ids
            was = self.contacts[contact_id]
            places = {each for mark in marks(was) for each in rows.get(mark, ())[: MANY + 1]}
            if places == {place} and holds(was, row.person):
                self.found[contact_id] = row.person.external_id
                self._kept += was.external_id == row.person.external_id
                matched.add(place)
        self.rows = [row for place, row in enumerate(self.rows) if place not in matched]
        self.contacts = {each: person for each, person in self.contacts.items() if each not in self.found}


def _something_in_common(was: Likeness, now: Likeness) -> bool:
    return was.name == now.name or bool(was.reach & now.reach)


def _not_two(was: Likeness, now: Likeness) -> bool:
    return was.name == now.name or not (was.reach and now.reach)


def moves(known: Iterable[Known], keys: Mapping[str, str], wanted: Iterable[str]) -> list[Move]:
    """Every contact whose key changes. Who has no row, but a key that a row ``wanted``, makes room for it."""
    taken = set(wanted)
    found: list[Move] = []
    for one in known:
        new = keys.get(one.contact_id)
        if new is None and one.now in taken:
            new = aside(one.contact_id)
        if new is not None and new != one.now:
            found.append(Move(one.contact_id, one.now, new))
    return found


def in_waves(every: Sequence[Move]) -> list[list[Move]]:
    """The moves one wave after another, a key is free before it is given; in a ring one steps aside first."""
    holder = {move.old: move for move in every}
    depth: dict[str, int] = {}
    waves: dict[int, list[Move]] = defaultdict(list)
    for start in every:
        way: list[Move] = []
        move: Move | None = start
        while move is not None and move.contact_id not in depth and move not in way[:1]:
            way.append(move)
            move = holder.get(move.new)
        below = -1 if move is None else depth.get(move.contact_id, 0)
        if move is not None and way and move == way[0]:
            first = way.pop(0)  # it waits for itself: its key is freed first, and its new one given last
            waves[0].append(Move(first.contact_id, first.old, aside(first.contact_id)))
            depth[first.contact_id] = len(way) + 1
            waves[len(way) + 1].append(Move(first.contact_id, aside(first.contact_id), first.new))
            below = 0
        for each in reversed(way):
            below += 1
            depth[each.contact_id] = below
            waves[below].append(each)
    return [waves[number] for number in sorted(waves)]


def changed_key(change: Update, move: Move) -> Update:
    """The change by which a contact gets its key of this move; what it held before all of them is kept for undo."""
    return replace(change, external_id=move.new, after=replace(change.after, external_id=move.new))
