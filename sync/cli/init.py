"""``openphone-sync init``: asks, looks at the source and the workspace, and writes a config that ``check`` passes.

Every question is an option too. Nothing is written before the last answer.
"""

from __future__ import annotations

import asyncio
import locale
import os
import re
import stat
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from sync.cli.common import config_options, configure_logs, failing
from sync.config_file import ConfigError, environment, loads
from sync.report import EXIT_FAILED, EXIT_OK, EXIT_USAGE

if TYPE_CHECKING:
    from sync.contact import CustomField
    from sync.guess import Proposal, Survey

API_KEY = "OPENPHONE_API_KEY"
BASE_URL = "OPENPHONE_BASE_URL"
_SHEETS_URL = "GOOGLE_SHEETS_URL"
_ATTEMPTS = 3
_NONE = "-"


@dataclass(frozen=True, slots=True)
class Answers:
    """What was said on the command line; None and empty where it is to be asked, or the default taken (``yes``)."""

    source: str | None
    path: str | None
    spreadsheet: str | None
    worksheet: str | None
    credentials: str | None
    key: tuple[str, ...]
    maps: tuple[str, ...]
    region: str | None
    name: str | None
    yes: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A source as it is written into the configuration; ``variables`` are the options that refer to the environment."""

    options: Mapping[str, str]
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.options["type"]


@click.command("init")
@config_options
@click.option("--source", type=click.Choice(["csv", "google_sheets"]), help="Where the rows are.")
@click.option("--path", metavar="FILE", help="The CSV file.")
@click.option("--spreadsheet", metavar="ID|URL", help="The Google spreadsheet.")
@click.option("--worksheet", metavar="TITLE", help="Its worksheet; the first by default.")
@click.option("--credentials", metavar="FILE", help="A service account's key; Google's default credentials without it.")
@click.option("--key", multiple=True, metavar="COLUMN", help="The column that identifies a row; several: repeat it.")
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="A field's column, such as phoneNumbers.work=tel; - none.",
)
@click.option("--region", metavar="CODE", help="The country of phone numbers without a country code, such as US.")
@click.option("--name", metavar="NAME", help="The sync's name; the file's by default.")
@click.option("--yes", "-y", is_flag=True, help="Ask nothing: take the options, and the default for the rest.")
@click.option("--force", is_flag=True, help="Replace a configuration that is there already.")
@click.pass_context
def command(
    context: click.Context,
    config_path: Path,
    log_format: str,
    log_level: str,
    source: str | None,
    path: str | None,
    spreadsheet: str | None,
    worksheet: str | None,
    credentials: str | None,
    key: tuple[str, ...],
    maps: tuple[str, ...],
    region: str | None,
    name: str | None,
    yes: bool,
    force: bool,
) -> None:
    """Ask, look at the source's columns and the workspace's custom fields, and write a config that 'check' passes.

    The API key comes from OPENPHONE_API_KEY, in the environment or a .env beside the config; else it is asked for, and
    stored in that .env. With --yes nothing is asked.
    """
    configure_logs(log_format, log_level)
    answers = Answers(source, path, spreadsheet, worksheet, credentials, key, maps, region, name, yes)
    fail = failing("text", lambda _: ())
    try:
        _Init(config_path, answers, fail).run(force)
    except (click.Abort, KeyboardInterrupt, EOFError):
        click.echo(err=True)
        if sys.stdin.isatty():
            fail("stopped: nothing was written", EXIT_FAILED)
        fail("there is nobody to answer: give the answers as options, with --yes. Nothing was written", EXIT_USAGE)
    sys.exit(_checked(context, config_path, log_format, log_level))


class _Init:
    """One conversation: what was found out so far, and what is to be asked next."""

    def __init__(self, path: Path, answers: Answers, fail: Callable[[str, int], NoReturn]) -> None:
        self.path = path
        self.folder = path.absolute().parent
        self.answers = answers
        self.fail = fail
        try:
            self.variables = environment(self.folder, os.environ)
        except ConfigError as error:
            fail(str(error), EXIT_USAGE)

    def run(self, force: bool) -> None:
        """From the first question to the written files."""
        replaces = self._may_write(force)
        region = self._region_given()
        source, survey = self._source()
        api_key, custom_fields = self._workspace()
        region = region or self._region_asked()
        proposal = self._mapping(source, survey, custom_fields, region)
        text = self._text(source, survey, proposal, region)
        try:
            loads(text, self.path, {**os.environ, API_KEY: api_key})
        except ConfigError as error:
            self.fail(str(error), EXIT_USAGE)
        if self.path.exists() and not replaces:
            self.fail(_kept(self.path), EXIT_USAGE)
        try:
            if api_key != self.variables.get(API_KEY, "").strip():
                store(self.folder / ".env", API_KEY, api_key)
                click.echo(f"The key is kept in {self.folder / '.env'}, which only you can read.")
            _write(self.path, text)
        except OSError as error:
            self.fail(f"{error.filename or self.path}: cannot be written: {error.strerror}", EXIT_USAGE)
        click.echo(f"{self.path} is written.")

    def _may_write(self, force: bool) -> bool:
        """Whether a configuration that is there already may be replaced; ends the command where it may not."""
        if not self.folder.is_dir():
            self.fail(f"{self.folder}: there is no such folder", EXIT_USAGE)
        if self.path.is_dir():
            self.fail(
                f"{self.path}: found a folder, expected a file, such as -c {self.path / 'config.yaml'}", EXIT_USAGE
            )
        if not self.path.exists() or force:
            return force
        if self.answers.yes or not click.confirm(f"{self.path} is there already. Replace it?", default=False):
            self.fail(_kept(self.path), EXIT_USAGE)
        return True

    # --- the source

    def _source(self) -> tuple[Source, Survey]:
        """The source and what is in it; a person is asked again where it cannot be read."""
        from connectors.base import SourceConfigError, SourceError

        answers = self.answers
        kind = answers.source or ("google_sheets" if answers.spreadsheet else "csv" if answers.path else None)
        if kind is None:
            kind = self._ask("Where are the rows?", "csv", click.Choice(["csv", "google_sheets"]))
        given = answers.path if kind == "csv" else answers.spreadsheet
        while True:
            source = self._csv() if kind == "csv" else self._google_sheet()
            try:
                survey = asyncio.run(_look(source, self.folder, self.variables))
            except SourceError as error:
                code = EXIT_USAGE if isinstance(error, SourceConfigError) else EXIT_FAILED
                if answers.yes or given is not None or kind != "csv" or not sys.stdin.isatty():
                    self.fail(str(error), code)
                click.secho(str(error), fg="red")
                continue
            if not survey.columns:
                self.fail("the source has no columns: its first row must name them", EXIT_FAILED)
            return source, survey

    def _csv(self) -> Source:
        files = sorted(self.folder.glob("*.csv"))
        default = files[0].name if len(files) == 1 else "customers.csv"
        path = self.answers.path or self._ask("The CSV file", default)
        return Source({"type": "csv", "path": beside(path, self.folder)})

    def _google_sheet(self) -> Source:
        answers, options = self.answers, {"type": "google_sheets"}
        known = self.variables.get("GOOGLE_SHEET_ID", "").strip()
        if answers.yes and not (answers.spreadsheet or known):
            self.fail("which spreadsheet? Give its address or id with --spreadsheet", EXIT_USAGE)
        options["spreadsheet"] = answers.spreadsheet or self._ask("The spreadsheet's address or id", known or None)
        worksheet = answers.worksheet
        if worksheet is None:
            worksheet = self._ask("Its worksheet (Enter for the first)", "", show_default=False)
        credentials = answers.credentials
        if credentials is None:
            has_file = (self.folder / "service-account.json").is_file()
            default = self.variables.get("GOOGLE_APPLICATION_CREDENTIALS") or (
                "service-account.json" if has_file else ""
            )
            credentials = self._ask("The service account's key file (Enter for Google's default credentials)", default)
        options |= {"worksheet": worksheet} if worksheet.strip() else {}
        options |= {"credentials": beside(credentials, self.folder)} if credentials.strip() else {}
        url = (
            {"api_url": f"${{{_SHEETS_URL}:-https://sheets.googleapis.com}}"} if self.variables.get(_SHEETS_URL) else {}
        )
        return Source(options, url)

    # --- the workspace

    def _workspace(self) -> tuple[str, tuple[CustomField, ...]]:
        """The API key and the custom fields that it shows. A key that was typed may be typed again."""
        from sync.openphone import OpenPhoneError, Unauthorized

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
        from pydantic import ValidationError

        from sync.config import OpenPhoneConfig
        from sync.openphone import OpenPhone

        url = self.variables.get(BASE_URL) or "https://api.openphone.com"
        try:
            config = OpenPhoneConfig.model_validate({"api_key": key, "base_url": url})
        except ValidationError:
            self.fail(f"{BASE_URL} is not an address such as https://api.openphone.com", EXIT_USAGE)
        click.echo(f"Asking the workspace at {config.base_url} for its custom fields …", err=True)
        async with OpenPhone(config) as client:
            return await client.custom_fields()

    # --- the mapping

    def _region_given(self) -> str | None:
        from sync import config_checks

        if self.answers.region is None:
            return None
        try:
            return config_checks.region(self.answers.region)
        except ValueError as error:
            self.fail(f"--region {self.answers.region}: expected {error}", EXIT_USAGE)

    def _region_asked(self) -> str:
        from sync import config_checks

        while True:
            try:
                default = config_checks.region(_country())
            except ValueError:
                default = "US"
            try:
                return config_checks.region(
                    self._ask("The country of phone numbers without a country code (such as US, GB, DE)", default)
                )
            except ValueError as error:
                click.secho(f"expected {error}", fg="red")

    def _mapping(self, source: Source, survey: Survey, fields: tuple[CustomField, ...], region: str) -> Proposal:
        """The mapping that is proposed, as far as the options do not say otherwise, and then as the person wants it."""
        from dataclasses import replace

        from sync.guess import changed, guess

        sheet = source.kind == "google_sheets"
        proposal = guess(survey, fields, region=region, sheet=sheet)
        try:
            for given in self.answers.maps:
                name, equals, column = given.partition("=")
                if not equals:
                    raise ValueError(f"--map {given}: expected FIELD=COLUMN")
                wanted = None if column.strip() in ("", _NONE) else _named(column, survey)
                proposal = changed(proposal, name, wanted, survey, fields, region=region)
            if self.answers.key:
                proposal = replace(proposal, key=tuple(_named(column, survey) for column in self.answers.key))
        except ValueError as error:
            self.fail(str(error), EXIT_USAGE)
        click.echo(f"\nThe source has {len(survey.columns)} columns and {survey.rows} rows.")
        if not proposal.key and not sheet:
            proposal = replace(proposal, key=(self._key(survey),))
        if "firstName" not in proposal.fields:
            column = self._first_name(survey)
            proposal = changed(proposal, "firstName", column, survey, fields, region=region)
        return self._agreed(source, survey, proposal, fields, region)

    def _key(self, survey: Survey) -> str:
        """A key where no heading says that it is one: explained, and asked for."""
        why = (
            "A key is needed: the column that tells one row from another, in this run and in the next. No column is "
            "called like one (such as 'id')."
        )
        candidates = survey.likeliest_keys()
        if candidates:
            what = f"Filled in every row, and never twice the same: {', '.join(map(repr, candidates))}."
        elif survey.rows:
            what = "No column is filled in every row and different in each: add one, such as 'id'."
        else:
            what = f"There are no rows yet to tell which could be. The columns: {', '.join(map(repr, survey.columns))}."
        if self.answers.yes:
            self.fail(f"{why} {what} Name it with --key COLUMN.", EXIT_USAGE)
        click.echo(f"{why}\n{what}")
        return self._column("The key", survey, candidates[0] if candidates else None)

    def _first_name(self, survey: Survey) -> str:
        why = "No column is called like a first name, which every contact must have."
        if self.answers.yes:
            columns = ", ".join(map(repr, survey.columns))
            self.fail(f"{why} Name it with --map firstName=COLUMN; there are {columns}", EXIT_USAGE)
        click.echo(f"{why} The columns: {', '.join(map(repr, survey.columns))}.")
        return self._column("The column for firstName", survey, None)

    def _agreed(
        self, source: Source, survey: Survey, proposal: Proposal, fields: tuple[CustomField, ...], region: str
    ) -> Proposal:
        """Show the proposal, and change it until the person is content."""
        from sync.guess import changed

        while True:
            _show(source, survey, proposal)
            if self.answers.yes:
                return proposal
            name = self._ask("Enter if this is right; else the field to change", "", show_default=False).strip()
            if not name:
                return proposal
            held = {"key": proposal.key, **{n: o.columns for n, o in {**proposal.fields, **proposal.custom}.items()}}
            default = next(iter(held.get(name, ())), _NONE)
            column = self._ask(f"The column for {name} ({_NONE} for none)", default)
            try:
                wanted = None if column.strip() == _NONE else _named(column, survey)
                if name == "key" and wanted is None and source.kind == "csv":
                    raise ValueError("a CSV needs a key: give it a column")
                proposal = changed(proposal, name, wanted, survey, fields, region=region)
            except ValueError as error:
                click.secho(str(error), fg="red")

    def _text(self, source: Source, survey: Survey, proposal: Proposal, region: str) -> str:
        from sync.guess import config_text

        write_back = {}
        if source.kind == "google_sheets" and not proposal.key:
            write_back["contactId"] = _contact_ids(proposal)
        return config_text(
            proposal,
            source.options,
            references=source.variables,
            name=self.answers.name or _sync_name(source),
            region=region,
            write_back=write_back,
            unused=_unused(survey, proposal),
        )

    # --- asking

    def _ask(
        self, question: str, default: str | None, kind: click.ParamType[str] | None = None, *, show_default: bool = True
    ) -> str:
        """The person's answer; the default with ``--yes``."""
        if self.answers.yes and default is not None:
            return default
        answer = click.prompt(question, default=default, type=kind or str, show_default=show_default and bool(default))
        return str(answer)

    def _column(self, question: str, survey: Survey, default: str | None) -> str:
        while True:
            try:
                return _named(self._ask(question, default), survey)
            except ValueError as error:
                click.secho(str(error), fg="red")


