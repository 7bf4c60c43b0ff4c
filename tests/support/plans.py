"""Rows, contacts and decisions for the tests of what a run decides."""

from __future__ import annotations

from collections.abc import Iterable

from sync.contacts.change import Change, Decision, Update
from sync.contacts.contact import Contact, Desired
from sync.plan.decide import Label, Wanted, decide, remove
from sync.plan.limits import Limits
from sync.plan.options import Limit
from sync.plan.plan import Findings, Plan

HELD = Contact(scalars={"firstName": "Ana", "lastName": "Doe"}, external_id="c1", source="contact-sync", id="A")
SAME = Desired("c1", {"firstName": "Ana", "lastName": "Doe"})
OTHER = Desired("c1", {"firstName": "Ana", "lastName": "Roe"})


def settle(
    desired: Desired,
    found: Iterable[Contact] = (),
    *,
    contact_id: str | None = None,
    tracked: bool = False,
    label: Label = Label("contact-sync"),
    owners: dict[str, str] | None = None,
) -> Decision:
    """What is decided about row 2, which wants this."""
    return decide(Wanted(2, desired, b"new", contact_id, tracked), list(found), label, owners or {})


def limits(deletes: object = "10%", updates: object = "100%", *, for_this_run: bool = False) -> Limits:
    """Limits as a configuration writes them."""
    return Limits(Limit.parse(deletes), Limit.parse(updates), for_this_run)


def deletes(count: int) -> list[Decision]:
    """So many deletes."""
    return [remove(f"c{number}", Contact(scalars={"firstName": "Ana"}, id=f"id{number}")) for number in range(count)]


def updates(count: int, *, adopted: bool = False) -> list[Decision]:
    """So many contacts with another role."""
    before, after = Contact(scalars={"role": "a"}), Contact(scalars={"role": "b"})
    return [Update(f"c{number}", number + 2, f"id{number}", before, after, adopted=adopted) for number in range(count)]


def build(decisions: Iterable[Decision], tracked: int, allowed: Limits, rows: int = 100) -> Plan:
    """The plan of a run that decided this."""
    return Plan.build("customers", Findings(rows, tracked=tracked, decisions=list(decisions)), allowed)


def held(plan: Plan) -> list[Change]:
    """Everything that a limit holds back."""
    return [change for back in plan.held_back for change in back.changes]


def reasons(plan: Plan) -> dict[str, str]:
    """Why, by action."""
    return {back.action: back.danger.reason for back in plan.held_back}
