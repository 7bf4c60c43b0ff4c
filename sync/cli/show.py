"""``openphone-sync show [RUN]``: what a run changed, contact by contact. Reads only the state."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import click

from sync.cli.common import Fail, Where, config_options, failing, json_lines, output_of, print_lines
from sync.cli.completing import completed_by, run_numbers, sync_names
from sync.cli.examples import examples
from sync.cli.looking import (
    again,
    change_in_json,
    check_names,
    in_sheet,
    iso,
    known_syncs,
    lasted,
    looking,
    print_change,
    when,
)
from sync.cli.text import one_line
from sync.contacts.change import COUNTED
from sync.contacts.problem import Action
from sync.run.report import EXIT_USAGE
from sync.wording import listed

if TYPE_CHECKING:
    from sync.contacts.json_value import Json
    from sync.lookback.run_facts import RunFacts
    from sync.redaction import Redactor
    from sync.state.history import ChangeRecord
    from sync.state.store import State

SHOWN = 50
_SHEET = (
    "run", "time", "sync", "action", "outcome", "key", "name", "company", "number", "contact id", "field", "old", "new",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which of a run's changes, and how many of them; None: all."""

    action: Action | None
    limit: int | None


@click.command(
    "show",
    epilog=examples(
        "show",
        "show 12 --action delete                # who was deleted in run 12",
        "show --sync customers --all",
        "show 12 --output csv > run-12.csv      # for a spreadsheet",
    ),
)
@click.argument("run", type=click.IntRange(min=1), required=False, shell_complete=completed_by(run_numbers))
@config_options
@output_of("text", "json", "csv")
@click.option(
    "--sync",
    "sync",
    metavar="NAME",
    shell_complete=completed_by(sync_names),
    help="The last run of this sync that changed something.",
)
@click.option("--action", type=click.Choice(get_args(Action)), help="Only these changes.")
@click.option("--all", "everything", is_flag=True, help=f"Every change. As text it is {SHOWN} otherwise.")
@click.option("--limit", type=click.IntRange(min=1), help="So many changes.")
def command(
    run: int | None,
    where: Where,
    output: str,
    sync: str | None,
    action: Action | None,
    everything: bool,
    limit: int | None,
) -> None:
    """What a run changed, contact by contact, old → new. Reads only the state, and needs no key.

    RUN is a run's number, as 'openphone-sync status' lists them; without it, it is the last one that changed something.
    What was only taken over as it was is counted, and not listed.
    """
    fail = failing(output, lambda message: json_lines({"run": None, "changes": [], "error": message}))
    if everything and limit is not None:
        raise click.UsageError("--all and --limit say two things: give one of them.")
    loaded = where.read((), fail, to_look_back=True)
    wanted = _Wanted(action, limit or (SHOWN if output == "text" and not everything else None))
    with looking(loaded, fail) as state:
        check_names([sync] if sync else [], known_syncs(loaded, state), fail)
        facts = _found(state, run, sync, loaded.state_url(), fail)
        if output == "json":
            print_lines(json_lines(_document(state, facts, wanted, loaded.redactor())))
        elif output == "csv":
            from sync.cli.sheet import print_sheet

            print_sheet(_SHEET, _rows(state, facts, wanted))
        elif facts is None:
            click.echo(f"No run{f' of {sync}' if sync else ''} has changed anything yet.")
        else:
            _print(state, facts, wanted, where, loaded.redactor())
    sys.exit(0)


def _found(state: State, run: int | None, sync: str | None, url: str, fail: Fail) -> RunFacts | None:
    from sync.lookback.reading import goes_on
    from sync.lookback.run_facts import last_run_facts, run_facts

    facts = last_run_facts(state, sync) if run is None else run_facts(state, run)
    if facts is None and run is not None:
        fail(f"there is no run {run} in the state: 'openphone-sync status --runs 100' lists them", EXIT_USAGE)
    if facts is not None and sync is not None and facts.run.sync != sync:
        fail(f"run {facts.run.id} is of {facts.run.sync}, not of {sync}", EXIT_USAGE)
    if facts is not None and facts.run.ended_at is None and goes_on(url, facts.run.sync):
        from dataclasses import replace

        return replace(facts, going_on=True)
    return facts