# --- looking ------------------------------------------------------------------------------------------------------


async def _look(source: Source, folder: Path, variables: Mapping[str, str]) -> Survey:
    """The source's columns and rows, read once. Raises SourceError."""
    from pydantic import ValidationError

    from connectors.base import Context, SourceConfigError, load
    from sync.guess import Survey

    connector_type = load(source.kind)
    given = dict(source.options) | ({"api_url": variables[_SHEETS_URL]} if source.variables else {})
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


def _named(column: str, survey: Survey) -> str:
    """The source's column of this name, in any case. Raises ValueError with those there are."""
    wanted = column.strip()
    if wanted in survey.columns:
        return wanted
    alike = [each for each in survey.columns if each.casefold() == wanted.casefold()]
    if len(alike) == 1:
        return alike[0]
    raise ValueError(f"there is no column {wanted!r}: there are {', '.join(map(repr, survey.columns))}")


def beside(path: str, folder: Path) -> str:
    """A path, as it was typed in the current folder, for a configuration in ``folder``."""
    typed = Path(path.strip()).expanduser()
    whole = Path.cwd() / typed
    if not typed.is_absolute() and not whole.exists() and (folder / typed).exists():
        return str(typed)
    normal = Path(os.path.normpath(whole))
    return str(normal.relative_to(folder)) if normal.is_relative_to(folder) else str(normal)


