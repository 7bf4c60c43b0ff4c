"""``/previews/ID``: a dry run as a page: what would be done, what stays held, and what moved since it was shown."""

from __future__ import annotations

from dataclasses import dataclass, replace

from aiohttp import web

from sync.daemon.previews import Preview, Undoing
from sync.daemon.web.changes import VERBS, ChangeView, FieldView, from_plan, shown_fields
from sync.daemon.web.home import made
from sync.daemon.web.html import contact_link, link, number_in
from sync.daemon.web.needs import RowGroup, row_groups
from sync.daemon.web.run_list import DONE
from sync.daemon.web.run_page import Filter
from sync.daemon.web.site import Moments, Site
from sync.daemon.web.sync_page import waiting
from sync.daemon.web.words import Moment, counted
from sync.plan.plan import HeldBack
from sync.plan.saved import Difference, Side
from sync.run.put_back import Back

PAGE = 100
SHOWN_HELD = 250
WOULD = {"create": "Add", "update": "Change", "delete": "Delete", "adopt": "Take over"}


@dataclass(frozen=True, slots=True)
class HeldView:
    """Changes that stay held back, each with what it would do."""

    place: int
    title: str
    reason: str
    button: str
    changes: tuple[ChangeView, ...]
    count: int


@dataclass(frozen=True, slots=True)
class SideView:
    """What would be done with a contact, and in which fields."""

    verb: str
    fields: tuple[FieldView, ...]


@dataclass(frozen=True, slots=True)
class MovedView:
    """A contact with which something else would be done than was shown."""

    who: str
    key: str
    href: str
    planned: SideView
    now: SideView


@dataclass(frozen=True, slots=True)
class PreviewView:
    """The whole page."""

    id: str
    sync: str
    title: str
    when: Moment
    verdict: str
    again: str
    waiting: str
    error: str
    filters: tuple[Filter, ...]
    changes: tuple[ChangeView, ...]
    newer: str
    older: str
    held: tuple[HeldView, ...]
    rows: tuple[RowGroup, ...]
    can_apply: bool
    button: str
    moved: tuple[MovedView, ...]
    refused: str
    done: int | None


def preview_view(preview: Preview, clock: Moments, show: str, page: int) -> PreviewView:
    """A preview as a page."""
    report, address = preview.report, f"/previews/{preview.id}"
    picked = [change for change in report.changes if show in ("", change.action)]
    pages = -(-len(picked) // PAGE)
    shown = picked[(page - 1) * PAGE : page * PAGE]
    kinds = {action: sum(1 for change in report.changes if change.action == action) for action in VERBS}
    filters = [Filter(f"All {counted(len(report.changes), 'change')}", link(address), not show)]
    filters += [
        Filter(f"{count:,} to {WOULD[action].lower()}", link(address, show=action), show == action)
        for action, count in kinds.items()
        if count
    ]
    settled = preview.done is not None or preview.refused is not None
    return PreviewView(
        id=preview.id,
        sync=preview.sync,
        title=_title(preview),
        when=clock.at(preview.at),
        verdict=_verdict(preview, kinds),
        again=_again(preview),
        waiting=waiting(report.counts["waiting"]),
        error=report.error or "",
        filters=tuple(filters) if report.changes else (),
        changes=tuple(_would(from_plan(change, preview.sync)) for change in shown),
        newer=link(address, show=show, page=page - 1) if page > 1 else "",
        older=link(address, show=show, page=page + 1) if page < pages else "",
        held=tuple(_held(place, back, preview.sync) for place, back in enumerate(report.held_back)),
        rows=row_groups(report.problems, preview.sync),
        can_apply=preview.approved is not None and bool(report.changes) and not settled,
        button=_button(preview),
        moved=tuple(_moved(each, preview.sync) for each in preview.moved),
        refused=_sentence(preview.refused or ""),
        done=preview.done,
    )


def _title(preview: Preview) -> str:
    if isinstance(preview.what, Undoing):
        return f"Undo of run {preview.what.run}"
    if isinstance(preview.what, Back):
        return f"Put back as before run {preview.what.run}"
    return "Preview"


def _again(preview: Preview) -> str:
    """What is to be known before an undo."""
    if preview.what is None:
        return ""
    return "The source stays right: unless it is corrected first, the next run makes the same changes again."


def _verdict(preview: Preview, kinds: dict[str, int]) -> str:
    if preview.report.error is not None:
        return "Nothing can be said"
    parts = [f"{kinds[action]:,} {word}" for action, word in DONE.values() if kinds.get(action)]
    if not parts:
        return "There is nothing to put back" if preview.what is not None else "A sync now would change nothing"
    before = "This would touch" if preview.what is not None else "A sync now would touch"
    return f"{before} {counted(len(preview.report.changes), 'contact')}: {', '.join(parts)}"


def _button(preview: Preview) -> str:
    count = len(preview.report.changes)
    if preview.what is not None:
        return "Put it back" if count == 1 else f"Put these {count:,} back"
    return "Apply exactly this"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}" if text else ""


def _would(view: ChangeView) -> ChangeView:
    return replace(view, verb=WOULD.get(view.action, view.action))


def _held(place: int, back: HeldBack, sync: str) -> HeldView:
    changes, count = tuple(from_plan(change, sync) for change in back.changes[:SHOWN_HELD]), len(back.changes)
    reason = f"{back.danger.reason[:1].upper()}{back.danger.reason[1:]}."
    verb = WOULD[back.action]
    button = f"{verb} {changes[0].who}" if count == 1 else f"{verb} these {len(changes):,}"
    return HeldView(
        place, f"{counted(count, back.action)} held back", reason, button, tuple(map(_would, changes)), count
    )


def _moved(each: Difference, sync: str) -> MovedView:
    who, href = each.person.short or each.external_id, contact_link(sync, each.external_id)
    return MovedView(who, each.external_id, href, _side(each.planned), _side(each.now))


def _side(side: Side) -> SideView:
    if side.action is None:
        return SideView("nothing", ())
    verb = WOULD[side.action].lower()
    return SideView(f"{verb}, held back" if side.held else verb, shown_fields(side.action, side.fields))


async def handle(site: Site, request: web.Request) -> web.Response:
    """The page of a preview."""
    visitor, clock = site.seeing(request), site.moments()
    preview = site.runner.previews.get(request.match_info["id"])
    if preview is None:
        text = "This preview is no longer kept. Prepare a new one on the page of its sync."
        return site.pages.page("missing.html", status=404, visitor=visitor, made=made(clock), text=text)
    show = request.query.get("show", "")
    view = preview_view(preview, clock, show if show in VERBS else "", number_in(request.query, "page", least=1))
    busy = site.runner.doing.get(preview.sync) is not None
    return site.pages.page(
        "preview.html", live=visitor.decides, visitor=visitor, made=made(clock), view=view, busy=busy
    )
