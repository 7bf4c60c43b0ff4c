"""``openphone-sync status``: what the state knows. Reads only the state, and needs no key."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from sync.cli.common import Where, config_options, failing, json_lines, output_option, print_lines
from sync.cli.completing import completed_by, sync_names
from sync.cli.examples import examples
from sync.cli.looking import check_names, iso, known_syncs, when
from sync.cli.problems import print_problems
from sync.run.job import BY_COMMAND
from sync.run.report import EXIT_FAILED, problem_json, tidied
from sync.wording import listed

if TYPE_CHECKING:
    from sync.contacts.json_value import Json
    from sync.contacts.problem import Problem
    from sync.redaction import Redactor
    from sync.state.history import RunRecord
    from sync.state.store import State

SHOWN = 3
"""Rows of a reason that are named."""


@dataclass(frozen=True, slots=True)
class _Status:
    """What the state knows of a sync. ``undone``: run → the runs that put it back. ``going_on``: a run is under way."""

    name: str
    tracked: int
    runs: Sequence[RunRecord]
    problems: Sequence[Problem]
    undone: Mapping[int, tuple[int, ...]]
    going_on: bool

    def of(self, run: RunRecord) -> str:
        """How a run ended, if it did."""
        if run.ended_at is None:
            return "running" if self.going_on and run is self.runs[0] else "interrupted"
        return run.status or "interrupted"


@click.command("status", epilog=examples("status", "status customers --runs 20", "status --output json"))
@click.argument("names", nargs=-1, metavar="[NAME ...]", shell_complete=completed_by(sync_names))
@config_options
@output_option
@click.option("--runs", default=5, show_default=True, type=click.IntRange(1, 1000), help="How many runs to show.")
def command(names: tuple[str, ...], where: Where, output: str, runs: int) -> None:
    """The last runs, the contacts tracked, the rows that need a person. Reads only the state, and needs no key."""
    fail = failing(output, lambda message: json_lines({"syncs": [], "error": message}))
    loaded = where.read((), fail, to_look_back=True)
    from sync.state.address import StateError
    from sync.state.store import State

    url, redactor = loaded.state_url(), loaded.redactor()
    try:
        with State.open(url, read_only=True) as state:
            known = known_syncs(loaded, state)
            check_names(names, known, fail)
            found = [_status(state, name, runs, redactor, url) for name in dict.fromkeys(names or known)]
    except (StateError, OSError) as error:
        fail(str(error), EXIT_FAILED)
    if output == "json":
        print_lines(json_lines({"syncs": [_json(status, redactor) for status in found], "error": None}))
    else:
        for status in found:
            _print(status, redactor, where)
    sys.exit(0)


def _status(state: State, name: str, most: int, redactor: Redactor, url: str) -> _Status:
    from sync.lookback.reading import goes_on

    runs = state.history.runs(name, most)
    return _Status(
        name=name,
        tracked=state.contacts.count(name),
        runs=runs,
        problems=[tidied(problem, redactor) for problem in state.history.problems(name)],
        undone=state.lookback.undoings(),
        going_on=bool(runs) and runs[0].ended_at is None and goes_on(url, name),
    )


def _json(status: _Status, redactor: Redactor) -> dict[str, Json]:
    """``held``: the contacts tracked, as they were once called."""
    return {
        "name": status.name,
        "held": status.tracked,
        "tracked": status.tracked,
        "runs": [
            {
                "run": run.id,
                "started": iso(run.started_at),
                "ended": iso(run.ended_at),
                "status": status.of(run),
                "started_by": run.started_by,
                "undoes": run.undoes,
                "undone_by": list(status.undone.get(run.id, ())),
                "counts": dict(run.counts),
                "error": redactor.message(run.error) if run.error else run.error,
            }
            for run in status.runs
        ],
        "problems": [problem_json(problem) for problem in status.problems],
    }


def _print(status: _Status, redactor: Redactor, where: Where) -> None:
    click.secho(f"{status.name}: {status.tracked:,} contact{'' if status.tracked == 1 else 's'} tracked", bold=True)
    if not status.runs:
        click.echo("  no run yet")
    for run in status.runs:
        click.echo(f"  run {run.id}  {when(run.started_at)}  {status.of(run)}: {_came_to(run, status)}")
        if run.error:
            click.echo(f"      {redactor.message(run.error)}")
    if status.problems:
        one = len(status.problems) == 1
        what = "1 row or contact needs" if one else f"{len(status.problems):,} rows or contacts need"
        click.echo(f"  {what} a person:")
        print_problems(status.name, status.problems, where, SHOWN, "  ", title=False)


def _came_to(run: RunRecord, status: _Status) -> str:
    """What a run did, who started it where that was not somebody at the command line, and what undid what."""
    counts = [f"{count:,} {name}" for name, count in run.counts.items() if count and name != "rows"]
    if run.ended_at is None:
        counts = ["goes on" if status.of(run) == "running" else "it has no end; the next run goes on where it stopped"]
    about = [", ".join(counts) or "nothing to do"]
    if run.started_by and run.started_by != BY_COMMAND:
        about.append(f"started by {run.started_by}")
    if run.undoes is not None:
        about.append(f"put back run {run.undoes}")
    if undone := status.undone.get(run.id):
        about.append(f"undone by run {listed([str(each) for each in undone])}")
    return "; ".join(about)
