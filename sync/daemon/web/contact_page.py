"""``/contacts``: one contact: what became of its row, what we sent, what the workspace held, every change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sync.contacts.contact import Contact
from sync.contacts.person import NOBODY, Person, person_sent
from sync.contacts.problem import Problem
from sync.daemon.web.changes import ChangeView, ValueView, contact_values, from_history, sent_values
from sync.daemon.web.home import made
from sync.daemon.web.html import link
from sync.daemon.web.looks import Look
from sync.daemon.web.run_page import broken
from sync.daemon.web.site import Moments, Site
from sync.daemon.web.words import Moment
from sync.redaction import Redactor
from sync.run.report import tidied
from sync.state.address import StateError
from sync.state.contacts import Tracked
from sync.state.history import ChangeRecord, RunRecord
from sync.state.store import State

SHOWN_CHANGES = 100


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """What the state knows of one key in one sync."""

    sync: str
    external_id: str
    tracked: Tracked | None
    problems: tuple[Problem, ...]
    changes: tuple[tuple[ChangeRecord, RunRecord], ...]
    missing_since: float | None = None


@dataclass(frozen=True, slots=True)
class FateView:
    """What became of the contact's row, and what to do."""

    tone: str
    words: str
    sentence: str


@dataclass(frozen=True, slots=True)
class HeldView:
    """What the workspace held, and how we know."""

    words: str
    when: Moment | None
    values: tuple[ValueView, ...]
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PastChange:
    """One change, with its run."""

    change: ChangeView
    run: int
    when: Moment
    by: str
    undoes: int | None
    can_go_back: bool


@dataclass(frozen=True, slots=True)
class ContactView:
    """The whole page."""

    sync: str
    key: str
    who: str
    besides: str
    contact_id: str
    fate: tuple[FateView, ...]
    cells: tuple[ValueView, ...]
    sent: tuple[ValueView, ...]
    sent_when: Moment | None
    held: HeldView | None
    changes: tuple[PastChange, ...]
    known: bool


def read(state: State, key: str, sync: str | None, redactor: Redactor) -> tuple[list[str], ContactFacts | None]:
    """The syncs that know this key; and the facts, where only one does or ``sync`` says which."""
    syncs = [sync] if sync else state.lookback.syncs_with(key)
    if len(syncs) != 1:
        return syncs, None
    (name,) = syncs
    problems = (tidied(problem, redactor) for problem in state.lookback.problems_of(name, key))
    changes = state.lookback.changes_of_contact(name, key, SHOWN_CHANGES)
    missing = state.lookback.missing_since(name, key)
    facts = ContactFacts(name, key, state.lookback.contact(name, key), tuple(problems), tuple(changes), missing)
    return syncs, facts


def contact_view(facts: ContactFacts, look: Look | None, clock: Moments, *, known: bool) -> ContactView:
    """The page about a contact. ``known``: its sync is still configured."""
    person, tracked = person_in(facts), facts.tracked
    besides = ", ".join(part for part in (person.company, person.number) if part and part != person.short)
    sent = sent_values(facts.external_id, tracked.sent if tracked else None)
    return ContactView(
        sync=facts.sync,
        key=facts.external_id,
        who=person.short or facts.external_id,
        besides=besides,
        contact_id=tracked.contact_id if tracked else "",
        fate=_fates(facts, clock),
        cells=_cells(facts.problems),
        sent=sent,
        sent_when=clock.at(tracked.changed_at) if tracked and sent else None,
        held=_held(facts, look, clock),
        changes=tuple(_past(record, run, facts.sync, clock) for record, run in facts.changes),
        known=known,
    )


def person_in(facts: ContactFacts) -> Person:
    """Whom the key is of, by the newest that is known."""
    found = [person_sent(facts.external_id, facts.tracked.sent)] if facts.tracked else []
    found += [record.person for record, _ in facts.changes[:1]]
    found += [problem.person for problem in facts.problems]
    return next((person for person in found if person.text), NOBODY)


