"""``openphone-sync undo RUN``: put back what a run changed."""

from __future__ import annotations

import asyncio
import sys

import click

from sync.cli.common import (
    Surroundings,
    Where,
    config_options,
    failing,
    output_option,
    print_lines,
    stop_on_signals,
)
from sync.cli.completing import completed_by, run_numbers
from sync.cli.examples import examples
from sync.config.model import LoadedConfig
from sync.run.report import EXIT_USAGE, SyncReport, document, exit_code


@click.command("undo", epilog=examples("undo 12 --dry-run", "undo 12"))
@click.argument("run", type=click.IntRange(min=1), shell_complete=completed_by(run_numbers))
@config_options
@output_option
@click.option("--dry-run", is_flag=True, help="Send no write, change no state; say what would be put back.")
@click.pass_obj
def command(around: Surroundings, run: int, where: Where, output: str, dry_run: bool) -> None:
    """Put back what run number RUN changed: what it made is deleted, what it changed or deleted is as it was.

    'openphone-sync status' lists the runs. Fields that others changed since are kept. The source stays right: unless
    it is corrected first, the next run makes the same changes again.
    """
    fail = failing(output, lambda message: document([], message))
    loaded = where.read((), fail)
    report = asyncio.run(_undo(loaded, run, dry_run, around))
    if report is None:
        fail(f"there is no run {run} in the state: 'openphone-sync status --runs 100' lists them", EXIT_USAGE)
    if output == "json":
        print_lines(document([report]))
    else:
        _print(report, run)
    sys.exit(exit_code([report]))


def _print(report: SyncReport, run: int) -> None:
    from sync.cli.text import print_report

    print_report(report)
    if report.changes and not report.dry_run and report.error is None:
        click.echo(
            f"Run {run} is undone. Correct the source before the next run: it would make the same changes again."
        )


async def _undo(loaded: LoadedConfig, run: int, dry_run: bool, around: Surroundings) -> SyncReport | None:
    from sync.config.jobs import Jobs
    from sync.run.undo import sync_of, undo
    from sync.state.address import StateError

    jobs, stop = Jobs(loaded, around.clock, around.patience), asyncio.Event()
    try:
        sync = sync_of(loaded.state_url(), run)
    except (StateError, OSError) as error:
        return SyncReport("undo", dry_run=dry_run, error=str(error))
    if sync is None:
        return None
    with stop_on_signals(stop):
        async with jobs.client() as client:
            return await undo(jobs.workplace(sync, client, stop, dry_run=dry_run), run, jobs.label(sync))
