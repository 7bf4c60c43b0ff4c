"""``/runs/N``: what a run did: counts as filters, a summary by field, one line a contact, old → new."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import get_args

from aiohttp import web

from sync.contacts.problem import Action
from sync.daemon.web.changes import ChangeView, from_history
from sync.daemon.web.home import made, told
from sync.daemon.web.html import link, number_in
from sync.daemon.web.run_list import DONE, LEFT, RunLine, run_line
from sync.daemon.web.site import Moments, Site, Visitor
from sync.daemon.web.words import counted
from sync.lookback.run_facts import RunFacts, changes_of, run_facts
from sync.redaction import Redactor
from sync.state.address import StateError
from sync.state.history import ChangeRecord, RunRecord
from sync.state.store import State
from sync.wording import field_label

PAGE = 100
ACTIONS: tuple[Action, ...] = get_args(Action)


@dataclass(frozen=True, slots=True)
class Found:
    """What the state knows of a run, and a page of its ``changes``. ``last``: the problems of now are this run's."""

    facts: RunFacts
    changes: tuple[ChangeRecord, ...]
    last: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """One count, which picks out what it counts."""

    words: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class FieldCount:
    """One field, in how many contacts it changed."""

    field: str
    contacts: str


@dataclass(frozen=True, slots=True)
class RunView:
    """The whole page."""

    run: RunLine
    sync: str
    known: bool
    rows: str
    filters: tuple[Filter, ...]
    elsewhere: tuple[Filter, ...]
    fields: tuple[FieldCount, ...]
    changes: tuple[ChangeView, ...]
    total: int
    newer: str
    older: str
    undoes: int | None
    undone_by: tuple[int, ...]
    can_undo: bool
    error: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Which run, which of its changes, which page of them."""

    run: int
    show: Action | None
    page: int


def read(state: State, asked: Asked, redactor: Redactor) -> Found | None:
    """The facts of a run; None where there is none of this number."""
    facts = run_facts(state, asked.run)
    if facts is None:
        return None
    run, newest = told(facts.run, redactor), state.history.runs(facts.run.sync, 1)
    changes = changes_of(state, run.id, action=asked.show, limit=PAGE, offset=(asked.page - 1) * PAGE)
    return Found(replace(facts, run=run), tuple(changes), bool(newest) and newest[0].id == run.id)


def run_view(found: Found, asked: Asked, clock: Moments, *, known: bool) -> RunView:
    """The page about a run. ``known``: its sync is still configured."""
    facts, run, address = found.facts, found.facts.run, f"/runs/{found.facts.run.id}"
    total = facts.listed.get(asked.show, 0) if asked.show else facts.changes
    pages = -(-total // PAGE)
    filters = [Filter(f"All {counted(facts.changes, 'change')}", link(address), asked.show is None)]
    filters += [
        Filter(f"{facts.listed[action]:,} {word}", link(address, show=action), asked.show == action)
        for action, word in DONE.values()
        if facts.listed.get(action)
    ]
    needs = link(f"/syncs/{run.sync}") if found.last and known else ""
    return RunView(
        run=run_line(run, clock),
        sync=run.sync,
        known=known,
        rows=counted(run.counts.get("rows", 0), "row"),
        filters=tuple(filters) if facts.listed else (),
        elsewhere=tuple(
            Filter(f"{run.counts[name]:,} {word}", needs if name != "adopted" else "", current=False)
            for name, word in ({"adopted": "taken over"} | LEFT).items()
            if run.counts.get(name)
        ),
        fields=_fields(run, asked.show),
        changes=tuple(from_history(record, run.sync) for record in found.changes),
        total=total,
        newer=link(address, show=asked.show, page=asked.page - 1) if asked.page > 1 else "",
        older=link(address, show=asked.show, page=asked.page + 1) if asked.page < pages else "",
        undoes=run.undoes,
        undone_by=facts.undone_by,
        can_undo=bool(facts.listed) and run.ended_at is not None,
        error=run.error or "",
    )


def _fields(run: RunRecord, show: Action | None) -> tuple[FieldCount, ...]:
    """In how many contacts each field changed; new and deleted contacts change all of theirs."""
    actions = [show] if show else ["update"]
    counts: dict[str, int] = {}
    for action in actions:
        for name, count in run.fields.get(action, {}).items():
            counts[name] = counts.get(name, 0) + count
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return tuple(FieldCount(field_label(name), counted(count, "contact")) for name, count in ordered)


def asked_in(request: web.Request) -> Asked:
    """What an address asks for."""
    show = request.query.get("show", "")
    action = next((each for each in ACTIONS if each == show), None)
    return Asked(int(request.match_info["run"]), action, number_in(request.query, "page", least=1))


async def handle(site: Site, request: web.Request) -> web.Response:
    """The page of a run. Whoever may not see names sees its counts."""
    visitor, clock, asked = site.visitor(request), site.moments(), asked_in(request)
    redactor = site.loaded.redactor()
    try:
        found = await site.asked(lambda state: read(state, asked, redactor))
    except StateError as error:
        return broken(site, visitor, redactor.message(str(error)))
    if found is None:
        text = f"There is no run {asked.run} in the state. Runs are kept for 90 days."
        return site.pages.page("missing.html", status=404, visitor=visitor, made=made(clock), text=text)
    view = run_view(found, asked, clock, known=found.facts.run.sync in site.loaded.config.syncs)
    if not visitor.sees:
        view = replace(view, changes=(), error="Sign in to see why." if view.error else "", newer="", older="")
    return site.pages.page("run.html", visitor=visitor, made=made(clock), view=view)


def broken(site: Site, visitor: Visitor, problem: str) -> web.Response:
    """What is shown where the state cannot be read."""
    text = f"What was done so far cannot be shown: {problem}"
    return site.pages.page("missing.html", status=200, visitor=visitor, made=made(site.moments()), text=text)
