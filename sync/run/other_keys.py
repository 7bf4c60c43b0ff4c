"""Looks whether new rows are people whose rows are missing: numbers and addresses from the state, else the workspace.

Asks only where rows are missing and others are new. What is found is held back by the plan.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from sync.contacts.change import Create, Decision, Delete
from sync.contacts.contact import Contact, Desired
from sync.openphone.client import IDS_PER_LOOKUP
from sync.openphone.lookups import Lookups
from sync.plan.certainty import UNDER_ANOTHER_KEY
from sync.plan.noted import Noted
from sync.plan.same_people import Finder, Likeness, SamePerson, shared_values
from sync.run.session import Session, Stopped
from sync.state.contacts import Tracked

BATCH = 200
"""Contacts that the state is asked about at once."""


async def under_other_keys(
    missing: Collection[str], decisions: Sequence[Decision], session: Session
) -> list[SamePerson]:
    """New rows that may be one of these tracked contacts, whose rows are missing; the likeliest pairs first."""
    new = [Likeness.wanted(one.desired) for one in decisions if isinstance(one, Create) and one.desired is not None]
    if not missing or not new:
        return []
    seen = {one.external_id: one.before for one in decisions if isinstance(one, Delete) and one.before is not None}
    people = await people_tracked(missing, session, seen)
    there = values_there(shared_values(people, new), missing, session)
    return Finder(people, there).all_pairs(new)


async def people_tracked(
    external_ids: Collection[str], session: Session, seen: Mapping[str, Contact] = MappingProxyType({})
) -> list[Likeness]:
    """Whom the state tracks under these keys: as was last sent, else as ``seen``, else as the workspace has them.

    Raises Stopped, and what the client and the state raise.
    """
    people: list[Likeness] = []
    async for batch in _asked(sorted(external_ids), session):
        unknown = []
        for known in batch:
            if known.sent is not None:
                people.append(_person_sent(known))
            elif known.external_id in seen:
                people.append(Likeness.found(known.external_id, seen[known.external_id]))
            else:
                unknown.append(known)
        people += await _look_at(unknown, session)
    return people


async def _asked(external_ids: Sequence[str], session: Session) -> AsyncIterator[list[Tracked]]:
    for start in range(0, len(external_ids), BATCH):
        if session.at.stop.is_set():
            raise Stopped
        found = session.state.contacts.tracked(session.at.sync, external_ids[start : start + BATCH])
        yield list(found.values())


def _person_sent(known: Tracked) -> Likeness:
    """Whom was last sent under this key."""
    return Likeness.wanted(Desired.from_json(known.external_id, known.sent))


async def _look_at(unknown: Sequence[Tracked], session: Session) -> list[Likeness]:
    """Of whom nothing was sent, since they were found as they should be: as the workspace has them."""
    lookups = Lookups(session.at.client)
    people: list[Likeness] = []
    for start in range(0, len(unknown), IDS_PER_LOOKUP):
        batch = unknown[start : start + IDS_PER_LOOKUP]
        found = await lookups.find([known.external_id for known in batch])
        for known in batch:
            ours = [one for one in found.get(known.external_id, ()) if one.id == known.contact_id]
            people.append(Likeness.found(known.external_id, ours[0]) if ours else Likeness(known.external_id))
    return people


def values_there(shared: frozenset[str], missing: Collection[str], session: Session) -> frozenset[str]:
    """Those of these numbers and addresses that tracked contacts have whose rows are there."""
    if not shared:
        return frozenset()
    there: set[str] = set()
    for known in session.state.contacts.everyone(session.at.sync):
        if known.sent is not None and known.external_id not in missing:
            there |= _person_sent(known).reach & shared
    return frozenset(there)


def note_other_keys(noted: Noted, pairs: Sequence[SamePerson]) -> Noted:
    """Who is missing because of another key has a row until now: one that loses its key later on may be it."""
    rows = {pair.was: (*noted.missing.get(pair.was, ()), UNDER_ANOTHER_KEY) for pair in pairs}
    return replace(noted, missing={**noted.missing, **rows}) if rows else noted
