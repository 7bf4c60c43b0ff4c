"""Carries out a plan: changes → calls → outcomes, as they happen. Decides nothing but how to settle doubt.

Each outcome is in the state before it is reported; an intent is in the state before a create is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog

from sync.contacts.change import Adopt, Change, Create, Delete, InStep, Outcome, Update
from sync.contacts.problem import Action, Problem
from sync.openphone.errors import OpenPhoneError, OutcomeUnknown, PutOff, Refused
from sync.openphone.refusals import ABOUT_A_ROW
from sync.plan.plan import Plan
from sync.run import absences
from sync.run.create import Made, create
from sync.run.target import Target, Writer
from sync.state.address import StateError
from sync.state.contacts import Written
from sync.state.history import Pending

ADOPT_BATCH = 500

log = structlog.get_logger()
OnOutcome = Callable[[Outcome], None]


async def apply(plan: Plan, target: Target, on_outcome: OnOutcome) -> None:
    """Carry out every change of the plan; ``on_outcome`` hears each outcome once it is durable.

    When the session shall stop no change is begun any more. Raises what ends a run: Unauthorized, TurnedAway,
    ServiceDown, StateError.
    """
    session = target.session
    session.state.contacts.forget(session.at.sync, plan.gone)
    _remember(plan, target, on_outcome)
    writer = Writer(target)
    try:
        async with asyncio.TaskGroup() as tasks:
            for change in plan.changes:
                if isinstance(change, Adopt):
                    continue
                await writer.slots.acquire()
                if session.at.stop.is_set() or writer.fatal is not None:
                    break
                tasks.create_task(_carry_out(writer, change, on_outcome))
    finally:
        writer.close()
    if writer.fatal is not None:
        raise writer.fatal


def _remember(plan: Plan, target: Target, on_outcome: OnOutcome) -> None:
    """What needs no request: rows found in step, contacts adopted as they are."""
    contacts, sync = target.session.state.contacts, target.session.at.sync
    contacts.remember(sync, plan.in_step)
    absences.note(plan.noted, target.session)
    adopted = [change for change in plan.changes if isinstance(change, Adopt)]
    for start in range(0, len(adopted), ADOPT_BATCH):
        batch = adopted[start : start + ADOPT_BATCH]
        contacts.remember(
            sync, (InStep(one.external_id, one.contact_id, one.fingerprint, still=one.sent) for one in batch)
        )
        for change in batch:
            on_outcome(Outcome(change))


async def _carry_out(writer: Writer, change: Create | Update | Delete, on_outcome: OnOutcome) -> None:
    """Carry out one change in a slot that was acquired for it, and free the slot."""
    started = writer.clock.monotonic()
    try:
        outcome = await _outcome(writer, change)
    except (OpenPhoneError, StateError) as error:
        writer.fatal = writer.fatal or error  # what else is in flight may finish; nothing new begins
        return
    finally:
        writer.slots.release()
    log.info(
        "contact",
        sync=writer.sync,
        run=writer.run,
        action=outcome.change.action,
        external_id=change.external_id,
        contact_id=outcome.change.contact_id,
        status="failed" if outcome.problem else "done",
        duration=round(writer.clock.monotonic() - started, 3),
    )
    on_outcome(outcome)


async def _outcome(writer: Writer, change: Create | Update | Delete) -> Outcome:
    try:
        return Outcome(await _make(writer, change))
    except Refused as refusal:
        if not isinstance(change, Delete) and change.fingerprint is not None and refusal.status in ABOUT_A_ROW:
            await writer.durably(
                writer.contacts.refuse, writer.sync, change.external_id, change.fingerprint, writer.clean(str(refusal))
            )
        return _failed(change, writer.clean(str(refusal)))
    except PutOff as delay:
        return _failed(change, str(delay))
    except OutcomeUnknown as doubt:
        return _failed(change, f"the outcome is not known ({doubt}); the next run finds out")


async def _make(writer: Writer, change: Create | Update | Delete) -> Change:
    match change:
        case Create():
            return await create(writer, change)
        case Update():
            return await _update(writer, change)
        case Delete():
            return await _delete(writer, change)


async def _update(writer: Writer, change: Update) -> Made:
    # A contact that was recognised is no more ours than before once this is undone: the history tells them apart.
    action: Action = "adopt" if change.matched_by else "update"
    pending = Pending(change.external_id, action, change.before, change.after)
    record = await writer.durably(writer.history.record, writer.run, writer.sync, pending)
    try:
        body = change.after.body_over(change.before, writer.target.definitions)
        await writer.client.update(change.contact_id, body, writer.guard)
    except Refused as refusal:
        await writer.durably(writer.history.discard, record)  # nothing was changed: nobody is to look back at it
        if refusal.status != 404 or change.released:
            raise
        # Gone, even if a list still shows it: made anew, once.
        anew = replace(change.after, id=None)
        again = Create(change.external_id, change.row, anew, change.desired, change.fingerprint)
        return await create(writer, again, gone=change.contact_id)
    if change.released:
        await writer.durably(writer.contacts.deleted, writer.sync, record, change.external_id, change.contact_id)
        return change
    sent = change.desired.to_json() if change.desired else None
    written = Written(record, change.external_id, change.contact_id, change.fingerprint, sent)
    await writer.durably(writer.contacts.written, writer.sync, written)
    return change


async def _delete(writer: Writer, change: Delete) -> Delete:
    pending = Pending(change.external_id, "delete", change.before, None)
    record = await writer.durably(writer.history.record, writer.run, writer.sync, pending)
    try:
        await writer.client.delete(change.contact_id, writer.guard)
    except Refused:
        await writer.durably(writer.history.discard, record)
        raise
    await writer.durably(writer.contacts.deleted, writer.sync, record, change.external_id, change.contact_id)
    return change


def _failed(change: Change, reason: str) -> Outcome:
    return Outcome(change, Problem(change.row, change.external_id, None, None, reason, "failed", person=change.person))
