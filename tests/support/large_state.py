"""A state as it is after years: many contacts, many runs, many problems. Made at once, past the program's own writes.

``python -m tests.support.large_state FOLDER`` makes one with a configuration beside it, and says how long the commands
take that look back into it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sync.contacts.contact import Contact, Desired, Item
from sync.contacts.json_value import json_text
from sync.state.schema import CONTACTS, HISTORY, PROBLEMS, RUNS
from sync.state.store import State

CONFIG = """\
openphone: {api_key: "${OPENPHONE_API_KEY}"}
syncs:
  customers: {source: {type: csv, path: customers.csv}, key: id, fields: {firstName: first}}
"""
_STARTED = 1_790_000_000.0
_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is of what. The first run made everyone; each run after it changed ``a_run`` of them."""

    contacts: int = 100_000
    runs: int = 1_000
    a_run: int = 100
    problems: int = 500


def make(folder: Path, size: Size = Size()) -> Path:
    """The state and its configuration in this folder; the configuration's path."""
    folder.mkdir(parents=True, exist_ok=True)
    with State.open(f"sqlite:///{folder / 'state.db'}") as state, state.database.transaction() as connection:
        for table, rows in (
            (CONTACTS, _contacts(size)),
            (RUNS, _runs(size)),
            (HISTORY, _history(size)),
            (PROBLEMS, _problems(size)),
        ):
            for portion in _portions(rows):
                connection.execute(table.insert(), portion)
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    return folder / "config.yaml"


def _person(number: int, company: str = "Acme") -> Contact:
    return Contact(
        scalars={"firstName": f"Ana{number}", "lastName": "Núñez", "company": company, "role": None},
        phone_numbers=(Item("mobile", f"+1415{number:07d}"),),
        emails=(Item("work", f"ana{number}@example.com"),),
        custom_fields={"notes": f"note {number}"},
        external_id=f"c{number}",
        source="contact-sync",
        id=f"{number:024x}",
    )


def _contacts(size: Size) -> Iterator[dict[str, Any]]:
    for number in range(size.contacts):
        whole = _person(number)
        wanted = Desired(
            f"c{number}",
            whole.scalars,
            {"mobile": (whole.phone_numbers[0].value,)},
            {"work": (whole.emails[0].value,)},
            whole.custom_fields,
        )
        yield {
            "sync": "customers",
            "external_id": f"c{number}",
            "contact_id": whole.id,
            "fingerprint": number.to_bytes(16, "big"),
            "sent": json_text(wanted.to_json()),
            "changed_at": _STARTED,
        }


def _runs(size: Size) -> Iterator[dict[str, Any]]:
    for run in range(1, size.runs + 1):
        action, count = ("created", size.contacts) if run == 1 else ("updated", size.a_run)
        yield {
            "id": run,
            "sync": "customers",
            "started_at": _STARTED + 3600 * run,
            "ended_at": _STARTED + 3600 * run + 60,
            "status": "partial",
            "counts": json.dumps({"rows": size.contacts, action: count, "rejected": size.problems}),
            "error": None,
            "changes": count,
            "cut_short": False,
            "started_by": "the command line",
            "undoes": None,
            "fields": json.dumps({action.removesuffix("d"): {"company": count}}),
        }


def _history(size: Size) -> Iterator[dict[str, Any]]:
    def change(run: int, number: int, before: Contact | None, after: Contact) -> dict[str, Any]:
        return {
            "run_id": run,
            "sync": "customers",
            "external_id": f"c{number}",
            "contact_id": f"{number:024x}",
            "action": "update" if before else "create",
            "before": json_text(before.to_json()) if before else None,
            "after": json_text(after.to_json()),
            "done": True,
        }

    for number in range(size.contacts):
        yield change(1, number, None, _person(number))
    for run in range(2, size.runs + 1):
        for number in range(size.a_run):
            place = (run * size.a_run + number) % size.contacts
            yield change(run, place, _person(place, "Acme"), _person(place, f"Acme {run}"))


def _problems(size: Size) -> Iterator[dict[str, Any]]:
    for number in range(size.problems):
        yield {
            "sync": "customers",
            "row": number + 2,
            "external_id": f"p{number}",
            "column": "phone",
            "value": str(number),
            "reason": "is too short for a phone number",
            "kind": "rejected",
            "action": None,
            "remedy": None,
            "person": json.dumps({"name": f"Bo{number} Ode", "company": None, "number": None}),
            "cells": json.dumps({"id": f"p{number}", "first": f"Bo{number}", "phone": str(number)}),
        }


def _portions(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    portion: list[dict[str, Any]] = []
    for row in rows:
        portion.append(row)
        if len(portion) == _AT_ONCE:
            yield portion
            portion = []
    if portion:
        yield portion


COMMANDS = (
    ("show",),
    ("show", "1"),
    ("show", "500", "--output", "csv"),
    ("contact", "c777"),
    ("contact", f"{777:024x}"),
    ("contact", "nobody-at-all"),
    ("contact", "Ana777 Núñez"),
    ("contact", "555 0199"),
    ("problems",),
    ("problems", "--output", "csv"),
    ("status",),
)


def took(config: Path, command: tuple[str, ...]) -> float:
    """Seconds of the whole process: the best of three."""

    def once() -> float:
        started = time.perf_counter()
        arguments = [sys.executable, "-m", "sync", *command, "-c", str(config)]
        subprocess.run(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        return time.perf_counter() - started

    return min(once() for _ in range(3))


if __name__ == "__main__":
    started = time.perf_counter()
    made = (
        make(Path(sys.argv[1])) if not (Path(sys.argv[1]) / "state.db").exists() else Path(sys.argv[1]) / "config.yaml"
    )
    print(f"{time.perf_counter() - started:5.1f} s  to make it")
    for words in COMMANDS:
        print(f"{took(made, words):5.2f} s  openphone-sync {' '.join(words)}")
