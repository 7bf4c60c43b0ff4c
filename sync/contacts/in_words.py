"""Whom something is about, a problem, a value: each on one line, safe to print whoever wrote it. Pure."""

from __future__ import annotations

from sync.characters import one_line
from sync.contacts.json_value import Json
from sync.contacts.person import Person
from sync.contacts.problem import Problem
from sync.contacts.value_text import value_text


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
