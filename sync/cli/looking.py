"""What the commands share that look back: the state opened, names checked, times and changes as people read them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.common import Fail, Where
from sync.cli.text import one_line, shown
from sync.run.report import EXIT_FAILED, EXIT_USAGE
from sync.wording import did_you_mean

if TYPE_CHECKING:
    from sync.config.model import LoadedConfig
    from sync.contacts.json_value import Json
    from sync.contacts.person import Person
    from sync.state.history import ChangeRecord
    from sync.state.store import State

MARKS: Mapping[str, tuple[str, str]] = {
    "create": ("+", "green"),
    "update": ("~", "yellow"),
    "delete": ("-", "red"),
    "adopt": ("=", "cyan"),
}
UNKNOWN = "cut off: the outcome is not known"


@contextmanager
def looking(loaded: LoadedConfig, fail: Fail) -> Iterator[State]:
    """The state, to be read at once. Ends the command with exit 1 where it cannot be."""
    from sync.lookback.reading import opened
    from sync.state.address import StateError

    try:
        with opened(loaded.state_url()) as state:
            yield state
    except (StateError, OSError) as error:
        fail(str(error), EXIT_FAILED)


def known_syncs(loaded: LoadedConfig, state: State) -> list[str]:
    """The syncs of the configuration, then those that only the state knows."""
    return list(dict.fromkeys([*loaded.config.syncs, *state.syncs()]))


def check_names(names: Sequence[str], known: Sequence[str], fail: Fail) -> None:
    """Every sync that was asked for is one that the configuration or the state knows. Exit 2 otherwise."""
    for name in names:
        if name not in known:
            fail(f"no sync named {name!r}: there is {', '.join(known)}{did_you_mean(name, known)}", EXIT_USAGE)


def when(seconds: float) -> str:
    """A time as people write it, by this machine's clock."""
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


def iso(seconds: float | None) -> str | None:
    """A time as programs read it."""
    return None if seconds is None else datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds")


def lasted(seconds: float) -> str:
    """How long something took."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def again(where: Where, command: str) -> str:
    """A command to type next, for the same configuration."""
    other = "" if where.config == Path("config.yaml") else f" -c {shlex.quote(str(where.config))}"
    return f"openphone-sync {command}{other}"


def called(person: Person, external_id: str | None) -> str:
    """Whom something is about: the name first, the key behind it."""
    key = one_line(external_id) if external_id else ""
    who = one_line(person.text)
    return f"{who}, {key}" if who and key else who or key or "a contact"


def print_change(change: ChangeRecord, indent: str = "", *, head: str | None = None) -> None:
    """One contact and what became of it, old → new. ``head`` stands in place of whom it is about."""
    mark, colour = MARKS.get(change.action, ("?", "white"))
    unknown = "" if change.done else f"  ({UNKNOWN})"
    what = head if head is not None else f"{change.action} {called(change.person, change.external_id)}"
    click.secho(f"{indent}{mark} {what}{unknown}", fg=colour)
    for name, values in change.fields.items():
        click.echo(f"{indent}    {one_line(name)}: {old_to_new(change.action, values)}")


def old_to_new(action: str, values: Mapping[str, Json]) -> str:
    """A field's change as a report tells it."""
    if action in ("create", "delete"):
        return shown(values["to" if action == "create" else "from"])
    return f"{shown(values['from'])} → {shown(values['to'])}"


def in_sheet(value: Json) -> str:
    """A field's value in a cell; empty where there is none."""
    return "" if value is None else shown(value)


def change_in_json(change: ChangeRecord) -> dict[str, Json]:
    """A change of the history for programs; its fields as the report of a run has them."""
    person = change.person
    return {
        "action": change.action,
        "external_id": change.external_id,
        "contact_id": change.contact_id,
        "name": person.name,
        "company": person.company,
        "outcome": "done" if change.done else "unknown",
        "fields": {name: dict(values) for name, values in change.fields.items()},
    }
