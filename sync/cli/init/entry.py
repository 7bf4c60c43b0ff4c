"""``openphone-sync init``: asks, looks at the source and the workspace, and writes a config that ``check`` passes.

Every question is an option too. Nothing is written before the last answer.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from connectors.base import own_names
from sync.cli.common import Fail, Surroundings, Where, config_options, failing
from sync.cli.examples import examples
from sync.cli.init.files import store
from sync.cli.init.mapping import contact_ids, mapping, unused
from sync.cli.init.questions import API_KEY, Answers, Questions
from sync.cli.init.source import Source
from sync.config.file import ConfigError, environment, loads
from sync.files import write_whole
from sync.first_config import Proposal, Survey, config_text, quoted
from sync.run.report import EXIT_FAILED, EXIT_OK, EXIT_USAGE


@click.command(
    "init",
    epilog=examples(
        "init                                             # asks",
        "init --yes --path customers.csv --region US",
        "init --source crm --option preset=hubspot",
    ),
)
@config_options
@click.option("--source", type=click.Choice(own_names()), help="Where the rows are.")
@click.option("--path", metavar="FILE", help="The file.")
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="NAME=VALUE",
    help="An option of the source, such as preset=hubspot or token='${HUBSPOT_TOKEN}'.",
)
@click.option(
    "--header-row",
    type=click.IntRange(min=1),
    metavar="N",
    help="The row that names the columns; looked for without it.",
)
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
def command(context: click.Context, /, where: Where, force: bool, **given: Any) -> None:
    """Ask, look at the source's columns and the workspace's custom fields, and write a config that 'check' passes.

    The API key comes from OPENPHONE_API_KEY, in the environment or a .env beside the config; else it is asked for, and
    stored in that .env. With --yes nothing is asked.
    """
    where.configure_logs()
    fail = failing("text", lambda _: ())
    try:
        _write_first(where.config, Answers(**given), context.obj, fail, force=force)
    except (click.Abort, KeyboardInterrupt, EOFError):
        click.echo(err=True)
        if sys.stdin.isatty():
            fail("stopped: nothing was written", EXIT_FAILED)
        fail("there is nobody to answer: give the answers as options, with --yes. Nothing was written", EXIT_USAGE)
    sys.exit(_checked(context, where))


def _write_first(path: Path, answers: Answers, around: Surroundings, fail: Fail, *, force: bool) -> None:
    """From the first question to the written files."""
    folder = path.absolute().parent
    try:
        variables = environment(folder, os.environ)
    except ConfigError as error:
        fail(str(error), EXIT_USAGE)
    replaces = _may_write(path, answers, fail, force=force)
    questions = Questions(answers, folder, variables, around, fail)
    region = questions.region_given()
    source, survey = questions.source()
    api_key, custom_fields = questions.workspace()
    region = region or questions.region_asked()
    proposal = mapping(questions, source, survey, custom_fields, region)
    text = _text(source, survey, proposal, name=answers.name or source.name, region=region)
    try:
        loads(text, path, {**os.environ, **source.secrets, API_KEY: api_key})
    except ConfigError as error:
        fail(str(error), EXIT_USAGE)
    if path.exists() and not replaces:
        fail(_kept(path), EXIT_USAGE)
    try:
        if api_key != variables.get(API_KEY, "").strip():
            store(folder / ".env", API_KEY, api_key)
            click.echo(f"The key is kept in {folder / '.env'}, which only you can read.")
        for name, secret in source.secrets.items():
            store(folder / ".env", name, secret)
            click.echo(f"{name} is kept in {folder / '.env'}, which only you can read.")
        write_whole(path, text)
    except OSError as error:
        fail(f"{error.filename or path}: cannot be written: {error.strerror}", EXIT_USAGE)
    click.echo(f"{path} is written.")


def _may_write(path: Path, answers: Answers, fail: Fail, *, force: bool) -> bool:
    """Whether a configuration that is there already may be replaced; ends the command where it may not."""
    folder = path.absolute().parent
    if not folder.is_dir():
        fail(f"{folder}: there is no such folder", EXIT_USAGE)
    if path.is_dir():
        fail(f"{path}: found a folder, expected a file, such as -c {path / 'config.yaml'}", EXIT_USAGE)
    if not path.exists() or force:
        return force
    if answers.yes or not click.confirm(f"{path} is there already. Replace it?", default=False):
        fail(_kept(path), EXIT_USAGE)
    return True


def _kept(path: Path) -> str:
    return f"{path} is there already, and stays as it is: name another with -c FILE, or replace it with --force"


def _text(source: Source, survey: Survey, proposal: Proposal, *, name: str, region: str) -> str:
    by_id = source.kind == "google_sheets" and not proposal.key
    return config_text(
        proposal,
        source.options,
        references={name: quoted(value) for name, value in source.variables.items()},
        name=name,
        region=region,
        write_back={"contactId": contact_ids(proposal)} if by_id else {},
        unused=unused(survey, proposal),
    )


def _checked(context: click.Context, where: Where) -> int:
    """Run ``check`` on what was written, and say what to do next."""
    from sync.cli import check

    code, path = EXIT_OK, where.config
    options = {"config_path": path, "log_format": where.log_format, "log_level": where.log_level}
    try:
        context.invoke(check.command, names=(), output="text", **options)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else EXIT_FAILED
    option = "" if path == Path("config.yaml") else f" -c {path}"
    if code == EXIT_OK:
        click.echo(f"Next: 'openphone-sync run{option} --dry-run' shows every change, and sends nothing.")
        click.echo(f"Then: 'openphone-sync run{option}' does it.")
    else:
        click.echo(f"Correct {path}, then: openphone-sync check{option}")
    return code
