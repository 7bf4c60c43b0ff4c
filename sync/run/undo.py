"""A run's changes, turned round: history → plan. What others changed since, in whatever field, stays.

Reads the workspace; the plan that comes out is applied, recorded and undone like any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from sync.contacts.change import Change, Create, Delete, Outcome, Update
from sync.contacts.contact import SCALARS, Contact, Desired, Item, differences, sendable_source
from sync.contacts.person import person_of
from sync.contacts.problem import Problem
from sync.openphone.client import OpenPhone
from sync.plan.decide import cannot_be_understood
from sync.plan.plan import Plan
from sync.plan.rekey import Move, changed_key, in_waves
from sync.run.apply import apply
from sync.run.approval import Approval
from sync.run.job import Workplace
from sync.run.key_facts import note_keys_undone
from sync.run.report import SyncReport
from sync.run.session import Session, Stopped, session
from sync.run.target import IN_FLIGHT, Target
from sync.run.watching import Silent, Watcher
from sync.state.history import ChangeRecord, RunRecord
from sync.state.store import State

GOES_ON = "run undo again for the rest"


@dataclass(frozen=True, slots=True)
class Undoable:
    """A run that can be put back. ``undone``: the runs that put it back, each with those that put back that one."""

    run: RunRecord
    undone: tuple[tuple[int, tuple[int, ...]], ...] = ()

    @classmethod
    def find(cls, state: str, run: int | None) -> Undoable | None:
        """This run, or the last one that changed something; None where the history has none. Raises StateError."""
        with State.open(state, read_only=True) as opened:
            found = opened.history.run(run) if run is not None else opened.lookback.last_to_undo()
            if found is None:
                return None
            by = opened.lookback.undone_by(found.id)
            return cls(found, tuple((each, opened.lookback.undone_by(each)) for each in by))

    @property
    def text(self) -> str | None:
        """What was put back of what already, as people should know before they put it back again."""
        if not self.undone and self.run.undoes is None:
            return None
        said = [f"run {self.run.id} put back run {self.run.undoes}"] if self.run.undoes is not None else []
        for by, again in self.undone:
            back = f", which was undone by run {' and '.join(map(str, again))}" if again else ""
            said.append(f"run {self.run.id} was undone by run {by}{back}")
        return "; ".join(said)


async def undo(
    at: Workplace, run: int, label: str, approval: Approval | None = None, watcher: Watcher | None = None
) -> SyncReport:
    """Put back what this run of ``at``'s sync changed. Never raises for what a user or OpenPhone can cause.

    ``label`` marks contacts that had none which OpenPhone would take. ``approval``: put back just that, or nothing.
    """
    shows = watcher or Silent()

    def on_outcome(report: SyncReport, outcome: Outcome) -> None:
        report.add(outcome)
        shows.step()

    async def put_back(opened: Session) -> None:
        definitions = {field.key: field for field in await at.client.custom_fields()}
        plan = await plan_undo(at, opened.state.history.changes(run), label, shows)
        await opened.decided(plan)
        if not at.dry_run:
            shows.phase(at.sync, f"putting back run {run}", len(plan.changes))
            for wave in _in_waves(plan):
                await apply(wave, Target(opened, label, definitions), partial(on_outcome, opened.report))
                if at.stop.is_set():
                    raise Stopped
            note_keys_undone(opened.state, at.sync, run)

    return await session(at, put_back, goes_on=GOES_ON, reads_every_row=False, undoes=run, approval=approval)


async def plan_undo(at: Workplace, records: Sequence[ChangeRecord], label: str, watcher: Watcher) -> Plan:
    """The plan that puts back what these changes (newest first) did. Raises Stopped, and what the client raises.

    Of several records of one contact the newest counts: an update that found nobody was followed by a create.
    """
    last = list({record.external_id: record for record in reversed(records)}.values())
    watcher.phase(at.sync, "looking at the contacts", len(last))
    turned: list[Change | Problem | None] = []
    for start in range(0, len(last), IN_FLIGHT):
        if at.stop.is_set():
            raise Stopped
        turned += await _all_turned(last[start : start + IN_FLIGHT], at.client, label)
        watcher.step(len(turned) - start)
    changes = tuple(one for one in turned if one is not None and not isinstance(one, Problem))
    return Plan(at.sync, changes=changes, problems=tuple(one for one in turned if isinstance(one, Problem)))


async def _all_turned(records: Sequence[ChangeRecord], client: OpenPhone, label: str) -> list[Change | Problem | None]:
    """Several at once: a contact's answer takes longer than its turn."""
    asked = [asyncio.create_task(_turned(record, client, label)) for record in records]
    try:
        return await asyncio.gather(*asked)
    finally:
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)


