"""What is taken along: a run's changes, and the rows that need a person, as CSV or JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator

from aiohttp import web

from sync.contacts.json_value import Json, json_text
from sync.contacts.problem import Problem
from sync.daemon.web import words
from sync.daemon.web.html import see_other
from sync.daemon.web.site import Site
from sync.run.report import problem_json, tidied
from sync.state.address import StateError
from sync.state.history import ChangeRecord
from sync.state.store import State

CHANGE_COLUMNS = ("action", "externalId", "contactId", "name", "field", "old", "new")
PROBLEM_COLUMNS = ("row", "externalId", "name", "company", "number", "kind", "action", "column", "value", "reason")


async def run_csv(site: Site, request: web.Request) -> web.Response:
    """A run's changes, a line a field."""
    number = int(request.match_info["run"])
    return await _sent(site, request, f"run-{number}.csv", lambda state: _csv(CHANGE_COLUMNS, _lines(state, number)))


async def run_json(site: Site, request: web.Request) -> web.Response:
    """A run's changes as the report has them."""
    number = int(request.match_info["run"])
    return await _sent(site, request, f"run-{number}.json", lambda state: _json(state, number))


async def problems_csv(site: Site, request: web.Request) -> web.Response:
    """The rows that need a person, as they were, and why."""
    name, redactor = site.known(request.match_info["name"]), site.loaded.redactor()

    def ask(state: State) -> str:
        return _problems([tidied(problem, redactor) for problem in state.history.problems(name)])

    return await _sent(site, request, f"{name}-problems.csv", ask)


async def _sent(site: Site, request: web.Request, name: str, ask: Callable[[State], str]) -> web.Response:
    site.seeing(request)
    try:
        text = await site.asked(ask)
    except StateError:
        return see_other("/")
    kind = "application/json" if name.endswith(".json") else "text/csv"
    mark = "" if name.endswith(".json") else "\ufeff"  # by it spreadsheets know that it is UTF-8
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    body = (mark + text).encode("utf-8", "replace")
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)


def _csv(columns: Iterable[str], lines: Iterable[Iterable[object]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(columns)
    writer.writerows(lines)
    return written.getvalue()


def _lines(state: State, run: int) -> Iterator[tuple[object, ...]]:
    for record in state.lookback.every_change_of_run(run):
        about = (record.action, record.external_id, record.contact_id or "", record.person.name or "")
        for name, values in record.fields.items():
            yield (*about, name, words.value(values["from"]), words.value(values["to"]))
        if not record.fields:
            yield (*about, "", "", "")


def _json(state: State, run: int) -> str:
    found = state.history.run(run)
    whole: dict[str, Json] = {
        "run": run,
        "sync": found.sync if found else None,
        "started_by": found.started_by if found else None,
        "status": found.status if found else None,
        "counts": dict(found.counts) if found else {},
        "changes": [_change(record) for record in state.lookback.every_change_of_run(run)],
    }
    return json_text(whole, indent=1) + "\n"


def _change(record: ChangeRecord) -> dict[str, Json]:
    return {
        "action": record.action,
        "external_id": record.external_id,
        "contact_id": record.contact_id,
        "name": record.person.name,
        "fields": {name: dict(values) for name, values in record.fields.items()},
    }


def _problems(problems: list[Problem]) -> str:
    """Beside what is wrong the row's own columns, so that it can be mended and handed back."""
    columns = list(dict.fromkeys(column for problem in problems for column in problem.cells))
    lines = []
    for problem in problems:
        told, person = problem_json(problem), problem.person
        about = [told["row"], told["external_id"], person.name, person.company, person.number, told["kind"]]
        about += [told["action"], told["column"], told["value"], told["reason"]]
        lines.append(
            ["" if each is None else each for each in about] + [problem.cells.get(name, "") for name in columns]
        )
    return _csv([*PROBLEM_COLUMNS, *(f"row: {column}" for column in columns)], lines)