def _country() -> str:
    """The country of this machine's language settings, if they name one."""
    for name in ("LC_ALL", "LC_TELEPHONE", "LANG"):
        match = re.match(r"[a-z]{2,3}_([A-Z]{2})", locale.normalize(os.environ.get(name, "")))
        if match:
            return match[1]
    return "US"


def _sync_name(source: Source) -> str:
    named = Path(source.options["path"]).stem if source.kind == "csv" else source.options.get("worksheet", "")
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", named).strip("-._")[:64] or "contacts"


# --- showing ------------------------------------------------------------------------------------------------------


def _show(source: Source, survey: Survey, proposal: Proposal) -> None:
    if proposal.key:
        key = ", ".join(proposal.key)
    else:
        key = f"(none: each contact's id is written into the column {_contact_ids(proposal)!r}, and identifies its row:"
        key += " share the spreadsheet with the right to edit)"
    lines = [("key", key)]
    for name, origin in {**proposal.fields, **proposal.custom}.items():
        more = [f"split at {origin.split!r}"] if origin.split else []
        more += [f"written {origin.format}"] if origin.format else []
        lines.append((name, ", ".join(origin.columns) + (f"  ({', '.join(more)})" if more else "")))
    unused = _unused(survey, proposal)
    lines.append(("not used", ", ".join(unused) or "(none)"))
    width = max(len(name) for name, _ in lines)
    for name, column in lines:
        click.echo(f"  {name:<{width}}  {column}")
    for note in proposal.notes:
        click.secho(f"  note: {note}", fg="yellow")


