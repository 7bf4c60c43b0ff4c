"""``--only`` and ``--limit``: what a part does, whom it leaves alone, and that a whole run ends as the whole alone."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.sandbox import SandboxOptions, SandboxThread
from tests.connectors.test_crm_run import configure, served
from tests.support.crm_server import CrmServer
from tests.support.run_bench import run
from tests.support.sheet_run_bench import guide, ids, names, sheet_bench
from tests.support.workbench import FAST, Workbench, people, person, workbench


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with workbench(tmp_path_factory.mktemp("partial"), wait=0.05) as made:
        yield made


@pytest.fixture
def bench(shared: Workbench, tmp_path: Path) -> Workbench:
    """Six people in a workspace; in the file Ana0 and Ana1 moved, Ana4 and Ana5 are gone, Ana6 and Ana7 are new."""
    for contact_id in shared.sandbox.contacts:
        shared.sandbox.remove(contact_id)
    made = Workbench(tmp_path, shared.sandbox, list_lag=0.05)
    made.configure(max_deletes="100%")
    made.write(people(6))
    assert made.run().exit == 0
    made.write([*(person(n, company="Moved") for n in (0, 1)), *people(2, 2), *people(2, 6)])
    return made


def facts(bench: Workbench) -> list[tuple[Any, ...]]:
    """What the state remembers of the source as a whole."""
    with sqlite3.connect(bench.state) as connection:
        notes = connection.execute("SELECT name, value FROM notes WHERE name NOT IN ('same source', 'mapping_sample')")
        found = [*notes, *connection.execute("SELECT * FROM syncs")]
    return sorted(found, key=repr)


def moved(bench: Workbench) -> list[str]:
    held = bench.sandbox.contacts.values()
    return sorted(str(one["externalId"]) for one in held if one["defaultFields"]["company"] == "Moved")


def test_only_touches_whom_it_names(bench: Workbench) -> None:
    before = facts(bench)
    result = run(bench, "--only", "c0", "--only", "c6", "--only", "c2")
    assert (result.exit, result.counts) == (0, {"created": 1, "updated": 1, "unchanged": 1})
    assert (moved(bench), len(bench.sandbox.contacts)) == (["c0"], 7)
    assert facts(bench) == before
    assert run(bench, "--only", "c4").counts == {"deleted": 1}
    assert run(bench, "--only", "c4", "--dry-run").exit == 2, "nobody has it any more"
    assert run(bench).counts == {"created": 1, "updated": 1, "deleted": 1, "unchanged": 4}
    assert bench.wrong() == []


def test_a_key_that_nobody_has_is_refused_and_named(bench: Workbench) -> None:
    result = run(bench, "--only", "c0", "--only", "c99")
    assert (result.exit, bench.sandbox.writes()) == (2, [])
    assert result.error == "--only c99: neither the source nor the state of customers has this key; nothing was sent"
    bench.configure(where={"company": "Acme"})
    assert "(rows that 'where' leaves out do not count)" in run(bench, "--only", "c99").error


def test_only_goes_with_one_sync(bench: Workbench) -> None:
    bench.syncs["others"] = bench.syncs["customers"] | {"key_prefix": "other-"}
    bench.configure()
    result = bench.run("--only", "c0")
    assert (result.exit, result.document["error"]) == (
        2,
        "--only goes with one sync: 'openphone-sync run NAME --only KEY'",
    )
    assert run(bench, "others", "--only", "other-c0").counts == {"created": 1}
    assert run(bench, "others", "--only", "c1").counts == {"created": 1}


def test_what_others_need_a_person_for_stays_in_the_state(bench: Workbench) -> None:
    bench.write([*bench.rows, person(8, phone="12"), person(9, email="nobody")])
    assert run(bench).counts["rejected"] == 2
    bench.write([*bench.rows[:-2], person(8), person(9, email="nobody")])
    assert run(bench, "--only", "c8").counts == {"created": 1}
    with sqlite3.connect(bench.state) as connection:
        assert connection.execute("SELECT external_id FROM problems").fetchall() == [("c9",)]


def test_a_new_row_that_may_be_somebody_who_is_missing_is_held_from_either_side(bench: Workbench) -> None:
    bench.write([*bench.rows, person(4, id="n4")])
    for key in ("n4", "c4"):
        result = run(bench, "--only", key)
        assert (result.exit, result.counts, bench.sandbox.writes()) == (4, {"held": 1}, [])


def test_limit_does_the_first_in_the_order_of_the_source_and_never_deletes(bench: Workbench) -> None:
    bench.write(sorted(bench.rows, key=lambda row: row["id"], reverse=True))  # c7, c6, c3, c2, c1, c0
    before = facts(bench)
    result = run(bench, "--limit", "3")
    assert (result.exit, result.counts) == (0, {"created": 2, "updated": 1, "unchanged": 2, "left": 3})
    assert moved(bench) == ["c1"]
    assert facts(bench) == before
    assert run(bench, "--limit", "5").counts == {"updated": 1, "unchanged": 5, "left": 2}
    result = run(bench, "--limit", "5", "--dry-run")
    assert (result.counts, len(bench.sandbox.contacts)) == ({"unchanged": 6, "left": 2}, 8)
    assert run(bench).counts == {"deleted": 2, "unchanged": 6}
    assert bench.wrong() == []


def test_what_a_limit_holds_back_a_part_does_not_let_through(bench: Workbench) -> None:
    bench.configure(max_updates=1, max_deletes=1)
    result = run(bench, "--limit", "1")
    assert (result.exit, result.counts) == (4, {"created": 1, "held": 4, "left": 1, "unchanged": 2})


def another_mapping(bench: Workbench) -> None:
    bench.configure(fields=bench.syncs["customers"]["fields"] | {"company": "last", "lastName": "company"})


def other_keys(bench: Workbench) -> None:
    bench.write([row | {"id": f"n{row['id']}"} if row["id"] == "c3" else row for row in bench.rows])


def keyless(bench: Workbench) -> None:
    bench.write([row | {"id": ""} if row["id"] == "c3" else row for row in bench.rows])


def nothing_else(_: Workbench) -> None:
    pass


@pytest.mark.parametrize("before", [nothing_else, another_mapping, other_keys, keyless])
@pytest.mark.parametrize("parts", [["--limit", "1"], ["--limit", "3"], ["--only", "c0", "--only", "c7"]])
def test_a_part_and_then_the_whole_end_as_the_whole_alone(
    bench: Workbench, before: Callable[[Workbench], None], parts: list[str], tmp_path: Path
) -> None:
    before(bench)
    with SandboxThread(SandboxOptions(requests_per_second=FAST)) as twin:
        alone = twin_of(bench, twin, tmp_path / "alone")
        run(bench, *parts)
        whole, expected = run(bench), run(alone)
        assert (whole.exit, whole.counts.get("held")) == (expected.exit, expected.counts.get("held"))
        assert shown(bench) == shown(alone)
        assert remembered(bench) == remembered(alone)


def twin_of(bench: Workbench, sandbox: SandboxThread, folder: Path) -> Workbench:
    """The same source, state and workspace once more."""
    alone = Workbench(folder, sandbox, list_lag=0.05)
    alone.syncs = dict(bench.syncs)
    alone.configure()
    alone.write(bench.rows)
    shutil.copy(bench.state, alone.state)
    held = list(bench.sandbox.contacts.values())
    made = sandbox.seed([{"externalId": one["externalId"], "source": one["source"], **flat(one)} for one in held])
    with sqlite3.connect(alone.state) as connection:
        for was, now in zip((one["id"] for one in held), made, strict=True):
            connection.execute("UPDATE contacts SET contact_id = ? WHERE contact_id = ?", (now, was))
    return alone


def flat(contact: Any) -> dict[str, Any]:
    return {**contact["defaultFields"], "customFields": contact["customFields"]}


def shown(bench: Workbench) -> list[Any]:
    def of(contact: Any) -> Any:
        default = contact["defaultFields"]
        lists = [sorted((one["name"], one["value"]) for one in default[name]) for name in ("phoneNumbers", "emails")]
        custom = sorted((one["key"], str(one["value"])) for one in contact["customFields"])
        return contact["externalId"], default["firstName"], default["lastName"], default["company"], lists, custom

    return sorted(map(of, bench.sandbox.contacts.values()), key=repr)


def remembered(bench: Workbench) -> Any:
    """What the state knows but for times, and for when another run has to look again."""
    with sqlite3.connect(bench.state) as connection:
        contacts = connection.execute("SELECT external_id, fingerprint, sent, suspects FROM contacts").fetchall()
        notes = connection.execute(
            "SELECT name, value FROM notes "
            "WHERE name NOT IN ('verified_at', 'source', 'same source', 'mapping_changed')"
        )
        return sorted(contacts, key=repr), sorted(notes)


def test_a_first_load_in_parts(tmp_path: Path) -> None:
    with workbench(tmp_path, wait=0.05) as bench:
        bench.sandbox.seed([{"firstName": "Zoe", "phoneNumbers": [{"name": "mobile", "value": "+14155550007"}]}])
        bench.write(people(9))
        assert run(bench, "--only", "c3").counts == {"created": 1}
        assert run(bench, "--limit", "2").counts == {"created": 2, "unchanged": 1, "left": 6}
        last = run(bench)
        assert last.counts == {"created": 6, "unchanged": 3}
        assert [one["kind"] for one in last.sync["warnings"]] == ["look_alike"], "its first creates are not over yet"
        bench.configure(key_prefix="x-")
        assert run(bench).exit == 2


def test_random_parts_of_random_edits_end_as_they_should(bench: Workbench) -> None:
    rng = random.Random(12)
    for turn in range(6):
        rows = [row | {"last": f"L{rng.randrange(99)}"} if rng.random() < 0.3 else row for row in bench.rows]
        bench.write([row for row in rows if rng.random() < 0.85] + people(2, 20 + 2 * turn))
        for _ in range(rng.randrange(3)):
            keys = [word for row in rng.sample(bench.rows, 2) for word in ("--only", row["id"])]
            assert run(bench, *rng.choice([keys, ["--limit", str(rng.randrange(1, 4))]])).exit == 0
    assert run(bench).exit == 0
    assert bench.wrong() == []
    assert run(bench).counts == {"unchanged": len(bench.rows)}


@pytest.fixture
def server() -> Iterator[CrmServer]:
    with served() as opened:
        yield opened


def test_a_part_of_a_source_of_changes_moves_no_mark(bench: Workbench, server: CrmServer) -> None:
    bench.forget_state()
    incremental = {"param": "updated_since", "overlap": "5m", "full_every": "1d"}
    configure(bench, server, incremental=incremental)
    assert run(bench, "--limit", "5").counts == {"created": 5, "left": 20}
    assert all(bench.sandbox.by_external_id(str(number)) for number in range(1, 6)), "as the source has them"
    assert run(bench, "--limit", "5").counts == {"created": 5, "unchanged": 5, "left": 15}
    assert run(bench).counts == {"created": 15, "unchanged": 10}
    server.records[3]["name"]["last"] = server.records[9]["name"]["last"] = "Changed"
    server.records[11]["phones"][1]["number"] = "12"
    mark = facts(bench)
    server.seen.clear()
    assert run(bench, "--limit", "1").counts == {"updated": 1, "left": 1, "rejected": 1, "unchanged": 22}
    assert any("updated_since" in asked.query for asked in server.seen)
    server.seen.clear()
    assert run(bench, "--only", "10").counts == {"updated": 1}
    assert not any("updated_since" in asked.query for asked in server.seen), (
        "a row that did not change is asked for as well"
    )
    assert facts(bench) == mark
    del server.records[20]
    for _ in range(2):
        assert run(bench, "--only", "21").counts == {"waiting": 1}, "what a part misses does not count as missed"
    assert facts(bench) == mark
    whole = run(bench)
    assert (whole.exit, whole.counts) == (3, {"unchanged": 23, "rejected": 1})
    assert facts(bench) != mark


def test_a_part_of_a_sheet_leaves_the_other_rows_as_they_are(tmp_path: Path) -> None:
    with sheet_bench(tmp_path) as made:
        sheet = guide(made)
        assert made.run("--limit", "1")["counts"] | {"rows": 0} == counts(created=1, left=2)
        assert [bool(cell) for cell in sheet.column("contactId")] == [True, False, False]
        known = ids(sheet)["Jane"]
        sheet.rows[1][2], sheet.rows[2][2] = "Changed", "Changed"
        assert made.run("--only", known)["counts"] | {"rows": 0} == counts(updated=1)
        assert [bool(cell) for cell in sheet.column("contactId")] == [True, False, False]
        assert made.run()["counts"] | {"rows": 0} == counts(created=2, unchanged=1)
        assert ids(sheet) == names(made)


def counts(**some: int) -> dict[str, int]:
    whole = ("rows", "created", "updated", "deleted", "unchanged", "adopted", "rejected", "failed", "held", "waiting")
    return dict.fromkeys((*whole, "filtered", "left"), 0) | some
