"""Carries out a plan: changes → calls → outcomes, as they happen. Decides nothing but how to settle doubt.

Each outcome is in the state before it is reported; an intent is in the state before a create is sent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

import structlog

from sync.contacts.contact import Contact, CustomField, differences, overlay
from sync.contacts.problem import Problem
from sync.openphone.client import IDS_PER_LOOKUP, OpenPhone, OpenPhoneError, OutcomeUnknown, Refused
from sync.plan.plan import Change, Plan
from sync.state.contacts import State, StateError

IN_FLIGHT = 8
"""Requests under way at once: enough to keep ten a second at 700 ms each."""

CREATE_ATTEMPTS = 5
ASK_TOGETHER_SECONDS = 0.2
ADOPT_BATCH = 500

log = structlog.get_logger()
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one planned change: the change as it was made, or the problem that stopped it."""

    change: Change
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where the changes go, and how contacts are written there."""

    client: OpenPhone
    state: State
    sync: str
    run: int
    source: str
    definitions: Mapping[str, CustomField]


async def apply(plan: Plan, target: Target, stop: asyncio.Event, report: Callable[[Outcome], None]) -> None:
    """Carry out every change of the plan; ``report`` hears each outcome once it is durable.

    When ``stop`` is set no change is begun any more. Raises what ends a run: Unauthorized, ServiceDown, StateError.
    """
    _note_in_step(plan, target, report)
    writer = _Writer(target)
    try:
        async with asyncio.TaskGroup() as tasks:
            for change in plan.changes:
                if change.action == "adopt":
                    continue
                await writer.slots.acquire()
                if stop.is_set() or writer.fatal is not None:
                    break
                tasks.create_task(writer.carry_out(change, report))
    finally:
        writer.close()
    if writer.fatal is not None:
        raise writer.fatal


def _note_in_step(plan: Plan, target: Target, report: Callable[[Outcome], None]) -> None:
    """What needs no request: rows found in step, contacts adopted as they are."""
    target.state.remember(
        target.sync, ((step.external_id, step.contact_id, step.fingerprint, step.as_sent) for step in plan.in_step)
    )
    adopted = [change for change in plan.changes if change.action == "adopt"]
    for start in range(0, len(adopted), ADOPT_BATCH):
        batch = adopted[start : start + ADOPT_BATCH]
        target.state.remember(target.sync, ((c.external_id, str(c.contact_id), c.fingerprint, False) for c in batch))
        for change in batch:
            report(Outcome(change))


class _Writer:
    """One request at a time for one contact, a few contacts at a time."""

    def __init__(self, target: Target) -> None:
        self._to = target
        self.slots = asyncio.Semaphore(IN_FLIGHT)
        self._one_at_a_time = asyncio.Lock()
        self.fatal: OpenPhoneError | StateError | None = None
        self._asked: list[str] = []
        self._asking: asyncio.Task[dict[str, list[Contact]]] | None = None

    async def carry_out(self, change: Change, report: Callable[[Outcome], None]) -> None:
        """Carry out one change in a slot that was acquired for it, and free the slot."""
        started = time.monotonic()
        try:
            outcome = await self._outcome(change)
        except (OpenPhoneError, StateError) as error:
            self.fatal = self.fatal or error  # what else is in flight may finish; nothing new begins
            return
        finally:
            self.slots.release()
        log.info(
            "contact",
            sync=self._to.sync,
            run=self._to.run,
            action=outcome.change.action,
            external_id=change.external_id,
            contact_id=outcome.change.contact_id,
            status="failed" if outcome.problem else "done",
            duration=round(time.monotonic() - started, 3),
        )
        report(outcome)

    async def _outcome(self, change: Change) -> Outcome:
        act = {"create": self._create, "update": self._update, "delete": self._delete}[change.action]
        try:
            return Outcome(await act(change))
        except Refused as refusal:
            if change.fingerprint is not None:
                await self._durably(
                    self._to.state.refuse, self._to.sync, change.external_id, change.fingerprint, str(refusal)
                )
            return _failed(change, str(refusal))
        except OutcomeUnknown as doubt:
            return _failed(change, f"the outcome is not known ({doubt}); the next run finds out")

    async def _durably(self, write: Callable[..., Result], *arguments: object) -> Result:
        """A write to the state, off the event loop: a disk that takes its time must not delay what is paced.

        Ends only when the write has ended, also where it is cancelled: the state may be closed next.
        """
        async with self._one_at_a_time:
            writing = asyncio.ensure_future(asyncio.to_thread(write, *arguments))
            try:
                return await asyncio.shield(writing)
            except asyncio.CancelledError:
                await asyncio.wait({writing})
                raise

    async def _create(self, change: Change, gone: str | None = None) -> Change:
        """Make the contact, once: after any doubt the external id is looked up before another attempt.

        ``gone``: the contact that it had, if that turned out to be gone. A list may still show it.
        """
        to, after = self._to, _whole(change)
        record = await self._durably(to.state.keep, to.run, to.sync, change.external_id, "create", None, after)
        if gone is not None and (anew := await self._adopt(change, record, await self._find(change.external_id, gone))):
            return anew
        doubted = False
        for _ in range(CREATE_ATTEMPTS):
            await self._durably(to.state.intend, to.sync, change.external_id)
            conflict = False
            try:
                made = await to.client.create(after.body(to.definitions))
            except OutcomeUnknown:
                doubted = True
            except Refused as refusal:
                if refusal.status != 409:
                    await self._durably(to.state.withdraw, to.sync, change.external_id)
                    raise
                conflict = True
            else:
                return await self._recorded(change, record, str(made.id))
            found = await self._look_again(change.external_id, gone, patiently=not conflict)
            if brought := await self._adopt(change, record, found, made_here=doubted):
                return brought
            if conflict:
                await self._durably(to.state.withdraw, to.sync, change.external_id)
                raise Refused(
                    409,
                    "OpenPhone says that this externalId is in use (409), but lists no contact with it. "
                    "Look for it in the app, or give the row another key.",
                )
        raise OutcomeUnknown(f"{CREATE_ATTEMPTS} attempts to create it were left unanswered")

    async def _look_again(self, external_id: str, gone: str | None, *, patiently: bool) -> list[Contact]:
        """The contacts under this external id, allowing for the list's lag; the slot is free meanwhile."""
        if not patiently and (found := await self._find(external_id, gone)):
            return found
        async with self._slot_lent():
            await asyncio.sleep(self._to.client.list_lag)
        if self.fatal is not None:
            raise OutcomeUnknown("the run ended before it could be looked up")
        return await self._find(external_id, gone)

    async def _find(self, external_id: str, gone: str | None) -> list[Contact]:
        """What carries this external id; all who ask at about the same time share a request."""
        if self._asking is None or len(self._asked) >= IDS_PER_LOOKUP:
            self._asked = []
            self._asking = asyncio.create_task(self._ask(self._asked))
        self._asked.append(external_id)
        found = await asyncio.shield(self._asking)
        return [contact for contact in found.get(external_id, []) if contact.id != gone]

    async def _ask(self, external_ids: list[str]) -> dict[str, list[Contact]]:
        await asyncio.sleep(max(ASK_TOGETHER_SECONDS, self._to.client.pace.paused_for()))
        if self._asked is external_ids:
            self._asking = None
        return await self._to.client.find(external_ids)

    def close(self) -> None:
        """Ask nothing any more: nobody waits for the answer."""
        if self._asking is not None:
            self._asking.cancel()

    @asynccontextmanager
    async def _slot_lent(self) -> AsyncIterator[None]:
        self.slots.release()
        try:
            yield
        finally:
            await self.slots.acquire()

    async def _adopt(
        self, change: Change, record: int, found: Sequence[Contact], *, made_here: bool = False
    ) -> Change | None:
        """The first of these that is really there, brought in line; None where none is."""
        for contact in found:
            try:
                return await self._bring_in_line(change, record, contact, adopted=not made_here)
            except Refused as refusal:
                if refusal.status != 404:
                    raise  # otherwise it is listed and gone: a list may lag for deletes, too
        return None

    async def _bring_in_line(self, change: Change, record: int, found: Contact, *, adopted: bool) -> Change:
        """A contact that is there after all: ours from a lost answer, or one that a 409 pointed at."""
        to = self._to
        owner = to.state.owners([str(found.id)], besides=to.sync).get(str(found.id))
        if owner is not None:
            await self._durably(to.state.withdraw, to.sync, change.external_id)
            raise Refused(409, f"the contact with this externalId belongs to the sync {owner!r}")
        wanted = replace(_whole(change), id=found.id, created_at=found.created_at)
        after = overlay(change.desired, found, to.source) if change.desired else wanted
        fields, made = differences(found, after), record
        if fields:
            record = (
                await self._durably(to.state.keep, to.run, to.sync, change.external_id, "update", found, after)
                if adopted
                else record
            )
            await to.client.update(str(found.id), after.body(to.definitions))
        if not adopted:
            return await self._recorded(change, record, str(found.id))
        await self._durably(to.state.unkeep, made)  # nothing was made, so that undo has nothing to delete
        if fields:
            return await self._recorded(
                replace(change, action="update", fields=fields, adopted=True), record, str(found.id)
            )
        as_it_is = [(change.external_id, str(found.id), change.fingerprint, False)]
        await self._durably(to.state.remember, to.sync, as_it_is)
        return replace(change, action="adopt", contact_id=found.id, fields={}, adopted=True)

    async def _update(self, change: Change) -> Change:
        to = self._to
        record = await self._durably(
            to.state.keep, to.run, to.sync, change.external_id, "update", change.before, change.after
        )
        try:
            await to.client.update(str(change.contact_id), _whole(change).body(to.definitions))
        except Refused as refusal:
            if refusal.status != 404:
                raise
            # Gone, even if a list still shows it: made anew, once.
            anew = replace(_whole(change), id=None)
            return await self._create(
                replace(
                    change,
                    action="create",
                    contact_id=None,
                    before=None,
                    after=anew,
                    fields=differences(None, anew),
                    adopted=False,
                ),
                gone=change.contact_id,
            )
        return await self._recorded(change, record, str(change.contact_id))

    async def _delete(self, change: Change) -> Change:
        to = self._to
        record = await self._durably(to.state.keep, to.run, to.sync, change.external_id, "delete", change.before, None)
        await to.client.delete(str(change.contact_id))
        await self._durably(to.state.deleted, to.sync, record, change.external_id)
        return change

    async def _recorded(self, change: Change, record: int, contact_id: str) -> Change:
        sent = change.desired.to_json() if change.desired else None
        await self._durably(
            self._to.state.written, self._to.sync, record, change.external_id, contact_id, change.fingerprint, sent
        )
        return replace(change, contact_id=contact_id)


def _whole(change: Change) -> Contact:
    if change.after is None:
        raise RuntimeError(f"a {change.action} without the contact to send")
    return change.after


def _failed(change: Change, reason: str) -> Outcome:
    return Outcome(change, Problem(change.row, change.external_id, None, None, reason, "failed"))
