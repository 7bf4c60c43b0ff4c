"""``openphone-sync state``: what is remembered between runs, put right by hand."""

from __future__ import annotations

import click

from sync.cli.lazy import LazyGroup

COMMANDS = {
    "rename": "A sync has another name in the configuration: its contacts go with it.",
    "rekey": "The keys changed: contacts stay, and get their new externalId.",
}


@click.group("state", cls=LazyGroup, package="sync.cli.state", described=COMMANDS)
def command() -> None:
    """What is remembered between runs: give a sync another name, contacts other keys."""
