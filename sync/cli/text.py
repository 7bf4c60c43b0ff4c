"""A report for people: the plan as `terraform plan` would show it, then what needs a person, then the verdict.

What is long is summed up, with the first few examples and the command that lists all. A report that does not fit on a
screen begins with its verdict, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import click

from sync.characters import one_line
from sync.cli.lines import change_lines, headline, named, problem_line, shown, who
from sync.contacts.warning import RowWarning
from sync.plan.certainty import Waiting
from sync.run import summary, verdict
from sync.run.commands import Commands
from sync.run.report import SyncReport
from sync.run.summary import Group, Held, Pair
from sync.wording import counted

__all__ = ["change_lines", "headline", "named", "one_line", "print_end", "print_report", "problem_line", "shown", "who"]

SHOWN_CHANGES = 50
SHOWN_EXAMPLES = 3
SHOWN_PROBLEMS = 25
SHOWN_GROUPS = 5
SHOWN_HELD = 10
SHOWN_WARNINGS = 25
SCREEN = 20
"""Lines that are seen at once."""

_COLOURS = {"ok": "green", "partial": "yellow", "held": "magenta"}
COMMANDS = Commands()


def print_report(report: SyncReport, *, verify: bool = False, commands: Commands = COMMANDS, among: int = 1) -> None:
    """Print one sync's report to standard output. Colour goes only to a terminal (click sees to it).

    ``among``: how many syncs are reported of; the verdict of several is what ``print_end`` says.
    """
    for line in report_lines(report, verify=verify, commands=commands, among=among):
        click.echo(line)


def report_lines(
    report: SyncReport, *, verify: bool = False, commands: Commands = COMMANDS, among: int = 1
) -> list[str]:
    """The report, line by line."""
    body = list(_body(report, verify, commands))
    told = f"{report.name}: {verdict.verdict(report, named=False)}" if among > 1 else verdict.verdict(report)
    said = click.style(one_line(told), fg=_colour(report), bold=True)
    if among > 1:
        return [said, *body, *([said] if len(body) > SCREEN else []), ""]
    return [said, *body, said] if len(body) > SCREEN else [*body, said]


def print_end(reports: Sequence[SyncReport]) -> None:
    """Of several syncs a table, worst first, and what they came to together."""
    if len(reports) < 2:
        return
    width = max(len(report.name) for report in reports)
    click.echo(f"{len(reports)} syncs, worst first:")
    for report in verdict.worst_first(reports):
        word = click.style(f"{verdict.state_word(report):<13}", fg=_colour(report))
        click.echo(f"  {one_line(report.name):<{width}}  {word}  {one_line(verdict.verdict(report, named=False))}")
    worst = verdict.worst_first(reports)[0]
    click.secho(one_line(verdict.total(reports)), fg=_colour(worst), bold=True)


def _colour(report: SyncReport) -> str:
    return _COLOURS.get(report.status, "red")


def _body(report: SyncReport, verify: bool, commands: Commands) -> Iterator[str]:
    yield from _changes(report, commands)
    yield from _problems(report, commands)
    for group in summary.held(report):
        yield from _held(group, report, commands)
    yield from _waiting(report.waiting)
    yield from _filtered(report.filtered)
    yield from _warnings(report.warnings)
    if (
        report.error is None
        and verify
        and not (report.changes or report.problems or report.waiting or _doubled(report))
    ):
        yield f"{report.name}: the workspace holds exactly what the source says"
    if verdict.is_first_load(report) and not report.dry_run:
        yield verdict.IN_THE_APP
    if report.error is None or report.counts["rows"]:
        yield f"{report.name}: {verdict.facts(report)}"


def _doubled(report: SyncReport) -> bool:
    return any(warning.kind == "doubles" for warning in report.warnings)


# --- changes


def _changes(report: SyncReport, commands: Commands) -> Iterator[str]:
    """Loads summed up, with examples; everything else one by one, as the source has it, what is taken over last."""
    listing = commands.changes(report.run, dry_run=report.dry_run)
    groups = summary.groups(report)
    for group in groups:
        if group.load:
            yield from _load(group, report.dry_run, listing)
    single = {group.action for group in groups if not group.load}
    changes = [change for change in report.changes if change.action in single]
    changes.sort(key=lambda change: change.action == "adopt")
    if len(changes) > SHOWN_CHANGES:
        yield from (group.title(dry_run=report.dry_run) for group in groups if not group.load)
    for change in changes[:SHOWN_CHANGES]:
        yield from change_lines(change)
    yield from _more(len(changes) - SHOWN_CHANGES, "change", listing, "  ")


def _load(group: Group, dry_run: bool, listing: str) -> Iterator[str]:
    yield click.style(group.title(dry_run=dry_run), bold=True)
    yield "  such as"
    for change in group.changes[:SHOWN_EXAMPLES]:
        yield from change_lines(change, "    ")
    yield from _more(len(group.changes) - SHOWN_EXAMPLES, "", listing, "    ")


def _more(count: int, noun: str, listing: str, indent: str) -> Iterator[str]:
    """How many more there are, and what lists them."""
    if count > 0:
        what = f" {noun if count == 1 else noun + 's'}" if noun else ""
        yield f"{indent}… and {count:,} more{what}: {listing}"


# --- what is held back


def _held(group: Held, report: SyncReport, commands: Commands) -> Iterator[str]:
    """Why, whom, and the command that lets them through: they are to be looked at before."""
    yield click.style(f"! {group.title}: {one_line(group.danger.reason)}", fg="magenta")
    room = SHOWN_HELD
    for pair in group.pairs[:room]:
        yield from _pair(pair)
    room -= min(room, len(group.pairs))
    for change in group.changes[:room]:
        yield from change_lines(change, "    ", fields=change.action == "update")
        if (group.reasons or {}).get(change.external_id):
            yield click.style(f"        {one_line((group.reasons or {})[change.external_id])}", fg="magenta")
    left = len(group.pairs) + len(group.changes) - SHOWN_HELD
    yield from _more(left, "", commands.needing(report.name, dry_run=report.dry_run), "    ")
    if group.besides:
        yield f"  {_capital(one_line(group.besides))}."
    if group.danger.option:
        yield f"  If that is meant, let them through once: {commands.run(report.name, group.danger.option)}"


def _pair(pair: Pair) -> Iterator[str]:
    """Somebody whose row is missing beside the new row that may be the same person's."""
    yield click.style(f"    - {named(pair.was, pair.was_key)}", fg="red")
    yield f"      {click.style(f'+ {named(pair.now, pair.now_key, pair.row)}', fg='green')}: {one_line(pair.why)}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _waiting(waiting: Sequence[Waiting]) -> Iterator[str]:
    """Contacts that wait for a second read."""
    if not waiting:
        return
    one = len(waiting) == 1
    yield (
        f"… {counted(len(waiting), 'contact')} {'is' if one else 'are'} missing from this read, and "
        f"{'goes' if one else 'go'} when the next full one misses {'it' if one else 'them'}, too:"
    )
    for contact in waiting[:SHOWN_HELD]:
        yield f"    {who(contact.name, contact.external_id)}"
    if len(waiting) > SHOWN_HELD:
        yield f"    … and {len(waiting) - SHOWN_HELD:,} more"


