"""show, contact, problems and status: what was done, to whom, by whom, and why a row is not there. Without a key."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.commands import command, in_json
from tests.support.workbench import Workbench, people, person, workbench


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """Run 1 made c0 to c4; run 2 changed c1 and deleted c4; row c9 was rejected in both, c8 in the second alone.

    The key is not set: whoever looks back needs none.
    """
    with workbench(tmp_path_factory.mktemp("bench")) as made:
        bad = [person(9, phone="12", first="Bo", last="Ode", company="=1+1")]
        made.write([*people(5), *bad])
        made.run()
        rows = people(4)
        rows[1] |= {"company": "Zeta", "phone": ""}
        made.write([*rows, *bad, person(8, phone="13")])
        made.run("--max-deletes", "1")
        made.openphone["api_key"] = "${NO_KEY_HERE}"
        made.configure()
        made.sandbox.forget_requests()
        yield made


def said(bench: Workbench, *words: str, exit: int = 0) -> str:
    done = command(bench, *words)
    assert done.exit == exit, done.stderr
    assert bench.sandbox.requests == []
    return done.stdout if exit == 0 else done.stdout + done.stderr


def sheet(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


# --- show ---------------------------------------------------------------------------------------------------------


def test_show_tells_the_last_run_that_changed_something(bench: Workbench) -> None:
    text = said(bench, "show")
    assert text.startswith("Run 2 of customers: partial\n")
    assert "started by the command line" in text
    assert "1 updated, 1 deleted" in text
    assert "~ update Ana1 Núñez (Zeta, ana1@example.com), c1\n    company: Acme → Zeta\n" in text
    assert "    phoneNumbers: mobile +14155550001 → (empty)\n" in text
    assert "- delete Ana4 Núñez (Acme, +14155550004), c4" in text
    assert "2 needed a person; those that still do: openphone-sync problems customers" in text


def test_show_tells_any_run_and_how_to_see_the_rest(bench: Workbench) -> None:
    text = said(bench, "show", "1", "--limit", "2")
    assert text.count("+ create") == 2
    assert f"  … and 3 more: openphone-sync show 1 --all -c {bench.config}" in text
    assert said(bench, "show", "1", "--all").count("+ create") == 5
    assert "created: firstName in 5" in text


def test_show_can_be_narrowed(bench: Workbench) -> None:
    assert "~ update" not in said(bench, "show", "--action", "delete")
    assert "- delete" in said(bench, "show", "2", "--action", "delete")
    assert "The history lists no create of this run." in said(bench, "show", "2", "--action", "create")
    assert "Run 2" in said(bench, "show", "--sync", "customers")


def test_show_for_programs(bench: Workbench) -> None:
    document = in_json(bench, "show", "2").document
    run = document["run"]
    assert (run["run"], run["sync"], run["started_by"]) == (2, "customers", "the command line")
    assert (run["undoes"], run["undone_by"], run["unknown"], run["error"]) == (None, [], 0, None)
    assert run["listed"] == {"update": 1, "delete": 1}
    (update,) = [change for change in document["changes"] if change["action"] == "update"]
    assert (update["name"], update["outcome"]) == ("Ana1 Núñez", "done")
    assert update["fields"]["company"] == {"from": "Acme", "to": "Zeta"}


def test_show_for_a_sheet_has_a_line_a_field(bench: Workbench) -> None:
    rows = sheet(said(bench, "show", "2", "--output", "csv"))
    company = next(row for row in rows if row["key"] == "c1" and row["field"] == "company")
    assert (company["name"], company["old"], company["new"]) == ("Ana1 Núñez", "Acme", "Zeta")
    assert {row["action"] for row in rows} == {"update", "delete"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("show", "99"), "there is no run 99"),
        (("show", "--sync", "custmers"), "did you mean 'customers'?"),
        (("show", "--all", "--limit", "3"), "two things"),
        (("problems", "staff"), "no sync named 'staff': there is customers"),
        (("status", "staff"), "no sync named 'staff'"),
    ],
)
def test_what_cannot_be_meant_is_exit_2(bench: Workbench, words: tuple[str, ...], message: str) -> None:
    assert message in said(bench, *words, exit=2)


# --- contact ------------------------------------------------------------------------------------------------------


def test_contact_tells_all_that_is_known(bench: Workbench) -> None:
    text = said(bench, "contact", "c1")
    assert text.startswith(
        "Ana1 Núñez (Zeta, ana1@example.com), c1: customers\n  in step with its row; last changed in"
    )
    assert "what was last sent:" in text
    assert "    company: Zeta\n" in text
    assert "    phoneNumbers: (empty)\n" in text
    changes = text.partition("changes, newest first:")[2]
    assert changes.index("update in run 2") < changes.index("create in run 1")
    assert "company: Acme → Zeta" in changes


def test_contact_is_found_by_openphones_id_and_by_name(bench: Workbench) -> None:
    known = in_json(bench, "contact", "c4").document["contacts"][0]
    assert (known["tracked"], known["fate"]["kind"], known["fate"]["run"]) == (False, "deleted", 2)
    assert known["last_known"]["fields"]["company"] == "Acme"
    assert "c4: customers" in said(bench, "contact", known["contact_id"])
    assert "c2: customers" in said(bench, "contact", "Ana2 Núñez")
    assert "c2: customers" in said(bench, "contact", "5550002")


def test_contact_of_a_row_that_was_rejected_says_why(bench: Workbench) -> None:
    text = said(bench, "contact", "c9")
    assert "rejected: row 6, phone '12': is too short for a phone number" in text
    assert "there is no contact of it" in text


def test_several_who_may_be_meant_are_listed(bench: Workbench) -> None:
    text = said(bench, "contact", "Núñez", exit=1)
    assert "Did you mean:" in text
    assert "Ana0 Núñez" in text
    document = in_json(bench, "contact", "Núñez").document
    assert document["contacts"] == []
    assert {one["external_id"] for one in document["candidates"]} == {"c0", "c1", "c2", "c3", "c8"}


def test_nobody_is_exit_1_with_a_sentence(bench: Workbench) -> None:
    assert "nobody is known by 'zebra'" in said(bench, "contact", "zebra", exit=1)
    assert "nobody is known by 'zebra'" in in_json(bench, "contact", "zebra").document["error"]


def test_contact_look_asks_the_workspace_with_one_request(tmp_path: Path) -> None:
    with workbench(tmp_path) as bench:
        bench.write(people(2))
        bench.run()
        (held,) = bench.sandbox.by_external_id("c1")
        bench.sandbox.forget_requests()
        assert "the workspace holds it just so now" in command(bench, "contact", "c1", "--look").stdout
        assert len(bench.sandbox.requests) == 1
        bench.sandbox.edit(held["id"], company="Umbrella")
        assert "    company: Acme → Umbrella\n" in command(bench, "contact", "c1", "--look").stdout
        looked = in_json(bench, "contact", "c1", "--look").document["contacts"][0]["workspace"]
        assert looked["differs"] == {"company": {"from": "Acme", "to": "Umbrella"}}
        bench.sandbox.remove(held["id"])
        assert "the workspace does not have it now" in command(bench, "contact", "c1", "--look").stdout


# --- problems -----------------------------------------------------------------------------------------------------


def test_problems_are_told_by_reason(bench: Workbench) -> None:
    text = said(bench, "problems")
    assert text.startswith("customers: 2 rows or contacts need a person\n")
    assert "  2 × rejected, phone: is too short for a phone number\n" in text
    assert "row 6: Bo Ode (=1+1, ana9@example.com), c9: '12'" in text
    (sync,) = in_json(bench, "problems", "customers").document["syncs"]
    assert [(group["kind"], group["count"]) for group in sync["groups"]] == [("rejected", 2)]
    assert sync["problems"][0]["cells"]["email"] == "ana9@example.com"


def test_problems_for_a_sheet_are_the_rows_as_they_were(bench: Workbench) -> None:
    row = sheet(said(bench, "problems", "--output", "csv"))[0]
    assert (row["sync"], row["row"], row["key"], row["name"]) == ("customers", "6", "c9", "Bo Ode")
    assert row["problem"] == "phone: '12' is too short for a phone number"
    assert row["what to do"] == "correct phone in row 6 of the source: the next run takes it"
    assert (row["id"], row["first"], row["phone"]) == ("c9", "Bo", "12")
    assert row["company"] == "'=1+1", "nothing is taken for a formula"


def test_many_rows_of_one_reason_are_told_in_a_few_lines_and_all_when_asked(tmp_path: Path) -> None:
    with workbench(tmp_path) as bench:
        bench.write([person(number, phone="1") for number in range(9)])
        bench.run()
        text = command(bench, "problems").stdout
        assert "9 × rejected" in text
        assert text.count("row ") == 5
        assert f"… and 4 more: openphone-sync problems customers --all -c {bench.config}" in text
        assert command(bench, "problems", "--all").stdout.count("row ") == 9


# --- status -------------------------------------------------------------------------------------------------------


def test_status_says_who_undid_what_and_what_was_cut_off(tmp_path: Path) -> None:
    with workbench(tmp_path) as bench:
        bench.write(people(2))
        bench.run()
        command(bench, "undo", "1")
        bench.run()
        with sqlite3.connect(bench.state) as connection:
            connection.execute("UPDATE runs SET ended_at = NULL, status = NULL WHERE id = 3")
            connection.execute("UPDATE history SET done = 0 WHERE run_id = 3 AND external_id = 'c1'")
        text = command(bench, "status").stdout
        assert "interrupted: it has no end" in text
        assert "put back run 1" in text
        assert "undone by run 2" in text
        assert "undone by run 2" in command(bench, "show", "1").stdout
        assert "it put back run 1" in command(bench, "show", "2").stdout
        cut_off = command(bench, "show").stdout
        assert cut_off.startswith("Run 3 of customers: interrupted")
        assert "1 with an outcome that is not known" in cut_off
        assert cut_off.count("(cut off: the outcome is not known)") == 1
        fate = in_json(bench, "contact", "c1").document["contacts"][0]["fate"]
        assert (fate["kind"], fate["run"]) == ("unknown", 3)


def test_what_was_refused_is_no_change(tmp_path: Path) -> None:
    with workbench(tmp_path) as bench:
        bench.write(people(2))
        bench.run()
        bench.write([person(0), person(1, company="Zeta")])
        bench.sandbox.faults.every(1, "400_refuse", {"PATCH"}, times=1)
        assert bench.run().counts["failed"] == 1
        assert "Run 1" in command(bench, "show").stdout
        assert "failed: row 3: OpenPhone refused it (400" in command(bench, "contact", "c1").stdout


# --- without a key ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("status",), ("show",), ("contact", "c1"), ("problems",), ("check", "--offline")])
def test_who_looks_back_needs_no_secret_but_a_configuration_without_mistakes(
    bench: Workbench, words: tuple[str, ...]
) -> None:
    written = bench.config.read_text()
    try:
        assert command(bench, *words).exit == 0
        content: Any = yaml.safe_load(written)
        content["syncs"]["customers"]["max_deletes"] = "a few"
        bench.config.write_text(yaml.safe_dump(content))
        assert command(bench, *words).exit == 2
    finally:
        bench.config.write_text(written)


def test_who_sends_needs_it(bench: Workbench) -> None:
    for words in (("run",), ("check",), ("contact", "c1", "--look")):
        assert "NO_KEY_HERE}, which is not set" in command(bench, *words).stderr
