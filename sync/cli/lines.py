"""One change, one problem, one value as lines on a terminal: for everything that lists them.

Colour is in them; ``click.echo`` takes it out where there is no screen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import click

from sync.characters import one_line
from sync.contacts.change import Change
from sync.contacts.contact import FieldChanges
from sync.contacts.json_value import Json
from sync.contacts.person import Person
from sync.contacts.problem import Action, Problem
from sync.contacts.value_text import value_text

_MARKS: Mapping[Action, tuple[str, str]] = {
    "create": ("+", "green"),
    "update": ("~", "yellow"),
    "delete": ("-", "red"),
    "adopt": ("=", "cyan"),
}


def change_lines(change: Change, indent: str = "", *, fields: bool | None = None) -> Iterator[str]:
    """A change of a plan or a report: whom it is about, and (``fields``; by default not of a delete) old → new."""
    shows = change.action != "delete" if fields is None else fields
    person = change.person.short if shows and change.fields else change.person.text
    yield headline(change.action, person, change.external_id, change.row, indent)
    if shows:
        yield from field_lines(change.action, change.fields, f"{indent}    ")


def headline(action: Action, person: str, external_id: str, row: int | None = None, indent: str = "") -> str:
    """``~ update Ana Roe (c2, row 3)``; the key alone where nobody knows whom it is about."""
    mark, colour = _MARKS[action]
    return click.style(f"{indent}{mark} {action} {who(person, external_id, row)}", fg=colour)


def field_lines(action: Action, fields: FieldChanges, indent: str = "    ") -> Iterator[str]:
    """Each field that a change is about, on a line: what it becomes, what it was, or both."""
    for name, values in fields.items():
        yield f"{indent}{one_line(name)}: {_change(action, values)}"


def who(person: str, external_id: str | None, row: int | None = None) -> str:
    """``Ana Roe (c2, row 3)``: a person before the key."""
    marks = [one_line(external_id)] if external_id else []
    marks += [f"row {row}"] if row is not None else []
    if person:
        return f"{one_line(person)} ({', '.join(marks)})" if marks else one_line(person)
    first, *rest = marks or ["a contact"]
    return f"{first} ({rest[0]})" if rest else first


def named(person: Person, external_id: str | None, row: int | None = None) -> str:
    """Whom something is about, with all that tells people apart."""
    return who(person.text, external_id, row)


def problem_line(problem: Problem) -> str:
    """A problem on one line: which row, whose, what was found, why."""
    whose = who(problem.person.text, problem.external_id) if problem.person.text or problem.external_id else ""
    where = ", ".join(filter(None, (f"row {problem.row}" if problem.row is not None else "", whose))) or "a contact"
    column = f", {one_line(problem.column)}" if problem.column else ""
    found = f" '{one_line(problem.value)}'" if problem.value else ""
    return f"{problem.kind}: {where}{column}{found}: {one_line(problem.text)}"


def shown(value: Json) -> str:
    """A field's value on one line."""
    return one_line(value_text(value, lambda label, text: f"{label} {text}")) or "(empty)"


def _change(action: Action, values: Mapping[str, Json]) -> str:
    if action == "create":
        return shown(values["to"])
    if action == "delete":
        return shown(values["from"])
    return f"{shown(values['from'])} → {shown(values['to'])}"
