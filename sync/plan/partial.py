"""Runs that are asked to do only a part: ``--only`` some contacts, or no more than a ``--limit`` of changes. Pure.

Such a run leaves behind what a run leaves that was cut off: of each contact that it concerned what became of it, and
nothing of the source as a whole. So the next whole run ends as if it had been the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sync.contacts.change import Change, Delete
from sync.mapping import guards
from sync.mapping.keys import as_it_looks
from sync.plan.noted import Noted
from sync.plan.plan import Findings, Plan


class Chosen:
    """The contacts that a run concerns: all, or those of the keys that it was given.

    A key is that of a row as it stands in the source, the externalId that comes of it, or the id of the contact in the
    row's cell. Where one row's key is another's externalId the row whose key it is is meant.
    """

    def __init__(self, keys: Sequence[str], prefix: str) -> None:
        self._by_key: dict[str, str] = {}
        self._by_id: dict[str, str] = {}
        for key in keys:
            self._by_id |= {key: key, as_it_looks(key): key}
            self._by_key |= {as_it_looks(prefix + form): key for form in (key, guards.bare(key))}
        self._found: dict[str, dict[bool, set[str]]] = {key: {True: set(), False: set()} for key in keys}
        self.everyone = not keys

    def concerns(self, external_id: str, *names: str | None) -> bool:
        """Whether it concerns this contact, which the source or the state knows under these names, too."""
        if self.everyone:
            return True
        for name in (external_id, *names):
            if name is None:
                continue
            for form in (name, as_it_looks(name)):
                if form in self._by_key:
                    self._found[self._by_key[form]][True].add(external_id)
                    return True
                if form in self._by_id:
                    self._found[self._by_id[form]][False].add(external_id)
                    return True
        return False

    def renamed(self, external_id: str, now: str) -> None:
        """The workspace has this contact under another externalId, which stays."""
        for found in self._found.values():
            for ids in found.values():
                if external_id in ids:
                    ids.add(now)

    @property
    def keys(self) -> frozenset[str]:
        """The external ids of those that are known by now."""
        return frozenset(key for found in self._found.values() for key in found[True] or found[False])

    @property
    def unknown(self) -> list[str]:
        """The keys that nobody has, neither in the source nor in the state."""
        return [key for key, found in self._found.items() if not found[True] and not found[False]]


def narrowed(found: Findings, keys: frozenset[str]) -> Findings:
    """What was found, as far as it is about these contacts; nothing is remembered of the source as a whole."""
    return replace(
        found,
        decisions=[decision for decision in found.decisions if decision.external_id in keys],
        gone=[key for key in found.gone if key in keys],
        warnings=[each for each in found.warnings if each.external_id is None or each.external_id in keys],
        waiting=[each for each in found.waiting if each.external_id in keys],
        noted=_of_contacts(found.noted, keys),
        same_people=[pair for pair in found.same_people if pair.was in keys or pair.now in keys],
        bookmark=None,
    )


def limited(plan: Plan, limit: int, places: Mapping[str, int]) -> Plan:
    """The first ``limit`` changes of the plan in the source's order (``places``: external id → place), and no deletes.

    The rest is left for the next run.
    """
    able = [change for change in plan.changes if not isinstance(change, Delete)]
    able.sort(key=lambda change: places.get(change.external_id, len(places)))
    first = {_which(change) for change in able[:limit]}
    return replace(
        plan,
        changes=tuple(change for change in plan.changes if _which(change) in first),
        left=tuple(change.external_id for change in plan.changes if _which(change) not in first),
        gone=(),
        noted=_of_contacts(plan.noted, plan.noted.back),
        bookmark=None,
    )


def _of_contacts(noted: Noted, keys: Iterable[str]) -> Noted:
    """Of what was noted only that these contacts, which were missing once, are there."""
    return Noted(back=tuple(key for key in noted.back if key in set(keys)))


def _which(change: Change) -> tuple[str, str, str | None]:
    return (change.action, change.external_id, change.contact_id)
