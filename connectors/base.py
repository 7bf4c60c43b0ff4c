"""What a source of rows is: the values it gives, the errors it raises, the registry that finds it by name.

Knows nothing of OpenPhone. A third-party package joins through the entry-point group
``openphone_sync.connectors``; our own use nothing that a stranger's could not.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

ENTRY_POINT_GROUP = "openphone_sync.connectors"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """In place of a cell: something that no cell can hold, and why. It rejects its row, if its column is mapped."""

    reason: str

    def __str__(self) -> str:
        return self.reason


Cell = str | int | float | bool | date | datetime | Unreadable | None | list["Cell"]
"""What a source may put in a cell. ``None``, blank text and an empty list all mean "nothing here"."""


class SourceError(Exception):
    """The source could not be read (exit 1). The message says what, where, and what to do next."""


class IncompleteRead(SourceError):
    """Part of the source was not read: what came before may be added and updated, nothing deleted."""


class SourceConfigError(SourceError):
    """The source is described wrongly, e.g. a worksheet that does not exist (exit 2)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a source.

    ``number`` counts as a spreadsheet does, the header being 1; None where a source has no rows to point at.
    ``cells`` maps every column to its cell. ``deleted`` is the source's own word that the record is gone.
    ``problem``: why the source cannot say what the record means; it is rejected, and its contact left as it is.
    """

    number: int | None
    cells: Mapping[str, Cell]
    deleted: bool = False
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ReadSummary:
    """What a read that ended without an error amounted to.

    ``full``: every record of the source was seen, so a missing one is gone (false for an incremental read).
    ``bookmark``: opaque text to hand to the next ``read``; stored only after the run succeeded.
    ``one_moment``: the read shows the source as it was at one moment (one file, one query, one request). Pages that
    follow one another do not: records move between them, so a record that one read misses may be there all the same.
    ``details``: whatever helps a person trust the read, such as ``{"pages": 3, "records": 120}``.
    """

    full: bool = True
    bookmark: str | None = None
    one_moment: bool = True
    details: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TextEncoding:
    """How the text of a source was read: by Python's name; ``guessed`` where nothing in it says so for certain."""

    name: str
    guessed: bool = False

    @property
    def shown(self) -> str:
        """The name by which people know it, and which ``encoding`` takes as well."""
        return self.name.replace("cp125", "windows-125")


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of a row, for a source that can show it to people beside the row.

    ``key`` holds the cells that identify the row; ``number`` is where it was when it was read (a hint only:
    people sort and insert). ``error`` is empty when the row is in place. ``status`` is one of
    ``synced``, ``rejected``, ``failed``, ``held``.
    """

    number: int | None
    key: Mapping[str, Cell]
    contact_id: str | None
    status: str
    error: str = ""


class Options(BaseModel):
    """Base of every connector's configuration model: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SecretKeeper(Protocol):
    """Keeps what a source must remember to get in next time, such as a refresh token that changes with every use."""

    def alone(self, name: str) -> AbstractAsyncContextManager[None]:
        """Nobody else holds this secret for the block. Raises SourceError where another does not let it go."""
        ...

    def kept(self, name: str) -> str | None:
        """What was last kept under the name."""
        ...

    def keep(self, name: str, secret: str) -> None:
        """Keeps it; durable once this returns. Raises SourceError."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds a source: the folder that relative paths start from; who keeps its secrets, if anybody does."""

    folder: Path
    secrets: SecretKeeper | None = None


class Connector(Protocol):
    """A source of rows. One instance serves one run: ``columns``, then ``read``, then ``summary``, then ``close``."""

    name: ClassVar[str]
    Options: ClassVar[type[BaseModel]]

    def __init__(self, options: Any, context: Context) -> None: ...

    async def columns(self) -> Sequence[str] | None:
        """The column names, or None where only the records tell. Raises SourceError."""
        ...

    def read(self, bookmark: str | None) -> AsyncIterator[Row]:
        """Every row, or those changed since ``bookmark``. Ends normally only if nothing was missed.

        Raises IncompleteRead when a part could not be read, SourceError when nothing can be trusted.
        """
        ...

    def summary(self) -> ReadSummary:
        """Valid once ``read`` has ended."""
        ...

    async def close(self) -> None:
        """Release files and connections; called once, after errors too."""
        ...


