"""A contact made once, whatever happens: a POST has no idempotency key, so every doubt is settled by a lookup.

The protocol: keep what will be made, intend, send; where the answer is missing, look before sending again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sync.contacts.change import Adopt, Create, InStep, Update
from sync.contacts.contact import Contact, differences, full_name, overlay
from sync.openphone.errors import OutcomeUnknown, PutOff, Refused
from sync.run import doubts
from sync.run.target import Writer
from sync.state.contacts import Written
from sync.state.history import Pending

ATTEMPTS = 8
"""As many as a request has that may be repeated: each 429 is one, too."""

Made = Create | Update | Adopt
"""What a create may turn out to be: the contact was there after all."""


async def create(writer: Writer, change: Create, gone: str | None = None) -> Made:
    """Make the contact, once: after any doubt the external id is looked up before another attempt.

    ``gone``: the contact that it had, if that turned out to be gone. A list may still show it.
    """
    creation = _Creation(writer, change, gone)
    record = await writer.durably(
        writer.history.record, writer.run, writer.sync, Pending(change.external_id, "create", None, change.after)
    )
    if gone is not None and (anew := await creation.adopt(record, await creation.find())):
        return anew
    doubted = False
    for _ in range(ATTEMPTS):
        if doubted:
            await writer.durably(doubts.add, writer.notes, writer.sync, change.external_id, writer.clock.now())
        await writer.durably(writer.contacts.intend, writer.sync, change.external_id)
        conflict = False
        try:
            made = await writer.client.create(change.after.body(writer.target.definitions), writer.guard)
        except OutcomeUnknown:
            doubted = True
        except Refused as refusal:
            if refusal.status != 409:
                await writer.durably(writer.contacts.withdraw, writer.sync, change.external_id)
                if not doubted:
                    await creation.refused(record)
                raise
            conflict = True
        else:
            return await creation.made(record, str(made.id))
        found = await creation.look_again(patiently=not conflict)
        if brought := await creation.adopt(record, found, made_here=doubted):
            return brought
        if conflict:
            await writer.durably(writer.contacts.withdraw, writer.sync, change.external_id)
            raise Refused(
                409,
                "OpenPhone says that this externalId is in use (409), but lists no contact with it. "
                "Look for it in the app, or give the row another key.",
            )
    raise OutcomeUnknown(f"{ATTEMPTS} attempts to create it were left unanswered")


class _Creation:
    """One create, with what it needs to find out whether it happened."""

    def __init__(self, writer: Writer, change: Create, gone: str | None) -> None:
        self._to = writer
        self._change = change
        self._gone = gone

    async def made(self, record: int, contact_id: str) -> Create:
        """The contact is made, and known to be."""
        await self._written(record, contact_id)
        return replace(self._change, contact_id=contact_id)

    async def find(self) -> list[Contact]:
        """What carries the external id, without the contact that is known to be gone."""
        carriers = await self._to.lookups.carriers(self._change.external_id)
        return [contact for contact in carriers if contact.id != self._gone]

    async def look_again(self, *, patiently: bool) -> list[Contact]:
        """The same, allowing for the list's lag; the slot is free meanwhile."""
        if not patiently and (found := await self.find()):
            return found
        async with self._to.slot_lent():
            await self._to.clock.sleep(self._to.client.patience.list_lag)
        if self._to.fatal is not None:
            raise OutcomeUnknown("the run ended before it could be looked up")
        return await self.find()

    async def adopt(self, record: int, found: Sequence[Contact], *, made_here: bool = False) -> Made | None:
        """The first of these that is really there, brought in line; None where none is."""
        for contact in found:
            try:
                return await self._bring_in_line(record, contact, adopted=not made_here)
            except Refused as refusal:
                if refusal.status != 404:
                    raise  # otherwise it is listed and gone: a list may lag for deletes, too
        return None

    async def _bring_in_line(self, record: int, found: Contact, *, adopted: bool) -> Made:
        """A contact that is there after all: ours from a lost answer, or one that a 409 pointed at."""
        if found.unreadable is not None:
            raise PutOff(f"what OpenPhone lists under this externalId cannot be understood ({found.unreadable})")
        await self._refuse_anothers(found)
        change, contact_id = self._change, str(found.id)
        after = self._over(found)
        if not adopted:
            if differences(found, after):
                await self._to.client.update(contact_id, after.body(self._to.target.definitions), self._to.guard)
            return await self.made(record, contact_id)
        if not differences(found, after):
            await self._nothing_was_made(record)
            step = InStep(change.external_id, contact_id, change.fingerprint)
            await self._to.durably(self._to.contacts.remember, self._to.sync, [step])
            return Adopt(change.external_id, change.row, contact_id, change.fingerprint, full_name(found))
        update = await self._to.durably(
            self._to.history.record,
            self._to.run,
            self._to.sync,
            Pending(change.external_id, "update", found, after),
        )
        await self._to.client.update(contact_id, after.body(self._to.target.definitions), self._to.guard)
        await self._nothing_was_made(record)
        await self._written(update, contact_id)
        return Update(
            change.external_id, change.row, contact_id, found, after, change.desired, change.fingerprint, adopted=True
        )

    async def _refuse_anothers(self, found: Contact) -> None:
        owner = self._to.contacts.owners([str(found.id)], besides=self._to.sync).get(str(found.id))
        if owner is not None:
            await self._to.durably(self._to.contacts.withdraw, self._to.sync, self._change.external_id)
            raise Refused(409, f"the contact with this externalId belongs to the sync {owner!r}")

    def _over(self, found: Contact) -> Contact:
        """What the contact that is there shall be."""
        change = self._change
        if change.desired is not None:
            return overlay(change.desired, found, self._to.target.label)
        return replace(change.after, id=found.id, created_at=found.created_at)

    async def refused(self, record: int) -> None:
        """The first that was sent was refused: there is nothing to look back at."""
        await self._nothing_was_made(record)

    async def _nothing_was_made(self, record: int) -> None:
        """So that undo has nothing to delete."""
        await self._to.durably(self._to.history.discard, record)

    async def _written(self, record: int, contact_id: str) -> None:
        change = self._change
        sent = change.desired.to_json() if change.desired else None
        written = Written(record, change.external_id, contact_id, change.fingerprint, sent)
        await self._to.durably(self._to.contacts.written, self._to.sync, written)
