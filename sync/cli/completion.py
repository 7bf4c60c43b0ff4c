"""``openphone-sync completion``: the script by which a shell completes commands, options, syncs, runs and keys."""

from __future__ import annotations

import click

from sync.cli.examples import examples

PROGRAM = "openphone-sync"
SHELLS = ("bash", "zsh", "fish")


@click.command(
    "completion",
    epilog=examples(
        "completion bash > ~/.local/share/bash-completion/completions/openphone-sync",
        'completion zsh > "${fpath[1]}/_openphone-sync"',
        "completion fish > ~/.config/fish/completions/openphone-sync.fish",
    ),
)
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print what SHELL needs to complete commands, options, names of syncs, numbers of runs and keys.

    For this shell alone: eval "$(openphone-sync completion bash)". Names come from the configuration that the line
    names with -c, or the usual one.
    """
    from click.shell_completion import get_completion_class

    from sync.cli.main import main

    completing = get_completion_class(shell)
    if completing is None:
        raise click.UsageError(f"no completion for {shell}")
    variable = f"_{PROGRAM}_COMPLETE".replace("-", "_").upper()
    click.echo(completing(main, {}, PROGRAM, variable).source())
