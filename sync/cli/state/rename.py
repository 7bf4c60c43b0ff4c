"""``openphone-sync state rename``: a sync has another name in the configuration."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from sync.cli.common import Fail, Where, config_options, failing, json_lines, output_option, print_lines
from sync.cli.examples import examples
from sync.run.report import EXIT_FAILED, EXIT_LOCKED, EXIT_USAGE

if TYPE_CHECKING:
    from sync.config.model import LoadedConfig


@click.command("rename", epilog=examples("state rename clients customers --dry-run", "state rename clients customers"))
@click.argument("old")
@click.argument("new")
@config_options
@output_option
@click.option("--dry-run", is_flag=True, help="Change nothing; say what would be renamed.")
def command(old: str, new: str, where: Where, output: str, dry_run: bool) -> None:
    """The sync OLD is called NEW in the configuration: its contacts, history and problems go with it.

    Touches only the state; nothing is sent. Rename the sync in the configuration first.
    """
    fail = failing(output, lambda message: json_lines({"renamed": None, "error": message}))
    loaded = where.read([new], fail)
    if old in loaded.config.syncs:
        fail(f"the configuration still has {old!r}: rename it there first, then in the state", EXIT_USAGE)
    moved = _renamed(loaded, old, new, dry_run, fail)
    if output == "json":
        counts = {"contacts": moved["contacts"], "runs": moved["runs"]}
        print_lines(json_lines({"renamed": {"from": old, "to": new, "dry_run": dry_run, **counts}, "error": None}))
    else:
        verb = "would go" if dry_run else "went"
        click.echo(
            f"{moved['contacts']} contacts and {moved['runs']} runs {verb} from {old} to {new}; nothing was sent"
        )
    sys.exit(0)


def _renamed(loaded: LoadedConfig, old: str, new: str, dry_run: bool, fail: Fail) -> Mapping[str, int]:
    from sync.state.address import StateError
    from sync.state.holding import held
    from sync.state.lock import Locked, hold
    from sync.state.renaming import NotRenamed, rename

    url = loaded.state_url()
    try:
        with hold(url, old, read_only=dry_run), held(url, new, read_only=dry_run) as state:
            return rename(state, old, new, dry_run=dry_run)
    except NotRenamed as error:
        fail(str(error), EXIT_USAGE)
    except Locked as error:
        fail(str(error), EXIT_LOCKED)
    except (StateError, OSError) as error:
        fail(str(error), EXIT_FAILED)
