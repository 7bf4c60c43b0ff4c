"""Do the configuration, the source and the workspace fit together? Reads all three; writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connectors.base import Connector, SourceConfigError, SourceError
from sync.contacts.contact import CustomField
from sync.mapping.columns import unknown_columns
from sync.mapping.compiler import MappingError, compile_mapping
from sync.mapping.mapper import Mapper
from sync.openphone.errors import OpenPhoneError
from sync.run.job import Job
from sync.run.key_facts import refuse_other_keys
from sync.run.session import Misconfigured
from sync.state.address import StateError
from sync.state.store import State


@dataclass(frozen=True, slots=True)
class Checked:
    """A job that fits: the mapping, compiled for the workspace's custom fields (by key)."""

    mapper: Mapper
    definitions: Mapping[str, CustomField]


async def check(job: Job, connector: Connector) -> Checked:
    """The job's mapping, as source and workspace allow it. Raises MappingError, Misconfigured, SourceError and
    OpenPhoneError."""
    checked = await _workspace(job)
    await _columns(job, connector)
    return checked


@dataclass(slots=True)
class Inspection:
    """Everything that ``check`` would raise, one after another, and what the state says: for a person to mend at once.

    ``misconfigured``: at least one of the mistakes is the configuration's (exit 2), not an outage (exit 1).
    """

    sync: str
    columns: Sequence[str] | None = None
    mistakes: list[str] = field(default_factory=list)
    misconfigured: bool = False

    def note(self, *mistakes: str, misconfigured: bool = False) -> None:
        self.mistakes.extend(mistakes)
        self.misconfigured |= misconfigured


async def inspect(job: Job) -> Inspection:
    """Look at the workspace, the source and the state, whatever is wrong with the others."""
    seen = Inspection(job.sync)
    try:
        await _workspace(job)
    except MappingError as error:
        seen.note(*error.messages, misconfigured=True)
    except OpenPhoneError as error:
        seen.note(str(error))
    try:
        async with job.source.opened() as connector:
            seen.columns = await _columns(job, connector)
    except Misconfigured as error:
        seen.note(*error.messages, misconfigured=True)
    except SourceConfigError as error:
        seen.note(str(error), misconfigured=True)
    except SourceError as error:
        seen.note(str(error))
    try:
        with State.open(job.at.state, read_only=True) as state:
            refuse_other_keys(job, state)
    except Misconfigured as error:
        seen.note(*error.messages, misconfigured=True)
    except StateError as error:
        seen.note(str(error))
    return seen


async def _workspace(job: Job) -> Checked:
    definitions = await job.at.client.custom_fields()
    return Checked(compile_mapping(job.mapping, definitions), {field.key: field for field in definitions})


async def _columns(job: Job, connector: Connector) -> Sequence[str] | None:
    """The source's columns (None: only its rows can tell). Raises Misconfigured with every mapped one it lacks."""
    columns = await connector.columns()
    messages = unknown_columns(job.mapping, columns, job.sync) if columns is not None else []
    if messages:
        raise Misconfigured(messages)
    return columns
