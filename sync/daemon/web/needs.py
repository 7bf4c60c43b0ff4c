"""``/syncs/NAME``: what waits for a person: changes that are held back, with names, and rows by reason. Pure."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sync.contacts.problem import Action, Problem
from sync.daemon.web.html import contact_link
from sync.daemon.web.words import counted
from sync.lookback.problem_facts import ProblemGroup, grouped

SHOWN_HELD = 250
"""How many of one group stand on a page, each with its box; a form is not endless."""

SHOWN_ROWS = 300
FIRST_ROWS = 10

VERBS: Mapping[Action, str] = {"create": "Add", "update": "Change", "delete": "Delete", "adopt": "Take over"}
_PASS_ONCE = re.compile(r"--max-(?:deletes|rewrites) \S+")


@dataclass(frozen=True, slots=True)
class HeldOne:
    """One change that is held back. ``why``: the reason for just this one, where each has its own."""

    external_id: str
    who: str
    besides: str
    href: str
    why: str


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """Changes of one kind that are held back for one reason.

    ``mark`` stands for exactly these, as they were shown. ``decidable``: they can be let through one by one from
    here, since there is nothing to look at but whom they are of; others are looked at in a preview first.
    """

    mark: str
    action: Action | None
    title: str
    reason: str
    advice: str
    command: str
    does: str
    button: str
    decidable: bool
    people: tuple[HeldOne, ...]
    count: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that needs a person."""

    row: int | None
    key: str
    who: str
    besides: str
    column: str
    value: str
    reason: str
    failed: bool
    href: str


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Rows with one reason. ``alike``: they say it in just the same words."""

    title: str
    count: str
    alike: bool
    first: tuple[RowProblem, ...]
    rest: tuple[RowProblem, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class NeedsView:
    """Everything that waits."""

    held: tuple[HeldGroup, ...]
    rows: tuple[RowGroup, ...]
    count: int


def needs(problems: Sequence[Problem], name: str, path: Path, pages: Mapping[str, int]) -> NeedsView:
    """What waits in this sync. ``pages``: which page of a group is looked at, by its mark."""
    held = tuple(_held(group, name, path, pages) for group in held_groups(problems))
    rows = row_groups(problems, name)
    return NeedsView(held, rows, len(problems))


def held_groups(problems: Iterable[Problem]) -> list[ProblemGroup]:
    """The changes that are held back, those of one kind and one reason together."""
    return [group for group in grouped(problems) if group.kind == "held"]


def mark_of(group: Sequence[Problem]) -> str:
    """Equal for two groups in which the same is held for the same people, as a person saw it."""
    seen = sorted(repr((each.action, each.external_id, each.person)) for each in group)
    return hashlib.sha256("\n".join(seen).encode("utf-8", "replace")).hexdigest()[:24]


def _held(group: ProblemGroup, name: str, path: Path, pages: Mapping[str, int]) -> HeldGroup:
    first, count, mark = group.problems[0], group.count, mark_of(group.problems)
    verb = VERBS[first.action] if first.action else "Change"
    several = len({each.reason for each in group.problems}) > 1
    all_pages = -(-count // SHOWN_HELD)
    page = min(max(1, pages.get(mark, 1)), all_pages)
    shown = group.problems[(page - 1) * SHOWN_HELD : page * SHOWN_HELD]
    advice, option = said_remedy(first.remedy)
    run = f"openphone-sync run -c {shlex.quote(str(path))} {shlex.quote(name)}"
    decidable = first.action in ("create", "delete")
    these = f"this {first.action}" if count == 1 else f"these {count:,}"
    return HeldGroup(
        mark=mark,
        action=first.action,
        title=f"{counted(count, first.action or 'change')} held back",
        reason="" if several else _sentence(first.reason),
        advice=advice,
        command=f"{run} {option}" if option else f"{run} --dry-run",
        does="On the command line:" if option else "Look at what would change:",
        button=f"{verb} {these}" if count > 1 else f"{verb} {first.person.short or first.external_id or 'it'}",
        decidable=decidable,
        people=tuple(_one(each, name, own_reason=several) for each in shown),
        count=count,
        page=page,
        pages=all_pages,
    )


def said_remedy(remedy: str | None) -> tuple[str, str]:
    """What to do besides passing it once, and the option that passes it: the remedy knows its number."""
    option = _PASS_ONCE.search(remedy or "")
    if option is None:
        return _sentence(remedy or ""), ""
    first, _, _ = str(remedy).rpartition("if they ")
    besides = first.removesuffix("or ").rstrip(" ;,")
    return _sentence(besides), option[0]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _one(problem: Problem, name: str, *, own_reason: bool) -> HeldOne:
    key, person = problem.external_id or "", problem.person
    besides = [part for part in (person.company, person.number) if part and part != person.short]
    why = _sentence(problem.reason) if own_reason else ""
    return HeldOne(key, person.short or key, ", ".join(besides), contact_link(name, key), why)


def row_groups(problems: Sequence[Problem], name: str) -> tuple[RowGroup, ...]:
    """Rows by what is wrong with them, the most frequent first."""
    left = SHOWN_ROWS
    found: list[RowGroup] = []
    for group in grouped(problem for problem in problems if problem.kind != "held"):
        most = FIRST_ROWS + left
        shown = [_row(each, name) for each in group.problems[:most]]
        left -= max(0, len(shown) - FIRST_ROWS)
        where = "OpenPhone did not take it: " if group.kind == "failed" else f"{group.column}: " if group.column else ""
        found.append(
            RowGroup(
                title=f"{where}{group.reason}",
                count=counted(group.count, "row"),
                alike=len({each.reason for each in group.problems}) == 1,
                first=tuple(shown[:FIRST_ROWS]),
                rest=tuple(shown[FIRST_ROWS:]),
                left_out=group.count - len(shown),
            )
        )
    return tuple(found)


def _row(problem: Problem, name: str) -> RowProblem:
    key, person = problem.external_id or "", problem.person
    besides = [part for part in (person.company, person.number) if part and part != person.short]
    return RowProblem(
        row=problem.row,
        key=key,
        who=person.short,
        besides=", ".join(besides),
        column=problem.column or "",
        value=problem.value or "",
        reason=problem.text,
        failed=problem.kind == "failed",
        href=contact_link(name, key) if key else "",
    )
