"""``openphone-sync run``: one pass over the named syncs."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

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
from sync.plan.options import Limit
from sync.run.report import SyncReport, document, exit_code

if TYPE_CHECKING:
    from sync.run.job import RunOptions


class LimitType(click.ParamType[Limit]):
    """``25`` or ``10%``."""

    name = "N|N%"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Limit:
        try:
            return Limit.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command(
    "run",
    epilog=examples(
        "run --dry-run                          # shows every change, sends nothing",
        "run customers",
        "run customers --max-deletes 40         # lets 40 deletes through, this once",
    ),
)
@click.argument("names", nargs=-1, metavar="[NAME ...]", shell_complete=completed_by(sync_names))
@config_options
@output_option
@click.option(
    "--dry-run", is_flag=True, help="Read everything, send no write, change no state; say what would be done."
)
@click.option("--max-deletes", type=LimitType(), help="This run's delete limit: exact, with no floor of 5.")
@click.option(
    "--max-rewrites",
    type=LimitType(),
    help="This run's limit of contacts that get another name, other numbers, or nothing in a field: exact.",
)
@click.option("--verify", is_flag=True, help="Compare with what the workspace really holds, and repair it.")
@click.pass_obj
def command(
    around: Surroundings,
    names: tuple[str, ...],
    where: Where,
    output: str,
    dry_run: bool,
    max_deletes: Limit | None,
    max_rewrites: Limit | None,
    verify: bool,
) -> None:
    """Bring the workspace in step with the sources, once: read, compare, apply, report.

    NAME is a sync of the configuration; all of them by default. Start with --dry-run: it shows every change, old
    and new, and sends nothing.
    """
    fail = failing(output, lambda message: document([], message))
    loaded = where.read(names, fail)
    from sync.run.job import RunOptions

    options = RunOptions(dry_run=dry_run, verify=verify, max_deletes=max_deletes, max_rewrites=max_rewrites)
    wanted = tuple(dict.fromkeys(names)) or tuple(loaded.config.syncs)
    reports = asyncio.run(_run(loaded, wanted, options, output, around))
    if output == "json":
        print_lines(document(reports))
    sys.exit(exit_code(reports))


async def _run(
    loaded: LoadedConfig, names: tuple[str, ...], options: RunOptions, output: str, around: Surroundings
) -> list[SyncReport]:
    from sync.cli.progress import watching
    from sync.cli.text import print_report
    from sync.config.jobs import Jobs
    from sync.run.story import run_sync

    jobs, stop = Jobs(loaded, around.clock, around.patience), asyncio.Event()
    reports: list[SyncReport] = []
    with stop_on_signals(stop), watching() as watcher:
        async with jobs.client() as client:
            for name in names:
                if stop.is_set():
                    reports.append(SyncReport(name, options.dry_run, error="stopped by a signal before it began"))
                    continue
                reports.append(await run_sync(jobs.job(name, client, stop, options, watcher)))
                if output == "text":
                    watcher.clear()
                    print_report(reports[-1], verify=options.verify)
    return reports
