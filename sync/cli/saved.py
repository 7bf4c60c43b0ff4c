"""Saved plans on the command line: ``run --dry-run --save-plan FILE`` writes one, ``run --plan FILE`` does it."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.common import Fail, Surroundings, stop_on_signals
from sync.config.model import LoadedConfig
from sync.files import PRIVATE, write_whole
from sync.run.report import EXIT_FAILED, EXIT_LOCKED, EXIT_STALE, EXIT_USAGE, SyncReport, exit_code

if TYPE_CHECKING:
    from sync.plan.saved import Approved, SavedPlan

LARGEST = 1_000_000_000
"""Bytes: what is larger is no plan of ours."""


def refuse_odd_options(given: Sequence[str], syncs: Sequence[str], fail: Fail) -> None:
    """End the command where the options of ``run`` that were ``given`` contradict one another."""
    others = [name for name in given if name not in ("--plan", "--dry-run")]
    if "--plan" in given and others:
        fail(f"--plan carries the options that it was made with: leave out {' and '.join(others)}", EXIT_USAGE)
    if "--save-plan" in given and "--dry-run" not in given:
        fail("--save-plan goes with --dry-run: a plan is saved to be looked at before it is carried out", EXIT_USAGE)
    if "--only" in given and len(syncs) != 1:
        fail("--only goes with one sync: 'openphone-sync run NAME --only KEY'", EXIT_USAGE)


def refuse_unwritable(path: Path, fail: Fail) -> None:
    """End the command where no plan could be written there: before anything is read."""
    if path.is_dir() or not path.resolve().parent.is_dir():
        what = "is a folder" if path.is_dir() else "would stand in a folder that does not exist"
        fail(f"--save-plan {path} {what}: name a file", EXIT_USAGE)


def save(path: Path, reports: Sequence[SyncReport], found: Sequence[Approved | None], config: Path) -> str | None:
    """Write what these dry runs would do, and say so on standard error; else why it was not written."""
    from sync.plan.saved import SavedPlan

    failed = [report.name for report, approved in zip(reports, found, strict=True) if approved is None]
    if failed:
        return f"no plan was saved: the dry run of {', '.join(failed)} did not come to its end"
    plan = SavedPlan(tuple(approved for approved in found if approved is not None))
    if contested := next(plan.contested(), None):
        key, person, syncs = contested
        return (
            f"no plan was saved: {' and '.join(syncs)} would both change {person.text or key}, and one has to know "
            "what the other did: save a plan for each of them, and carry one out before the other is made"
        )
    try:
        write_whole(path, plan.text, PRIVATE)
    except OSError as error:
        return f"no plan was saved: {path} cannot be written: {error.strerror or error}"
    command = shlex.join(["openphone-sync", "run", *config_option(config), "--plan", str(path)])
    text = f"The plan is in {path}, with people's names and numbers. '{command}' does just that, or nothing."
    click.echo(text, err=True)
    return None


def config_option(config: Path) -> list[str]:
    """How a command to be copied names the configuration."""
    return [] if config == Path("config.yaml") else ["-c", str(config)]


def read(path: Path, names: Sequence[str], fail: Fail) -> tuple[Approved, ...]:
    """What a file allows, of the named syncs or all of them. Ends the command where it is no plan of this program."""
    from sync.plan.saved import NoPlan, OtherVersion, SavedPlan

    try:
        if path.is_file() and path.stat().st_size > LARGEST:
            raise NoPlan("it is too large")
        plan: SavedPlan = SavedPlan.read(path.read_text(encoding="utf-8"))
    except (NoPlan, UnicodeDecodeError) as error:
        why = str(error) if isinstance(error, NoPlan) else "it is no text"
        fail(f"{path} is not a saved plan: {why}", EXIT_USAGE)
    except OSError as error:
        fail(f"--plan {path} cannot be read: {error.strerror or error}", EXIT_USAGE)
    except OtherVersion as error:
        fail(f"{path} cannot be carried out: {error}. Nothing was sent; make the plan anew", EXIT_STALE)
    have = [each.sync for each in plan.approved]
    unknown = [name for name in names if name not in have]
    if unknown:
        fail(f"no sync named {', '.join(map(repr, unknown))} in {path}: there is {', '.join(have)}", EXIT_USAGE)
    return tuple(each for each in plan.approved if not names or each.sync in names)


async def carry_out(
    loaded: LoadedConfig, plan: Sequence[Approved], dry_run: bool, around: Surroundings
) -> list[SyncReport]:
    """Do just what the plan says, for all of its syncs or for none; ``dry_run``: see whether it would be done."""
    from sync.cli.progress import watching
    from sync.config.jobs import Jobs
    from sync.run.approval import Approval, Together
    from sync.run.job import RunOptions
    from sync.run.together import run_together
    from sync.run.watching import Silent

    jobs, stop = Jobs(loaded, around.clock, around.patience), asyncio.Event()
    together = Together([each.sync for each in plan])
    known = [each for each in plan if each.sync in loaded.config.syncs]
    gone = {each.sync: _not_configured(each.sync, dry_run) for each in plan if each not in known}
    for report in gone.values():
        together.ended(report)
    with stop_on_signals(stop), watching() as screen:
        async with AsyncExitStack() as clients:
            pace, made = None, []
            for each in known:
                client = await clients.enter_async_context(jobs.client(pace))
                pace = client.pace
                approval = Approval(each, together, redo="Make the plan anew (run --dry-run --save-plan)")
                options = RunOptions.to_do(approval, dry_run=dry_run)
                watcher = screen if len(known) == 1 else Silent()
                made.append(jobs.job(each.sync, client, stop, options, watcher))
            done = {report.name: report for report in await run_together(made, together)}
    return [(gone | done)[each.sync] for each in plan]


def _not_configured(sync: str, dry_run: bool) -> SyncReport:
    error = "the plan has changes for it, and the configuration has no such sync any more; nothing was sent"
    return SyncReport(sync, dry_run, error=error, stale=())


def exit_code_unsaved(reports: Sequence[SyncReport]) -> int:
    """The exit code where no plan could be saved: not that of a dry run that came to its end."""
    code = exit_code(reports)
    return code if code in (EXIT_USAGE, EXIT_LOCKED) else EXIT_FAILED
