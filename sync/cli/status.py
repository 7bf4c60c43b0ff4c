"""``openphone-sync status``: what the state knows. Reads only the state."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from sync.cli.common import Where, config_options, failing, json_lines, output_option, print_lines
from sync.run.report import EXIT_FAILED, problem_json, tidied

if TYPE_CHECKING:
    from sync.redaction import Redactor
    from sync.state.store import State


@click.command("status")
@config_options
@output_option
@click.option("--runs", default=5, show_default=True, type=click.IntRange(1, 1000), help="How many runs to show.")
def command(where: Where, output: str, runs: int) -> None:
    """The last runs, the contacts tracked, the rows that need a person. Reads only the state."""
    fail = failing(output, lambda message: json_lines({"syncs": [], "error": message}))
    loaded = where.read((), fail)
    from sync.state.address import StateError
    from sync.state.store import State

    try:
        with State.open(loaded.state_url(), read_only=True) as state:
            names = list(dict.fromkeys([*loaded.config.syncs, *state.syncs()]))
            found = [_status(state, name, runs, loaded.redactor()) for name in names]
    except StateError as error:
        fail(str(error), EXIT_FAILED)
    if output == "json":
        print_lines(json_lines({"syncs": found, "error": None}))
    else:
        for status in found:
            _print(status)
    sys.exit(0)


def _status(state: State, name: str, runs: int, redactor: Redactor) -> dict[str, Any]:
    return {
        "name": name,
        "held": state.contacts.count(name),
        "runs": [
            {
                "run": run.id,
                "started": _time(run.started_at),
                "ended": _time(run.ended_at),
                "status": run.status or "interrupted",
                "counts": dict(run.counts),
                "error": redactor.message(run.error) if run.error else run.error,
            }
            for run in state.history.runs(name, runs)
        ],
        "problems": [problem_json(tidied(problem, redactor)) for problem in state.history.problems(name)],
    }


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds")


def _print(status: dict[str, Any]) -> None:
    from sync.cli.text import one_line

    click.secho(f"{status['name']}: {status['held']} contacts held", bold=True)
    if not status["runs"]:
        click.echo("  no run yet")
    for run in status["runs"]:
        counts = ", ".join(f"{count} {name}" for name, count in run["counts"].items() if count and name != "rows")
        click.echo(f"  run {run['run']}  {run['started']}  {run['status']}: {counts or 'nothing to do'}")
        if run["error"]:
            click.echo(f"      {run['error']}")
    if status["problems"]:
        click.echo(f"  {len(status['problems'])} rows or contacts need a person:")
    for problem in status["problems"][:25]:
        where = f"row {problem['row']}" if problem["row"] is not None else problem["external_id"]
        column = f", {problem['column']}" if problem["column"] else ""
        click.echo(one_line(f"    {problem['kind']}: {where}{column}: {problem['reason']}"))
    if len(status["problems"]) > 25:
        click.echo(f"    … and {len(status['problems']) - 25} more: --output json lists them all")
