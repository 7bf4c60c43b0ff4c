"""Contacts whose rows are gone: which of them need a look, and what becomes of each. Decides by the table alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sync.contacts.change import Delete, InStep
from sync.contacts.contact import Contact
from sync.contacts.person import person_of, person_sent
from sync.plan.certainty import Waiting
from sync.plan.decide import MISSING, AsMissing, Missing, cannot_be_understood, fate, remove
from sync.run.absences import Judged
from sync.run.job import Job
from sync.run.looking import Looking
from sync.run.tally import Tally
from sync.state.contacts import Tracked
from sync.state.store import State

BATCH = 200
"""Contacts that the state is asked about at once."""


class Vanished:
    """Gathers what becomes of them in the ``tally``."""

    def __init__(self, job: Job, state: State, tally: Tally) -> None:
        self._job = job
        self._contacts = state.contacts
        self._lookback = state.lookback
        self._tally = tally

    async def consider(
        self, external_ids: Sequence[str], tracked: Collection[str], judged: Judged, looking: Looking
    ) -> None:
        """Decide about each; where it will not be deleted in this run nobody needs to look at it."""
        through = frozenset(self._job.options.through)
        limits = self._job.limits
        held = set[str]() if limits.for_this_run else judged.rows.keys()
        certain = sum(1 for key in external_ids if key in tracked and key not in held and key not in judged.waits)
        refused = limits.deletes_refused(certain, len(tracked), self._tally.rows) is not None
        for start in range(0, len(external_ids), BATCH):
            batch = external_ids[start : start + BATCH]
            known = self._contacts.tracked(self._job.sync, batch)
            for key in batch:
                contact = known.get(key)
                suspected, passes = key in held and key not in through, key in through
                item = Missing(key, contact.contact_id if contact else None, suspected, key in judged.waits)
                if contact is None or not self._decided_unseen(item, contact, refused=refused and not passes):
                    await looking.look(item)

    def _decided_unseen(self, item: Missing, contact: Tracked, *, refused: bool) -> bool:
        outcome = fate(MISSING, AsMissing(suspected=item.suspected, waits=item.waits))
        person = person_sent(item.external_id, contact.sent)
        if not person.text:  # put back by an undo, or being changed when a run was cut off
            person = self._lookback.person(self._job.sync, item.external_id)
        if outcome == "waiting":
            self._tally.waiting.append(Waiting(item.external_id, contact.contact_id, person.name or ""))
        elif outcome == "held" or refused:
            self._tally.decisions.append(Delete(item.external_id, contact.contact_id, known_as=person))
        else:
            return False
        return True

    def settle(self, item: Missing, contacts: Sequence[Contact], owners: Mapping[str, str]) -> bool:
        """Decide about one that was looked at; False where the workspace has no such contact of ours."""
        ours = [contact for contact in contacts if item.contact_id in (None, contact.id)]
        if item.contact_id is None:  # a create of ours was cut off; what it made, if it did, is nobody else's
            label = self._job.label.text
            ours = [contact for contact in ours if contact.source in (None, label) and contact.id not in owners]
        unreadable = bool(ours) and ours[0].unreadable is not None
        facts = AsMissing(ours=bool(ours), unreadable=unreadable, suspected=item.suspected, waits=item.waits)
        outcome = fate(MISSING, facts)
        if outcome == "let go":
            self._tally.gone.append(item.external_id)
            return False
        found = ours[0]
        if outcome == "failed":
            self._tally.decisions.append(cannot_be_understood(None, item.external_id, found))
            return True
        if outcome != "deleted":  # tracked from now on, so that it is remembered what it waits for
            self._tally.decisions.append(InStep(item.external_id, str(found.id), None))
        if outcome == "waiting":
            self._tally.waiting.append(Waiting(item.external_id, str(found.id), person_of(found).name or ""))
        else:
            self._tally.decisions.append(remove(item.external_id, found, orphan=item.contact_id is None))
        return True
