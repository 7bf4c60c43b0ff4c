"""What a run needs, as values that are passed in: where it works, what it reads, how it maps, what it may do.

``config.jobs`` makes them of a configuration; nothing here knows one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field

from pydantic import BaseModel

from connectors.base import Connector, Context, load
from sync.clock import Clock
from sync.mapping.options import MappingOptions
from sync.openphone.client import OpenPhone
from sync.plan.decide import Label
from sync.plan.limits import Limits
from sync.plan.options import SafetyOptions
from sync.plan.saved import Asked
from sync.redaction import Redactor
from sync.run.approval import Approval
from sync.run.reading import asked_of_the_source
from sync.run.watching import Silent, Watcher

GRACE_SECONDS = 7.0
"""How long a signal lets what is in flight finish."""

BY_COMMAND = "the command line"
"""Who starts what nobody else says they started."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where a run works: which sync, which state (SQLAlchemy's URL), which workspace; what ends it early.

    ``dry_run``: the state is only read, and nothing is sent. ``grace``: seconds that what is in flight may take once
    ``stop`` is set. ``redactor``: takes what is secret out of every message. ``started_by``: who or what started the
    work, for the history.
    """

    sync: str
    state: str
    client: OpenPhone
    stop: asyncio.Event
    dry_run: bool = False
    clock: Clock = Clock()
    grace: float = GRACE_SECONDS
    redactor: Redactor = field(default_factory=Redactor)
    started_by: str = BY_COMMAND


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """A source as it is configured: its connector's name, that connector's checked options, what surrounds it."""

    type: str
    options: BaseModel
    context: Context

    @property
    def writes_back(self) -> bool:
        """Whether the configuration wants results shown beside the rows."""
        return bool(getattr(self.options, "write_back", None))

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Connector]:
        """The connector, closed again whatever happens."""
        with asked_of_the_source():
            connector = load(self.type)(self.options, self.context)
        try:
            yield connector
        finally:
            await connector.close()


@dataclass(frozen=True, slots=True)
class RunOptions(Asked):
    """What one run was asked for. ``approval``: it does just what was approved, or nothing."""

    dry_run: bool = False
    approval: Approval | None = None

    @classmethod
    def to_do(cls, approval: Approval, *, dry_run: bool = False) -> RunOptions:
        """Those of a run that does what was approved, within the limits of then. ``dry_run``: only see if it fits."""
        return cls(**asdict(approval.approved.asked.asked), dry_run=dry_run, approval=approval)


@dataclass(frozen=True, slots=True)
class Job:
    """One run of one sync, before it begins. ``siblings``: every sync of the configuration, by name."""

    at: Workplace
    source: SourceOptions
    mapping: MappingOptions
    safety: SafetyOptions
    options: RunOptions = RunOptions()
    watcher: Watcher = field(default_factory=Silent)
    siblings: frozenset[str] = frozenset()

    @property
    def sync(self) -> str:
        return self.at.sync

    @property
    def label(self) -> Label:
        """What the sync marks its contacts with."""
        return Label(self.mapping.source_label, own="source_label" in self.mapping.model_fields_set)

    @property
    def limits(self) -> Limits:
        """The limits of this run."""
        safety, options = self.safety, self.options
        return Limits(
            options.max_deletes or safety.max_deletes,
            safety.max_updates,
            for_this_run=options.max_deletes is not None,
            rewrites=options.max_rewrites or safety.max_rewrites,
            rewrites_for_this_run=options.max_rewrites is not None,
        )
