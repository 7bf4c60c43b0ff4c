"""The mapping, agreed upon: proposed, bent by the options, shown, and changed until the person is content.

Guesses nothing itself, and knows no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import click

from sync.cli.init.questions import Questions, named
from sync.cli.init.source import Source
from sync.contacts.contact import CustomField
from sync.first_config import Origin, Proposal, Survey, changed, guess
from sync.run.report import EXIT_USAGE

_NONE = "-"
_EXAMPLE = 40
"""How long an example may be."""


def mapping(
    questions: Questions, source: Source, survey: Survey, fields: tuple[CustomField, ...], region: str
) -> Proposal:
    """The mapping that is proposed, as far as the options do not say otherwise, and then as the person wants it."""
    sheet = source.kind == "google_sheets"
    proposal = guess(survey, fields, region=region, sheet=sheet)
    try:
        for given in questions.answers.maps:
            name, equals, column = given.partition("=")
            if not equals:
                raise ValueError(f"--map {given}: expected FIELD=COLUMN")
            wanted = None if column.strip() in ("", _NONE) else named(column, survey)
            proposal = changed(proposal, name, wanted, survey, fields, region=region)
        if questions.answers.key:
            proposal = replace(proposal, key=tuple(named(column, survey) for column in questions.answers.key))
    except ValueError as error:
        questions.fail(str(error), EXIT_USAGE)
    header = source.variables.get("header_row")
    if header is not None:
        click.echo(f"\nThe columns are named in row {header}.", nl=False)
    click.echo(f"\nThe source has {len(survey.columns)} columns and {survey.rows} rows.")
    if not proposal.key and not sheet:
        proposal = replace(proposal, key=(_key(questions, survey),))
    if "firstName" not in proposal.fields:
        column = _first_name(questions, survey)
        proposal = changed(proposal, "firstName", column, survey, fields, region=region)
    return _agreed(questions, source, survey, proposal, fields, region)


def _key(questions: Questions, survey: Survey) -> str:
    """A key where no heading says that it is one: explained, and asked for."""
    why = (
        "A key is needed: the column that tells one row from another, in this run and in the next. No column is "
        "called like one (such as 'id')."
    )
    candidates, lasting = survey.likeliest_keys(), survey.lasting_keys()
    if candidates:
        what = f"Filled in every row, and never twice the same: {', '.join(map(repr, candidates))}."
        if candidates[0] not in lasting:
            what += (
                f" {candidates[0]!r} would do, but whoever gets another one counts as a new person: a contact is made "
                "anew, and the old one deleted. A number that never changes is better, if the source can give one."
            )
    elif survey.rows and (nearest := survey.nearest_keys()):
        doubts = ", ".join(f"{column!r} (blank or repeated in {rows} rows)" for column, rows in nearest)
        what = (
            "No column is filled in every row and different in each: add one, such as 'id'. The nearest are "
            f"{doubts}: rows without a key, or with another's, are rejected."
        )
    elif survey.rows:
        what = "No column is filled in every row and different in each: add one, such as 'id'."
    else:
        what = f"There are no rows yet to tell which could be. The columns: {', '.join(map(repr, survey.columns))}."
    if questions.answers.yes:
        questions.fail(f"{why} {what} Name it with --key COLUMN.", EXIT_USAGE)
    click.echo(f"{why}\n{what}")
    return questions.column("The key", survey, candidates[0] if candidates else None)


def _first_name(questions: Questions, survey: Survey) -> str:
    why = "No column is called like a first name, which every contact must have."
    if questions.answers.yes:
        columns = ", ".join(map(repr, survey.columns))
        questions.fail(f"{why} Name it with --map firstName=COLUMN; there are {columns}", EXIT_USAGE)
    click.echo(f"{why} The columns: {', '.join(map(repr, survey.columns))}.")
    return questions.column("The column for firstName", survey, None)


def _agreed(
    questions: Questions,
    source: Source,
    survey: Survey,
    proposal: Proposal,
    fields: tuple[CustomField, ...],
    region: str,
) -> Proposal:
    """Show the proposal, and change it until the person is content."""
    while True:
        _show(source, survey, proposal)
        if questions.answers.yes:
            return proposal
        name = questions.ask("Enter if this is right; else the field to change", "", show_default=False).strip()
        if not name:
            return proposal
        held = {"key": proposal.key, **{n: o.columns for n, o in {**proposal.fields, **proposal.custom}.items()}}
        default = next(iter(held.get(name, ())), _NONE)
        column = questions.ask(f"The column for {name} ({_NONE} for none)", default)
        try:
            wanted = None if column.strip() == _NONE else named(column, survey)
            if name == "key" and wanted is None and source.kind != "google_sheets":
                raise ValueError("this source needs a key: give it a column")
            proposal = changed(proposal, name, wanted, survey, fields, region=region)
        except ValueError as error:
            click.secho(str(error), fg="red")


def _show(source: Source, survey: Survey, proposal: Proposal) -> None:
    if proposal.key:
        key = ", ".join(proposal.key)
    else:
        key = f"(none: each contact's id is written into the column {contact_ids(proposal)!r}, and identifies its row:"
        key += " share the spreadsheet with the right to edit)"
    lines = [("key", key + _example(survey, proposal.key))]
    for name, origin in {**proposal.fields, **proposal.custom}.items():
        lines.append((name, _told(origin, survey)))
    width = max(len("not used"), *(len(name) for name, _ in lines))
    for name, column in lines:
        click.echo(f"  {name:<{width}}  ← {column}")
    for column, words in proposal.without.items():
        click.echo(f"  {'where':<{width}}    {column} is not {' or '.join(words)}: such rows are nobody's")
    click.echo(f"  {'not used':<{width}}    {', '.join(unused(survey, proposal)) or '(none)'}")
    for why, columns in proposal.reasons.items():
        click.secho(f"  left out: {', '.join(map(repr, columns))}, because {why}", fg="yellow")
    for note in proposal.notes:
        click.secho(f"  note: {note}", fg="yellow")


def _told(origin: Origin, survey: Survey) -> str:
    """A field's columns, an example of what stands there, and how it is read."""
    if origin.joined:
        together = (" ".join(filter(None, map(row.get, origin.columns))) for row in survey.rows_seen)
        return " + ".join(origin.columns) + _shown(max(together, key=lambda each: each.count(" "), default=""))
    more = [f"its {origin.part} name"] if origin.part else []
    more += [f"labels from {origin.label_column}"] if origin.label_column else []
    more += [f"split at {origin.split!r}"] if origin.split else []
    more += [f"written {origin.format}"] if origin.format else []
    return ", else ".join(origin.columns) + _example(survey, origin.columns) + "".join(f", {each}" for each in more)


def _example(survey: Survey, columns: Sequence[str]) -> str:
    """ " (Ana Roe)": the first value of the first column that has any."""
    for column in columns:
        for value in survey.samples[column]:
            return _shown(value)
    return ""


def _shown(value: str) -> str:
    shown = " ".join(value.split())
    return f" ({shown if len(shown) <= _EXAMPLE else shown[: _EXAMPLE - 1] + '…'})" if shown else ""


def contact_ids(proposal: Proposal) -> str:
    """The column that contact ids are written into where there is no key."""
    return proposal.contact_id_column or "contactId"


def unused(survey: Survey, proposal: Proposal) -> list[str]:
    """The columns that serve nothing."""
    used = proposal.columns | ({proposal.contact_id_column} if not proposal.key else set())
    return [column for column in survey.columns if column not in used]
