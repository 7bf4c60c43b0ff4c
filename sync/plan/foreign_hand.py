"""Signs that somebody else works on this sync's contacts under its own label: a second state, or an older copy of one.

Pure. What a person does in the app is no sign: only a sync gives a contact an externalId and a label, and nobody makes
many contacts at once just what the source is about to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from sync.contacts.change import Adopt, Decision, InStep, Update
from sync.contacts.contact import Contact
from sync.contacts.json_value import Json, object_in
from sync.contacts.problem import Problem
from sync.contacts.warning import RowWarning
from sync.plan.decide import Wanted

Sign = Literal["replaced", "made", "ahead", "gone"]
"""``replaced``: another contact with our label stands where ours was. ``made``: one that this state never made carries
our label and a key of ours. ``ahead``: it is as its changed row wants it already. ``gone``: it is not there, but
its row is.
"""

_ENOUGH: dict[Sign, int] = {"replaced": 1, "made": 1, "ahead": 2, "gone": 4}
"""How many of each leave no doubt: a person may correct a contact in both places, or delete a few in the app."""

_WORDS: dict[Sign, str] = {
    "replaced": "replaced by others with the same label",
    "made": "made under the same label, not by this state",
    "ahead": "as their changed rows want them before this state sent it",
    "gone": "no longer in the workspace, though their rows are there",
}


def sign_of(item: Wanted, found: Sequence[Contact], decision: Decision, label: str) -> Sign | None:
    """What one row's contact shows, given what the workspace holds for it and what was decided."""
    if isinstance(decision, Problem):
        return None
    if item.tracked and not found:
        return "gone"
    if item.tracked and isinstance(decision, InStep) and item.moved and not item.policies:
        return "ahead"
    adopts = isinstance(decision, Adopt) or (isinstance(decision, Update) and decision.adopted)
    if not adopts or not any(contact.id == decision.contact_id and contact.source == label for contact in found):
        return None
    if item.tracked:
        return "replaced"
    return "made" if item.contact_id is None else None


def moved(sent: Json, wanted: Json) -> bool:
    """Whether a row wants something else in what was last sent; fields that were not sent then say nothing."""
    if sent is None:
        return False
    then, now = object_in(sent), object_in(wanted)
    for part in then.keys() & now.keys():
        before, after = then[part], now[part]
        if isinstance(before, dict) and isinstance(after, dict):
            if any(before[name] != after[name] for name in before.keys() & after.keys()):
                return True
        elif before is not None and after is not None and before != after:
            return True
    return False


@dataclass(slots=True)
class ForeignHand:
    """The signs of one run, as they are found."""

    signs: dict[Sign, list[str]] = field(default_factory=dict)

    def note(self, sign: Sign, external_id: str) -> None:
        """One contact shows this."""
        self.signs.setdefault(sign, []).append(external_id)

    @property
    def words(self) -> str | None:
        """What was found, where it leaves no doubt."""
        certain = [sign for sign, keys in self.signs.items() if len(keys) >= _ENOUGH[sign]]
        if not certain:
            return None
        found = [f"{len(self.signs[sign])} contact(s) are {_WORDS[sign]}" for sign in _WORDS if sign in certain]
        return f"another hand changes the contacts of this sync ({'; '.join(found)})"

    def warnings(self) -> list[RowWarning]:
        """A warning that says so, with a few of the contacts."""
        if (words := self.words) is None:
            return []
        keys = sorted(key for sign, keys in self.signs.items() if len(keys) >= _ENOUGH[sign] for key in keys)
        named = ", ".join(keys[:5]) + (f" and {len(keys) - 5} more" if len(keys) > 5 else "")
        text = (
            f"{words}: {named}. Another state works with this configuration, or this one is an older copy. Deletes are "
            "held back in this run, and the next one looks at everything"
        )
        return [RowWarning("foreign_hand", text)]
