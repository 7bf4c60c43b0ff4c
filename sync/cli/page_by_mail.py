"""``run --output html``: a page of its own, to send by mail. Nothing outside it is needed, and nothing in it runs.

What stands where is the template's matter; here a report becomes what it lays out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sync.characters import legible
from sync.contacts.change import Change
from sync.contacts.json_value import Json
from sync.contacts.person import Person
from sync.contacts.problem import Problem
from sync.contacts.value_text import value_text
from sync.contacts.warning import RowWarning
from sync.run import summary, verdict
from sync.run.commands import ALL_IN_JSON, Commands
from sync.run.report import SyncReport
from sync.run.summary import Group, Held
from sync.wording import counted, field_label

if TYPE_CHECKING:
    from jinja2 import Environment

MOST_CONTACTS = 1000
"""So many of one kind are shown; a mail of more is read by nobody."""

MOST_PROBLEMS = 200
MOST_WARNINGS = 100
_SAID_BY_THE_NAME = frozenset({"firstName", "lastName"})
_TONES: Mapping[str, str] = {"ok": "good", "partial": "warn", "held": "warn", "failed": "bad", "locked": "warn"}
_MARKS: Mapping[str, str] = {"good": "●", "warn": "▲", "bad": "■"}


@dataclass(frozen=True, slots=True)
class Field:
    """A field's name, and what it was and is; empty text where it was, or is, empty."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Line:
    """One contact of a list: whom, by which key, in which row, and what becomes of it."""

    person: Person
    key: str
    row: int | None
    fields: tuple[Field, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """What is held back for one reason."""

    held: Held
    lines: tuple[Line, ...]
    command: str
    listing: str

    @property
    def more(self) -> int:
        return len(self.held.changes) - len(self.lines)


@dataclass(frozen=True, slots=True)
class Listing:
    """Changes of one kind, and how many more there are than are shown."""

    group: Group
    title: str
    lines: tuple[Line, ...]
    listing: str

    @property
    def more(self) -> int:
        return len(self.group.changes) - len(self.lines)

    @property
    def fields(self) -> list[tuple[str, int]]:
        """In how many of them which field."""
        return [(field_label(name), count) for name, count in self.group.fields.items()]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Rows that need a person, for one reason."""

    kind: str
    column: str
    reason: str
    problems: tuple[Problem, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Section:
    """One sync on the page."""

    report: SyncReport
    tone: str
    mark: str
    state: str
    verdict: str
    facts: str
    numbers: tuple[tuple[int, str], ...]
    cards: tuple[Card, ...]
    troubles: tuple[Trouble, ...]
    needing: int
    needing_listing: str
    listings: tuple[Listing, ...]
    warnings: tuple[RowWarning, ...]
    in_the_app: str

    @property
    def all_shown(self) -> bool:
        """Whether every row that needs a person stands on the page."""
        return self.needing <= MOST_PROBLEMS


@dataclass(frozen=True, slots=True)
class Page:
    """The whole of it. ``errors``: why nothing could be done at all, line by line."""

    title: str
    verdict: str
    tone: str
    dry_run: bool
    made: str
    sections: tuple[Section, ...]
    errors: tuple[str, ...] = ()


def page_lines(
    reports: Sequence[SyncReport], commands: Commands, error: str | None = None, made: datetime | None = None
) -> Iterator[str]:
    """The page, piece by piece; ``error``: why nothing, or not all, could be done."""
    made = made or datetime.now().astimezone()
    template = _environment().get_template("page_by_mail.html")
    for line in template.render(page=_page(reports, commands, error, made)).splitlines():
        if line.strip():
            yield line


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("sync.cli"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "legible": lambda text: legible(str(text)),
        "counted": counted,
        "capitalised": lambda text: text[:1].upper() + text[1:],
    }
    return made


def _page(reports: Sequence[SyncReport], commands: Commands, error: str | None, made: datetime) -> Page:
    dry_run = any(report.dry_run for report in reports)
    names = reports[0].name if len(reports) == 1 else counted(len(reports), "sync")
    title = f"{'Plan for' if dry_run else 'Run of'} {names}" if reports else "Nothing was done"
    told = verdict.total(reports) if reports else ""
    worst = verdict.worst_first(reports)
    tone = _tone(worst[0]) if worst and error is None else "bad"
    when = f"{made.day} {made:%B %Y, %H:%M} {made.tzname() or ''}".strip()
    sections = tuple(_section(report, commands) for report in worst)
    return Page(title, told, tone, dry_run, when, sections, tuple(error.splitlines()) if error else ())


def _tone(report: SyncReport) -> str:
    return _TONES.get(report.status, "bad")


def _section(report: SyncReport, commands: Commands) -> Section:
    needing = summary.problems(report)
    tone = _tone(report)
    return Section(
        report=report,
        tone=tone,
        mark=_MARKS[tone],
        state=verdict.state_word(report),
        verdict=verdict.verdict(report, named=False),
        facts=verdict.facts(report),
        numbers=tuple(_numbers(report)),
        cards=tuple(_card(held, report, commands) for held in summary.held(report)),
        troubles=tuple(_troubles(needing)),
        needing=len(needing),
        needing_listing=ALL_IN_JSON if report.dry_run else commands.problems(report.name),
        listings=tuple(_listing(group, report, commands) for group in summary.groups(report)),
        warnings=tuple(report.warnings[:MOST_WARNINGS]),
        in_the_app=verdict.IN_THE_APP if report.counts["created"] and verdict.is_first_load(report) else "",
    )


def _numbers(report: SyncReport) -> Iterator[tuple[int, str]]:
    counts = report.counts
    words = ("to add", "to change", "to delete") if report.dry_run else ("added", "changed", "deleted")
    yield from zip((counts["created"], counts["updated"], counts["deleted"]), words, strict=True)
    beside = {
        "taken over": counts["adopted"],
        "held back": counts["held"],
        "waiting": counts["waiting"],
        "left for later": counts.get("left", 0),
        "need you" if counts["rejected"] + counts["failed"] != 1 else "needs you": counts["rejected"]
        + counts["failed"],
    }
    yield from ((count, word) for word, count in beside.items() if count)


def _card(held: Held, report: SyncReport, commands: Commands) -> Card:
    reasons = held.reasons or {}
    lines = tuple(_line(change, reasons.get(change.external_id, "")) for change in held.changes[:MOST_CONTACTS])
    command = commands.run(report.name, held.danger.option) if held.danger.option else ""
    return Card(held, lines, command, ALL_IN_JSON if report.dry_run else commands.problems(report.name))


def _troubles(needing: Sequence[Problem]) -> Iterator[Trouble]:
    room = MOST_PROBLEMS
    for alike in summary.by_reason(needing):
        shown = alike.problems[:room]
        room -= len(shown)
        yield Trouble(alike.kind, alike.column or "", alike.reason, shown, len(alike.problems))


def _listing(group: Group, report: SyncReport, commands: Commands) -> Listing:
    title = group.short_title(dry_run=report.dry_run)
    lines = tuple(_line(change) for change in group.changes[:MOST_CONTACTS])
    listing = ALL_IN_JSON if report.dry_run or report.run is None else commands.show(report.run)
    return Listing(group, title, lines, listing)


def _line(change: Change, reason: str = "") -> Line:
    """Of a new contact the name says some fields already; of one that goes, whom it is of is all that counts."""
    fields = () if change.action == "delete" else tuple(_fields(change))
    return Line(change.person, change.external_id, change.row, fields, reason)


def _fields(change: Change) -> Iterator[Field]:
    for name, values in change.fields.items():
        if change.action != "create" or name not in _SAID_BY_THE_NAME:
            yield Field(field_label(name), _text(values["from"]), _text(values["to"]))


def _text(value: Json) -> str:
    return value_text(value, lambda label, text: f"{label} {text}")
