"""Changes that are held back, and that a person lets through by name: just these, as they were shown. Pure.

How it is used: ``Asked(through=keys)`` makes a plan in which the changes of these contacts are no longer held back. It
is a plan like any other, and carried out once ``as_shown`` finds in it what the person saw; everything else stays held.
Whom the person left out is *spared*: held from then on, however few they are, until the reason is gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sync.contacts.change import Change
from sync.contacts.contact import FieldChanges
from sync.contacts.person import Person
from sync.contacts.problem import Action, Problem


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person decided of held changes, by the keys of their contacts: let through now; left out before."""

    through: frozenset[str] = frozenset()
    spared: frozenset[str] = frozenset()


UNDECIDED = Decided()


@dataclass(frozen=True, slots=True)
class Shown:
    """A held change as a person saw it. ``contact_id`` and ``fields`` are None where they were not shown."""

    action: Action
    external_id: str
    person: Person
    contact_id: str | None = None
    fields: FieldChanges | None = None

    @classmethod
    def of(cls, change: Change) -> Shown:
        """A change with all that it holds; of a contact that nobody looked at only whom it is of."""
        looked = change.before is not None or change.after is not None
        return cls(
            change.action, change.external_id, change.person, change.contact_id, change.fields if looked else None
        )

    @classmethod
    def of_problem(cls, problem: Problem, contact_id: str | None) -> Shown:
        """A change of which only whom it is of was listed. Raises ValueError where it is none."""
        if problem.action is None or problem.external_id is None:
            raise ValueError("not a change that is held back")
        return cls(problem.action, problem.external_id, problem.person, contact_id)

    def is_in(self, change: Change) -> bool:
        """Whether this change is what was seen: the same contact, by the name it had, with the same fields."""
        if (change.action, change.external_id) != (self.action, self.external_id):
            return False
        if self.contact_id is not None and change.contact_id != self.contact_id:
            return False
        if self.fields is not None and change.fields != self.fields:
            return False
        return self.person.name is None or change.person.name == self.person.name


def as_shown(shown: Iterable[Shown], changes: Iterable[Change]) -> bool:
    """Whether these changes are what was shown: all of it, and nothing else."""
    wanted = {(each.action, each.external_id): each for each in shown}
    made = list(changes)
    found = [
        each for change in made if (each := wanted.get((change.action, change.external_id))) and each.is_in(change)
    ]
    return len(found) == len(made) == len(wanted)