def _contact_ids(proposal: Proposal) -> str:
    return proposal.contact_id_column or "contactId"


def _unused(survey: Survey, proposal: Proposal) -> list[str]:
    used = proposal.columns | ({proposal.contact_id_column} if not proposal.key else set())
    return [column for column in survey.columns if column not in used]


def _kept(path: Path) -> str:
    return f"{path} is there already, and stays as it is: name another with -c FILE, or replace it with --force"


# --- writing ------------------------------------------------------------------------------------------------------


def store(path: Path, name: str, value: str) -> None:
    """Put a variable into a ``.env``, which then only its owner can read; the other lines stay."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [line for line in lines if not re.match(rf"\s*(export\s+)?{re.escape(name)}\s*=", line)]
    quoted = value if re.fullmatch(r"[A-Za-z0-9_.~+/=-]+", value) else "'" + re.sub(r"(['\\])", r"\\\1", value) + "'"
    _write(path, "\n".join([*kept, f"{name}={quoted}", ""]), mode=0o600)


def _write(path: Path, text: str, mode: int | None = None) -> None:
    """The whole text or nothing: a reader, or a crash, sees no half of it. Private from the beginning."""
    target = path.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=target.parent)
    written = Path(name)
    try:
        with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123  a descriptor, not a path
            file.write(text)
        if mode is None and target.exists():
            mode = stat.S_IMODE(target.stat().st_mode)
        if mode is None:
            umask = os.umask(0)
            os.umask(umask)
            mode = 0o666 & ~umask
        written.chmod(mode)
        written.replace(target)
    except BaseException:
        written.unlink(missing_ok=True)
        raise


# --- what comes next ----------------------------------------------------------------------------------------------


def _checked(context: click.Context, path: Path, log_format: str, log_level: str) -> int:
    """Run ``check`` on what was written, and say what to do next."""
    from sync.cli import check

    code = EXIT_OK
    try:
        context.invoke(
            check.command, names=(), config_path=path, log_format=log_format, log_level=log_level, output="text"
        )
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else EXIT_FAILED
    option = "" if path == Path("config.yaml") else f" -c {path}"
    if code == EXIT_OK:
        click.echo(f"Next: 'openphone-sync run{option} --dry-run' shows every change, and sends nothing.")
        click.echo(f"Then: 'openphone-sync run{option}' does it.")
    else:
        click.echo(f"Correct {path}, then: openphone-sync check{option}")
    return code
