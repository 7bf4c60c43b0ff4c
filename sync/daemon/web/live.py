"""``/progress``: how far the runs under way are, for the script of pages that show it."""

from __future__ import annotations

from aiohttp import web

from sync.contacts.json_value import Json
from sync.daemon.progress import Phase
from sync.daemon.web.site import Site
from sync.daemon.web.standing import BUSY


async def handle(site: Site, request: web.Request) -> web.Response:
    """Sync → what it does, in words and steps; no names but the syncs' own."""
    site.check_host(request)
    found: dict[str, Json] = {}
    for name, doing in site.runner.doing.items():
        phase = site.runner.progress.phases.get(name)
        found[name] = {
            "words": words(doing, phase),
            "done": phase.done if phase else 0,
            "total": phase.total if phase else None,
        }
    return web.json_response(found)


def words(doing: str, phase: Phase | None) -> str:
    """``Writing to the workspace: 120 of 900``."""
    if phase is None or not phase.what:
        return BUSY.get(doing, "Busy …")
    what = phase.what[:1].upper() + phase.what[1:]
    if phase.total:
        return f"{what}: {min(phase.done, phase.total):,} of {phase.total:,}"
    return f"{what}: {phase.done:,}" if phase.done else f"{what} …"
