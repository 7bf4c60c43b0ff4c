"""Columns that were sorted alone, moved, emptied, not calculated; mappings that changed: held, or named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.run_bench import run
from tests.support.workbench import Row, Workbench, people, person, workbench

COUNT = 60


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """Sixty contacts in step."""
    with workbench(tmp_path) as opened:
        opened.write(people(COUNT))
        assert opened.run().exit == 0
        yield opened


def emptied(column: str) -> list[Row]:
    return [person(number, **{column: ""}) for number in range(COUNT)]


def sorted_alone(column: str) -> list[Row]:
    values = sorted((row[column] for row in people(COUNT)), key=lambda value: value[::-1])
    return [person(number, **{column: value}) for number, value in enumerate(values)]


def moved(*columns: str) -> list[Row]:
    """These columns one row further down, the last value at the top."""
    rows = people(COUNT)
    return [{**row, **{name: rows[place - 1][name] for name in columns}} for place, row in enumerate(rows)]


ACCIDENTS = {
    "numbers not calculated yet": (emptied("phone"), "phoneNumbers.mobile"),
    "companies emptied": (emptied("company"), "company"),
    "last names emptied": (emptied("last"), "lastName"),
    "notes emptied": (emptied("notes"), "customFields.notes"),
    "addresses emptied": (emptied("email"), "emails.work"),
    "names sorted alone": (sorted_alone("first"), "firstName"),
    "numbers sorted alone": (sorted_alone("phone"), "phoneNumbers.mobile"),
    "addresses sorted alone": (sorted_alone("email"), "emails.work"),
    "the ids moved by one row": (moved("first", "phone", "email", "notes"), "firstName"),
    "two columns changed places": ([person(n, first="Núñez", last=f"Ana{n}") for n in range(COUNT)], "name"),
}


@pytest.mark.parametrize(("rows", "named"), ACCIDENTS.values(), ids=ACCIDENTS)
def test_an_accident_in_a_column_is_held_and_named(bench: Workbench, rows: list[Row], named: str) -> None:
    edited = [*rows[:-1], rows[-1] | {"id": "c59"}, person(100)]
    bench.write(edited)
    dry, result = run(bench, "--dry-run"), run(bench)

    assert dry.exit == result.exit == 4
    assert dry.counts == result.counts
    assert result.counts["created"] == 1, "the rest goes on"
    assert result.counts["held"] > COUNT * 0.9
    assert not any(request.method == "PATCH" for request in bench.sandbox.requests)
    problems = [problem for problem in result.sync["problems"] if problem["kind"] == "held"]
    assert {problem["action"] for problem in problems} == {"update"}
    assert named in problems[0]["reason"]
    assert f"--max-rewrites {result.counts['held']}" in problems[0]["reason"]
    assert bench.wrong([*people(COUNT), person(100)]) == []

    bench.write([*people(COUNT), person(100)])  # put right in the source
    assert run(bench).counts == {"unchanged": COUNT + 1}


def test_what_is_meant_goes_through_once(bench: Workbench) -> None:
    bench.write(emptied("phone"))
    assert run(bench, "--max-rewrites", "59").exit == 4
    assert run(bench, "--max-rewrites", "99%").exit == 4
    assert run(bench, "--dry-run", "--max-rewrites", "60").counts == {"updated": COUNT}
    assert run(bench, "--max-rewrites", "60").counts == {"updated": COUNT}
    assert bench.wrong() == []
    assert run(bench).counts == {"unchanged": COUNT}


def test_a_dozen_corrected_by_hand_and_updates_of_everybody_are_not_stopped(bench: Workbench) -> None:
    dozen = [person(n, first=f"Eva{n}", phone="", company="Beta") for n in range(12)]
    bench.write([*dozen, *[person(n, company="Beta", notes="new") for n in range(12, COUNT)]])
    assert run(bench).counts == {"updated": COUNT}


@pytest.mark.parametrize(("limit", "exit_code"), [(0, 4), (11, 4), (12, 0), ("10%", 4), ("100%", 0)])
def test_the_limit_of_the_configuration(bench: Workbench, limit: object, exit_code: int) -> None:
    bench.configure(max_rewrites=limit)
    bench.write([*[person(n, last="Roe") for n in range(12)], *people(COUNT - 12, 12)])
    assert run(bench).exit == exit_code


def test_verify_puts_back_what_others_did_to_everybody(bench: Workbench) -> None:
    for contact in list(bench.sandbox.contacts.values()):
        bench.sandbox.edit(contact["id"], firstName="Hacked", phoneNumbers={})
    assert run(bench, "--verify").counts == {"updated": COUNT}
    assert bench.wrong() == []


def test_the_first_run_of_a_lost_state_updates_everybody_who_merely_differs(bench: Workbench) -> None:
    bench.forget_state()
    bench.write([person(n, company="Beta", email=f"new{n}@example.com") for n in range(COUNT)])
    assert run(bench).counts == {"updated": COUNT, "adopted": COUNT}
    bench.forget_state()
    bench.write([person(n, first=f"Other{n}", phone=f"+1628555{n:04d}") for n in range(COUNT)])
    result = run(bench)
    assert (result.exit, result.counts) == (4, {"held": COUNT})


# --- a changed mapping


def told(result: Any) -> list[str]:
    return [warning["text"] for warning in result.sync["warnings"] if warning["kind"] == "mapping_changed"]


def fields(**changed: Any) -> dict[str, Any]:
    """The fields of the sync, with some mapped otherwise; None: not at all."""
    mapped = {
        "firstName": "first",
        "lastName": "last",
        "company": "company",
        "phoneNumbers": {"mobile": "phone"},
        "emails": {"work": "email"},
        **changed,
    }
    return {name: spec for name, spec in mapped.items() if spec is not None}


def test_a_changed_mapping_is_named_and_not_held(bench: Workbench) -> None:
    bench.configure(fields=fields(lastName="company", company="notes"))
    dry, result = run(bench, "--dry-run"), run(bench)
    assert dry.counts == result.counts == {"updated": COUNT}
    assert told(dry) == told(result)
    assert told(result) == [
        f"mapping changed: company in {COUNT} contacts",
        f"mapping changed: lastName in {COUNT} contacts",
    ]
    assert told(run(bench)) == []


def test_what_the_source_does_beside_a_changed_mapping_is_held(bench: Workbench) -> None:
    bench.configure(fields=fields(company="notes"))
    bench.write(sorted_alone("first"))
    result = run(bench)
    assert result.exit == 4
    assert result.counts["held"] > COUNT * 0.9
    assert "firstName of another contact" in result.reasons("held")[0]


def test_a_mapping_counts_as_changed_until_every_contact_is_as_it_says(bench: Workbench) -> None:
    bench.configure(fields=fields(lastName="company"), max_updates=5)
    assert run(bench).counts == {"held": COUNT}
    bench.configure(max_updates="100%")
    assert run(bench).counts == {"updated": COUNT}
    bench.write([person(number, company=f"Other {number}") for number in range(COUNT)])
    assert run(bench).exit == 4, "this time it is the source"


def test_a_mapping_that_is_taken_back_half_way_is_a_changed_mapping(bench: Workbench) -> None:
    bench.configure(fields=fields(lastName="company"))
    bench.sandbox.faults.every(1, "401", {"PATCH"}, after=30)
    assert run(bench).exit == 1
    bench.sandbox.faults.clear()
    bench.configure(fields=fields())
    result = run(bench)
    assert result.exit == 0
    assert result.counts["updated"] >= 30
    assert bench.wrong() == []


def test_another_country_for_numbers_without_one_is_a_changed_mapping(bench: Workbench) -> None:
    rows = [person(number, phone=f"030 1234{number:04d}") for number in range(COUNT)]
    bench.configure(region="DE")
    bench.write(rows)
    assert run(bench, "--max-rewrites", "100%").exit == 0
    bench.configure(region="IT")
    result = run(bench)
    assert (result.exit, result.counts) == (0, {"updated": COUNT})
    assert told(result) == [f"mapping changed: phoneNumbers in {COUNT} contacts"]