async def _turned(record: ChangeRecord, client: OpenPhone, label: str) -> Change | Problem | None:
    """The change that puts one contact back; None where it is as it was already."""
    now = await _current(record, client)
    if now is not None and now.unreadable is not None and record.action != "delete":
        return cannot_be_understood(None, record.external_id, now)
    if record.action == "delete":
        return _made_again(record, label) if now is None else None
    if now is None:
        if record.action == "create":
            return None
        reason = "the contact is no longer in the workspace, so its former fields cannot be put back"
        person = person_of(record.after or record.before)
        return Problem(None, record.external_id, None, None, reason, "failed", person=person)
    if record.action == "create":
        return Delete(record.external_id, str(now.id), now)
    after = replace(_put_back(record, now), source=sendable_source(now.source, label))
    if not differences(now, after):
        return None
    released = record.action == "adopt"
    rekeyed = not released and differences(now, after).keys() == {"externalId"}
    external_id = str(after.external_id) if rekeyed else record.external_id
    desired = None if released or rekeyed else _sent_before(record, after)
    return Update(external_id, None, str(now.id), now, after, desired, released=released)


def _sent_before(record: ChangeRecord, after: Contact) -> Desired | None:
    """What is ours of a contact that is put back: the numbers and addresses that the run took away.

    So they go again should their label not be mapped any more, as if the run had never been undone.
    """
    if record.before is None or record.after is None:
        return None
    before, then = record.before, record.after
    numbers = _taken_away(before.phone_numbers, then.phone_numbers, after.phone_numbers)
    addresses = _taken_away(before.emails, then.emails, after.emails)
    return Desired(record.external_id, {}, numbers, addresses) if numbers or addresses else None


def _taken_away(before: Sequence[Item], then: Sequence[Item], now: Sequence[Item]) -> dict[str, tuple[str, ...]]:
    """Label → values that the run took away, and the label with them, and that are there again."""
    kept = {item.name for item in then}
    back = {(item.name, item.value) for item in now}
    taken: dict[str, tuple[str, ...]] = {}
    for item in before:
        if item.name and item.value and item.name not in kept and (item.name, item.value) in back:
            taken[item.name] = (*taken.get(item.name, ()), item.value)
    return taken


def _in_waves(plan: Plan) -> list[Plan]:
    """The plan in the order in which its changes can be made: a key is free before another contact gets it back."""
    rekeyed = {one.contact_id: one for one in plan.changes if isinstance(one, Update) and _gets_its_key_back(one)}
    if not rekeyed:
        return [plan]
    moves = [Move(each, str(one.before.external_id), one.external_id) for each, one in rekeyed.items()]
    rest = tuple(change for change in plan.changes if change.contact_id not in rekeyed)
    waves = [tuple(changed_key(rekeyed[move.contact_id], move) for move in wave) for wave in in_waves(moves)]
    return [replace(plan, changes=wave) for wave in (rest, *waves)]


def _gets_its_key_back(change: Update) -> bool:
    return not change.released and change.before.external_id is not None and change.fields.keys() == {"externalId"}


async def _current(record: ChangeRecord, client: OpenPhone) -> Contact | None:
    """The contact as it is now.

    A create whose answer never came is found by its externalId, if what is found carries the source that it was given.
    For a delete any contact under its externalId will do: it has been made again.
    """
    contact_id = record.contact_id or (record.before.id if record.before else None)
    found = await client.get(contact_id) if contact_id else None
    if found is not None or (contact_id and record.action != "delete"):
        return found
    under_key = (await client.find([record.external_id])).get(record.external_id, [])
    label = record.after.source if record.after else None
    return next((one for one in under_key if record.action == "delete" or one.source == label), None)


def _made_again(record: ChangeRecord, label: str) -> Create | None:
    if record.before is None:
        return None
    source = sendable_source(record.before.source, label)
    after = replace(record.before, id=None, external_id=record.external_id, source=source)
    return Create(record.external_id, None, after)


def _put_back(record: ChangeRecord, now: Contact) -> Contact:
    """``now``, with the fields that the run changed, and nobody since, as they were before it."""
    before, after = record.before, record.after
    if before is None or after is None:
        return now
    turned = differences(before, after).keys() - differences(after, now).keys()
    custom = dict(now.custom_fields)
    for name in turned:
        if name.startswith("customFields."):
            key = name.removeprefix("customFields.")
            custom[key] = before.custom_fields.get(key)
    recognised = record.action == "adopt" and now.external_id == after.external_id
    rekeyed = turned == {"externalId"} and differences(before, after).keys() == {"externalId"}
    back = recognised or (rekeyed and before.external_id is not None)
    return replace(
        now,
        external_id=before.external_id if back else now.external_id,
        scalars={name: (before if name in turned else now).scalars.get(name) for name in SCALARS},
        phone_numbers=_items_put_back(before.phone_numbers, after.phone_numbers, now.phone_numbers),
        emails=_items_put_back(before.emails, after.emails, now.emails),
        source_url=(before if "sourceUrl" in turned else now).source_url,
        custom_fields={key: value for key, value in custom.items() if value is not None},
    )


def _items_put_back(before: Sequence[Item], after: Sequence[Item], now: Sequence[Item]) -> tuple[Item, ...]:
    """Label by label: as before the run where they are as the run left them, as they are now elsewhere."""
    labels = dict.fromkeys(item.name for item in (*before, *now))
    back: list[Item] = []
    for label in labels:
        was, left, is_now = ([item for item in items if item.name == label] for items in (before, after, now))
        back += was if {item.value for item in is_now} == {item.value for item in left} else is_now
    return tuple(back)
