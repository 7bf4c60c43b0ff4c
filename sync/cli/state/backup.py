"""``openphone-sync state backup``: a consistent copy of the state, while syncs run."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sync.cli.common import Where, config_options, failing, json_lines, output_option, print_lines
from sync.cli.examples import examples
from sync.run.report import EXIT_FAILED, EXIT_USAGE


@click.command(
    "backup",
    epilog=examples(
        "state backup copies/monday.db",
        'state backup "state-$(date +%F).db"     # each day another',
        "state backup --force state-copy.db",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@config_options
@output_option
@click.option("--force", is_flag=True, help="Over a file that is there already.")
def command(file: Path, where: Where, output: str, force: bool) -> None:
    """Copy the state to FILE as it is at one moment, while syncs run. The copy holds people's data: its mode is 0600.

    Needs no key. To go back to a copy, end every run, and put it in place of the file that 'state' names. A state in
    PostgreSQL is copied by PostgreSQL itself: the command is said.
    """
    fail = failing(output, lambda message: json_lines({"copy": None, "error": message}))
    loaded = where.read((), fail, to_look_back=True)
    from sync.state.address import StateError
    from sync.state.backup import NotCopied, back_up

    try:
        copy = back_up(loaded.state_url(), file, replace=force)
    except NotCopied as error:
        fail(str(error), EXIT_USAGE)
    except (StateError, OSError) as error:
        fail(str(error), EXIT_FAILED)
    if output == "json":
        facts = {"file": str(file), "of": str(copy.of), "bytes": copy.bytes}
        counts = {"contacts": copy.contacts, "runs": copy.runs}
        print_lines(json_lines({"copy": {**facts, **counts}, "error": None}))
    else:
        size = f"{copy.bytes / 1_000_000:.1f} MB"
        click.echo(f"{file} is a copy of {copy.of}: {copy.contacts:,} contacts, {copy.runs:,} runs, {size}")
    sys.exit(0)
