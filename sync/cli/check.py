"""``openphone-sync check``: do the configuration, the sources and the workspace fit together? Writes nothing."""

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
    json_lines,
    output_option,
    print_lines,
)
from sync.cli.completing import completed_by, sync_names
from sync.cli.examples import examples
from sync.config.model import LoadedConfig
from sync.run.report import EXIT_FAILED, EXIT_OK, EXIT_USAGE

if TYPE_CHECKING:
    from sync.contacts.json_value import Json
    from sync.run.check import Inspection


@click.command(
    "check", epilog=examples("check", "check customers", "check --offline      # in a pipeline, without the key")
)
@click.argument("names", nargs=-1, metavar="[NAME ...]", shell_complete=completed_by(sync_names))
@config_options
@output_option
@click.option("--offline", is_flag=True, help="The configuration alone: needs no key, no network and no source.")
@click.pass_obj
def command(around: Surroundings, names: tuple[str, ...], where: Where, output: str, offline: bool) -> None:
    """Load the configuration, reach every source and the workspace, check every mapped column and custom field.

    Writes nothing, anywhere. With --offline nobody is asked, and secrets that are not set are no mistakes.
    """
    fail = failing(output, lambda message: json_lines({"syncs": [], "error": message}))
    loaded = where.read(names, fail, to_look_back=offline)
    wanted = names or tuple(loaded.config.syncs)
    if offline:
        _print_offline(wanted, output)
        sys.exit(EXIT_OK)
    found = asyncio.run(_inspected(loaded, wanted, around))
    if output == "json":
        print_lines(json_lines({"syncs": [_json(seen) for seen in found], "error": None}))
    else:
        for seen in found:
            _print(seen)
    codes = {_exit(seen) for seen in found}
    sys.exit(EXIT_USAGE if EXIT_USAGE in codes else EXIT_FAILED if EXIT_FAILED in codes else EXIT_OK)


def _print_offline(names: tuple[str, ...], output: str) -> None:
    """Every mistake of a configuration ends the command before this."""
    if output == "json":
        from sync.run.check import Inspection

        syncs = [_json(Inspection(name)) for name in names]
        print_lines(json_lines({"syncs": syncs, "error": None}))
        return
    for name in names:
        click.secho(f"{name}: ok: the configuration can be read; source and workspace were not asked", fg="green")


async def _inspected(loaded: LoadedConfig, names: tuple[str, ...], around: Surroundings) -> list[Inspection]:
    from sync.config.jobs import Jobs
    from sync.run.check import inspect

    jobs, stop = Jobs(loaded, around.clock, around.patience), asyncio.Event()
    async with jobs.client() as client:
        return [await inspect(jobs.job(name, client, stop)) for name in names]


def _exit(seen: Inspection) -> int:
    if not seen.mistakes:
        return EXIT_OK
    return EXIT_USAGE if seen.misconfigured else EXIT_FAILED


def _json(seen: Inspection) -> dict[str, Json]:
    return {
        "name": seen.sync,
        "status": "failed" if seen.mistakes else "ok",
        "problems": list(seen.mistakes),
        "warnings": list(seen.warnings),
        "columns": list(seen.columns) if seen.columns is not None else None,
        "exit": _exit(seen),
    }


def _print(seen: Inspection) -> None:
    if not seen.mistakes:
        reach = f"the source has {', '.join(seen.columns)}" if seen.columns else "the source answers"
        click.secho(f"{seen.sync}: ok: {reach}; the workspace answers and has every custom field", fg="green")
    else:
        click.secho(f"{seen.sync}: not ready", fg="red", bold=True)
    for mistake in seen.mistakes:
        click.echo(f"  {mistake}")
    for warning in seen.warnings:
        click.secho(f"  note: {warning}", fg="yellow")
