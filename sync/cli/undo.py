"""``openphone-sync undo RUN``: put back what a run changed."""

from __future__ import annotations

import asyncio
import sys
import time
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
from sync.run.report import EXIT_USAGE, SyncReport, document, exit_code

if TYPE_CHECKING:
    from sync.state.contacts import State


@click.command("undo")
@click.argument("run", type=click.IntRange(min=1))
@config_options
@output_option
@click.option("--dry-run", is_flag=True, help="Send no write, change no state; say what would be put back.")
def command(run: int, config_path: Path, log_format: str, log_level: str, output: str, dry_run: bool) -> None:
    """Put back what run number RUN changed: what it made is deleted, what it changed or deleted is as it was.

    'openphone-sync status' lists the runs. Fields that others changed since are kept. The source stays right: unless
    it is corrected first, the next run makes the same changes again.
    """
    fail = failing(output, lambda message: document([], message))
    loaded = read_config(config_path, (), fail)
    configure_logs(log_format, log_level)
    report = asyncio.run(_undo(loaded, run, dry_run))
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


async def _undo(loaded: LoadedConfig, run: int, dry_run: bool) -> SyncReport | None:
    from sync.run.session import alone
    from sync.state.contacts import State, StateError

    url = loaded.state_url()
    report = SyncReport("undo", dry_run=dry_run)
    started = time.monotonic()
    try:
        state = State.open(url, read_only=True)
        record = state.run(run)
        state.close()
    except (StateError, OSError) as error:
        report.error = str(error)
    else:
        if record is None:
            return None
        report.name = record.sync
        await alone(url, report, lambda state: _undo_held(loaded, state, run, report))
    report.seconds = time.monotonic() - started
    return report


async def _undo_held(loaded: LoadedConfig, state: State, run: int, report: SyncReport) -> None:
    from sync.openphone.client import OpenPhone, OpenPhoneError
    from sync.run.apply import Target, apply
    from sync.run.undo import plan_undo
    from sync.state.contacts import StateError

    stop = asyncio.Event()
    name = report.name
    label = loaded.config.syncs[name].source_label if name in loaded.config.syncs else "contact-sync"
    with stop_on_signals(stop):
        async with OpenPhone(loaded.config.openphone) as client:
            try:
                definitions = {field.key: field for field in await client.custom_fields()}
                plan = await plan_undo(state.history(run), client, label)
                report.expect(plan)
                if not report.dry_run:
                    report.run = state.begin_run(name)
                    await apply(plan, Target(client, state, name, report.run, label, definitions), stop, report.add)
                if stop.is_set():
                    report.error = "stopped by a signal: what was put back stays so; run undo again for the rest"
            except (OpenPhoneError, StateError) as error:
                report.error = str(error)
            finally:
                report.requests = client.requests
                report.in_order()
                if report.run is not None:
                    state.end_run(report.run, name, report.status, report.counts, report.error, report.problems or None)
