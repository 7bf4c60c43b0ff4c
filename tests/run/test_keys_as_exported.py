"""Keys with guards, and keys of several columns: nobody collides, and whoever was there keeps their key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support.run_bench import run
from tests.support.workbench import Workbench, person, workbench

COLUMNS = ("branch", "id", "first", "last", "company", "phone", "email", "notes")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        yield made


def made_before(bench: Workbench, now: str, before: str) -> None:
    """The state and the workspace as a program left them that had this key."""
    (contact,) = bench.sandbox.by_external_id(now)
    bench.sandbox.edit(str(contact["id"]), externalId=before)
    with sa.create_engine(f"sqlite:///{bench.state}").begin() as connection:
        connection.execute(
            sa.text("UPDATE contacts SET external_id = :before WHERE external_id = :now"),
            {"before": before, "now": now},
        )


def test_keys_of_two_columns_do_not_collide_and_a_state_from_before_keeps_its_contacts(bench: Workbench) -> None:
    bench.configure(key=["branch", "id"])
    ana, bo = person(1, branch="1/2", id="3"), person(2, branch="1", id="2/3")
    bench.write([ana], COLUMNS)
    assert run(bench).counts == {"created": 1}
    made_before(bench, "1%2F2/3", "1/2/3")
    bench.write([ana, bo], COLUMNS)
    assert run(bench).counts == {"created": 1, "unchanged": 1}
    for rows in ([ana, bo], [bo, ana]):
        bench.write(rows, COLUMNS)
        assert run(bench, "--verify").counts == {"unchanged": 2}
    assert sorted(str(one["externalId"]) for one in bench.sandbox.contacts.values()) == ["1/2%2F3", "1/2/3"]


def test_a_guard_comes_and_goes_and_nobody_is_doubled(bench: Workbench) -> None:
    bench.write([person(1, id="'007")])
    assert run(bench).counts == {"created": 1}
    assert len(bench.sandbox.by_external_id("007")) == 1
    made_before(bench, "007", "'007")
    for key in ("'007", '="007"', "007"):
        bench.write([person(1, id=key)])
        assert run(bench, "--verify").counts == {"unchanged": 1}
    assert len(bench.sandbox.contacts) == 1


def test_what_is_lost_on_the_way_in_is_said_and_bounded(bench: Workbench) -> None:
    bench.write([person(number, phone=f"415-555-{number:04d} x12") for number in range(130)])
    result = run(bench)
    said = [warning for warning in result.sync["warnings"] if warning["kind"] == "changed_value"]
    assert result.counts == {"created": 130}
    assert len(said) == 101
    assert (said[0]["row"], said[0]["text"]) == (2, "phone: the extension 'x12' was left out")
    assert said[-1]["text"] == "phone: likewise in 30 more rows"
    assert run(bench).sync["warnings"] == []
