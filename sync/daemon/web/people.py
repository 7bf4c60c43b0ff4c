"""People as the page lists them: who was found, or is tracked; ``/search`` over all syncs."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from sync.contacts.person import Person, person_sent
from sync.daemon.web.home import made
from sync.daemon.web.html import contact_link, link
from sync.daemon.web.site import Moments, Site
from sync.daemon.web.words import Moment
from sync.state.address import StateError
from sync.state.contacts import Tracked
from sync.state.lookback import Found
from sync.state.store import State

PAGE = 50


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person. ``note``: what is to be said besides."""

    who: str
    besides: str
    key: str
    sync: str
    href: str
    changed: Moment | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ContactsView:
    """A page of a sync's contacts, or of those that a search found."""

    lines: tuple[PersonLine, ...]
    searched: str
    total: int
    more: str
    back: str
    full: bool = False


@dataclass(frozen=True, slots=True)
class ContactsAsked:
    """What is asked of a sync's contacts: those after a key, or whoever is called so."""

    sync: str
    search: str = ""
    after: str = ""


def read_contacts(state: State, asked: ContactsAsked) -> tuple[int, list[Tracked] | list[Found]]:
    """How many there are, and one more than stand on a page."""
    total = state.contacts.count(asked.sync)
    if asked.search:
        return total, state.lookback.search(asked.search, sync=asked.sync, limit=PAGE + 1)
    return total, state.lookback.tracked_page(asked.sync, after=asked.after, limit=PAGE + 1)


def contacts_view(
    asked: ContactsAsked, answer: tuple[int, list[Tracked] | list[Found]], clock: Moments
) -> ContactsView:
    """The page."""
    total, found = answer
    lines = tuple(_line(asked.sync, each, clock) for each in found[:PAGE])
    address = f"/syncs/{asked.sync}/contacts"
    more = link(address, after=lines[-1].key) if len(found) > PAGE and not asked.search else ""
    back = link(address) if asked.after else ""
    return ContactsView(lines, asked.search, total, more, back, full=len(found) > PAGE and bool(asked.search))


def _line(sync: str, each: Tracked | Found, clock: Moments) -> PersonLine:
    if isinstance(each, Found):
        return found_line(each)
    person = person_sent(each.external_id, each.sent)
    return person_line(sync, each.external_id, person, clock.at(each.changed_at))


def found_line(found: Found) -> PersonLine:
    """Somebody whom a search found."""
    note = "" if found.tracked else "not in OpenPhone"
    return person_line(found.sync, found.external_id, found.person, note=note)


def person_line(sync: str, key: str, person: Person, changed: Moment | None = None, note: str = "") -> PersonLine:
    """One person as a line."""
    besides = ", ".join(part for part in (person.company, person.number) if part and part != person.short)
    return PersonLine(person.short or key, besides, key, sync, contact_link(sync, key), changed, note)


async def search(site: Site, request: web.Request) -> web.Response:
    """``/search``: whoever is called so, or has this number or key, in any sync."""
    visitor, text = site.seeing(request), request.query.get("q", "").strip()
    found: list[Found] = []
    problem = None
    try:
        found = await site.asked(lambda state: state.lookback.search(text, limit=PAGE + 1)) if text else []
    except StateError as error:
        problem = site.loaded.redactor().message(str(error))
    return site.pages.page(
        "search.html",
        visitor=visitor,
        made=made(site.moments()),
        searched=text,
        lines=[found_line(each) for each in found[:PAGE]],
        full=len(found) > PAGE,
        several=len(site.loaded.config.syncs) > 1,
        state_error=problem,
    )
