"""A report for people: the plan as `terraform plan` would show it, then what needs a person, then one closing line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import click

from sync.contacts.change import Change
from sync.contacts.json_value import Json
from sync.contacts.problem import Action, Problem
from sync.contacts.value_text import value_text
from sync.plan.plan import HeldBack
from sync.run.report import CHANGES, SyncReport

SHOWN_CHANGES = 50
SHOWN_PROBLEMS = 25
SHOWN_HELD = 10
_MARKS: Mapping[Action, tuple[str, str]] = {
    "create": ("+", "green"),
    "update": ("~", "yellow"),
    "delete": ("-", "red"),
    "adopt": ("=", "cyan"),
}


def print_report(report: SyncReport, *, verify: bool = False) -> None:
    """Print one sync's report to standard output. Colour goes only to a terminal (click sees to it)."""
    changes = sorted(report.changes, key=lambda change: change.action == "adopt")  # adopted as it is: last
    _print_changes(changes, "would be made" if report.dry_run else "were made")
    _print_problems(report.problems)
    _print_held(report.held_back)
    for warning in report.warnings:
        click.secho(f"  note: {one_line(warning.text)}", fg="yellow")
    if report.error is not None:
        click.secho(f"{report.name}: {report.error}", fg="red", bold=True)
    elif verify and not report.changes and not report.problems:
        click.echo(f"{report.name}: the workspace holds exactly what the source says")
    click.secho(_closing(report), bold=True)


def _print_changes(changes: Sequence[Change], verb: str) -> None:
    for change in changes[:SHOWN_CHANGES]:
        _print_change(change)
    if len(changes) > SHOWN_CHANGES:
        click.echo(f"  … and {len(changes) - SHOWN_CHANGES} more changes {verb}: --output json lists them all")


def _print_change(change: Change, indent: str = "") -> None:
    mark, colour = _MARKS[change.action]
    where = f" (row {change.row})" if change.row is not None else ""
    click.secho(f"{indent}{mark} {change.action} {one_line(change.external_id)}{where}", fg=colour)
    for name, values in change.fields.items():
        click.echo(f"{indent}    {name}: {_change(change.action, values)}")


def _print_held(held_back: Iterable[HeldBack]) -> None:
    """Why a limit held changes back, and which: they are to be looked at before they are let through."""
    for back in held_back:
        which = f"{len(back.changes)} {back.action}(s) were" if back.reasons else f"every {back.action} was"
        click.secho(f"! {which} held back: {back.danger.text}", fg="magenta")
        for change in back.changes[:SHOWN_HELD]:
            _print_change(change, "    ")
            if change.external_id in back.reasons:
                click.secho(f"        {one_line(back.reasons[change.external_id])}", fg="magenta")
        if len(back.changes) > SHOWN_HELD:
            click.echo(f"    … and {len(back.changes) - SHOWN_HELD} more: --output json lists them all")


def _change(action: Action, values: Mapping[str, Json]) -> str:
    if action == "create":
        return shown(values["to"])
    if action == "delete":
        return shown(values["from"])
    return f"{shown(values['from'])} → {shown(values['to'])}"


def shown(value: Json) -> str:
    """A field's value on one line."""
    return one_line(value_text(value, lambda label, text: f"{label} {text}")) or "(empty)"


def one_line(text: str) -> str:
    """Text that neither breaks the line nor commands the terminal, whoever wrote it."""
    return "".join(char if char.isprintable() else "⏎" if char == "\n" else "·" for char in text.replace("\r\n", "\n"))


def _print_problems(problems: Sequence[Problem]) -> None:
    needing = [problem for problem in problems if problem.kind != "held"]
    for problem in needing[:SHOWN_PROBLEMS]:
        click.secho(f"! {problem_line(problem)}", fg="red")
    if len(needing) > SHOWN_PROBLEMS:
        click.echo(
            f"  … and {len(needing) - SHOWN_PROBLEMS} more rows that need a person: --output json lists them all"
        )


def problem_line(problem: Problem) -> str:
    """A problem on one line: where, what was found, why."""
    where = f"row {problem.row}" if problem.row is not None else problem.external_id or "a contact"
    if problem.row is not None and problem.external_id:
        where += f" ({problem.external_id})"
    if problem.column:
        where += f", {problem.column}"
    found = f" {problem.value!r}" if problem.value else ""
    return one_line(f"{problem.kind}: {where}{found}: {problem.text}")


def _closing(report: SyncReport) -> str:
    counts = report.counts
    would = "would be " if report.dry_run else ""
    done = [f"{counts[name]} {would}{name}" for name in (*CHANGES, "adopted") if counts[name]]
    rest = [f"{counts[name]} {name}" for name in ("unchanged", "rejected", "failed", "held") if counts[name]]
    what = ", ".join([*done, *rest]) or "nothing to do"
    dry = ", dry run: nothing was sent" if report.dry_run else ""
    run = f", run {report.run}" if report.run else ""
    return (
        f"{report.name}: {report.status}{dry}: {counts['rows']} rows: {what} "
        f"({report.requests} request{'' if report.requests == 1 else 's'} in {report.seconds:.1f} s{run})"
    )
