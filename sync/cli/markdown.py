"""``run --output markdown``: for a comment on GitHub, or a chat. The verdict, a table of syncs, each to unfold.

No value that somebody wrote becomes markup, mentions anybody or links anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sync.characters import one_line
from sync.contacts.change import Change
from sync.contacts.contact import FieldChanges
from sync.contacts.json_value import Json
from sync.contacts.person import Person
from sync.contacts.problem import Action, Problem
from sync.contacts.value_text import value_text
from sync.run import summary, verdict
from sync.run.commands import ALL_IN_JSON, Commands
from sync.run.report import SyncReport
from sync.run.summary import Group, Held, Pair
from sync.wording import counted

MOST_ROWS = 100
"""So many of one kind are shown: GitHub takes 65,536 characters."""

_MARKS: Mapping[str, str] = {"ok": "🟢", "partial": "🟡", "held": "🟡", "locked": "🟡"}
_MARKUP = re.compile(r"([\\`*_{}\[\]<>|~#$])")
_ENTITIES = {"<": "&lt;", ">": "&gt;"}
_AND = re.compile(r"&(?=#?\w+;)")
_LINK = re.compile(r"(?i)(:(?=//)|\bwww(?=\.))")
_MENTION = re.compile(r"(?<![\w.+-])@(?=\w)")
_WORD_JOINER = "\u2060"


def markdown_lines(reports: Sequence[SyncReport], commands: Commands, error: str | None = None) -> Iterator[str]:
    """The document, line by line; ``error``: why nothing, or not all, could be done."""
    if error is not None:
        yield from (line for said in error.splitlines() for line in (f"**{escaped(said)}**", ""))
    if not reports:
        return
    worst = verdict.worst_first(reports)
    yield f"**{escaped(verdict.total(reports))}**"
    yield ""
    yield from _table(("", "Sync", "Rows", "Verdict"), map(_overview, worst))
    for report in worst:
        yield from _sync(report, commands, len(reports) > 1)
    yield "Powered by OpenPhone"


def _overview(report: SyncReport) -> list[str]:
    mark = _MARKS.get(report.status, "🔴")
    return [mark, escaped(report.name), f"{report.counts['rows']:,}", escaped(verdict.verdict(report, named=False))]


def _sync(report: SyncReport, commands: Commands, several: bool) -> Iterator[str]:
    """What is held and what needs a person is open; changes are to unfold."""
    if several and (report.changes or report.problems or report.held_back or report.warnings):
        yield from (f"### {escaped(report.name)}", "")
    for held in summary.held(report):
        yield from _held(held, report, commands)
    yield from _problems(report, commands)
    if report.waiting:
        rows = ([_who(Person(one.name or None)), _code(one.external_id)] for one in report.waiting[:MOST_ROWS])
        title = f"{counted(len(report.waiting), 'contact')} missing from this read, until the next one"
        yield from _unfold(title, ("Contact", "Key"), rows)
    listing = ALL_IN_JSON if report.dry_run or report.run is None else commands.show(report.run)
    for group in summary.groups(report):
        yield from _changes(group, report.dry_run, listing)
    if report.warnings:
        rows = ([escaped(warning.text)] for warning in report.warnings[:MOST_ROWS])
        yield from _unfold(f"{counted(len(report.warnings), 'note')}", ("Worth knowing",), rows)
    if verdict.is_first_load(report) and not report.dry_run:
        yield from (verdict.IN_THE_APP, "")


def _held(held: Held, report: SyncReport, commands: Commands) -> Iterator[str]:
    yield f"**{held.title}**: {escaped(held.danger.reason)}."
    if held.besides:
        yield f"{escaped(held.besides[:1].upper() + held.besides[1:])}."
    if held.danger.option:
        yield f"If that is meant, let them through once: {_code(commands.run(report.name, held.danger.option))}"
    yield ""
    if held.pairs:
        yield from _unfold(
            f"{counted(len(held.pairs), 'pair')} side by side",
            ("Row is missing", "Key", "New row", "Key", "Why they may be one"),
            map(_pair, held.pairs[:MOST_ROWS]),
        )
    if held.changes:
        rows = map(_held_row, held.changes[:MOST_ROWS])
        title = f"Who is held: {counted(len(held.changes), 'contact')}"
        yield from _unfold(title, ("", "Contact", "Key", "Was → becomes"), rows, len(held.changes), ALL_IN_JSON)


def _pair(pair: Pair) -> list[str]:
    row = f", row {pair.row}" if pair.row is not None else ""
    return [_who(pair.was), _code(pair.was_key), _who(pair.now), f"{_code(pair.now_key)}{row}", escaped(pair.why)]


def _held_row(change: Change) -> list[str]:
    fields = _fields(change.action, change.fields) if change.action == "update" else ""
    return [change.action, _who(change.person), _code(change.external_id), fields]


def _problems(report: SyncReport, commands: Commands) -> Iterator[str]:
    needing = summary.problems(report)
    if not needing:
        return
    alike = summary.by_reason(needing)
    rows = (
        [f"{len(each.problems):,}", each.kind, escaped(each.column or ""), escaped(each.reason)]
        for each in alike[:MOST_ROWS]
    )
    yield f"**{counted(len(needing), 'problem')} that {'needs' if len(needing) == 1 else 'need'} a person**"
    yield ""
    yield from _table(("Rows", "Kind", "Column", "Reason"), rows)
    listing = ALL_IN_JSON if report.dry_run else commands.problems(report.name)
    header = ("Row", "Contact", "Key", "Column", "Value", "Reason")
    yield from _unfold("Which", header, map(_problem, needing[:MOST_ROWS]), len(needing), listing)


def _problem(problem: Problem) -> list[str]:
    row = str(problem.row) if problem.row is not None else ""
    key = _code(problem.external_id) if problem.external_id else ""
    found = (problem.column or "", problem.value or "", problem.text)
    return [row, _who(problem.person), key, *map(escaped, found)]


def _changes(group: Group, dry_run: bool, listing: str) -> Iterator[str]:
    shown = group.changes[:MOST_ROWS]
    title = escaped(group.title(dry_run=dry_run))
    if group.action in ("delete", "adopt"):
        rows = ([_who(change.person), _code(change.external_id)] for change in shown)
        yield from _unfold(title, ("Contact", "Key"), rows, len(group.changes), listing)
        return
    header = ("Row", "Contact", "Key", "Holds" if group.action == "create" else "Old → new")
    yield from _unfold(title, header, map(_change, shown), len(group.changes), listing)


def _change(change: Change) -> list[str]:
    row = str(change.row) if change.row is not None else ""
    name = escaped(change.person.short)
    return [row, name, _code(change.external_id), _fields(change.action, change.fields)]


def _fields(action: Action, fields: FieldChanges) -> str:
    return "<br>".join(f"{escaped(name)}: {_values(action, values)}" for name, values in fields.items())


def _values(action: Action, values: Mapping[str, Json]) -> str:
    if action == "create":
        return _value(values["to"])
    return f"{_value(values['from'])} → {_value(values['to'])}"


def _value(value: Json) -> str:
    return escaped(value_text(value, lambda label, text: f"{label} {text}")) or "(empty)"


def _who(person: Person) -> str:
    return escaped(person.text)


def _unfold(
    title: str, header: Sequence[str], rows: Iterable[Sequence[str]], count: int = 0, listing: str = ""
) -> Iterator[str]:
    """A table to unfold, and what lists the rest of it."""
    yield f"<details><summary>{title}</summary>"
    yield ""
    yield from _table(header, rows)
    if count > MOST_ROWS:
        yield from (f"… and {count - MOST_ROWS:,} more: {_code(listing)}", "")
    yield from ("</details>", "")


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{' --- |' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _code(text: str) -> str:
    """A key or a command, as it is to be typed; a bar would end the cell, and a tick the code."""
    text = one_line(text)
    if "`" in text or "|" in text:
        return escaped(text)
    return f"`{text}`"


def escaped(text: str) -> str:
    """A value that nothing in is markup, a mention or a link."""
    text = _AND.sub("&amp;", one_line(text))
    text = _MARKUP.sub(lambda found: _ENTITIES.get(found[1]) or f"\\{found[1]}", text)
    text = _LINK.sub(rf"\1{_WORD_JOINER}", text)
    text = _MENTION.sub(f"@{_WORD_JOINER}", text)
    return text.replace("\\#", f"\\#{_WORD_JOINER}")
