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
from sync.config.model import LoadedConfig
from sync.run.report import EXIT_FAILED, EXIT_OK, EXIT_USAGE

if TYPE_CHECKING:
    from sync.contacts.json_value import Json
    from sync.run.check import Inspection


@click.command("check")
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@config_options
@output_option
@click.pass_obj
def command(around: Surroundings, names: tuple[str, ...], where: Where, output: str) -> None:
    """Load the configuration, reach every source and the workspace, check every mapped column and custom field.

    Writes nothing, anywhere.
    """
    fail = failing(output, lambda message: json_lines({"syncs": [], "error": message}))
    loaded = where.read(names, fail)
    found = asyncio.run(_inspected(loaded, names or tuple(loaded.config.syncs), around))
    if output == "json":
        print_lines(json_lines({"syncs": [_json(seen) for seen in found], "error": None}))
    else:
        for seen in found:
            _print(seen)
    codes = {_exit(seen) for seen in found}
    sys.exit(EXIT_USAGE if EXIT_USAGE in codes else EXIT_FAILED if EXIT_FAILED in codes else EXIT_OK)


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
        "warnings": list(seen.notes),
        "columns": list(seen.columns) if seen.columns is not None else None,
        "exit": _exit(seen),
    }


def _print(seen: Inspection) -> None:
    _print_fate(seen)
    for note in seen.notes:
        click.secho(f"  note: {note}", fg="yellow")


def _print_fate(seen: Inspection) -> None:
    if not seen.mistakes:
        reach = f"the source has {', '.join(seen.columns)}" if seen.columns else "the source answers"
        click.secho(f"{seen.sync}: ok: {reach}; the workspace answers and has every custom field", fg="green")
        return
    click.secho(f"{seen.sync}: not ready", fg="red", bold=True)
    for mistake in seen.mistakes:
        click.echo(f"  {mistake}")
