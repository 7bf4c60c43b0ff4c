"""``/contacts``: one contact: what became of its row, what we sent, what the workspace held, every change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from sync.contacts.problem import Problem
from sync.daemon.web.changes import ChangeView, ValueView, contact_values, from_history, wanted_values
from sync.daemon.web.home import made
from sync.daemon.web.html import contact_link
from sync.daemon.web.looks import Look
from sync.daemon.web.run_page import broken
from sync.daemon.web.site import Moments, Site
from sync.daemon.web.words import Moment
from sync.lookback.contact_facts import ContactChange, ContactFacts, Place, compared, contact_facts, places
from sync.redaction import Redactor
from sync.run.report import tidied
from sync.state.address import StateError
from sync.state.store import State
from sync.wording import field_label


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


@dataclass(frozen=True, slots=True)
class Asked:
    """A key, and its sync, where that is said. ``prefixes``: sync → what people leave out of its keys."""

    key: str
    sync: str | None
    prefixes: Mapping[str, str]


def read(state: State, asked: Asked, redactor: Redactor) -> tuple[list[Place], ContactFacts | None]:
    """Where there is such a contact; and the facts, where that is one place."""
    found = places(state, asked.key, sync=asked.sync, prefixes=asked.prefixes)
    if len(found) != 1:
        return found, None
    facts = contact_facts(state, found[0])
    return found, replace(facts, problems=tuple(tidied(problem, redactor) for problem in facts.problems))


def contact_view(facts: ContactFacts, look: Look | None, clock: Moments, *, known: bool) -> ContactView:
    """The page about a contact. ``known``: its sync is still configured."""
    person = facts.person
    besides = ", ".join(part for part in (person.company, person.number) if part and part != person.short)
    since = facts.fate.since if facts.tracked else None
    return ContactView(
        sync=facts.sync,
        key=facts.external_id,
        who=person.short or facts.external_id,
        besides=besides,
        contact_id=(facts.contact_id or "") if facts.tracked else "",
        fate=_fates(facts, clock),
        cells=_cells(facts.problems),
        sent=wanted_values(facts.wanted),
        sent_when=clock.at(since) if since is not None else None,
        held=_held(facts, look, clock),
        changes=tuple(_past(one, facts.sync, clock) for one in facts.changes),
        known=known,
    )


def _fates(facts: ContactFacts, clock: Moments) -> tuple[FateView, ...]:
    """What became of the row; a row may have several problems."""
    fate, run = facts.fate, facts.fate.run
    if facts.problems:
        return tuple(_fate_of(problem, in_place=facts.tracked) for problem in facts.problems)
    when = clock.at(run.started_at).clock if run else ""
    by = f"Run {run.id} changed it last, {when}." if run else "No run of the last 90 days changed it."
    match fate.kind:
        case "in_step":
            return (FateView("good", "Row and contact are in step", by),)
        case "afresh":
            return (FateView("good", "The next run compares row and contact afresh", by),)
        case "waiting":
            since = f" since {clock.at(fate.since).clock}" if fate.since is not None else ""
            told = "When another full read misses it, too, the contact is deleted, or that is held back."
            return (FateView("warn", f"Its row is missing{since}", told),)
        case "unknown":
            told = "What came of it is not known; the next run finds out."
            return (FateView("warn", f"Run {run.id if run else ''} was cut off while it changed this contact", told),)
        case "deleted":
            told = "Its row was gone. Should it come back, the contact is made again."
            return (FateView("idle", f"Deleted by run {run.id if run else ''}, {when}", told),)
        case "released":
            return (FateView("idle", "Not kept by this sync any more", "The contact itself was left as it is."),)
        case _:
            return (FateView("idle", "Nothing came of this key", "No sync tracks it, or did in the last 90 days."),)


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
        differs = tuple(field_label(name) for name in compared(facts, look.contact))
        return HeldView("As OpenPhone answered", when, contact_values(look.contact), differs)
    if facts.last_seen is None:
        return None
    run, left = facts.last_seen.run, facts.tracked
    words = f"As run {run.id} left it" if left else f"As run {run.id} found it"
    return HeldView(words, clock.at(run.started_at), contact_values(facts.last_seen.contact), ())


def _past(one: ContactChange, sync: str, clock: Moments) -> PastChange:
    run = one.run
    when, ended = clock.at(run.started_at), run.ended_at is not None
    return PastChange(from_history(one.change, sync), run.id, when, run.started_by or "", run.undoes, ended)


async def handle(site: Site, request: web.Request) -> web.Response:
    """The page of a contact; where several syncs know the key, which of them."""
    visitor, clock = site.seeing(request), site.moments()
    key = request.match_info.get("key") or request.query.get("key", "")
    redactor, syncs = site.loaded.redactor(), site.loaded.config.syncs
    prefixes = {name: sync.key_prefix for name, sync in syncs.items()}
    asked = Asked(key, request.query.get("sync") or None, prefixes)
    try:
        found, facts = await site.asked(lambda state: read(state, asked, redactor))
    except StateError as error:
        return broken(site, visitor, redactor.message(str(error)))
    shared: dict[str, Any] = {"visitor": visitor, "made": made(clock)}
    if facts is None:
        if found:
            links = [(place.sync, contact_link(place.sync, place.external_id)) for place in found]
            return site.pages.page("which.html", key=key, found=links, **shared)
        text = f"No sync knows a contact under the key {key!r}. Search for its name or number above."
        return site.pages.page("missing.html", status=404, text=text, **shared)
    look = site.looks.of(facts.sync, facts.external_id)
    view = contact_view(facts, look, clock, known=facts.sync in syncs)
    return site.pages.page("contact.html", view=view, **shared)
