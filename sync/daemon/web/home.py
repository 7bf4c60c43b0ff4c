"""``/``: one line a sync, worst first; who is how, in numbers that add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from aiohttp import web

from sync.daemon.web.site import Moments, Site, Visitor
from sync.daemon.web.standing import BUSY, STATES, Known, Share, Standing, headline, shares, standing
from sync.daemon.web.ticks import SHOWN, Ticks, ticks
from sync.daemon.web.words import Moment, counted
from sync.redaction import Redactor
from sync.state.address import StateError
from sync.state.history import RunRecord
from sync.state.store import State


@dataclass(frozen=True, slots=True)
class SyncFacts:
    """What the state knows of one sync."""

    tracked: int = 0
    runs: tuple[RunRecord, ...] = ()
    held: Mapping[str, int] = field(default_factory=dict)
    rows: int = 0

    @property
    def finished(self) -> list[RunRecord]:
        return [run for run in self.runs if run.ended_at is not None]


@dataclass(frozen=True, slots=True)
class SyncLine:
    """One sync as a line."""

    name: str
    title: str
    about: str
    standing: Standing
    busy: str | None
    contacts: str
    ticks: Ticks
    last: Moment | None
    next: Moment | None


@dataclass(frozen=True, slots=True)
class HomeView:
    """The whole page. ``shown``: the state that is picked out, if one is."""

    headline: str
    tone: str
    shares: tuple[Share, ...]
    shown: str
    lines: tuple[SyncLine, ...]
    total: int
    state_error: str | None


def read(state: State, names: Sequence[str], redactor: Redactor) -> dict[str, SyncFacts]:
    """The facts of these syncs, without any secret that an older version may have kept."""
    return {name: facts_of(state, name, redactor) for name in names}


def facts_of(state: State, name: str, redactor: Redactor) -> SyncFacts:
    """The facts of one sync."""
    clean = tuple(told(run, redactor) for run in state.history.runs(name, SHOWN + 1))
    held, rows = state.lookback.held(name), state.lookback.open_rows(name)
    return SyncFacts(state.contacts.count(name), clean, held, rows)


def told(run: RunRecord, redactor: Redactor) -> RunRecord:
    """A run whose message holds no secret."""
    return replace(run, error=redactor.message(run.error)) if run.error else run


def line(site: Site, name: str, facts: SyncFacts, clock: Moments, visitor: Visitor) -> SyncLine:
    """One sync's line. Whoever may not see names gets no message either: it may repeat a value."""
    config, runner = site.loaded.config.syncs[name], site.runner
    doing, next_run = runner.doing.get(name), site.next_run(name)
    stands = standing(Known(facts.finished, facts.held, facts.rows, doing, runner.ended.get(name)), clock)
    if stands.state == "fails" and not visitor.sees:
        stands = replace(stands, sentence="Sign in to see why.")
    last = facts.finished[0].ended_at if facts.finished else None
    return SyncLine(
        name=name,
        title=name,
        about=f"{str(config.source['type']).replace('_', ' ')}, {site.schedule(name)}",
        standing=stands,
        busy=BUSY[doing] if doing else None,
        contacts=counted(facts.tracked, "contact"),
        ticks=ticks(facts.finished, clock),
        last=clock.at(last) if last else None,
        next=clock.at(next_run.timestamp()) if next_run else None,
    )


def home(lines: Sequence[SyncLine], shown: str, state_error: str | None) -> HomeView:
    """The page about these syncs; ``shown`` picks out those in one state."""
    ordered = sorted(lines, key=lambda each: STATES.index(each.standing.state))
    found = shares([each.standing for each in lines])
    picked = shown if any(share.state == shown for share in found) else ""
    return HomeView(
        headline=headline([each.standing for each in lines]),
        tone=found[0].tone,
        shares=found,
        shown=picked,
        lines=tuple(each for each in ordered if picked in ("", each.standing.state)),
        total=len(lines),
        state_error=state_error,
    )


async def handle(site: Site, request: web.Request) -> web.Response:
    """The page, however the state is."""
    visitor, clock = site.visitor(request), site.moments()
    names, redactor = list(site.loaded.config.syncs), site.loaded.redactor()
    facts: dict[str, SyncFacts] = {}
    problem = None
    try:
        facts = await site.asked(lambda state: read(state, names, redactor))
    except StateError as error:
        problem = redactor.message(str(error))
    lines = [line(site, name, facts.get(name, SyncFacts()), clock, visitor) for name in names]
    view = home(lines, request.query.get("state", ""), problem)
    return site.pages.page(
        "home.html", live=any(each.busy for each in lines), view=view, visitor=visitor, made=made(clock)
    )


@dataclass(frozen=True, slots=True)
class Made:
    """When a page was made, and by whose clock."""

    at: Moment
    zone: str


def made(clock: Moments) -> Made:
    """Now."""
    return Made(clock.at(clock.now), str(clock.zone))
