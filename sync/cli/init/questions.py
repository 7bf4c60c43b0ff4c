"""What ``init`` asks, and what is said instead with options: the source, the workspace's key, the country.

Each answer is tried at once, so that a person can correct it. Must not know what becomes of the answers.
"""

from __future__ import annotations

import asyncio
import locale
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
from pydantic import ValidationError

from connectors.base import SourceConfigError, SourceError, own_names
from sync.cli.common import Fail, Surroundings
from sync.cli.init.asking import Sources, kind_of
from sync.cli.init.source import Source, look
from sync.first_config import Survey
from sync.mapping import languages
from sync.openphone.options import OpenPhoneOptions
from sync.run.report import EXIT_FAILED, EXIT_USAGE

if TYPE_CHECKING:
    from sync.contacts.contact import CustomField

API_KEY = "OPENPHONE_API_KEY"
BASE_URL = "OPENPHONE_BASE_URL"
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Answers:
    """What was said on the command line; None and empty where it is to be asked, or the default taken (``yes``)."""

    source: str | None
    path: str | None
    spreadsheet: str | None
    worksheet: str | None
    credentials: str | None
    options: tuple[str, ...]
    header_row: int | None
    key: tuple[str, ...]
    maps: tuple[str, ...]
    region: str | None
    name: str | None
    yes: bool


@dataclass(frozen=True, slots=True)
class Questions:
    """Whoever answers: a person at the terminal, or the options and defaults that stand for one.

    ``folder`` is the configuration's, ``variables`` its environment; ``around`` is for the client that tries a key;
    ``fail`` ends the command.
    """

    answers: Answers
    folder: Path
    variables: Mapping[str, str]
    around: Surroundings
    fail: Fail

    def ask(
        self, question: str, default: str | None, kind: click.ParamType[str] | None = None, *, show_default: bool = True
    ) -> str:
        """The person's answer; the default with ``--yes``."""
        if self.answers.yes and default is not None:
            return default
        answer = click.prompt(question, default=default, type=kind or str, show_default=show_default and bool(default))
        return str(answer)

    def column(self, question: str, survey: Survey, default: str | None) -> str:
        """A column that the source has: asked for until it is one."""
        while True:
            try:
                return named(self.ask(question, default), survey)
            except ValueError as error:
                click.secho(str(error), fg="red")

    def source(self) -> tuple[Source, Survey]:
        """The source and what is in it; a person is asked again where it cannot be read."""
        answers = self.answers
        kind = answers.source or kind_of(answers.path, answers.spreadsheet)
        if kind is None:
            kind = self.ask("Where are the rows?", "csv", click.Choice(own_names()))
        asking = Sources(self, kind)
        given = answers.path if "path" in asking.names else answers.spreadsheet
        while True:
            source = asking.source()
            variables = {**self.variables, **source.secrets}
            try:
                source, survey = asyncio.run(look(source, self.folder, variables, answers.header_row))
            except SourceError as error:
                code = EXIT_USAGE if isinstance(error, SourceConfigError) else EXIT_FAILED
                if answers.yes or given is not None or "path" not in asking.names or not sys.stdin.isatty():
                    self.fail(str(error), code)
                click.secho(str(error), fg="red")
                continue
            if not survey.columns:
                self.fail("the source has no columns: its first row must name them", EXIT_FAILED)
            return source, survey

    def workspace(self) -> tuple[str, tuple[CustomField, ...]]:
        """The API key and the custom fields that it shows. A key that was typed may be typed again."""
        from sync.openphone.errors import OpenPhoneError, Unauthorized

        known = self.variables.get(API_KEY, "").strip()
        if not known and API_KEY in os.environ:
            self.fail(f"{API_KEY} is set in the environment, but empty: set it to the key, or unset it", EXIT_USAGE)
        if not known and self.answers.yes:
            where = f"in the environment or in {self.folder / '.env'}"
            self.fail(
                f"there is no API key: set {API_KEY} {where}. OpenPhone makes one under Settings → API", EXIT_USAGE
            )
        for left in reversed(range(_ATTEMPTS)):
            key = (
                known or click.prompt("The API key (OpenPhone makes one under Settings → API)", hide_input=True).strip()
            )
            try:
                return key, asyncio.run(self._custom_fields(key))
            except Unauthorized as error:
                if known or not left:
                    self.fail(str(error), EXIT_FAILED)
                click.secho(str(error), fg="red")
            except OpenPhoneError as error:
                self.fail(str(error), EXIT_FAILED)
        raise AssertionError("the last attempt returns or fails")

    async def _custom_fields(self, key: str) -> tuple[CustomField, ...]:
        from sync.openphone.client import OpenPhone

        url = self.variables.get(BASE_URL) or "https://api.openphone.com"
        try:
            config = OpenPhoneOptions.model_validate({"api_key": key, "base_url": url})
        except ValidationError:
            self.fail(f"{BASE_URL} is not an address such as https://api.openphone.com", EXIT_USAGE)
        click.echo(f"Asking the workspace at {config.base_url} for its custom fields …", err=True)
        async with OpenPhone(config, patience=self.around.patience, clock=self.around.clock) as client:
            return await client.custom_fields()

    def region_given(self) -> str | None:
        if self.answers.region is None:
            return None
        try:
            return languages.region(self.answers.region)
        except ValueError as error:
            self.fail(f"--region {self.answers.region}: expected {error}", EXIT_USAGE)

    def region_asked(self) -> str:
        while True:
            try:
                default = languages.region(_country())
            except ValueError:
                default = "US"
            try:
                return languages.region(
                    self.ask("The country of phone numbers without a country code (such as US, GB, DE)", default)
                )
            except ValueError as error:
                click.secho(f"expected {error}", fg="red")


def named(column: str, survey: Survey) -> str:
    """The source's column of this name, in any case. Raises ValueError with those there are."""
    wanted = column.strip()
    if wanted in survey.columns:
        return wanted
    alike = [each for each in survey.columns if each.casefold() == wanted.casefold()]
    if len(alike) == 1:
        return alike[0]
    raise ValueError(f"there is no column {wanted!r}: there are {', '.join(map(repr, survey.columns))}")


def _country() -> str:
    """The country of this machine's language settings, if they name one."""
    for name in ("LC_ALL", "LC_TELEPHONE", "LANG"):
        match = re.match(r"[a-z]{2,3}_([A-Z]{2})", locale.normalize(os.environ.get(name, "")))
        if match:
            return match[1]
    return "US"
