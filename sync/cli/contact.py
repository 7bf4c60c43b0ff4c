"""``openphone-sync contact KEY``: all that is known of one contact; with ``--look`` how the workspace holds it now."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from sync.cli.common import Fail, Surroundings, Where, config_options, failing, json_lines, output_option, print_lines
from sync.cli.completing import completed_by, keys, sync_names
from sync.cli.examples import examples
from sync.cli.looking import again, called, change_in_json, check_names, iso, known_syncs, looking, print_change, when
from sync.cli.text import one_line, shown
from sync.run.report import EXIT_FAILED, problem_json

if TYPE_CHECKING:
    from sync.config.model import LoadedConfig
    from sync.contacts.contact import Contact
    from sync.contacts.json_value import Json
    from sync.lookback.contact_facts import ContactFacts
    from sync.state.lookback import Found
    from sync.state.store import State


@dataclass(frozen=True, slots=True)
class _Look:
    """What the workspace holds now: the contact, or nobody."""

    contact: Contact | None


@click.command(
    "contact",
    epilog=examples(
        "contact c42",
        "contact 'Ana Roe'             # nobody has that key: a search by name, number or key",
        "contact c42 --look            # asks the workspace, too",
    ),
)
@click.argument("key", shell_complete=completed_by(keys))
@config_options
@output_option
@click.option(
    "--sync", metavar="NAME", shell_complete=completed_by(sync_names), help="Only this sync, where several have it."
)
@click.option("--look", is_flag=True, help="Ask the workspace for it now: one request, for which the key is needed.")
@click.pass_obj
def command(around: Surroundings, key: str, where: Where, output: str, sync: str | None, look: bool) -> None:
    """One contact: what became of its row, what was last sent, every change with its run. Needs no key but for --look.

    KEY is the source's key, the externalId, or OpenPhone's id of the contact. Where nobody has it, those are found who
    are called so, or have this number: the only one is shown, several are listed (exit 1), as is nobody.
    """
    fail = failing(output, lambda message: json_lines(_document([], [], error=message)))
    loaded = where.read((), fail, to_look_back=not look)
    with looking(loaded, fail) as state:
        check_names([sync] if sync else [], known_syncs(loaded, state), fail)
        facts, others = _found(state, loaded, key, sync)
    if not facts and not others:
        within = f" in {sync}" if sync else ""
        fail(
            f"nobody is known{within} by {key!r}: no key, no id, no name and no number. "
            "What no run has read yet is not known either: 'openphone-sync run --dry-run' shows it.",
            EXIT_FAILED,
        )
    looks = _look(loaded, around, facts, fail) if look else [None] * len(facts)
    error = None if facts else f"nobody has the key {key!r}; {len(others)} who may be meant"
    if output == "json":
        print_lines(json_lines(_document(list(zip(facts, looks, strict=True)), others, error=error)))
    elif facts:
        for each, seen in zip(facts, looks, strict=True):
            _print(each, seen, where)
    else:
        _print_others(key, others, where)
    sys.exit(0 if facts else EXIT_FAILED)


def _found(
    state: State, loaded: LoadedConfig, key: str, sync: str | None
) -> tuple[list[ContactFacts], Sequence[Found]]:
    """Who has the key; else who may be meant."""
    from sync.lookback.contact_facts import Place, candidates, contact_facts, places

    prefixes = {name: options.key_prefix for name, options in loaded.config.syncs.items()}
    at = places(state, key, sync=sync, prefixes=prefixes)
    others = [] if at else candidates(state, key, sync=sync)
    if len(others) == 1:
        at = [Place(others[0].sync, others[0].external_id)]
    return [contact_facts(state, each) for each in at], [] if at else others


def _look(loaded: LoadedConfig, around: Surroundings, facts: Sequence[ContactFacts], fail: Fail) -> list[_Look | None]:
    import asyncio

    return asyncio.run(_looked(loaded, around, facts, fail)) if facts else []


async def _looked(
    loaded: LoadedConfig, around: Surroundings, facts: Sequence[ContactFacts], fail: Fail
) -> list[_Look | None]:
    """Each contact as the workspace holds it. Ends the command where that does not answer."""
    from sync.config.jobs import Jobs
    from sync.openphone.errors import OpenPhoneError

    try:
        async with Jobs(loaded, around.clock, around.patience).client() as client:
            looks: list[_Look | None] = []
            for each in facts:
                if each.contact_id is not None:
                    looks.append(_Look(await client.get(each.contact_id)))
                else:
                    under_key = await client.find([each.external_id])
                    looks.append(_Look(next(iter(under_key.get(each.external_id, [])), None)))
            return looks
    except OpenPhoneError as error:
        fail(str(error), EXIT_FAILED)


# -- text


def _print(facts: ContactFacts, look: _Look | None, where: Where) -> None:
    click.secho(f"{called(facts.person, facts.external_id)}: {facts.sync}", bold=True)
    click.echo(f"  {one_line(facts.fate_text(when))}")
    for problem in facts.problems[1:]:
        click.echo(f"  {one_line(problem.text)}")
    if facts.tracked:
        since = f" since {when(facts.tracked_since)}" if facts.tracked_since is not None else ""
        click.echo(f"  tracked{since}; OpenPhone's id: {facts.contact_id}")
    elif facts.contact_id:
        click.echo(f"  not tracked; OpenPhone's id was {facts.contact_id}")
    else:
        click.echo("  not tracked: there is no contact of it")
    if facts.sent:
        _print_fields("what was last sent:", facts.sent)
    elif facts.last_seen is not None:
        seen = facts.last_seen.run
        _print_fields(f"what the workspace held in run {seen.id} ({when(seen.started_at)}):", facts.last_known)
    if look is not None:
        _print_look(facts, look)
    if facts.changes:
        click.echo("  changes, newest first:")
    for one in facts.changes:
        by = f", started by {one.run.started_by}" if one.run.started_by else ""
        print_change(
            one.change, "    ", head=f"{one.change.action} in run {one.run.id}, {when(one.run.started_at)}{by}"
        )
    if facts.changes:
        click.echo(f"  All that a run changed: {again(where, f'show {facts.changes[0].run.id}')}")


def _print_fields(title: str, fields: Mapping[str, Json]) -> None:
    click.echo(f"  {title}")
    for name, value in fields.items():
        click.echo(f"    {one_line(name)}: {shown(value)}")


def _print_look(facts: ContactFacts, look: _Look) -> None:
    from sync.lookback.contact_facts import compared

    if look.contact is None:
        click.secho("  the workspace does not have it now", fg="yellow")
    elif look.contact.unreadable is not None:
        click.secho(f"  the workspace has it, but it cannot be understood: {look.contact.unreadable}", fg="yellow")
    elif differing := compared(facts, look.contact):
        click.secho("  the workspace holds something else now (sent → now):", fg="yellow")
        for name, values in differing.items():
            click.echo(f"    {one_line(name)}: {shown(values['from'])} → {shown(values['to'])}")
    else:
        click.secho("  the workspace holds it just so now", fg="green")


def _print_others(key: str, others: Sequence[Found], where: Where) -> None:
    click.echo(f"Nobody has the key {one_line(key)!r}. Did you mean:")
    for one in others:
        note = "" if one.tracked else " (no contact: its row needs a person)"
        click.echo(f"  {called(one.person, one.external_id)}: {one.sync}{note}")
    click.echo(f"Show one with its key: {again(where, f'contact {others[0].external_id}')}")


# -- for programs


def _document(
    facts: Sequence[tuple[ContactFacts, _Look | None]], others: Sequence[Found], *, error: str | None = None
) -> dict[str, Json]:
    found: list[Json] = [_json(each, look) for each, look in facts]
    candidates: list[Json] = [
        {
            "sync": one.sync,
            "external_id": one.external_id,
            "name": one.person.name,
            "company": one.person.company,
            "number": one.person.number,
            "tracked": one.tracked,
        }
        for one in others
    ]
    return {"contacts": found, "candidates": candidates, "error": error}


def _json(facts: ContactFacts, look: _Look | None) -> dict[str, Json]:
    fate, seen = facts.fate, facts.last_seen
    changes: list[Json] = [
        {
            "run": one.run.id,
            "started": iso(one.run.started_at),
            "started_by": one.run.started_by,
            **change_in_json(one.change),
        }
        for one in facts.changes
    ]
    return {
        "sync": facts.sync,
        "external_id": facts.external_id,
        "contact_id": facts.contact_id,
        "name": facts.person.name,
        "company": facts.person.company,
        "number": facts.person.number,
        "tracked": facts.tracked,
        "tracked_since": iso(facts.tracked_since),
        "fate": {
            "kind": fate.kind,
            "text": facts.fate_text(when),
            "run": fate.run.id if fate.run else None,
            "since": iso(fate.since),
        },
        "sent": dict(facts.sent),
        "last_known": {"run": seen.run.id, "at": iso(seen.run.started_at), "fields": dict(facts.last_known)}
        if seen
        else None,
        "workspace": _look_json(facts, look) if look is not None else None,
        "problems": [problem_json(problem) for problem in facts.problems],
        "changes": changes,
    }


def _look_json(facts: ContactFacts, look: _Look) -> dict[str, Json]:
    from sync.contacts.contact import differences
    from sync.lookback.contact_facts import compared

    now = look.contact
    readable = now if now is not None and now.unreadable is None else None
    return {
        "there": now is not None,
        "fields": {name: values["to"] for name, values in differences(None, readable).items()},
        "differs": {name: dict(values) for name, values in compared(facts, readable).items()} if readable else {},
    }
