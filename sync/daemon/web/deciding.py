"""What a person decides: sync now, previews, exactly what was shown, held changes by name, putting back, a look.

Every decision needs the token and one of our own forms, and is written into the history as the page's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiohttp import web

from sync.contacts.problem import Problem
from sync.daemon import errands
from sync.daemon.errands import Done, Errand
from sync.daemon.previews import Undoing
from sync.daemon.runner import Said
from sync.daemon.web.html import contact_link, link, see_other
from sync.daemon.web.looks import Look
from sync.daemon.web.needs import SHOWN_HELD, held_groups, mark_of
from sync.daemon.web.site import Site, first
from sync.daemon.web.words import counted
from sync.openphone.errors import OpenPhoneError
from sync.plan.let_through import Shown
from sync.run.put_back import Back
from sync.run.report import CHANGES, tidied
from sync.state.address import StateError
from sync.state.contacts import Tracked
from sync.state.store import State

PATIENCE = 6.0
"""Seconds that a press of a button waits for its run, so that most answers show the outcome."""

CHANGED = "What waits here has changed since you looked; nothing was done. Look again."
BUSY = "The sync was busy, so nothing was done. Wait until it has ended, then decide."


async def act(site: Site, request: web.Request) -> web.Response:
    """Sync now, or prepare a preview."""
    by_program = await site.access.is_bearer(request, site.server)
    if not by_program:
        await site.form(request)
    name, what = site.known(request.match_info["name"]), request.match_info["act"]
    by = errands.BY_PROGRAM if by_program else errands.BY_PAGE
    errand = errands.sync_now(by) if what == "run" else errands.preview()
    if by_program:
        started = site.runner.begin(name, errand) is not None
        return web.Response(status=202, text="started\n") if started else web.Response(status=409, text="busy\n")
    return await carried_out(site, name, errand)


async def let_through(site: Site, request: web.Request) -> web.Response:
    """Those of a group of held changes that are ticked, as they were shown; the others stay held."""
    fields = await site.form(request)
    name = site.known(request.match_info["name"])
    mark, ticked, everyone = first(fields, "group"), fields.get("key", []), first(fields, "all")
    redactor = site.loaded.redactor()

    def find(state: State) -> tuple[Sequence[Problem], dict[str, str]]:
        problems = [tidied(problem, redactor) for problem in state.history.problems(name)]
        group = next((each.problems for each in held_groups(problems) if mark_of(each.problems) == mark), ())
        keys = [problem.external_id or "" for problem in group]
        return group, {key: each.contact_id for key, each in _tracked(state, name, keys).items()}

    try:
        group, ids = await site.asked(find)
    except StateError as error:
        return told(site, name, redactor.message(str(error)))
    wanted = {problem.external_id for problem in group} if everyone else set(ticked)
    chosen = [problem for problem in group if problem.external_id in wanted]
    if not chosen or len(chosen) < len(wanted):
        return told(site, name, CHANGED)
    page = _page_of(group, {problem.external_id for problem in chosen}) if not everyone else []
    left_out = [problem.external_id or "" for problem in page if problem.external_id not in wanted]
    shown = [Shown.of_problem(problem, ids.get(problem.external_id or "")) for problem in chosen]
    return await carried_out(site, name, errands.let_through(shown, left_out))


def _tracked(state: State, name: str, keys: Sequence[str]) -> dict[str, Tracked]:
    found: dict[str, Tracked] = {}
    for start in range(0, len(keys), SHOWN_HELD):
        found |= state.contacts.tracked(name, keys[start : start + SHOWN_HELD])
    return found


def _page_of(group: Sequence[Problem], keys: set[str | None]) -> list[Problem]:
    """Those that stood on the page on which these were ticked."""
    pages = {at // SHOWN_HELD for at, problem in enumerate(group) if problem.external_id in keys}
    return [problem for at, problem in enumerate(group) if at // SHOWN_HELD in pages]


async def undo(site: Site, request: web.Request) -> web.Response:
    """Shows what an undo of a run would do."""
    await site.form(request)
    number = int(request.match_info["run"])
    run = await site.asked(lambda state: state.history.run(number))
    if run is None:
        raise web.HTTPNotFound(text=f"There is no run {number}.\n")
    return await carried_out(site, site.known(run.sync), errands.preview(Undoing(number)))


async def back(site: Site, request: web.Request) -> web.Response:
    """Shows what putting one contact back would do."""
    fields = await site.form(request)
    name, key, run = site.known(first(fields, "sync")), first(fields, "key"), first(fields, "run")
    if not key or not (run.isascii() and run.isdigit() and len(run) < 10):
        raise web.HTTPBadRequest(text="The form names no contact, or no run.\n")
    return await carried_out(site, name, errands.preview(Back(key, int(run))))


async def apply(site: Site, request: web.Request) -> web.Response:
    """Just what a preview showed, or nothing; or those of its held changes that are ticked."""
    fields = await site.form(request)
    preview = site.runner.previews.get(request.match_info["id"])
    if preview is None:
        raise web.HTTPNotFound(text="This preview is no longer kept. Prepare a new one.\n")
    name = site.known(preview.sync)
    if request.match_info["act"] == "apply":
        if preview.approved is None or preview.done is not None or preview.refused is not None:
            return see_other(link(f"/previews/{preview.id}"))
        return await carried_out(site, name, errands.apply(preview, preview.approved))
    ticked, place = set(fields.get("key", [])), first(fields, "group")
    held = preview.report.held_back
    group = held[int(place)] if place.isascii() and place.isdigit() and int(place) < len(held) else None
    if group is None or not ticked:
        return see_other(link(f"/previews/{preview.id}"))
    shown = [Shown.of(change) for change in group.changes if change.external_id in ticked]
    left_out = [change.external_id for change in group.changes[:SHOWN_HELD] if change.external_id not in ticked]
    return await carried_out(site, name, errands.let_through(shown, left_out))


async def look(site: Site, request: web.Request) -> web.Response:
    """Asks OpenPhone what it holds of a contact."""
    fields = await site.form(request)
    name, key = site.known(first(fields, "sync")), first(fields, "key")
    tracked, past = await site.asked(
        lambda state: (state.lookback.contact(name, key), state.lookback.changes_of_contact(name, key, 1))
    )
    contact_id = tracked.contact_id if tracked else next((record.contact_id for record, _ in past), None)
    now = site.clock.now()
    try:
        async with site.runner.client() as client:
            if contact_id:
                found = await client.get(contact_id)
            else:
                found = next(iter((await client.find([key])).get(key, [])), None)
        site.looks.note(name, key, Look(now, found))
    except OpenPhoneError as error:
        site.looks.note(name, key, Look(now, error=site.loaded.redactor().message(str(error))))
    return see_other(contact_link(name, key))


# -- how it goes on


async def carried_out(site: Site, name: str, errand: Errand) -> web.Response:
    """Begin, wait a little, and lead to what there is to see."""
    task = site.runner.begin(name, errand)
    if task is None:
        return told(site, name, BUSY)
    site.runner.said.pop(name, None)
    task.add_done_callback(lambda ended: note(site, name, ended.result()) if not ended.cancelled() else None)
    await asyncio.wait({task}, timeout=PATIENCE)
    if not task.done():
        return see_other(link(f"/syncs/{name}", wait="1"))
    done = task.result()
    if done is None:
        return see_other(link(f"/syncs/{name}"))
    return see_other(where(name, done))


def where(name: str, done: Done) -> str:
    """Where an errand's outcome is to be seen."""
    if done.preview is not None and (done.report.dry_run or done.report.status == "stale"):
        return link(f"/previews/{done.preview.id}")
    if done.report.run is not None and any(done.report.counts[each] for each in CHANGES):
        return link(f"/runs/{done.report.run}")
    return link(f"/syncs/{name}")


def note(site: Site, name: str, done: Done | None) -> None:
    """What is said on the sync's page, for whoever did not wait."""
    if done is None:
        return
    report, href = done.report, where(name, done)
    if done.preview is not None and report.dry_run:
        site.runner.said[name] = Said("The preview is ready.", href)
    elif report.status == "stale":
        site.runner.said[name] = Said("Something has moved since you looked; nothing was done.", href)
    elif report.error is not None:
        site.runner.said[name] = Said(f"It could not be done: {report.error}", "")
    else:
        changes = sum(report.counts[each] for each in CHANGES)
        site.runner.said[name] = Said(f"Done: {counted(changes, 'contact')} changed.", href)


def told(site: Site, name: str, text: str) -> web.Response:
    """Nothing was done, and why."""
    site.runner.said[name] = Said(text)
    return see_other(link(f"/syncs/{name}"))
