"""``openphone-sync run``: one pass over the named syncs."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli import saved
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
    from sync.plan.saved import Approved
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
@click.option(
    "--only",
    multiple=True,
    metavar="KEY",
    help="Only the contact of this key, as in the source, or of this externalId. Repeatable.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help="Only the first N changes in the source's order, and no deletes; the rest is left for the next run.",
)
@click.option(
    "--save-plan",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --dry-run: write down what would be done, for --plan.",
)
@click.option(
    "--plan",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Do just what this saved plan says; where that is no longer what would be done: nothing, and exit 6.",
)
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
    only: tuple[str, ...],
    limit: int | None,
    save_plan: Path | None,
    plan: Path | None,
) -> None:
    """Bring the workspace in step with the sources, once: read, compare, apply, report.

    NAME is a sync of the configuration; all of them by default. Start with --dry-run: it shows every change, old
    and new, and sends nothing.
    """
    fail = failing(output, lambda message: document([], message))
    loaded = where.read(() if plan else names, fail)
    from sync.run.job import RunOptions

    given = {
        "--dry-run": dry_run,
        "--max-deletes": max_deletes is not None,
        "--max-rewrites": max_rewrites is not None,
        "--verify": verify,
        "--only": only,
        "--limit": limit,
        "--save-plan": save_plan,
        "--plan": plan,
    }
    wanted = tuple(dict.fromkeys(names)) or tuple(loaded.config.syncs)
    saved.refuse_odd_options([name for name, value in given.items() if value], wanted, fail)
    if plan is not None:
        reports = asyncio.run(saved.carry_out(loaded, saved.read(plan, names, fail), dry_run, around))
        for report in reports if output == "text" else ():
            _print(report)
        _end(reports, output)
    if save_plan is not None:
        saved.refuse_unwritable(save_plan, fail)
    options = RunOptions(verify, max_deletes, max_rewrites, only, limit, dry_run)
    found: list[Approved | None] = []
    reports = asyncio.run(_run(loaded, wanted, options, output, around, found))
    _end(reports, output, saved.save(save_plan, reports, found, where.config) if save_plan is not None else None)


def _end(reports: list[SyncReport], output: str, error: str | None = None) -> None:
    """The document, where that is what standard output gets, and the exit code. ``error``: no plan could be saved."""
    if output == "json":
        print_lines(document(reports, error))
    if error is not None:
        click.echo(f"openphone-sync: {error}", err=True)
    sys.exit(exit_code(reports) if error is None else saved.exit_code_unsaved(reports))


def _print(report: SyncReport, *, verify: bool = False) -> None:
    from sync.cli.difference import print_difference
    from sync.cli.text import print_report

    if report.status == "stale":
        print_difference(report)
        return
    print_report(report, verify=verify)
    if left := report.counts["left"]:
        click.echo(f"{report.name}: {left} change{'' if left == 1 else 's'} left for the next run (--limit)")


async def _run(
    loaded: LoadedConfig,
    names: tuple[str, ...],
    options: RunOptions,
    output: str,
    around: Surroundings,
    found: list[Approved | None],
) -> list[SyncReport]:
    """One run after the other; ``found`` gets what each would do, if it is a dry run."""
    from sync.cli.progress import watching
    from sync.config.jobs import Jobs
    from sync.run.approval import approved_by
    from sync.run.story import run_sync

    jobs, stop = Jobs(loaded, around.clock, around.patience), asyncio.Event()
    reports: list[SyncReport] = []
    with stop_on_signals(stop), watching() as watcher:
        async with jobs.client() as client:
            for name in names:
                if stop.is_set():
                    reports.append(SyncReport(name, options.dry_run, error="stopped by a signal before it began"))
                    found.append(None)
                    continue
                reports.append(await run_sync(jobs.job(name, client, stop, options, watcher)))
                found.append(approved_by(reports[-1], options, client))
                if output == "text":
                    watcher.clear()
                    _print(reports[-1], verify=options.verify)
    return reports
