"""A report for people: the plan as `terraform plan` would show it, then what needs a person, then one closing line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from sync.contacts.problem import Problem
from sync.plan.plan import Change
from sync.run.report import SyncReport

SHOWN_CHANGES = 50
SHOWN_PROBLEMS = 25
SHOWN_HELD = 10
_MARKS = {"create": ("+", "green"), "update": ("~", "yellow"), "delete": ("-", "red"), "adopt": ("=", "cyan")}


def print_report(report: SyncReport, *, verify: bool = False) -> None:
    """Print one sync's report to standard output. Colour goes only to a terminal (click sees to it)."""
    changes = sorted(report.changes, key=lambda change: not change.fields)  # what was adopted as it is comes last
    _print_changes(changes, "would be made" if report.dry_run else "were made")
    _print_problems(report.problems)
    _print_held(report.held, report.reasons)
    for warning in report.warnings:
        click.secho(f"  note: {warning}", fg="yellow")
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


def _print_held(held: Sequence[Change], reasons: Mapping[str, str]) -> None:
    """Why a limit held changes back, and which: they are to be looked at before they are let through."""
    for action, reason in reasons.items():
        click.secho(f"! every {action} was held back: {reason}", fg="magenta")
        back = [change for change in held if change.action == action]
        for change in back[:SHOWN_HELD]:
            _print_change(change, "    ")
        if len(back) > SHOWN_HELD:
            click.echo(f"    … and {len(back) - SHOWN_HELD} more: --output json lists them all")


def _change(action: str, values: Mapping[str, Any]) -> str:
    if action == "create":
        return shown(values["to"])
    if action == "delete":
        return shown(values["from"])
    return f"{shown(values['from'])} → {shown(values['to'])}"


def shown(value: Any) -> str:
    """A field's value on one line."""
    if value is None:
        return "(empty)"
    if isinstance(value, list):
        items = (f"{v['name']} {v['value']}" if isinstance(v, dict) else str(v) for v in value)
        return one_line(", ".join(items)) or "(empty)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return one_line(str(value))


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
    return one_line(f"{problem.kind}: {where}{found}: {problem.reason}")


def _closing(report: SyncReport) -> str:
    counts = report.counts
    would = "would be " if report.dry_run else ""
    done = [f"{counts[name]} {would}{name}" for name in ("created", "updated", "deleted", "adopted") if counts[name]]
    rest = [f"{counts[name]} {name}" for name in ("unchanged", "rejected", "failed", "held") if counts[name]]
    what = ", ".join([*done, *rest]) or "nothing to do"
    dry = ", dry run: nothing was sent" if report.dry_run else ""
    run = f", run {report.run}" if report.run else ""
    return (
        f"{report.name}: {report.status}{dry}: {counts['rows']} rows: {what} "
        f"({report.requests} request{'' if report.requests == 1 else 's'} in {report.seconds:.1f} s{run})"
    )
