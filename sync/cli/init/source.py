"""The source that a first configuration is written for, and one look at what is in it. Asks nobody."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from connectors.base import Context, SourceConfigError, load
from sync.first_config import Survey

SHEETS_URL = "GOOGLE_SHEETS_URL"


@dataclass(frozen=True, slots=True)
class Source:
    """A source as it is written into the configuration; ``variables`` are the options that refer to the environment."""

    options: Mapping[str, str]
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.options["type"]

    @property
    def name(self) -> str:
        """What its sync is called unless someone says otherwise."""
        named = Path(self.options["path"]).stem if self.kind == "csv" else self.options.get("worksheet", "")
        return re.sub(r"[^A-Za-z0-9_.-]+", "-", named).strip("-._")[:64] or "contacts"


async def look(source: Source, folder: Path, variables: Mapping[str, str]) -> Survey:
    """The source's columns and rows, read once. Raises SourceError."""
    connector_type = load(source.kind)
    given = dict(source.options) | ({"api_url": variables[SHEETS_URL]} if source.variables else {})
    try:
        options = connector_type.Options.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise SourceConfigError(f"{where}: {first['msg'].removeprefix('Value error, ')}") from None
    connector = connector_type(options, Context(folder=folder))
    try:
        survey = Survey(tuple(await connector.columns() or ()))
        async for row in connector.read(None):
            survey.add(row.cells)
        return survey
    finally:
        await connector.close()


def beside(path: str, folder: Path) -> str:
    """A path, as it was typed in the current folder, for a configuration in ``folder``."""
    typed = Path(path.strip()).expanduser()
    whole = Path.cwd() / typed
    if not typed.is_absolute() and not whole.exists() and (folder / typed).exists():
        return str(typed)
    normal = Path(os.path.normpath(whole))
    return str(normal.relative_to(folder)) if normal.is_relative_to(folder) else str(normal)