def _changes(state: State, facts: RunFacts, wanted: _Wanted) -> Iterator[ChangeRecord]:
    from sync.lookback.run_facts import changes_of, every_change_of

    if wanted.limit is None:
        yield from every_change_of(state, facts.run.id, action=wanted.action)
    else:
        yield from changes_of(state, facts.run.id, action=wanted.action, limit=wanted.limit)


# -- text


def _print(state: State, facts: RunFacts, wanted: _Wanted, where: Where, redactor: Redactor) -> None:
    run = facts.run
    click.secho(f"Run {run.id} of {run.sync}: {facts.status}", bold=True)
    for line in _head(facts, where):
        click.echo(f"  {line}")
    if run.error:
        click.secho(f"  {redactor.message(run.error)}", fg="red")
    for action, counted in COUNTED.items():
        if action in ("create", "update") and (fields := run.fields.get(action)):
            told = ", ".join(f"{one_line(name)} in {count:,}" for name, count in Counter(fields).most_common())
            click.echo(f"  {counted}: {told}")
    count = 0
    for change in _changes(state, facts, wanted):
        count += 1
        print_change(change)
    there = facts.listed.get(wanted.action, 0) if wanted.action else facts.changes
    if count < there:
        only = f" --action {wanted.action}" if wanted.action else ""
        click.echo(f"  … and {there - count:,} more: {again(where, f'show {run.id}{only} --all')}")
    if not there:
        what = f"no {wanted.action}" if wanted.action else "no change"
        click.echo(f"  The history lists {what} of this run.")


def _head(facts: RunFacts, where: Where) -> Iterator[str]:
    run = facts.run
    took = f", took {lasted(facts.seconds)}" if facts.seconds is not None else ""
    by = f", started by {run.started_by}" if run.started_by else ""
    yield f"{when(run.started_at)}{took}{by}"
    if run.undoes is not None:
        yield f"it put back run {run.undoes}"
    if facts.undone_by:
        yield f"undone by run {listed([str(each) for each in facts.undone_by])}"
    if facts.status == "interrupted":
        yield "it was interrupted: it has no end; the next run goes on where it stopped"
    counted = [f"{run.counts[name]:,} {name}" for name in COUNTED.values() if run.counts.get(name)]
    if counted:
        yield ", ".join(counted)
    if facts.unknown:
        yield f"{facts.unknown:,} with an outcome that is not known: the next run finds out"
    if facts.problems:
        yield f"{facts.problems:,} needed a person; those that still do: {again(where, f'problems {run.sync}')}"


# -- for programs, and for sheets


def _document(state: State, facts: RunFacts | None, wanted: _Wanted, redactor: Redactor) -> dict[str, Json]:
    if facts is None:
        return {"run": None, "changes": [], "error": None}
    changes: list[Json] = [change_in_json(change) for change in _changes(state, facts, wanted)]
    return {"run": _run_json(facts, redactor), "changes": changes, "error": None}


def _run_json(facts: RunFacts, redactor: Redactor) -> dict[str, Json]:
    run = facts.run
    return {
        "run": run.id,
        "sync": run.sync,
        "status": facts.status,
        "started": iso(run.started_at),
        "ended": iso(run.ended_at),
        "started_by": run.started_by,
        "undoes": run.undoes,
        "undone_by": list(facts.undone_by),
        "counts": dict(run.counts),
        "fields": {action: dict(fields) for action, fields in run.fields.items()},
        "listed": dict(facts.listed),
        "unknown": facts.unknown,
        "problems": facts.problems,
        "error": redactor.message(run.error) if run.error else None,
    }


def _rows(state: State, facts: RunFacts | None, wanted: _Wanted) -> Iterator[list[str]]:
    """A line for each field; one for a contact of which no field is known."""
    if facts is None:
        return
    run = facts.run
    for change in _changes(state, facts, wanted):
        person = change.person
        about = [
            str(run.id), iso(run.started_at) or "", run.sync, change.action, "done" if change.done else "unknown",
            change.external_id, person.name or "", person.company or "", person.number or "", change.contact_id or "",
        ]  # fmt: skip
        for name, values in change.fields.items() or [("", {"from": None, "to": None})]:
            yield [*about, name, in_sheet(values["from"]), in_sheet(values["to"])]
