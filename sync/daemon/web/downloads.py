"""What is taken along: a run's changes, and the rows that need a person, as CSV or JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice

from aiohttp import web

from sync.contacts.json_value import Json, json_text
from sync.contacts.problem import Problem
from sync.daemon.web import words
from sync.daemon.web.html import HEADERS, see_other
from sync.daemon.web.site import Site
from sync.lookback.reading import opened
from sync.lookback.run_facts import every_change_of
from sync.run.report import problem_json, tidied
from sync.sheet import MARK, line
from sync.state.address import StateError
from sync.state.history import ChangeRecord
from sync.state.store import State

PORTION = 500
"""Lines that are sent at once."""

CHANGE_COLUMNS = ("action", "externalId", "contactId", "name", "field", "old", "new")
PROBLEM_COLUMNS = ("row", "externalId", "name", "company", "number", "kind", "action", "column", "value", "reason")


async def run_csv(site: Site, request: web.Request) -> web.StreamResponse:
    """A run's changes, a line a field."""
    number = int(request.match_info["run"])
    return await _sent(site, request, f"run-{number}.csv", lambda state: _lines(state, number))


async def run_json(site: Site, request: web.Request) -> web.StreamResponse:
    """A run's changes as the report has them."""
    number = int(request.match_info["run"])
    return await _sent(site, request, f"run-{number}.json", lambda state: _json(state, number))


async def problems_csv(site: Site, request: web.Request) -> web.StreamResponse:
    """The rows that need a person, as they were, and why."""
    name, redactor = site.known(request.match_info["name"]), site.loaded.redactor()

    def ask(state: State) -> Iterator[str]:
        return _problems([tidied(problem, redactor) for problem in state.history.problems(name)])

    return await _sent(site, request, f"{name}-problems.csv", ask)


async def _sent(
    site: Site, request: web.Request, name: str, pieces: Callable[[State], Iterator[str]]
) -> web.StreamResponse:
    """A file, piece by piece as it is read: that of a first load is long."""
    site.seeing(request)
    kind = "application/json" if name.endswith(".json") else "text/csv"
    headers = {"Content-Type": f"{kind}; charset=utf-8", "Content-Disposition": f'attachment; filename="{name}"'}
    try:
        with opened(site.loaded.state_url()) as state:
            parts = pieces(state)
            first = await asyncio.to_thread(_portion, parts)
            response = web.StreamResponse(headers={**headers, **HEADERS})
            await response.prepare(request)
            part = first if kind == "application/json" else f"{MARK}{first}"
            while part:
                await response.write(part.encode("utf-8", "replace"))
                part = await asyncio.to_thread(_portion, parts)
    except StateError:
        return see_other("/")
    await response.write_eof()
    return response


def _portion(pieces: Iterator[str]) -> str:
    return "".join(islice(pieces, PORTION))


def _lines(state: State, run: int) -> Iterator[str]:
    yield line(CHANGE_COLUMNS)
    for record in every_change_of(state, run):
        about = (record.action, record.external_id, record.contact_id or "", record.person.name or "")
        for name, values in record.fields.items():
            yield line((*about, name, words.value(values["from"]), words.value(values["to"])))
        if not record.fields:
            yield line((*about, "", "", ""))


def _json(state: State, run: int) -> Iterator[str]:
    found = state.history.run(run)
    head: dict[str, Json] = {
        "run": run,
        "sync": found.sync if found else None,
        "started_by": found.started_by if found else None,
        "status": found.status if found else None,
        "counts": dict(found.counts) if found else {},
    }
    yield json_text(head).removesuffix("}") + ', "changes": ['
    comma = ""
    for record in every_change_of(state, run):
        yield f"{comma}\n{json_text(_change(record))}"
        comma = ","
    yield "\n]}\n"


def _change(record: ChangeRecord) -> dict[str, Json]:
    return {
        "action": record.action,
        "external_id": record.external_id,
        "contact_id": record.contact_id,
        "name": record.person.name,
        "fields": {name: dict(values) for name, values in record.fields.items()},
    }


def _problems(problems: list[Problem]) -> Iterator[str]:
    """Beside what is wrong the row's own columns, so that it can be mended and handed back."""
    columns = list(dict.fromkeys(column for problem in problems for column in problem.cells))
    yield line([*PROBLEM_COLUMNS, *(f"row: {column}" for column in columns)])
    for problem in problems:
        told, person = problem_json(problem), problem.person
        about: list[Json] = [told["row"], told["external_id"], person.name, person.company, person.number, told["kind"]]
        about += [told["action"], told["column"], told["value"], told["reason"]]
        of_row = [problem.cells.get(name, "") for name in columns]
        yield line([*("" if each is None else str(each) for each in about), *of_row])
