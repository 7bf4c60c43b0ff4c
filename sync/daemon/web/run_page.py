"""``/runs/N``: what a run did: counts as filters, a summary by field, one line a contact, old → new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from aiohttp import web

from sync.daemon.web.changes import VERBS, ChangeView, field_label, from_history
from sync.daemon.web.home import made
from sync.daemon.web.html import link, number_in
from sync.daemon.web.run_list import DONE, LEFT, RunLine, run_line
from sync.daemon.web.site import Moments, Site, Visitor
from sync.daemon.web.words import counted
from sync.redaction import Redactor
from sync.state.address import StateError
from sync.state.history import ChangeRecord, RunRecord
from sync.state.store import State

PAGE = 100
ACTIONS = tuple(VERBS)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the state knows of a run. ``last``: it is the sync's newest, whose problems are known.

    ``kinds``: action → how many changes; ``changes``: a page of them.
    """

    run: RunRecord
    kinds: Mapping[str, int]
    changes: tuple[ChangeRecord, ...]
    undone_by: tuple[int, ...]
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
    show: str | None
    page: int


def read(state: State, asked: Asked, redactor: Redactor) -> RunFacts | None:
    """The facts of a run; None where there is none of this number."""
    run = state.history.run(asked.run)
    if run is None:
        return None
    start = (asked.page - 1) * PAGE
    changes = state.lookback.changes_of_run(asked.run, action=asked.show, limit=PAGE, offset=start)
    run = replace(run, error=redactor.message(run.error)) if run.error else run
    newest = state.history.runs(run.sync, 1)
    kinds = state.lookback.kinds_of_change(asked.run)
    last = bool(newest) and newest[0].id == run.id
    return RunFacts(run, kinds, tuple(changes), state.lookback.undone_by(run.id), last)


def run_view(facts: RunFacts, asked: Asked, clock: Moments, *, known: bool) -> RunView:
    """The page about a run. ``known``: its sync is still configured."""
    run, address = facts.run, f"/runs/{facts.run.id}"
    total = facts.kinds.get(asked.show, 0) if asked.show else sum(facts.kinds.values())
    pages = -(-total // PAGE)
    filters = [Filter(f"All {counted(sum(facts.kinds.values()), 'change')}", link(address), asked.show is None)]
    filters += [
        Filter(f"{facts.kinds[action]:,} {word}", link(address, show=action), asked.show == action)
        for action, word in DONE.values()
        if facts.kinds.get(action)
    ]
    needs = link(f"/syncs/{run.sync}") if facts.last and known else ""
    return RunView(
        run=run_line(run, clock),
        sync=run.sync,
        known=known,
        rows=counted(run.counts.get("rows", 0), "row"),
        filters=tuple(filters) if facts.kinds else (),
        elsewhere=tuple(
            Filter(f"{run.counts[name]:,} {word}", needs if name != "adopted" else "", current=False)
            for name, word in ({"adopted": "taken over"} | LEFT).items()
            if run.counts.get(name)
        ),
        fields=_fields(run, asked.show),
        changes=tuple(from_history(record, run.sync) for record in facts.changes),
        total=total,
        newer=link(address, show=asked.show, page=asked.page - 1) if asked.page > 1 else "",
        older=link(address, show=asked.show, page=asked.page + 1) if asked.page < pages else "",
        undoes=run.undoes,
        undone_by=facts.undone_by,
        can_undo=bool(facts.kinds) and run.ended_at is not None,
        error=run.error or "",
    )


def _fields(run: RunRecord, show: str | None) -> tuple[FieldCount, ...]:
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
    return Asked(
        int(request.match_info["run"]), show if show in ACTIONS else None, number_in(request.query, "page", least=1)
    )


async def handle(site: Site, request: web.Request) -> web.Response:
    """The page of a run. Whoever may not see names sees its counts."""
    visitor, clock, asked = site.visitor(request), site.moments(), asked_in(request)
    redactor = site.loaded.redactor()
    try:
        facts = await site.asked(lambda state: read(state, asked, redactor))
    except StateError as error:
        return broken(site, visitor, redactor.message(str(error)))
    if facts is None:
        text = f"There is no run {asked.run} in the state. Runs are kept for 90 days."
        return site.pages.page("missing.html", status=404, visitor=visitor, made=made(clock), text=text)
    view = run_view(facts, asked, clock, known=facts.run.sync in site.loaded.config.syncs)
    if not visitor.sees:
        view = replace(view, changes=(), error="Sign in to see why." if view.error else "", newer="", older="")
    return site.pages.page("run.html", visitor=visitor, made=made(clock), view=view)


def broken(site: Site, visitor: Visitor, problem: str) -> web.Response:
    """What is shown where the state cannot be read."""
    text = f"What was done so far cannot be shown: {problem}"
    return site.pages.page("missing.html", status=200, visitor=visitor, made=made(site.moments()), text=text)
