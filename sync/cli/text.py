"""A report for people: the plan as `terraform plan` would show it, then what needs a person, then one closing line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

import click

from sync.contacts.change import Change
from sync.contacts.json_value import Json
from sync.contacts.problem import Action, Problem
from sync.contacts.value_text import value_text
from sync.contacts.warning import RowWarning
from sync.plan.certainty import Waiting
from sync.plan.plan import HeldBack
from sync.run.report import CHANGES, SyncReport

SHOWN_CHANGES = 50
SHOWN_PROBLEMS = 25
SHOWN_HELD = 10
SHOWN_WARNINGS = 25
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
    groups = Counter(back.action for back in report.held_back)
    partly = {action for action, count in groups.items() if count > 1} | {change.action for change in report.changes}
    _print_held(report.held_back, partly)
    _print_waiting(report.waiting)
    _print_filtered(report.filtered)
    _print_warnings(report.warnings)
    if report.error is not None:
        click.secho(f"{report.name}: {report.error}", fg="red", bold=True)
    elif verify and not (report.changes or report.problems or report.waiting or _doubled(report)):
        click.echo(f"{report.name}: the workspace holds exactly what the source says")
    click.secho(_closing(report), bold=True)


def _doubled(report: SyncReport) -> bool:
    return any(warning.kind == "doubles" for warning in report.warnings)


def _print_warnings(warnings: Sequence[RowWarning]) -> None:
    for warning in warnings[:SHOWN_WARNINGS]:
        click.secho(f"  note: {one_line(warning.text)}", fg="yellow")
    if len(warnings) > SHOWN_WARNINGS:
        click.echo(f"  … and {len(warnings) - SHOWN_WARNINGS} more notes: --output json lists them all")


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


def _print_held(held_back: Iterable[HeldBack], made: Collection[Action]) -> None:
    """Why a limit held changes back, and which: they are to be looked at before they are let through.

    ``made``: the kinds of which others were made, or held back for another reason.
    """
    for back in held_back:
        some = f"{len(back.changes)} {back.action}{'s were' if len(back.changes) > 1 else ' was'}"
        what = some if back.action in made or back.reasons else f"every {back.action} was"
        click.secho(f"! {what} held back: {back.danger.text}", fg="magenta")
        for change in back.changes[:SHOWN_HELD]:
            _print_change(change, "    ")
            if change.external_id in back.reasons:
                click.secho(f"        {one_line(back.reasons[change.external_id])}", fg="magenta")
        if len(back.changes) > SHOWN_HELD:
            click.echo(f"    … and {len(back.changes) - SHOWN_HELD} more: --output json lists them all")


def _print_waiting(waiting: Sequence[Waiting]) -> None:
    """Contacts that wait for a second read."""
    for contact in waiting[:SHOWN_HELD]:
        name = f" ({one_line(contact.name)})" if contact.name else ""
        click.echo(f"  … waiting: {one_line(contact.external_id)}{name}: goes when the next full read misses it, too")
    if len(waiting) > SHOWN_HELD:
        click.echo(f"  … and {len(waiting) - SHOWN_HELD} more are waiting")


def _print_filtered(filtered: Mapping[str, int]) -> None:
    """How many rows ``where`` left out, and why."""
    by_count = sorted(filtered.items(), key=lambda reason: (-reason[1], reason[0]))
    for why, count in by_count[:SHOWN_HELD]:
        click.echo(f"  {count:,} row{'' if count == 1 else 's'} left out by where: {one_line(why)}")
    if len(by_count) > SHOWN_HELD:
        click.echo(f"  … and {sum(count for _, count in by_count[SHOWN_HELD:]):,} more for other reasons")


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
    rest = [
        f"{counts[name]} {name}"
        for name in ("unchanged", "rejected", "failed", "held", "waiting", "filtered")
        if counts[name]
    ]
    what = ", ".join([*done, *rest]) or "nothing to do"
    dry = ", dry run: nothing was sent" if report.dry_run else ""
    run = f", run {report.run}" if report.run else ""
    return (
        f"{report.name}: {report.status}{dry}: {counts['rows']} rows: {what} "
        f"({report.requests} request{'' if report.requests == 1 else 's'} in {report.seconds:.1f} s{run})"
    )
