"""``openphone-sync run``: one pass over the named syncs."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import click

from sync.cli.common import DOCUMENTS, Surroundings, Where, config_options, failing, print_lines, stop_on_signals
from sync.cli.documents import document_lines
from sync.config.model import LoadedConfig
from sync.plan.options import Limit
from sync.run.commands import Commands
from sync.run.report import SyncReport, exit_code

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


@click.command("run")
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@config_options
@click.option(
    "--output",
    type=click.Choice(["text", *DOCUMENTS]),
    default="text",
    show_default=True,
    help="What standard output gets; html is a page to send by mail.",
)
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
    fail = failing(output, lambda message: document_lines(output, [], message))
    loaded = where.read(names, fail)
    from sync.run.job import RunOptions

    options = RunOptions(dry_run=dry_run, verify=verify, max_deletes=max_deletes, max_rewrites=max_rewrites)
    wanted = tuple(dict.fromkeys(names)) or tuple(loaded.config.syncs)
    commands = where.commands(loaded)
    reports = asyncio.run(_run(loaded, wanted, options, commands if output == "text" else None, around))
    if output != "text":
        print_lines(document_lines(output, reports, commands=commands))
    sys.exit(exit_code(reports))


async def _run(
    loaded: LoadedConfig, names: tuple[str, ...], options: RunOptions, printed: Commands | None, around: Surroundings
) -> list[SyncReport]:
    """One run after the other; each is told (``printed``: with which commands) when it has ended."""
    from sync.cli.progress import watching
    from sync.cli.text import print_end, print_report
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
                if printed is not None:
                    watcher.clear()
                    print_report(reports[-1], verify=options.verify, commands=printed, among=len(names))
    if printed is not None:
        print_end(reports)
    return reports
