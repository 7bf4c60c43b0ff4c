"""A source as the run sees it: its rows, or an error that a person can read. No exception of a connector goes further.

Connectors are others' code, and what they read is others' data: whatever they did not foresee ends in one sentence.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager

import structlog

from connectors.base import Connector, Row, Samples, SourceError, TellsAbsent, TellsNotes
from sync.contacts.warning import RowWarning
from sync.mapping.columns import mapped_columns
from sync.mapping.options import MappingOptions

_LONGEST = 300

log = structlog.get_logger()


@contextmanager
def asked_of_the_source() -> Iterator[None]:
    """Around every call of a connector. Raises SourceError where it raised anything else."""
    try:
        yield
    except SourceError:
        raise
    except Exception as error:
        log.debug("the source failed", exc_info=error)
        said = " ".join(str(error).split())[:_LONGEST]
        raise SourceError(
            f"the source could not be read: its connector failed unexpectedly ({type(error).__name__}: {said}). "
            "Nothing was changed. Look whether the source holds something odd; then please report this message"
        ) from error


async def rows_of(connector: Connector, bookmark: str | None) -> AsyncIterator[Row]:
    """Every row that the connector reads. Raises SourceError and nothing else."""
    with asked_of_the_source():
        rows = aiter(connector.read(bookmark))
    try:
        while True:
            with asked_of_the_source():
                try:
                    row = await anext(rows)
                except StopAsyncIteration:
                    return
            yield row
    finally:
        if close := getattr(rows, "aclose", None):  # a stranger's read need not be a generator
            await close()


async def sampled(connector: Connector) -> Sequence[Row]:
    """The first records, where the source can show them: a second page that cannot be had is found here."""
    if not isinstance(connector, Samples):
        return ()
    with asked_of_the_source():
        return await connector.sample()


def notes_of(connector: Connector) -> tuple[RowWarning, ...]:
    """What the source itself would have people know; valid once its columns are known."""
    if not isinstance(connector, TellsNotes):
        return ()
    with asked_of_the_source():
        return tuple(RowWarning("source", str(note)) for note in connector.notes)


def absent_columns(connector: Connector, mapping: MappingOptions, sync: str) -> list[str]:
    """A message for every mapped column that the source describes, but that no record read so far had."""
    absent = connector.absent() if isinstance(connector, TellsAbsent) else {}
    return [
        f"column {column!r} (syncs.{sync}.{path}) looks for {absent[column]}, which no record has: correct its "
        f"expression, or, if nobody has filled it yet, write {absent[column]} || `null`"
        for path, column in mapped_columns(mapping)
        if column in absent
    ]
