"""``openphone-sync``: finds the command, imports it only then. Knows nothing of what commands do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import click

from sync import __version__
from sync.cli.lazy import LazyGroup

_ARGUMENTS = "sync.arguments"

COMMANDS = {
    "init": "Ask, look at the source and the workspace, and write a config.",
    "run": "Bring the workspace in step with the sources, once.",
    "daemon": "Keep running: each sync on its own schedule, with a page that says how things are.",
    "check": "Look whether config, sources and workspace fit together; writes nothing.",
    "status": "The last runs, the contacts held, the rows that need a person.",
    "undo": "Put back what a run changed in the workspace.",
    "state": "What is remembered between runs: give a sync another name, contacts other keys.",
    "sandbox": "Serve a local OpenPhone workspace to try things on.",
    "demo": "The whole job with nothing to set up: sandbox, CSV, sync, edit, sync.",
}


class Main(LazyGroup):
    """The commands of the program."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_ARGUMENTS] = tuple(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Standard output is one JSON document where JSON was asked for, also when the usage is wrong."""
        from sync.cli.common import Surroundings  # not earlier: --help answers at once

        ctx.obj = ctx.obj or Surroundings()
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            if _wants_json(ctx.meta[_ARGUMENTS]):
                click.echo(json.dumps({"syncs": [], "error": error.format_message()}, ensure_ascii=False, indent=2))
            raise


def _wants_json(args: Sequence[str]) -> bool:
    return "--output=json" in args or ("--output", "json") in pairwise(args)


@click.group(
    cls=Main,
    package="sync.cli",
    described=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="New here? 'openphone-sync demo' shows the whole job on this machine, with nothing to set up.",
)
@click.version_option(__version__, prog_name="openphone-sync")
def main() -> None:
    """Keep an OpenPhone (Quo) workspace's contacts in step with a spreadsheet or CRM.

    One way: the source is right, the workspace follows. Exit codes: 0 every row is in place, 1 a source or
    OpenPhone could not be reached, 2 usage or configuration is wrong, 3 some rows were rejected or failed,
    4 a safety limit held changes back, 5 another run holds the sync.
    """
