"""One change as lines on a terminal, with the words for one problem and one value: for everything that lists them.

Colour is in them; ``click.echo`` takes it out where there is no screen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import click

from sync.characters import one_line
from sync.contacts.change import Change
from sync.contacts.contact import FieldChanges
from sync.contacts.in_words import named, problem_line, shown, who
from sync.contacts.json_value import Json
from sync.contacts.problem import Action

__all__ = ["change_lines", "field_lines", "headline", "named", "problem_line", "shown", "who"]

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


def _change(action: Action, values: Mapping[str, Json]) -> str:
    if action == "create":
        return shown(values["to"])
    if action == "delete":
        return shown(values["from"])
    return f"{shown(values['from'])} → {shown(values['to'])}"
