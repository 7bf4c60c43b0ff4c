"""``openphone-sync state rekey``: contacts stay, and get the externalIds that the configuration now gives them."""

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
from sync.cli.completing import completed_by, sync_names
from sync.cli.examples import examples
from sync.config.model import LoadedConfig
from sync.run.report import SyncReport, document, exit_code


@click.command("rekey", epilog=examples("state rekey customers --dry-run", "state rekey customers"))
@click.argument("name", shell_complete=completed_by(sync_names))
@config_options
@output_option
@click.option("--dry-run", is_flag=True, help="Send no write, change no state; say which contacts would get which key.")
@click.pass_obj
def command(around: Surroundings, name: str, where: Where, output: str, dry_run: bool) -> None:
    """Give the contacts of the sync NAME the keys that its configuration and its source now give them.

    For a changed key or key_prefix, and for a source whose keys are spelled anew. Each row is matched to its contact by
    its former key, where the source still has that; else by what was last sent. Only the externalId is changed, with
    one request a contact. 'undo' takes it back.
    """
    fail = failing(output, lambda message: document([], message))
    loaded = where.read([name], fail)
    report = asyncio.run(_rekeyed(loaded, name, dry_run, around))
    if output == "json":
        print_lines(document([report]))
    else:
        _print(report)
    sys.exit(exit_code([report]))


def _print(report: SyncReport) -> None:
    from sync.cli.text import print_report

    print_report(report)
    if report.error is None and not report.changes and not report.problems:
        click.echo(f"{report.name}: every contact has the key of its row")


async def _rekeyed(loaded: LoadedConfig, name: str, dry_run: bool, around: Surroundings) -> SyncReport:
    from sync.config.jobs import Jobs
    from sync.run.job import RunOptions
    from sync.run.rekey import rekey

    jobs, stop = Jobs(loaded, around.clock, around.patience), asyncio.Event()
    with stop_on_signals(stop):
        async with jobs.client() as client:
            return await rekey(jobs.job(name, client, stop, RunOptions(dry_run=dry_run)))
