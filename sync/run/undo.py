"""A run's changes, turned round: history → plan. What others changed since, in whatever field, stays.

Reads the workspace; the plan that comes out is applied, recorded and undone like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sync.contacts.contact import SCALARS, Contact, Item, differences, sendable_source
from sync.contacts.problem import Problem
from sync.openphone.client import OpenPhone
from sync.plan.plan import Change, Plan
from sync.state.contacts import HistoryRecord


async def plan_undo(records: Sequence[HistoryRecord], client: OpenPhone, source: str) -> Plan:
    """The plan that puts back what these changes (newest first) did. Raises what the client raises.

    Of several records of one contact the newest counts: an update that found nobody was followed by a create.
    ``source`` marks contacts that had none which OpenPhone would take.
    """
    changes: list[Change] = []
    problems: list[Problem] = []
    for record in {record.external_id: record for record in reversed(records)}.values():
        turned = await _turned(record, client, source)
        if isinstance(turned, Change):
            changes.append(turned)
        elif turned is not None:
            problems.append(turned)
    return Plan(changes=tuple(changes), problems=tuple(problems))


async def _turned(record: HistoryRecord, client: OpenPhone, source: str) -> Change | Problem | None:
    """The change that puts one contact back; None where it is as it was already."""
    now = await _current(record, client)
    if record.action == "delete":
        return _made_again(record, source) if now is None else None
    if now is None:
        if record.action == "create":
            return None
        reason = "the contact is no longer in the workspace, so its former fields cannot be put back"
        return Problem(None, record.external_id, None, None, reason, "failed")
    if record.action == "create":
        return Change("delete", record.external_id, None, now.id, differences(now, None), before=now)
    after = replace(_put_back(record, now), source=sendable_source(now.source, source))
    fields = differences(now, after)
    if not fields:
        return None
    return Change("update", record.external_id, None, now.id, fields, now, after)


async def _current(record: HistoryRecord, client: OpenPhone) -> Contact | None:
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


def _made_again(record: HistoryRecord, source: str) -> Change | None:
    if record.before is None:
        return None
    label = sendable_source(record.before.source, source)
    after = replace(record.before, id=None, external_id=record.external_id, source=label)
    return Change("create", record.external_id, None, None, differences(None, after), after=after)


def _put_back(record: HistoryRecord, now: Contact) -> Contact:
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
    return replace(
        now,
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
