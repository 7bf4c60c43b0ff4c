"""``openphone-sync run``: one pass over the named syncs."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.common import (
    config_options,
    configure_logs,
    failing,
    output_option,
    print_lines,
    read_config,
    stop_on_signals,
)
from sync.config.model import LoadedConfig
from sync.plan.limits import Limit
from sync.run.report import SyncReport, document, exit_code

if TYPE_CHECKING:
    from sync.run.story import RunOptions


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
@output_option
@click.option(
    "--dry-run", is_flag=True, help="Read everything, send no write, change no state; say what would be done."
)
@click.option("--max-deletes", type=LimitType(), help="This run's delete limit: exact, with no floor of 5.")
@click.option("--verify", is_flag=True, help="Compare with what the workspace really holds, and repair it.")
def command(
    names: tuple[str, ...],
    config_path: Path,
    log_format: str,
    log_level: str,
    output: str,
    dry_run: bool,
    max_deletes: Limit | None,
    verify: bool,
) -> None:
    """Bring the workspace in step with the sources, once: read, compare, apply, report.

    NAME is a sync of the configuration; all of them by default. Start with --dry-run: it shows every change, old
    and new, and sends nothing.
    """
    fail = failing(output, lambda message: document([], message))
    loaded = read_config(config_path, names, fail)
    configure_logs(log_format, log_level)
    from sync.run.story import RunOptions

    options = RunOptions(dry_run=dry_run, verify=verify, max_deletes=max_deletes)
    wanted = tuple(dict.fromkeys(names)) or tuple(loaded.config.syncs)
    reports = asyncio.run(_run(loaded, wanted, options, output))
    if output == "json":
        print_lines(document(reports))
    sys.exit(exit_code(reports))


async def _run(loaded: LoadedConfig, names: tuple[str, ...], options: RunOptions, output: str) -> list[SyncReport]:
    from sync.cli.progress import watching
    from sync.cli.text import print_report
    from sync.openphone.client import OpenPhone
    from sync.run.story import Job, run_sync

    stop = asyncio.Event()
    reports: list[SyncReport] = []
    with stop_on_signals(stop), watching() as watcher:
        async with OpenPhone(loaded.config.openphone) as client:
            for name in names:
                if stop.is_set():
                    reports.append(SyncReport(name, options.dry_run, error="stopped by a signal before it began"))
                    continue
                job = Job(name, loaded.config.syncs[name], loaded.sources[name], loaded, client, options, watcher)
                reports.append(await run_sync(job, stop))
                if output == "text":
                    watcher.clear()
                    print_report(reports[-1], verify=options.verify)
    return reports
