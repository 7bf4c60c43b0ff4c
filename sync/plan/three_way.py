"""What the source wants, what the app holds, and what was last sent: whose value a part keeps. Pure.

As kubectl's apply: the base is what was last sent. A value that is no longer as it was sent is somebody's edit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from sync.contacts.contact import LISTS, Contact, Desired, canonical, digits
from sync.contacts.json_value import Json
from sync.contacts.value_text import value_text
from sync.mapping.options import Policy

Policies = Mapping[str, Policy]
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Kept:
    """A part that stays as the app has it, though the source wants something else."""

    part: str
    policy: Policy
    held: Json
    wanted: Json

    @property
    def text(self) -> str:
        """For people."""
        why = "was edited in the app" if self.policy == "keep_edits" else "is filled in the app already"
        held, wanted = (value_text(value, lambda _, text: text) or "nothing" for value in (self.held, self.wanted))
        return f"{self.part} {why} and stays {held!r}: the source says {wanted!r}"


@dataclass(frozen=True, slots=True)
class Merged:
    """``desired``: what the row may change. ``sent``: what the state shall remember as sent once that is in place."""

    desired: Desired
    sent: Desired
    kept: tuple[Kept, ...] = ()


def three_way(wanted: Desired, held: Contact, base: Desired | None, policies: Policies) -> Merged:
    """What is left of the row's wishes in this contact. ``base``: what was last sent to it, if anything is known."""
    mine = _parts(wanted)
    parts = {part: policy for part, policy in policies.items() if part in mine}
    if not parts:
        return Merged(wanted, wanted)
    theirs, before = _held(held), _parts(base) if base is not None else {}
    stays = {
        part: policy
        for part, policy in parts.items()
        if _stays(policy, _key(part, theirs.get(part)), part in before, _key(part, before.get(part)))
    }
    kept = tuple(
        Kept(part, policy, _plain(theirs.get(part)), _plain(mine[part]))
        for part, policy in stays.items()
        if _key(part, theirs.get(part)) != _key(part, mine[part])
    )
    names = {each.part for each in kept}
    return Merged(_with(wanted, None, names), _with(wanted, base, names), kept)


def still_sent(still: Desired, merged: Merged) -> Desired:
    """What stands of the last sent, where nothing was to do: of what is kept, that which it is held against."""
    return _and(still, merged.sent, {each.part for each in merged.kept})


def _and(still: Desired, sent: Desired, parts: set[str]) -> Desired:
    def of(field: str, left: Mapping[str, V], all_: Mapping[str, V]) -> dict[str, V]:
        return {**left} | {name: value for name, value in all_.items() if f"{field}{name}" in parts}

    return replace(
        still,
        scalars=of("", still.scalars, sent.scalars),
        phone_numbers=of("phoneNumbers.", still.phone_numbers, sent.phone_numbers),
        emails=of("emails.", still.emails, sent.emails),
        custom_fields=of("customFields.", still.custom_fields, sent.custom_fields),
    )


def _stays(policy: Policy, held: object, known: bool, base: object) -> bool:
    """Whether the app's value counts. Of a contact that was found nobody knows what was sent: what is there stays."""
    if policy == "fill_empty":
        return held is not None
    return held != base if known else held is not None


def _parts(desired: Desired) -> dict[str, Json]:
    found: dict[str, Json] = {**desired.scalars}
    found |= {f"phoneNumbers.{label}": values for label, values in desired.phone_numbers.items()}
    found |= {f"emails.{label}": values for label, values in desired.emails.items()}
    return found | {f"customFields.{key}": value for key, value in desired.custom_fields.items()}


def _held(contact: Contact) -> dict[str, Json]:
    found: dict[str, Json] = {**contact.scalars}
    for name, items in zip(LISTS, (contact.phone_numbers, contact.emails), strict=True):
        for label in {item.name for item in items}:
            found[f"{name}.{label}"] = tuple(item.value for item in items if item.name == label)
    return found | {f"customFields.{key}": value for key, value in contact.custom_fields.items()}


def _key(part: str, value: Json) -> object:
    """What decides whether two values of a part are one; None for nothing."""
    if isinstance(value, list | tuple):
        fold = str.casefold if part.startswith("emails.") else digits if part.startswith("phone") else str
        return frozenset(fold(str(each)) for each in value) or None
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, str):
        value = canonical(value, "date" if part.startswith("customFields.") else None)
        return str(value).strip() or None
    return value


def _plain(value: Json) -> Json:
    return list(value) if isinstance(value, tuple) else value


def _with(wanted: Desired, base: Desired | None, parts: set[str]) -> Desired:
    """The wishes, but for these parts those of the base; without them where it has none."""

    def of(field: str, mine: Mapping[str, V], before: Mapping[str, V]) -> dict[str, V]:
        names = {name for name in {**mine, **before} if f"{field}{name}" in parts}
        left = {name: value for name, value in mine.items() if name not in names}
        return left | {name: before[name] for name in names if name in before}

    return replace(
        wanted,
        scalars=of("", wanted.scalars, base.scalars if base else {}),
        phone_numbers=of("phoneNumbers.", wanted.phone_numbers, base.phone_numbers if base else {}),
        emails=of("emails.", wanted.emails, base.emails if base else {}),
        custom_fields=of("customFields.", wanted.custom_fields, base.custom_fields if base else {}),
    )
