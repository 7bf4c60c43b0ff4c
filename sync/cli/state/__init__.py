"""``openphone-sync state``: what is remembered between runs, put right by hand."""

from __future__ import annotations

import click

from sync.cli.examples import examples
from sync.cli.lazy import LazyGroup

COMMANDS = {
    "rename": "A sync has another name in the configuration: its contacts go with it.",
    "rekey": "The keys changed: contacts stay, and get their new externalId.",
    "backup": "A consistent copy, while syncs run.",
    "forget": "Everything that is known of one person who is no longer in the source.",
}


@click.group(
    "state",
    cls=LazyGroup,
    package="sync.cli.state",
    described=COMMANDS,
    epilog=examples("state backup copies/monday.db", "state rename clients customers"),
)
def command() -> None:
    """What is remembered between runs: give a sync another name, contacts other keys; copy it, forget somebody."""
