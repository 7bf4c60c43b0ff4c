"""A run's changes, turned round: history → plan. What others changed since in other fields stays.

Reads the workspace; the plan that comes out is applied, recorded and undone like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sync.contact import SCALARS, Contact, differences
from sync.openphone import OpenPhone
from sync.plan import Change, Plan
from sync.problem import Problem
from sync.state import HistoryRecord


async def plan_undo(records: Sequence[HistoryRecord], client: OpenPhone) -> Plan:
    """The plan that puts back what these changes (newest first) did. Raises what the client raises."""
    changes: dict[str, Change] = {}
    problems: list[Problem] = []
    for record in records:
        turned = await _turned(record, client)
        if isinstance(turned, Change):
            changes[record.external_id] = turned
        elif turned is not None:
            problems.append(turned)
    return Plan(changes=tuple(changes.values()), problems=tuple(problems))


async def _turned(record: HistoryRecord, client: OpenPhone) -> Change | Problem | None:
    """The change that puts one contact back; None where it is as it was already."""
    now = await _current(record, client)
    if record.action == "delete":
        return _made_again(record) if now is None else None
    if now is None:
        if record.action == "create":
            return None
        reason = "the contact is no longer in the workspace, so its former fields cannot be put back"
        return Problem(None, record.external_id, None, None, reason, "failed")
    if record.action == "create":
        return Change("delete", record.external_id, None, now.id, differences(now, None), before=now)
    after = _put_back(record, now)
    fields = differences(now, after)
    if not fields:
        return None
    return Change("update", record.external_id, None, now.id, fields, now, after)


async def _current(record: HistoryRecord, client: OpenPhone) -> Contact | None:
    """The contact as it is now; a create whose answer never came is found by its externalId."""
    contact_id = record.contact_id or (record.before.id if record.before else None)
    found = await client.get(contact_id) if contact_id else None
    if found is not None or record.action == "update":
        return found
    by_id = (await client.find([record.external_id])).get(record.external_id)
    return by_id[0] if by_id else None


def _made_again(record: HistoryRecord) -> Change | None:
    if record.before is None:
        return None
    after = replace(record.before, id=None, external_id=record.external_id)
    return Change("create", record.external_id, None, None, differences(None, after), after=after)


def _put_back(record: HistoryRecord, now: Contact) -> Contact:
    """``now``, with the fields that the run changed as they were before it."""
    before, after = record.before, record.after
    if before is None or after is None:
        return now
    changed = differences(before, after)
    custom = dict(now.custom_fields)
    for name in changed:
        if name.startswith("customFields."):
            key = name.removeprefix("customFields.")
            custom[key] = before.custom_fields.get(key)
    return replace(
        now,
        scalars={name: (before if name in changed else now).scalars.get(name) for name in SCALARS},
        phone_numbers=(before if "phoneNumbers" in changed else now).phone_numbers,
        emails=(before if "emails" in changed else now).emails,
        source_url=(before if "sourceUrl" in changed else now).source_url,
        custom_fields={key: value for key, value in custom.items() if value is not None},
    )