# --- rows


def _problems(report: SyncReport, commands: Commands) -> Iterator[str]:
    needing = summary.problems(report)
    if len(needing) > SHOWN_PROBLEMS:
        alike = summary.by_reason(needing)
        yield click.style(f"! {counted(len(needing), 'problem')} that need a person:", fg="red", bold=True)
        for group in alike[:SHOWN_GROUPS]:
            where = f"{one_line(group.column)}: " if group.column else ""
            yield f"    {len(group.problems):>6,} × {group.kind}, {where}{one_line(group.reason)}"
        others = sum(len(group.problems) for group in alike[SHOWN_GROUPS:])
        yield from ([f"    {others:>6,} × for {counted(len(alike) - SHOWN_GROUPS, 'other reason')}"] if others else [])
    for problem in needing[:SHOWN_PROBLEMS]:
        yield click.style(f"! {problem_line(problem)}", fg="red")
    rest = len(needing) - SHOWN_PROBLEMS
    yield from _more(rest, "problem", commands.needing(report.name, dry_run=report.dry_run), "  ")


def _filtered(filtered: Mapping[str, int]) -> Iterator[str]:
    """How many rows ``where`` left out, and why."""
    by_count = sorted(filtered.items(), key=lambda reason: (-reason[1], reason[0]))
    for why, count in by_count[:SHOWN_HELD]:
        yield f"  {counted(count, 'row')} left out by where: {one_line(why)}"
    if len(by_count) > SHOWN_HELD:
        yield f"  … and {sum(count for _, count in by_count[SHOWN_HELD:]):,} more for other reasons"


def _warnings(warnings: Sequence[RowWarning]) -> Iterator[str]:
    for warning in warnings[:SHOWN_WARNINGS]:
        yield click.style(f"  note: {one_line(warning.text)}", fg="yellow")
    yield from _more(len(warnings) - SHOWN_WARNINGS, "note", "--output json or --output html", "  ")
