"""Several contacts under one externalId: which of them we made, and which of those is one too many. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync.contacts.contact import Contact
from sync.contacts.warning import RowWarning
from sync.plan.decide import Missing, Wanted, pick


@dataclass(frozen=True, slots=True)
class Doubles:
    """``stays`` is kept in step. ``spare``: younger ones that carry our label and that no other sync tracks."""

    stays: Contact
    spare: tuple[Contact, ...]


def doubles(item: Wanted | Missing, found: Sequence[Contact], label: str, owners: Mapping[str, str]) -> Doubles | None:
    """What is there twice for this item; None where one contact, or none, is there.

    The oldest that we made stays. Where the item's own contact is not of our making the others are left alone.
    """
    own = pick(item, found)
    if own is None or len(found) < 2:
        return None
    understood = [contact for contact in found if contact.unreadable is None]
    mine = [contact for contact in understood if contact.source == label and str(contact.id) not in owners]
    mine.sort(key=lambda contact: (contact.created_at, contact.id or ""))
    if own not in mine:
        return Doubles(own, ())
    return Doubles(mine[0], tuple(mine[1:]))


def warning(item: Wanted | Missing, found: Sequence[Contact], twice: Doubles, *, goes: bool) -> RowWarning:
    """What is told of it. ``goes``: the spare ones are deleted, within the limits."""
    text = f"{len(found)} contacts carry the externalId {item.external_id!r}: {twice.stays.id} is kept in step, "
    spare = ", ".join(str(contact.id) for contact in twice.spare)
    if not twice.spare:
        text += "the others are left alone"
    elif goes:
        text += f"{spare}, which this sync made, too, goes"
    else:
        text += f"the others are left alone; {spare} was made by this sync, too: run with --verify to have it deleted"
    row = item.row if isinstance(item, Wanted) else None
    return RowWarning("doubles", text, row, item.external_id)
