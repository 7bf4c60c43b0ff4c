"""Rewrites: updates by which contacts would hardly be the same people any more, and what such many look like. Pure.

An update rewrites a contact that would get another name, other phone numbers altogether, or nothing where it had
something; or, where a column's values changed places between contacts, what another contact had. What only a changed
mapping brings is none of these; nor is what another hand changed, and the row, as before, wants otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sync.contacts.change import Update
from sync.contacts.contact import Contact
from sync.contacts.warning import RowWarning
from sync.plan.limits import Danger, Limits
from sync.plan.parts import Changed, Values, changed_parts, field_of, folded, parts_of

NAME = ("firstName", "lastName")

FEWEST_MOVED = 5
"""Fewer contacts, or fewer different values, are no column that changed places."""

SHARE_MOVED = 0.8
"""How many of a column's new values other contacts had before, if the column moved; a row or two come and go."""


@dataclass(frozen=True, slots=True)
class Rewrites:
    """The updates that rewrite a contact; in how many of them what happens, by name of the field or label."""

    updates: tuple[Update, ...] = ()
    renamed: int = 0
    other_numbers: int = 0
    emptied: Mapping[str, int] = field(default_factory=dict)
    moved: Mapping[str, int] = field(default_factory=dict)

    def refused(self, limits: Limits, tracked: int) -> Danger | None:
        """Why so many are held back, or None."""
        count = len(self.updates)
        if count <= limits.rewrites_allowed(tracked, moved=bool(self.moved)):
            return None
        limit = (
            f"--max-rewrites {limits.rewrites}" if limits.rewrites_for_this_run else f"max_rewrites ({limits.rewrites})"
        )
        reason = (
            f"{count} rewrites of {tracked} contacts tracked are more than {limit} allows: {self._told()}; "
            f"{self._look()}"
        )
        option = f"--max-rewrites {count}"
        return Danger(reason, f"if they are meant, run once with {option}", option)

    def _told(self) -> str:
        told = [f"another name in {self.renamed}"] if self.renamed else []
        told += [f"other phone numbers in {self.other_numbers}"] if self.other_numbers else []
        told += [f"nothing left in {part} in {count}" for part, count in self.emptied.items()]
        told += [f"{part} of another contact in {count}" for part, count in self.moved.items()]
        return ", ".join(told)

    def _look(self) -> str:
        """What so many of them look like, in a source."""
        if self.moved:
            return f"it looks like a column that was sorted alone or moved ({', '.join(self.moved)})"
        emptied = [part for part, count in self.emptied.items() if 2 * count >= len(self.updates)]
        if emptied:
            return (
                f"it looks like a column that was renamed or emptied, or is not calculated yet ({', '.join(emptied)})"
            )
        named = ["name"] if self.renamed else []
        named += ["phoneNumbers"] if self.other_numbers else []
        named += list(self.emptied)
        return f"it looks like a column that moved or was renamed, or like other people's rows ({', '.join(named)})"


@dataclass(slots=True)
class _Judged:
    """One update: what it changes that counts, and what that amounts to."""

    update: Update
    changed: Changed
    renamed: bool
    other_numbers: bool
    emptied: Sequence[str]
    moved: Sequence[str] = ()

    @property
    def rewrites(self) -> bool:
        return bool(self.renamed or self.other_numbers or self.emptied or self.moved)


def rewrites(
    updates: Iterable[Update], mapping_changed: Collection[str], as_before: Mapping[str, Collection[str]]
) -> Rewrites:
    """The rewrites among the updates.

    ``mapping_changed``: parts that are mapped otherwise than when they were last in step. ``as_before``: external id →
    parts for which the row wants what was last sent.
    """
    judged = []
    for update in updates:
        if update.matched_by is not None:
            continue  # it was never ours: that it gets our name for it was asked for
        excused = as_before.get(update.external_id, ())
        every = changed_parts(update)
        counted = {
            part: values for part, values in every.items() if part not in mapping_changed and part not in excused
        }
        counted.pop("sourceUrl", None)
        if counted:
            judged.append(_judge(update, counted, every))
    moved = _moved(judged)
    for each in judged:
        each.moved = [part for part in moved if part in each.changed and each.changed[part][1]]
    rewriting = [each for each in judged if each.rewrites]
    return Rewrites(
        tuple(each.update for each in rewriting),
        sum(each.renamed for each in rewriting),
        sum(each.other_numbers for each in rewriting),
        Counter(part for each in rewriting for part in each.emptied),
        Counter(part for each in rewriting for part in each.moved),
    )


def mapping_warnings(updates: Iterable[Update], mapping_changed: Collection[str]) -> list[RowWarning]:
    """A warning for each field that a changed mapping changes in contacts."""
    if not mapping_changed:
        return []
    counts: Counter[str] = Counter()
    for update in updates:
        counts.update({field_of(part) for part in changed_parts(update) if part in mapping_changed})
    return [
        RowWarning("mapping_changed", f"mapping changed: {name} in {count} contact{'' if count == 1 else 's'}")
        for name, count in sorted(counts.items())
    ]


def _judge(update: Update, counted: Changed, every: Changed) -> _Judged:
    emptied = [part for part, values in counted.items() if _emptied(update, part, values)]
    named = [part for part in NAME if part in counted]
    if named and _full_name(update.before) == _full_name(update.after):
        named = []  # written otherwise: whole in one field, or taken apart
        emptied = [part for part in emptied if part not in NAME]
    renamed = any(all(counted[part]) for part in named)
    return _Judged(update, counted, renamed, _other_numbers(update, counted, every), emptied)


def _full_name(contact: Contact) -> str:
    return folded(" ".join(contact.scalars.get(name) or "" for name in NAME))


def _emptied(update: Update, part: str, values: tuple[Values, Values]) -> bool:
    """Whether nothing is left of a part; a number or address that stands under another label now is left."""
    before, after = values
    if not before or after:
        return False
    field_name = field_of(part)
    if field_name == part:
        return True
    left = {value for other, held in parts_of(update.after).items() if field_of(other) == field_name for value in held}
    return left.isdisjoint(before)


def _other_numbers(update: Update, counted: Changed, every: Changed) -> bool:
    """Whether the contact keeps none of the numbers under the labels that the sync owns, and gets others."""
    owned = {part for part in every if field_of(part) == "phoneNumbers"}
    if not any(counted[part][0] for part in owned & counted.keys()):
        return False
    if update.desired is not None:
        owned |= {f"phoneNumbers.{label}" for label in update.desired.phone_numbers}
    before, after = parts_of(update.before), parts_of(update.after)
    had = {number for part in owned for number in before.get(part, ())}
    gets = {number for part in owned for number in after.get(part, ())}
    return bool(gets) and had.isdisjoint(gets)


def _moved(judged: Sequence[_Judged]) -> list[str]:
    """The parts whose values changed places between contacts: what is new in one was, by and large, in another."""
    before: dict[str, Counter[Values]] = {}
    after: dict[str, Counter[Values]] = {}
    for each in judged:
        for part, (had, gets) in each.changed.items():
            before.setdefault(part, Counter())[had] += 1
            after.setdefault(part, Counter())[gets] += 1
    return [part for part, had in before.items() if _changed_places(had, after[part])]


def _changed_places(before: Counter[Values], after: Counter[Values]) -> bool:
    if len(before) < FEWEST_MOVED or before.total() < FEWEST_MOVED:
        return False
    return (before & after).total() >= SHARE_MOVED * before.total()
