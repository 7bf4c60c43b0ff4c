"""A plan that no longer fits, for people: what it says and what would be done now, side by side."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Mapping, Sequence

import click

from sync.cli.text import one_line, shown
from sync.contacts.json_value import Json
from sync.contacts.problem import Action
from sync.plan.saved import Difference, Side
from sync.run.report import SyncReport

SHOWN_CONTACTS = 25
_NOTHING = "–"
_GAP = "  "
_NARROWEST = 16


def print_difference(report: SyncReport) -> None:
    """Print where what would be done is not what was approved, and that nothing was sent."""
    differences = report.stale or ()
    for difference in differences[:SHOWN_CONTACTS]:
        _print_contact(difference)
    if len(differences) > SHOWN_CONTACTS:
        click.echo(f"  … and {len(differences) - SHOWN_CONTACTS} more contacts: --output json lists them all")
    click.secho(f"{report.name}: {report.error}", fg="red", bold=True)


def _print_contact(difference: Difference) -> None:
    who = difference.person.text
    named = f"{one_line(who)}, {one_line(difference.external_id)}" if who else one_line(difference.external_id)
    click.secho(f"≠ {named}", fg="yellow")
    planned, now = difference.planned, difference.now
    rows = [("", "the plan says", "now it would be"), ("", _what(planned), _what(now))]
    for name in dict.fromkeys([*planned.fields, *now.fields]):
        rows.append((f"{one_line(name)}:", _value(planned, name), _value(now, name)))
    _print_table(rows)


def _print_table(rows: Sequence[tuple[str, str, str]]) -> None:
    first = max(len(name) for name, _, _ in rows)
    room = shutil.get_terminal_size().columns - first - 4 - 2 * len(_GAP)
    widest = max(_NARROWEST, room // 2)
    second = min(widest, max(len(planned) for _, planned, _ in rows))
    for name, planned, now in rows:
        left, right = (textwrap.wrap(text, widest) or [""] for text in (planned, now))
        for place in range(max(len(left), len(right))):
            cells = (left[place : place + 1] or [""])[0].ljust(second), (right[place : place + 1] or [""])[0]
            click.echo(f"    {(name if place == 0 else '').ljust(first)}{_GAP}{_GAP.join(cells)}".rstrip())


def _what(side: Side) -> str:
    return "nothing" if side.action is None else f"{side.action}, held back" if side.held else side.action


def _value(side: Side, name: str) -> str:
    values = side.fields.get(name)
    return _NOTHING if side.action is None or values is None else _told(side.action, values)


def _told(action: Action, values: Mapping[str, Json]) -> str:
    """As in a report; what stays is said once."""
    old, new = shown(values["from"]), shown(values["to"])
    if action in ("create", "delete"):
        return new if action == "create" else old
    return new if old == new else f"{old} → {new}"
