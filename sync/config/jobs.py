"""A configuration → the jobs and clients that it means: the one place that makes them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from sync.clock import Clock
from sync.config.model import LoadedConfig
from sync.openphone.client import OpenPhone
from sync.openphone.pacing import Pace
from sync.openphone.patience import Patience
from sync.run.job import BY_COMMAND, Job, RunOptions, SourceOptions, Workplace
from sync.run.watching import Silent, Watcher
from sync.state.secrets import Secrets

LABEL = "contact-sync"
"""OpenPhone's ``source`` for what a sync made that the configuration no longer names."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """Makes the jobs of one configuration; ``clock`` and ``patience`` are handed to everything that is made.

    ``started_by``: who or what starts these jobs, for the history.
    """

    loaded: LoadedConfig
    clock: Clock = Clock()
    patience: Patience = Patience()
    started_by: str = BY_COMMAND

    def client(self, pace: Pace | None = None) -> OpenPhone:
        """A client for the workspace, to be used as an async context manager; ``pace`` is shared under one key."""
        options, redactor = self.loaded.config.openphone, self.loaded.redactor()
        return OpenPhone(options, pace=pace, patience=self.patience, clock=self.clock, redactor=redactor)

    def workplace(self, sync: str, client: OpenPhone, stop: asyncio.Event, *, dry_run: bool = False) -> Workplace:
        """Where a run of this sync works."""
        state, redactor = self.loaded.state_url(), self.loaded.redactor()
        return Workplace(sync, state, client, stop, dry_run, self.clock, redactor=redactor, started_by=self.started_by)

    def job(
        self,
        sync: str,
        client: OpenPhone,
        stop: asyncio.Event,
        options: RunOptions = RunOptions(),
        watcher: Watcher | None = None,
    ) -> Job:
        """One run of this sync."""
        configured = self.loaded.config.syncs[sync]
        key = self.loaded.config.state_key
        secrets = Secrets(self.loaded.state_url(), self.clock, key.get_secret_value() if key else None)
        context = replace(self.loaded.context, secrets=secrets)
        source = SourceOptions(self.loaded.source_type(sync), self.loaded.sources[sync], context)
        at = self.workplace(sync, client, stop, dry_run=options.dry_run)
        siblings = frozenset(self.loaded.config.syncs)
        return Job(at, source, configured, configured, options, watcher or Silent(), siblings)

    def label(self, sync: str) -> str:
        """What this sync marks its contacts with, also once the configuration no longer has it."""
        configured = self.loaded.config.syncs.get(sync)
        return configured.source_label if configured else LABEL
