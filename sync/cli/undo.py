"""``openphone-sync undo [RUN]``: put back what a run changed."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import click

from sync.cli.common import (
    Fail,
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
from sync.run.report import EXIT_FAILED, EXIT_USAGE, SyncReport, document, exit_code

if TYPE_CHECKING:
    from sync.plan.saved import Approved
    from sync.run.approval import Approval
    from sync.run.undo import Undoable


@click.command("undo", epilog=examples("undo --dry-run", "undo", "undo 12 --yes"))
@click.argument("run", type=click.IntRange(min=1), required=False, shell_complete=completed_by(run_numbers))
@config_options
@output_option
@click.option("--dry-run", is_flag=True, help="Send no write, change no state; say what would be put back.")
@click.option("--yes", is_flag=True, help="Do not ask. Without a terminal nothing is asked anyway.")
@click.pass_obj
def command(around: Surroundings, run: int | None, where: Where, output: str, dry_run: bool, yes: bool) -> None:
    """Put back what run number RUN changed: what it made is deleted, what it changed or deleted is as it was.

    Without RUN it is the last run that changed something. 'openphone-sync status' lists the runs. On a terminal it
    shows what it would put back, and asks. Fields that others changed since are kept. The source stays right: unless
    it is corrected first, the next run makes the same changes again.
    """
    fail = failing(output, lambda message: document([], message))
    loaded = where.read((), fail)
    found = _find(loaded, run, fail)
    if found.text:
        click.echo(f"{found.text[0].upper()}{found.text[1:]}.", err=True)
    work = _Undoing(loaded, around, found)
    approval: Approval | None = None
    if output == "text" and not dry_run and not yes and sys.stdin.isatty() and sys.stdout.isatty():
        approval = _asked(work)
    report, _ = asyncio.run(work.ran(dry_run=dry_run, approval=approval))
    if output == "json":
        print_lines(document([report]))
    else:
        _print(report, found)
    sys.exit(exit_code([report]))


def _find(loaded: LoadedConfig, run: int | None, fail: Fail) -> Undoable:
    from sync.run.undo import Undoable
    from sync.state.address import StateError

    try:
        found = Undoable.find(loaded.state_url(), run)
    except (StateError, OSError) as error:
        fail(str(error), EXIT_FAILED)
    if found is None and run is None:
        fail("there is nothing to undo: the state has no run that changed something", EXIT_USAGE)
    if found is None:
        fail(f"there is no run {run} in the state: 'openphone-sync status --runs 100' lists them", EXIT_USAGE)
    return found


def _asked(work: _Undoing) -> Approval:
    """What somebody allowed after a look at it. Ends the command where there is nothing to do, or nobody allowed it."""
    from sync.run.approval import Approval

    report, shown = asyncio.run(work.ran(dry_run=True))
    _print(report, work.found)
    if shown is None or not shown.changes:
        sys.exit(exit_code([report]))
    count = len(shown.changes)
    if not click.confirm(f"Put back {count} change{'' if count == 1 else 's'} of run {work.found.run.id}?", err=True):
        click.echo("Nothing was put back.", err=True)
        sys.exit(0)
    return Approval(shown, redo="Run undo again to see it as it is now")


def _print(report: SyncReport, found: Undoable) -> None:
    from sync.cli.difference import print_difference
    from sync.cli.text import print_report

    if report.status == "stale":
        print_difference(report)
    print_report(report)
    run, again = found.run, f" 'openphone-sync undo {report.run}' takes this back." if report.run else ""
    if report.changes and not report.dry_run and report.error is None:
        what = (
            "Correct the source before the next run: it would make the same changes again."
            if run.undoes is None
            else f"What run {run.undoes} did stands again."
        )
        click.echo(f"Run {run.id} is undone. {what}{again}")
    elif not report.changes and not report.problems and report.error is None:
        click.echo(f"Nothing is left to put back of run {run.id}: its contacts are as they were before it.")


class _Undoing:
    """One undo, as often as it is asked for: shown, and done."""

    def __init__(self, loaded: LoadedConfig, around: Surroundings, found: Undoable) -> None:
        self.found = found
        self._loaded = loaded
        self._around = around

    async def ran(self, *, dry_run: bool, approval: Approval | None = None) -> tuple[SyncReport, Approved | None]:
        """The report, and what may be done as it was shown, if it was a dry run."""
        from sync.cli.progress import watching
        from sync.config.jobs import Jobs
        from sync.plan.saved import Asked
        from sync.run.approval import approved_by
        from sync.run.undo import undo

        sync, run = self.found.run.sync, self.found.run.id
        jobs, stop = Jobs(self._loaded, self._around.clock, self._around.patience), asyncio.Event()
        with stop_on_signals(stop), watching() as watcher:
            async with jobs.client() as client:
                at = jobs.workplace(sync, client, stop, dry_run=dry_run)
                report = await undo(at, run, jobs.label(sync), approval, watcher)
                return report, approved_by(report, Asked(), client)
