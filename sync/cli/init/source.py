"""The source that a first configuration is written for, and one look at what is in it. Asks nobody."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from connectors.base import Cell, Connector, Context, Row, ShowsTop, SourceConfigError, is_blank, load
from connectors.header_row import find_header
from sync.first_config import Survey, is_known
from sync.first_config.survey import SAMPLES

SHEETS_URL = "GOOGLE_SHEETS_URL"

_ENOUGH = 5000
"""How many rows of a database or an API are looked at: it may have millions."""


_SUMMARIES = {"vcard": frozenset({"fullName", "phone", "phones", "email", "emails"})}
"""Columns that hold what others of the same source hold, too: keys perhaps, but no fields beside those."""


@dataclass(frozen=True, slots=True)
class Source:
    """A source as it is written into the configuration; ``variables`` are the options that refer to the environment.

    ``secrets``: variables that were typed, and are to be kept beside the configuration.
    """

    options: Mapping[str, str]
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.options["type"]

    @property
    def name(self) -> str:
        """What its sync is called unless someone says otherwise."""
        if "path" in self.options:
            named = PurePosixPath(self.options["path"].partition("?")[0]).stem
        else:
            named = self.options.get("worksheet") or self.options.get("sheet") or self.options.get("preset", "")
        return re.sub(r"[^A-Za-z0-9_.-]+", "-", named).strip("-._")[:64] or "contacts"

    def with_header(self, row: int) -> Source:
        """The same source, its header in this row."""
        return replace(self, variables={**self.variables, "header_row": str(row)})


async def look(
    source: Source, folder: Path, variables: Mapping[str, str], header_row: int | None = None
) -> tuple[Source, Survey]:
    """The source, with where its header is, and its columns and rows, read once. Raises SourceError.

    One way for every connector; where one shows its first rows, the header is looked for in them.
    """
    if header_row is not None:
        if "header_row" not in load(source.kind).Options.model_fields:
            raise SourceConfigError(f"--header-row: a source of type {source.kind} has no rows above its header")
        source = source.with_header(header_row)
    connector = _connector(source, folder, variables)
    try:
        if isinstance(connector, ShowsTop) and header_row is None:
            top = await connector.top()
            found = find_header(top, is_known)
            if found is None and any(any(not is_blank(cell) for cell in row) for row in top):
                raise SourceConfigError(
                    f"none of the first {len(top)} rows seems to name the columns: write a row of names above the "
                    "rest, or say which row it is with --header-row N"
                )
            if found is not None and found > _where_it_is_looked_for(source, top):
                await connector.close()
                source = source.with_header(found)
                connector = _connector(source, folder, variables)
        return source, await _survey(connector, _SUMMARIES.get(source.kind, frozenset()))
    finally:
        await connector.close()


def _where_it_is_looked_for(source: Source, top: Sequence[Sequence[Cell]]) -> int:
    """The row that is the header unless one is named: in a file the first that is not blank."""
    if source.kind == "google_sheets":
        return 1
    return next((number for number, row in enumerate(top, start=1) if any(not is_blank(cell) for cell in row)), 1)


async def _survey(connector: Connector, summaries: Collection[str]) -> Survey:
    columns = await connector.columns()
    limit = _ENOUGH if not isinstance(connector, ShowsTop) else None
    rows = connector.read(None)
    first: list[Row] = []
    if columns is None:
        async for row in rows:
            first.append(row)
            if len(first) == SAMPLES:
                break
        columns = list(dict.fromkeys(column for row in first for column in row.cells))
    survey = Survey(tuple(columns), summaries=summaries)
    for row in first:
        survey.add(row.cells)
    async for row in rows:
        if not row.deleted:
            survey.add(row.cells)
        if survey.rows == limit:
            break
    return survey


def _connector(source: Source, folder: Path, variables: Mapping[str, str]) -> Connector:
    connector_type = load(source.kind)
    given = {name: expanded(value, variables) for name, value in source.variables.items()}
    try:
        options = connector_type.Options.model_validate({**source.options, **given})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        message = first["msg"].removeprefix("Value error, ")
        raise SourceConfigError(f"{where}: {message}" if where else message) from None
    return connector_type(options, Context(folder=folder))


_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


def expanded(value: str, variables: Mapping[str, str]) -> str:
    """The value with its variables replaced. Raises SourceConfigError where one is not set."""

    def known(found: re.Match[str]) -> str:
        held = variables.get(found[1]) or found[2]
        if not held:
            raise SourceConfigError(f"{found[0]}: {found[1]} is not set, in the environment or in the .env")
        return held

    return _VARIABLE.sub(known, value)


def beside(path: str, folder: Path) -> str:
    """A path, as it was typed in the current folder, for a configuration in ``folder``."""
    typed = Path(path.strip()).expanduser()
    whole = Path.cwd() / typed
    if not typed.is_absolute() and not whole.exists() and (folder / typed).exists():
        return str(typed)
    normal = Path(os.path.normpath(whole))
    return str(normal.relative_to(folder)) if normal.is_relative_to(folder) else str(normal)
