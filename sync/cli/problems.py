"""``openphone-sync problems``: the rows that need a person, by reason, or as they were, to hand on. Reads the state."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from sync.cli.common import Where, config_options, failing, json_lines, output_of, print_lines
from sync.cli.completing import completed_by, sync_names
from sync.cli.examples import examples
from sync.cli.looking import again, called, check_names, known_syncs, looking
from sync.run.report import problem_json, tidied

if TYPE_CHECKING:
    from sync.contacts.json_value import Json
    from sync.contacts.problem import Problem
    from sync.lookback.problem_facts import ProblemGroup

SHOWN = 5
"""Rows of a group that are named, unless all are asked for: which row it is matters less than what is wrong with it."""

_OURS = ("sync", "row", "key", "name", "problem", "what to do")

_Found = Mapping[str, Sequence["Problem"]]
"""Sync → its problems."""


@click.command(
    "problems",
    epilog=examples(
        "problems",
        "problems customers --all",
        "problems --output csv > to-correct.csv   # the rows as they were, to hand on",
    ),
)
@click.argument("names", nargs=-1, metavar="[NAME ...]", shell_complete=completed_by(sync_names))
@config_options
@output_of("text", "json", "csv")
@click.option("--all", "everything", is_flag=True, help=f"Name every row. As text it is {SHOWN} of a kind otherwise.")
def command(names: tuple[str, ...], where: Where, output: str, everything: bool) -> None:
    """The rows that need a person, by reason: what is held back, what failed, what was rejected.

    As the last run of each sync left them. Reads only the state, and needs no key. With --output csv each row stands as
    it was in the source, with what is wrong with it and what to do.
    """
    fail = failing(output, lambda message: json_lines({"syncs": [], "error": message}))
    loaded = where.read((), fail, to_look_back=True)
    redactor = loaded.redactor()
    with looking(loaded, fail) as state:
        known = known_syncs(loaded, state)
        check_names(names, known, fail)
        found = {
            name: [tidied(problem, redactor) for problem in state.history.problems(name)]
            for name in dict.fromkeys(names or known)
        }
    if output == "json":
        print_lines(json_lines({"syncs": [_json(name, problems) for name, problems in found.items()], "error": None}))
    elif output == "csv":
        from sync.cli.sheet import print_sheet

        columns = _columns(found)
        print_sheet(_header(columns), _rows(found, columns))
    else:
        for name, problems in found.items():
            print_problems(name, problems, where, None if everything else SHOWN)
        if not any(found.values()):
            click.echo("No row needs a person." if len(found) != 1 else f"{next(iter(found))}: no row needs a person")
    sys.exit(0)


def print_problems(
    name: str, problems: Sequence[Problem], where: Where, most: int | None, indent: str = "", *, title: bool = True
) -> None:
    """A sync's problems by reason; of each reason no more rows than ``most``."""
    from sync.lookback.problem_facts import grouped

    if not problems:
        return
    if title:
        one = len(problems) == 1
        what = "1 row or contact needs" if one else f"{len(problems):,} rows or contacts need"
        click.secho(f"{indent}{name}: {what} a person", bold=True)
    for group in grouped(problems):
        _print_group(group, name, where, most, f"{indent}  ")


def _print_group(group: ProblemGroup, name: str, where: Where, most: int | None, indent: str) -> None:
    from sync.cli.text import one_line

    column = f", {group.column}" if group.column else ""
    action = f" {group.action}" if group.kind == "held" and group.action else ""
    count = f"{group.count:,} × " if group.count > 1 else ""
    click.secho(f"{indent}{count}{group.kind}{action}{one_line(column)}: {one_line(group.reason)}", fg="red")
    if group.remedy:
        click.echo(f"{indent}  what to do: {one_line(group.remedy)}")
    for problem in group.problems[:most]:
        click.echo(f"{indent}    {_row(problem, group)}")
    if most is not None and group.count > most:
        click.echo(f"{indent}    … and {group.count - most:,} more: {again(where, f'problems {name} --all')}")


def _row(problem: Problem, group: ProblemGroup) -> str:
    from sync.cli.text import one_line

    row = f"row {problem.row}: " if problem.row is not None else ""
    value = f": {problem.value!r}" if problem.value else ""
    reason = f": {problem.reason}" if group.reason != problem.reason else ""
    who = called(problem.person, problem.external_id)
    return one_line(f"{row}{who}{value}{reason}")


def _json(name: str, problems: Sequence[Problem]) -> dict[str, Json]:
    from sync.lookback.problem_facts import grouped, what_to_do

    groups: list[Json] = [
        {
            "kind": group.kind,
            "action": group.action,
            "column": group.column,
            "reason": group.reason,
            "remedy": group.remedy,
            "count": group.count,
        }
        for group in grouped(problems)
    ]
    listed: list[Json] = [
        {
            **problem_json(problem),
            "company": problem.person.company,
            "what_to_do": what_to_do(problem),
            "cells": dict(problem.cells),
        }
        for problem in problems
    ]
    return {"name": name, "groups": groups, "problems": listed}


def _columns(found: _Found) -> list[str]:
    """The columns of the sources, in the order in which rows have them."""
    return list(dict.fromkeys(name for problems in found.values() for problem in problems for name in problem.cells))


def _header(columns: Sequence[str]) -> list[str]:
    """Ours first; a column of the source that is called so, too, says that it is the source's."""
    ours = {name.casefold() for name in _OURS}
    return [*_OURS, *(f"{name} (source)" if name.strip().casefold() in ours else name for name in columns)]


def _rows(found: _Found, columns: Sequence[str]) -> Iterator[list[str]]:
    from sync.lookback.problem_facts import what_to_do

    for name, problems in found.items():
        for problem in problems:
            row = str(problem.row) if problem.row is not None else ""
            column = f"{problem.column}: " if problem.column else ""
            value = f"{problem.value!r} " if problem.value else ""
            held = f"{problem.action} held back: " if problem.kind == "held" and problem.action else ""
            reason = f"{held}{column}{value}{problem.reason}"
            about = [name, row, problem.external_id or "", problem.person.name or "", reason, what_to_do(problem)]
            yield [*about, *(problem.cells.get(each, "") for each in columns)]
