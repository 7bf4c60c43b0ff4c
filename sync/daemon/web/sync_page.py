"""``/syncs/NAME``: how one sync is, and its tabs: what needs you, runs, contacts, mapping."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web

from sync.daemon.runner import Said
from sync.daemon.web import chart as drawing
from sync.daemon.web.chart import chart
from sync.daemon.web.home import Made, SyncFacts, SyncLine, facts_of, line, made, told
from sync.daemon.web.html import link, number_in
from sync.daemon.web.mapping_view import mapping_view
from sync.daemon.web.needs import needs
from sync.daemon.web.people import ContactsAsked, contacts_view, read_contacts
from sync.daemon.web.run_list import DONE, LEFT, PAGE, runs_view
from sync.daemon.web.site import Moments, Site, Visitor
from sync.daemon.web.words import counted
from sync.run.mapping_notes import read_mapping
from sync.run.report import tidied
from sync.state.address import StateError
from sync.state.history import RunRecord
from sync.state.store import State

Tab = Literal["needs", "runs", "contacts", "mapping"]
_DAYS = drawing.DAYS * 86400.0


@dataclass(frozen=True, slots=True)
class TabView:
    """One tab, and what it leads to."""

    name: Tab
    title: str
    count: str
    href: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands above every tab."""

    line: SyncLine
    summary: str
    waiting: str
    tabs: tuple[TabView, ...]
    last_run: int | None
    started: Made
    decided: Said | None


def frame(site: Site, name: str, facts: SyncFacts, clock: Moments, visitor: Visitor) -> Frame:
    """The frame of a sync's pages."""
    finished = facts.finished
    last = finished[0] if finished else None
    told = last if last is not None and last.status != "failed" else None
    open_ones = sum(facts.held.values()) + facts.rows
    return Frame(
        line=line(site, name, facts, clock, visitor),
        summary=summary(told) if told else "",
        waiting=waiting(told.counts.get("waiting", 0)) if told else "",
        tabs=(
            TabView("needs", "Needs you", f"{open_ones:,}" if open_ones else "", link(f"/syncs/{name}")),
            TabView("runs", "Runs", "", link(f"/syncs/{name}/runs")),
            TabView("contacts", "Contacts", f"{facts.tracked:,}", link(f"/syncs/{name}/contacts")),
            TabView("mapping", "Mapping", "", link(f"/syncs/{name}/mapping")),
        ),
        last_run=last.id if last else None,
        started=made(clock),
        decided=site.runner.said.pop(name, None) if visitor.decides else None,
    )


def summary(run: RunRecord) -> str:
    """``1,204 rows read: 3 added, 1 changed, 1,200 unchanged``."""
    words = {name: word for name, (_, word) in DONE.items()} | {"unchanged": "unchanged"} | LEFT
    parts = [f"{run.counts[name]:,} {word}" for name, word in words.items() if run.counts.get(name)]
    return f"{counted(run.counts.get('rows', 0), 'row')} read" + (f": {', '.join(parts)}" if parts else "")


def waiting(number: int) -> str:
    """What becomes of contacts whose rows one full read missed; empty where there are none."""
    if not number:
        return ""
    what, goes, them = (
        ("row is", "its contact goes", "it") if number == 1 else ("rows are", "their contacts go", "them")
    )
    return f"{number:,} {what} missing for the first time: {goes} when the next full read misses {them}, too."


@dataclass(frozen=True, slots=True)
class _Asked:
    """A tab's question to the state, and its page."""

    question: Callable[[State], Any]
    view: Callable[[Any], object]


def _needs(site: Site, name: str, request: web.Request, clock: Moments) -> _Asked:
    redactor, path = site.loaded.redactor(), site.loaded.path
    page = {request.query.get("group", ""): number_in(request.query, "page", least=1)}
    return _Asked(
        lambda state: [tidied(problem, redactor) for problem in state.history.problems(name)],
        lambda problems: needs(problems, name, path, page),
    )


def _runs(site: Site, name: str, request: web.Request, clock: Moments) -> _Asked:
    eventful, before = request.query.get("show") != "all", number_in(request.query, "before") or None
    now, redactor = clock.now, site.loaded.redactor()

    def ask(state: State) -> tuple[list[RunRecord], list[RunRecord], int]:
        runs = state.lookback.runs_before(name, before, eventful=eventful, limit=PAGE + 1)
        return (
            [told(run, redactor) for run in runs],
            state.history.eventful_runs(name, now - _DAYS),
            state.contacts.count(name),
        )

    def view(found: tuple[list[RunRecord], list[RunRecord], int]) -> object:
        runs, drawn, tracked = found
        shown = runs_view(name, runs[:PAGE], clock, eventful=eventful, more=len(runs) > PAGE)
        drawing = chart(drawn, tracked, clock.now, clock.zone) if before is None else None
        return shown, drawing if drawing is not None and len(drawing.bars) > 1 else None

    return _Asked(ask, view)


def _contacts(site: Site, name: str, request: web.Request, clock: Moments) -> _Asked:
    asked = ContactsAsked(name, request.query.get("q", "").strip(), request.query.get("after", ""))
    return _Asked(lambda state: read_contacts(state, asked), lambda found: contacts_view(asked, found, clock))


def _mapping(site: Site, name: str, request: web.Request, clock: Moments) -> _Asked:
    options = site.loaded.config.syncs[name]
    return _Asked(lambda state: read_mapping(state.notes, name), lambda notes: mapping_view(options, notes, clock))


_TABS: dict[Tab, Callable[[Site, str, web.Request, Moments], _Asked]] = {
    "needs": _needs,
    "runs": _runs,
    "contacts": _contacts,
    "mapping": _mapping,
}


async def handle(site: Site, request: web.Request) -> web.Response:
    """One tab of one sync. Whoever may not see names sees how it is, and where to sign in."""
    visitor, clock, name = site.visitor(request), site.moments(), site.known(request.match_info["name"])
    wanted, redactor = request.match_info.get("tab", "needs"), site.loaded.redactor()
    tab: Tab = next((each for each in _TABS if each == wanted), "needs")
    asked, found, problem, facts = _TABS[tab](site, name, request, clock), None, None, SyncFacts()
    try:
        facts, found = await site.asked(lambda state: (facts_of(state, name, redactor), asked.question(state)))
    except StateError as error:
        problem = redactor.message(str(error))
    framed = frame(site, name, facts, clock, visitor)
    return site.pages.page(
        "sync.html",
        live=framed.line.busy is not None or (tab == "needs" and visitor.decides),
        visitor=visitor,
        made=framed.started,
        sync=framed,
        tab=tab,
        view=asked.view(found) if problem is None and (visitor.sees or tab == "runs") else None,
        box=drawing,
        state_error=problem,
        refresh="wait" in request.query and framed.line.busy is not None,
    )