@runtime_checkable
class Samples(Protocol):
    """A connector that can show its first records before it is read, as ``check`` wants them. Optional."""

    async def sample(self) -> Sequence[Row]:
        """The first rows; where they come in pages, those of the first two. Raises SourceError."""
        ...


@runtime_checkable
class ShowsTop(Protocol):
    """A connector of a grid of cells, whose header may stand below titles (``header_row``). Optional."""

    async def top(self) -> Sequence[Sequence[Cell]]:
        """The first rows as they stand, from row 1, whatever ``header_row`` says. Raises SourceError."""
        ...


@runtime_checkable
class TellsAbsent(Protocol):
    """A connector whose columns are described, and may be described wrongly. Optional."""

    def absent(self) -> Mapping[str, str]:
        """The columns that no record read so far had, each with what was looked for: a typo, or renamed there."""
        ...


@runtime_checkable
class WritesBack(Protocol):
    """A connector that can show results in its source. Optional."""

    @property
    def contact_id_column(self) -> str | None:
        """The column that holds contact ids; it identifies rows where the sync has no key."""
        ...

    def shows(self, row: Row, result: RowResult) -> bool:
        """Whether the source already shows this result in this row, as it was read."""
        ...

    async def write_back(self, results: Sequence[RowResult]) -> Sequence[RowResult]:
        """Write the results into their rows; returns those that found no row. Raises SourceError."""
        ...


@runtime_checkable
class ReadsText(Protocol):
    """A connector whose text may be in one encoding or another. Optional."""

    @property
    def text_encoding(self) -> TextEncoding | None:
        """The encoding that the text is read in; known once ``columns`` has answered."""
        ...


@runtime_checkable
class HasVersion(Protocol):
    """A connector whose source can be told from what it was without being understood. Optional."""

    async def version(self) -> str:
        """Equal for two sources that give the same rows; asked before anything else. Raises SourceError."""
        ...


@runtime_checkable
class TellsNotes(Protocol):
    """A connector that may have something to say of its source, though nothing is wrong. Optional."""

    @property
    def notes(self) -> Sequence[str]:
        """Sentences for people, such as that hidden rows are read; known once ``columns`` has answered."""
        ...


@runtime_checkable
class ProvesWritable(Protocol):
    """A connector that writes back and can tell beforehand that it may. Optional."""

    async def prove_writable(self) -> None:
        """Changes nothing. Raises SourceError, with who must be given what right, where nothing could be written."""
        ...


_OWN = {
    "csv": "connectors.csv_file:CsvConnector",
    "excel": "connectors.excel:ExcelConnector",
    "google_sheets": "connectors.google_sheets:GoogleSheetsConnector",
    "crm": "connectors.crm:CrmConnector",
    "sql": "connectors.sql:SqlConnector",
    "vcard": "connectors.vcard:VcardConnector",
}


def own_names() -> list[str]:
    """The names of our own connectors, found without asking the installed packages."""
    return sorted(_OWN)


def names() -> list[str]:
    """The names that a configuration may give as ``source.type``."""
    return sorted({*_OWN, *(entry.name for entry in entry_points(group=ENTRY_POINT_GROUP))})


def load(name: str) -> type[Connector]:
    """The connector registered under ``name``. Raises KeyError where there is none.

    Our own are found without asking the installed packages, and imported only when used.
    """
    if name in _OWN:
        module, _, attribute = _OWN[name].partition(":")
        found: type[Connector] = getattr(import_module(module), attribute)
        return found
    for entry in entry_points(group=ENTRY_POINT_GROUP, name=name):
        loaded: type[Connector] = entry.load()
        return loaded
    raise KeyError(name)


def is_blank(cell: Cell) -> bool:
    """Whether a cell holds nothing: None, blank text, an empty list."""
    if cell is None:
        return True
    if isinstance(cell, str):
        return not cell.strip()
    return isinstance(cell, list) and not cell
