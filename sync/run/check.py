"""Do the configuration, the source and the workspace fit together? Reads all three; writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors.base import Connector, SourceConfigError, SourceError
from sync.contacts.contact import CustomField
from sync.mapping.columns import unknown_columns
from sync.mapping.compiler import MappingError, compile_mapping
from sync.mapping.mapper import Mapper
from sync.openphone.errors import OpenPhoneError
from sync.run import encoding, feedback
from sync.run.columns_seen import ColumnsSeen, look_at_the_first
from sync.run.job import Job
from sync.run.key_facts import refuse_other_keys
from sync.run.reading import absent_columns, asked_of_the_source, notes_of, sampled
from sync.run.session import Misconfigured
from sync.state.address import StateError
from sync.state.store import State
from sync.unexpected import unexpected


@dataclass(frozen=True, slots=True)
class Checked:
    """A job that fits: the mapping, compiled for the workspace's custom fields (by key), and the source's columns.

    ``columns`` is None where only its records tell.
    """

    mapper: Mapper
    definitions: Mapping[str, CustomField]
    columns: Sequence[str] | None = None


async def check(job: Job, connector: Connector) -> Checked:
    """The job's mapping, as source and workspace allow it. Raises MappingError, Misconfigured, SourceError and
    OpenPhoneError."""
    checked = await _workspace(job)
    return replace(checked, columns=await _columns(job, connector))


@dataclass(slots=True)
class Inspection:
    """Everything that ``check`` would raise, one after another, and what the state says: for a person to mend at once.

    ``misconfigured``: at least one of the mistakes is the configuration's (exit 2), not an outage (exit 1).
    ``warnings``: what a person should know, though nothing is wrong.
    """

    sync: str
    columns: Sequence[str] | None = None
    mistakes: list[str] = field(default_factory=list)
    misconfigured: bool = False
    warnings: list[str] = field(default_factory=list)

    def note(self, *mistakes: str, misconfigured: bool = False) -> None:
        self.mistakes.extend(mistakes)
        self.misconfigured |= misconfigured


async def inspect(job: Job) -> Inspection:
    """Look at the workspace, the source and the state, whatever is wrong with the others."""
    seen = Inspection(job.sync)
    await _look(job, seen)
    clean, said = job.at.redactor, [job.at.client.in_the_clear, *job.at.client.take_warnings()]
    seen.warnings[:] = [clean.said(text) for text in (*seen.warnings, *said) if text]
    seen.mistakes[:] = [clean.message(mistake) for mistake in seen.mistakes]
    return seen


async def _look(job: Job, seen: Inspection) -> None:
    try:
        await _workspace(job)
    except MappingError as error:
        seen.note(*error.messages, misconfigured=True)
    except OpenPhoneError as error:
        seen.note(str(error))
    except Exception as error:
        seen.note(unexpected(error))
    try:
        async with job.source.opened() as connector:
            seen.columns = await _columns(job, connector)
            guess = encoding.warning(encoding.encoding_of(connector))
            seen.warnings += [guess.text] if guess else []
            seen.warnings += [note.text for note in notes_of(connector)]
            sample = await sampled(connector)
            mistakes = absent_columns(connector, job.mapping, job.sync)
            if seen.columns is None:
                mistakes += await look_at_the_first(connector, sample, ColumnsSeen(job.mapping, None), job.sync)
            seen.note(*mistakes, misconfigured=bool(mistakes))
            await feedback.prove_writable(connector, job)
    except Misconfigured as error:
        seen.note(*error.messages, misconfigured=True)
    except SourceConfigError as error:
        seen.note(str(error), misconfigured=True)
    except (SourceError, OSError) as error:
        seen.note(str(error))
    except Exception as error:
        seen.note(unexpected(error))
    try:
        with State.open(job.at.state, read_only=True) as state:
            refuse_other_keys(job, state)
    except Misconfigured as error:
        seen.note(*error.messages, misconfigured=True)
    except (StateError, OSError) as error:
        seen.note(str(error))
    except Exception as error:
        seen.note(unexpected(error))


async def _workspace(job: Job) -> Checked:
    definitions = await job.at.client.custom_fields()
    return Checked(compile_mapping(job.mapping, definitions), {field.key: field for field in definitions})


async def _columns(job: Job, connector: Connector) -> Sequence[str] | None:
    """The source's columns (None: only its rows can tell). Raises Misconfigured with every mapped one it lacks."""
    with asked_of_the_source():
        columns = await connector.columns()
    messages = unknown_columns(job.mapping, columns, job.sync) if columns is not None else []
    if messages:
        raise Misconfigured(messages)
    return columns