def _fates(facts: ContactFacts, clock: Moments) -> tuple[FateView, ...]:
    if facts.problems:
        return tuple(_fate_of(problem, in_place=facts.tracked is not None) for problem in facts.problems)
    if facts.tracked is not None:
        if facts.missing_since is not None:
            since = clock.at(facts.missing_since).clock
            words = f"Its row has been missing since {since}"
            return (FateView("warn", words, "When the next full read misses it, too, the contact is deleted."),)
        last = clock.at(facts.tracked.changed_at)
        return (FateView("good", "Row and contact are in step", f"Changed last {last.clock}, {last.distance}."),)
    if facts.changes:
        record, run = facts.changes[0]
        if record.action == "delete":
            words = f"Deleted by run {run.id}, {clock.at(run.started_at).clock}"
            return (FateView("idle", words, "Its row was gone. Should it come back, the contact is made again."),)
        return (FateView("idle", "Not kept by this sync any more", "The contact itself was left as it is."),)
    return (FateView("idle", "Nothing is known of this key", "No sync tracks it, or did in the last 90 days."),)


def _fate_of(problem: Problem, *, in_place: bool) -> FateView:
    where = f"Row {problem.row}" if problem.row is not None else "Its record"
    left = "The contact is left as it is." if in_place else "So it is not in OpenPhone."
    if problem.kind == "held":
        words = f"{problem.action or 'change'} held back until you decide".capitalize()
        return FateView("warn", words, f"{problem.reason[:1].upper()}{problem.reason[1:]}.")
    value = f" ({problem.value})" if problem.value else ""
    column = f"{problem.column}{value}: " if problem.column else ""
    what = "was not taken by OpenPhone" if problem.kind == "failed" else "needs you"
    return FateView("warn", f"{where} {what}", f"{column}{problem.text}. {left}")


def _cells(problems: Sequence[Problem]) -> tuple[ValueView, ...]:
    """The row as it was read, where it needs a person."""
    cells = next((problem.cells for problem in problems if problem.cells), {})
    return tuple(ValueView(column, cell) for column, cell in cells.items())


def _held(facts: ContactFacts, look: Look | None, clock: Moments) -> HeldView | None:
    """By the last look; else by the last change, which begins and ends with what the workspace holds."""
    if look is not None:
        when = clock.at(look.at)
        if look.error is not None:
            return HeldView(f"It could not be asked: {look.error}", when, (), ())
        if look.contact is None:
            return HeldView("The workspace has no such contact", when, (), ())
        return HeldView("As OpenPhone answered", when, contact_values(look.contact), _differing(facts, look.contact))
    if not facts.changes:
        return None
    record, run = facts.changes[0]
    when = clock.at(run.started_at)
    if record.action == "delete":
        return HeldView(f"As it was before run {run.id} deleted it", when, contact_values(record.before), ())
    return HeldView(f"As run {run.id} left it", when, contact_values(record.after), ())


def _differing(facts: ContactFacts, held: Contact) -> tuple[str, ...]:
    """The fields in which the workspace holds other than what was last sent."""
    sent = {
        each.label: each.value for each in sent_values(facts.external_id, facts.tracked.sent if facts.tracked else None)
    }
    numbers = {
        f"{group} ({item.name})": item.value
        for group, items in (("Phone", held.phone_numbers), ("E-mail", held.emails))
        for item in items
    }
    now = {each.label: each.value for each in contact_values(held)} | numbers
    return tuple(label for label, value in sent.items() if now.get(label, "") != value)


def _past(record: ChangeRecord, run: RunRecord, sync: str, clock: Moments) -> PastChange:
    ended = run.ended_at is not None
    by = run.started_by or ""
    return PastChange(from_history(record, sync), run.id, clock.at(run.started_at), by, run.undoes, ended)


async def handle(site: Site, request: web.Request) -> web.Response:
    """The page of a contact; where several syncs know the key, which of them."""
    visitor, clock = site.seeing(request), site.moments()
    key = request.match_info.get("key") or request.query.get("key", "")
    sync, redactor = request.query.get("sync") or None, site.loaded.redactor()
    try:
        syncs, facts = await site.asked(lambda state: read(state, key, sync, redactor))
    except StateError as error:
        return broken(site, visitor, redactor.message(str(error)))
    shared: dict[str, Any] = {"visitor": visitor, "made": made(clock)}
    if facts is None:
        if syncs:
            found = [(name, link("/contacts", sync=name, key=key)) for name in syncs]
            return site.pages.page("which.html", key=key, found=found, **shared)
        text = f"No sync knows a contact under the key {key!r}. Search for its name or number above."
        return site.pages.page("missing.html", status=404, text=text, **shared)
    look = site.looks.of(facts.sync, key)
    view = contact_view(facts, look, clock, known=facts.sync in site.loaded.config.syncs)
    return site.pages.page("contact.html", view=view, **shared)
