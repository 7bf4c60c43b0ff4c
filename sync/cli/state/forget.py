"""``openphone-sync state forget``: everything that is known of one person who is no longer in the source."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from sync.cli.common import Fail, Where, config_options, failing, json_lines, output_option, print_lines
from sync.cli.completing import completed_by, sync_names
from sync.cli.examples import examples
from sync.run.report import EXIT_FAILED, EXIT_LOCKED, EXIT_USAGE
from sync.wording import listed

if TYPE_CHECKING:
    from sync.config.model import LoadedConfig
    from sync.lookback.contact_facts import Place
    from sync.state.forgetting import Forgotten

_KINDS = {
    "changes": "change{} in the history",
    "problems": "problem{}",
    "refusals": "refusal{}",
    "intents": "unsettled create{}",
    "notes": "note{} that named them",
}


@click.command(
    "forget", epilog=examples("state forget c42 --dry-run", "state forget c42", "state forget c42 --sync staff")
)
@click.argument("key")
@config_options
@output_option
@click.option(
    "--sync",
    metavar="NAME",
    shell_complete=completed_by(sync_names),
    help="Only this sync, where several have the key.",
)
@click.option("--dry-run", is_flag=True, help="Change nothing; say what would go.")
def command(key: str, where: Where, output: str, sync: str | None, dry_run: bool) -> None:
    """Let go of all that the state knows of the person with this KEY, once the source no longer has them.

    Their changes in the history, their problems, refusals and notes go, and what was deleted leaves the file. Whoever
    is tracked is refused: first the row goes, then the contact with the next run. What was forgotten cannot be undone,
    and the runs that changed it cannot put it back. Copies of the state, and logs, are not touched. Needs no key.
    """
    fail = failing(output, lambda message: json_lines({"forgotten": None, "error": message}))
    loaded = where.read((), fail, to_look_back=True)
    at = _place(loaded, key, sync, fail)
    went = _forgotten(loaded, at, dry_run, fail)
    if output == "json":
        facts = {"sync": at.sync, "keys": list(went.keys), "dry_run": dry_run}
        print_lines(json_lines({"forgotten": {**facts, **went.counts}, "error": None}))
    else:
        what = [
            f"{count:,} {_KINDS[kind].format('' if count == 1 else 's')}"
            for kind, count in went.counts.items()
            if count
        ]
        verb = "would go" if dry_run else "went"
        click.echo(f"{' / '.join(went.keys)} of {at.sync}: {listed(what) if what else 'nothing'} {verb}")
        if not dry_run and what:
            click.echo("Copies of the state (state backup), and logs, may still name them.")
    sys.exit(0)


def _told(kind: str, count: int) -> str:
    return f"{count:,} {_KINDS[kind].format('' if count == 1 else 's')}"


def _place(loaded: LoadedConfig, key: str, sync: str | None, fail: Fail) -> Place:
    from sync.cli.looking import check_names, known_syncs, looking
    from sync.lookback.contact_facts import places

    prefixes = {name: options.key_prefix for name, options in loaded.config.syncs.items()}
    with looking(loaded, fail) as state:
        check_names([sync] if sync else [], known_syncs(loaded, state), fail)
        found = places(state, key, sync=sync, prefixes=prefixes)
    if not found:
        fail(f"nobody is known by {key!r}: there is nothing to forget", EXIT_FAILED)
    if len(found) > 1:
        syncs = listed([place.sync for place in found])
        fail(f"{syncs} each know somebody by {key!r}: say which is meant with --sync NAME", EXIT_USAGE)
    return found[0]


def _forgotten(loaded: LoadedConfig, at: Place, dry_run: bool, fail: Fail) -> Forgotten:
    from sync.lookback.naming_notes import NAMING_NOTES
    from sync.state.address import StateError
    from sync.state.forgetting import StillTracked, forget
    from sync.state.holding import held
    from sync.state.lock import Locked

    try:
        with held(loaded.state_url(), at.sync, read_only=dry_run) as state:
            return forget(state, at.sync, at.external_id, NAMING_NOTES, dry_run=dry_run)
    except StillTracked as error:
        fail(str(error), EXIT_USAGE)
    except Locked as error:
        fail(str(error), EXIT_LOCKED)
    except (StateError, OSError) as error:
        fail(str(error), EXIT_FAILED)
