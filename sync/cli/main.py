"""``openphone-sync``: finds the command, imports it only then. Knows nothing of what commands do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import click

from sync import __version__
from sync.cli.examples import examples
from sync.cli.lazy import LazyGroup
from sync.cli.standard_error import make_harmless

_ARGUMENTS = "sync.arguments"

COMMANDS = {
    "init": "Ask, look at the source and the workspace, and write a config.",
    "run": "Bring the workspace in step with the sources, once.",
    "daemon": "Keep running: each sync on its own schedule, with a page that says how things are.",
    "check": "Look whether config, sources and workspace fit together; writes nothing.",
    "status": "The last runs, the contacts tracked, the rows that need a person.",
    "show": "What a run changed, contact by contact, old → new.",
    "contact": "One contact: what became of its row, what was sent, every change.",
    "problems": "The rows that need a person, by reason, or as they were for a sheet.",
    "undo": "Put back what a run changed in the workspace.",
    "state": "What is remembered between runs: other names and keys, a copy, somebody forgotten.",
    "completion": "What a shell needs to complete commands, syncs and runs.",
    "sandbox": "Serve a local OpenPhone workspace to try things on.",
    "demo": "The whole job with nothing to set up: sandbox, CSV, sync, edit, sync.",
}


class Main(LazyGroup):
    """The commands of the program."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_ARGUMENTS] = tuple(args)
        return super().parse_args(ctx, args)

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Standard output is one JSON document where JSON was asked for, also when the usage is wrong."""
        arguments = tuple(args)
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            _say_in_json(arguments, error.format_message())
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """The command, and whatever may come of it: one message, and the document where JSON was asked for."""
        arguments = ctx.meta[_ARGUMENTS]
        try:
            from sync.cli.common import Surroundings  # not earlier: --help answers at once

            ctx.obj = ctx.obj or Surroundings()
            return super().invoke(ctx)
        except click.UsageError as error:
            _say_in_json(arguments, error.format_message())
            raise
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except KeyboardInterrupt:
            _say_in_json(arguments, "stopped by a signal")
            raise
        except Exception as error:
            from sync.cli.common import redactor_of
            from sync.cli.last_resort import end

            end(error, redactor_of(ctx), wants_json=_wants_json(arguments))

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """As click has it; where nobody takes what is printed, even help or the message of a mistake, that is all."""
        make_harmless()
        try:
            return super().main(*args, **kwargs)
        except OSError as error:
            from sync.cli.last_resort import close_output

            close_output(error)


def _say_in_json(args: Sequence[str], error: str) -> None:
    from sync.cli.last_resort import print_document

    if _wants_json(args):
        print_document(error)


def _wants_json(args: Sequence[str]) -> bool:
    return "--output=json" in args or ("--output", "json") in pairwise(args)


@click.group(
    cls=Main,
    package="sync.cli",
    described=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="New here? 'openphone-sync demo' shows the whole job on this machine, with nothing to set up.\n\n"
    + examples("init", "run --dry-run", "status"),
)
@click.version_option(__version__, prog_name="openphone-sync")
def main() -> None:
    """Keep an OpenPhone (Quo) workspace's contacts in step with a spreadsheet or CRM.

    One way: the source is right, the workspace follows. Exit codes: 0 every row is in place, 1 a source or
    OpenPhone could not be reached, 2 usage or configuration is wrong, 3 some rows were rejected or failed,
    4 a safety limit held changes back, 5 another run holds the sync, 6 a saved plan no longer fits.
    """
