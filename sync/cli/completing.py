"""What a shell offers for an argument: names of syncs, numbers of runs. Quick, and silent whatever is wrong.

Reads the configuration that the line names, or the usual one, and the state behind it. No secret is needed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from sync.config.model import LoadedConfig

MOST = 50

Offers = Callable[["LoadedConfig", str], Iterator[tuple[str, str]]]
"""The configuration and what is typed so far → what to offer, each with what it is."""


def completed_by(offers: Offers) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """What click asks when a shell asks it."""

    def complete(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        from sync.config.file import load

        try:
            path = context.params.get("config_path") or os.environ.get("OPENPHONE_SYNC_CONFIG") or "config.yaml"
            loaded = load(Path(str(path)), os.environ, to_look_back=True)
            typed = {str(each) for value in context.params.values() if isinstance(value, tuple) for each in value}
            found = [each for each in offers(loaded, incomplete) if each[0] not in typed]
            return [CompletionItem(value, help=what) for value, what in found if value.startswith(incomplete)][:MOST]
        except Exception:  # a shell that is completing has no place for what is wrong
            return []

    return complete


def sync_names(loaded: LoadedConfig, _: str) -> Iterator[tuple[str, str]]:
    """The syncs of the configuration."""
    for name, sync in loaded.config.syncs.items():
        yield name, f"from {sync.source.get('type', 'a source')}"


def run_numbers(loaded: LoadedConfig, _: str) -> Iterator[tuple[str, str]]:
    """The last runs, newest first."""
    from sync.lookback.reading import opened

    with opened(loaded.state_url()) as state:
        for run in state.history.runs(limit=MOST):
            yield str(run.id), f"{run.sync}: {run.status or 'no end'}, {run.changes} changes"


def keys(loaded: LoadedConfig, incomplete: str) -> Iterator[tuple[str, str]]:
    """The keys that begin so."""
    from sync.lookback.reading import opened

    if not incomplete:
        return
    with opened(loaded.state_url()) as state:
        for sync in loaded.config.syncs:
            for external_id, name in state.lookback.keys_that_begin(sync, incomplete, MOST):
                yield external_id, name or sync
