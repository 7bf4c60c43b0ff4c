"""``openphone-sync demo``: the whole job on this machine, with nothing to set up."""

from __future__ import annotations

import asyncio
import csv
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.common import Surroundings, configure_logs
from sync.cli.examples import examples

if TYPE_CHECKING:
    from sync.config.jobs import Jobs
    from sync.openphone.client import OpenPhone

_HEADER = ("id", "first_name", "last_name", "company", "phone", "email", "is_lead", "tags", "since")
_PEOPLE = (
    (
        "c1",
        "Zoë",
        "Müller",
        "Northside Bakery",
        "(555) 555-5555",
        "zoe@northside.example",
        "no",
        "vip; weekly",
        "2024-03-01",
    ),
    ("c2", "Ramón", "Núñez", "Harbour Dental", "415-555-0102", "ramon@harbour.example", "yes", "new", "2026-01-15"),
    ("c3", "Ada", "Okafor", "Okafor & Sons", "4155550103.0", "", "no", "", "2025-07-30"),
    ("c4", "Jun", "Sato", "Sato Cycles", "+81 3-1234-5678", "jun@sato.example", "yes", "vip", "2023-11-11"),
    ("c5", "Lena", "Berg", "", "(415) 555-0105", "lena@berg.example", "", "", ""),
    ("c6", "Omar", "Haddad", "Haddad Legal", "12", "omar@haddad.example", "no", "weekly", "2022-05-05"),
)
_CONFIG = """\
openphone:
  api_key: {key}
  base_url: {url}
syncs:
  customers:
    source: {{type: csv, path: customers.csv}}
    key: id
    fields:
      firstName: first_name
      lastName: last_name
      company: company
      phoneNumbers: {{mobile: phone}}
      emails: {{work: email}}
    customFields:
      Inbound Lead: is_lead
      tags: {{column: tags, split: ";"}}
      Customer Since: since
"""


@click.command("demo", epilog=examples("demo"))
@click.pass_obj
def command(around: Surroundings) -> None:
    """The whole job with nothing to set up: a sandbox, a sample CSV, a sync, an edit, a second sync.

    Everything stays on this machine, in a temporary folder; nothing is sent anywhere.
    """
    configure_logs("console", "warning")
    with tempfile.TemporaryDirectory(prefix="openphone-sync-demo-") as folder:
        asyncio.run(_demo(Path(folder), around))


async def _demo(folder: Path, around: Surroundings) -> None:
    from sync.config.file import load
    from sync.config.jobs import Jobs
    from sync.sandbox import Sandbox

    async with Sandbox() as sandbox:
        _say(f"A local OpenPhone workspace answers at {sandbox.url}; a spreadsheet has {len(_PEOPLE)} customers.")
        path = folder / "config.yaml"
        path.write_text(_CONFIG.format(key=sandbox.key, url=sandbox.url), encoding="utf-8")
        _write(folder, _PEOPLE)
        jobs = Jobs(load(path, {}), around.clock, around.patience)
        async with jobs.client() as client:
            await _story(folder, jobs, client)
        held = sorted(c["externalId"] for c in sandbox.contacts.values())
        _say(f"The workspace holds {', '.join(held)}: what the spreadsheet says, nothing doubled, nothing lost.")
    click.echo('Next: "The first sync of a real workspace" in the README. Powered by OpenPhone.')


async def _story(folder: Path, jobs: Jobs, client: OpenPhone) -> None:
    _say("1. What would happen?  openphone-sync run --dry-run")
    await _run(jobs, client, dry_run=True)
    _say("2. Do it.  openphone-sync run   (row 7 has a phone number that is none: it is named, the rest goes on)")
    await _run(jobs, client)
    _say("3. Someone edits the sheet: c2 moves to another company, c5 leaves, c6's number is corrected, c7 is new.")
    _write(folder, _edited())
    await _run(jobs, client)
    _say("4. Once more: nothing has changed, so nothing is sent.")
    await _run(jobs, client)


async def _run(jobs: Jobs, client: OpenPhone, *, dry_run: bool = False) -> None:
    from sync.cli.text import print_report
    from sync.run.job import RunOptions
    from sync.run.story import run_sync

    print_report(await run_sync(jobs.job("customers", client, asyncio.Event(), RunOptions(dry_run=dry_run))))


def _edited() -> list[tuple[str, ...]]:
    rows = {row[0]: list(row) for row in _PEOPLE if row[0] != "c5"}
    rows["c2"][3] = "Bayview Dental"
    rows["c6"][4] = "(415) 555-0106"
    rows["c7"] = [
        "c7",
        "Ines",
        "Costa",
        "Costa Tiles",
        "(415) 555-0107",
        "ines@costa.example",
        "yes",
        "new",
        "2026-11-01",
    ]
    return [tuple(row) for row in rows.values()]


def _write(folder: Path, rows: tuple[tuple[str, ...], ...] | list[tuple[str, ...]]) -> None:
    with (folder / "customers.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([_HEADER, *rows])


def _say(text: str) -> None:
    click.secho(f"\n{text}", bold=True)
