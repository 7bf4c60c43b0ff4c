"""``openphone-sync undo``: what a run changed is put back, and nothing that others did since."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner

from sync.cli.main import main
from sync.contacts.contact import Contact
from sync.state.store import State
from tests.support.workbench import Result, Workbench, hurried, people, person, workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        made.configure(max_deletes="100%")
        yield made


def undo(bench: Workbench, run: int, *options: str, output: str = "json") -> Result:
    arguments = ["undo", str(run), "-c", str(bench.config), "--output", output, *options]
    done = CliRunner(catch_exceptions=False).invoke(main, arguments, obj=hurried(0.1))
    return Result(done.exit_code, done.stdout, done.stderr)


def held(bench: Workbench, key: str) -> dict[str, Any]:
    (contact,) = bench.sandbox.by_external_id(key)
    return dict(contact)


def default(bench: Workbench, key: str) -> dict[str, Any]:
    return dict(held(bench, key)["defaultFields"])


def phones(bench: Workbench, key: str) -> list[tuple[str, str]]:
    return [(item["name"], item["value"]) for item in default(bench, key)["phoneNumbers"]]


def test_what_a_run_made_is_deleted(bench: Workbench) -> None:
    bench.sandbox.seed([{"externalId": "elsewhere", "firstName": "Zoe"}])
    bench.write(people(3))
    assert bench.run().exit == 0
    undone = undo(bench, 1)
    assert (undone.exit, undone.counts) == (0, {"deleted": 3})
    assert [contact["externalId"] for contact in bench.sandbox.contacts.values()] == ["elsewhere"]


def test_what_a_run_changed_or_deleted_is_as_it_was(bench: Workbench) -> None:
    before = people(4)
    bench.write(before)
    bench.run()
    bench.write([person(0, company="Moved", notes="", phone=""), *people(2, start=1)])
    changed = bench.run()
    assert changed.counts == {"updated": 1, "deleted": 1, "unchanged": 2}
    undone = undo(bench, 2)
    assert (undone.exit, undone.counts) == (0, {"created": 1, "updated": 1})
    assert bench.wrong(before) == []
    assert {change["external_id"]: change["fields"] for change in undone.sync["changes"]}["c0"] == {
        "company": {"from": "Moved", "to": "Acme"},
        "phoneNumbers": {"from": None, "to": [{"name": "mobile", "value": "+14155550000"}]},
        "customFields.notes": {"from": None, "to": "note 0"},
    }


def test_a_dry_run_says_what_would_be_put_back_and_does_nothing(bench: Workbench) -> None:
    bench.write(people(2))
    bench.run()
    before = bench.state.read_bytes()
    bench.sandbox.forget_requests()
    said = undo(bench, 1, "--dry-run")
    assert (said.exit, said.counts, said.sync["dry_run"]) == (0, {"deleted": 2}, True)
    assert bench.sandbox.writes() == []
    assert bench.state.read_bytes() == before
    assert bench.wrong() == []


def test_who_was_put_back_is_named_when_held(bench: Workbench) -> None:
    bench.write(people(12))
    bench.run()
    bench.write(people(1))
    bench.run()
    undo(bench, 2)
    bench.configure(max_deletes=0)
    names = {problem["name"] for problem in bench.run().sync["problems"]}
    assert names == {f"Ana{number} Núñez" for number in range(1, 12)}


def test_an_undo_is_undone(bench: Workbench) -> None:
    bench.write(people(2))
    bench.run()
    bench.write([person(0, company="Moved"), person(2)])
    bench.run()
    after = bench.rows
    undone = undo(bench, 2)
    assert undone.sync["run"] == 3
    again = undo(bench, 3)
    assert again.exit == 0
    assert bench.wrong(after) == []


def test_after_an_undo_the_source_is_right_again(bench: Workbench) -> None:
    bench.write(people(3))
    bench.run()
    bench.write([person(0, company="Moved"), person(1), person(3)])
    bench.run()
    undo(bench, 2)
    assert bench.run().exit == 0
    assert bench.wrong() == []
    assert bench.run().counts == {"unchanged": 3}


def test_what_others_changed_since_is_kept(bench: Workbench) -> None:
    bench.write(people(1))
    bench.run()
    bench.write([person(0, company="Moved", last="Roe", phone="+14155559999", notes="new")])
    bench.run()
    contact = Contact.from_json(held(bench, "c0"))
    numbers = [{"name": "mobile", "value": "+14155559999"}, {"name": "home", "value": "+14155558888"}]
    bench.sandbox.edit(str(contact.id), lastName="By hand", role="Boss", phoneNumbers=numbers)
    undone = undo(bench, 2)
    assert undone.exit == 0
    now = default(bench, "c0")
    assert (now["company"], now["lastName"], now["role"]) == ("Acme", "By hand", "Boss")
    assert phones(bench, "c0") == [("mobile", "+14155550000"), ("home", "+14155558888")]


def test_a_label_that_others_changed_since_is_kept(bench: Workbench) -> None:
    bench.write(people(1))
    bench.run()
    bench.write([person(0, phone="+14155559999")])
    bench.run()
    numbers = [{"name": "mobile", "value": "+14155557777"}]
    bench.sandbox.edit(str(held(bench, "c0")["id"]), phoneNumbers=numbers)
    undone = undo(bench, 2)
    assert (undone.exit, undone.counts) == (0, {})
    assert phones(bench, "c0") == [("mobile", "+14155557777")]


def test_a_contact_that_is_gone_cannot_be_put_back(bench: Workbench) -> None:
    bench.write(people(1))
    bench.run()
    bench.write([person(0, company="Moved")])
    bench.run()
    bench.sandbox.remove(str(held(bench, "c0")["id"]))
    undone = undo(bench, 2)
    assert undone.exit == 3
    assert "no longer in the workspace" in undone.reasons("failed")[0]


def test_what_a_later_run_made_under_the_same_key_is_not_deleted(bench: Workbench) -> None:
    bench.write(people(1))
    bench.run()
    bench.sandbox.remove(str(held(bench, "c0")["id"]))
    assert bench.run("--verify").counts == {"created": 1}
    undone = undo(bench, 1)
    assert (undone.exit, undone.counts) == (0, {})
    assert bench.wrong() == []


def test_an_update_that_had_to_create_is_undone_by_a_delete(bench: Workbench) -> None:
    bench.write(people(1))
    bench.run()
    bench.sandbox.ghost(str(held(bench, "c0")["id"]))
    bench.write([person(0, company="Moved")])
    assert bench.run().counts == {"created": 1}
    undone = undo(bench, 2)
    assert (undone.exit, undone.counts) == (0, {"deleted": 1})


def test_a_contact_found_by_a_conflict_is_put_back_not_deleted(tmp_path: Path) -> None:
    """What a list did not show yet is somebody's: adopting it made nothing that an undo could delete."""
    with workbench(tmp_path, list_lag=1.5, wait=1.7) as bench:
        bench.write(people(2))
        bench.run()
        bench.sandbox.remove(str(held(bench, "c0")["id"]))
        bench.forget_state()
        lost = Workbench(tmp_path / "other", bench.sandbox, list_lag=1.7)
        lost.write([person(0), person(1)])
        body = {"externalId": "c9", "source": "contact-sync", "defaultFields": {"firstName": "Ana9"}}
        lost.write([person(9, last="", company="", phone="", email="", notes=""), person(8)])
        create(bench, body)
        create(bench, {**body, "externalId": "c8"})
        found = lost.run()
        assert found.exit == 0
        assert [request.status for request in bench.sandbox.requests].count(409) == 2
        assert found.counts["adopted"] == 2
        assert found.counts["updated"] == 1
        undone = undo(lost, 1)
        assert undone.exit == 0
        assert undone.counts == {"updated": 1}
        assert held(bench, "c9")
        assert default(bench, "c8")["firstName"] == "Ana9"


def create(bench: Workbench, body: dict[str, Any]) -> None:
    """What another client makes just before the run: the list lags."""
    request = Request(
        f"{bench.sandbox.url}/v1/contacts",
        json.dumps(body).encode(),
        {"Authorization": bench.sandbox.key, "Content-Type": "application/json"},
    )
    with urlopen(request) as answer:
        assert answer.status == 201


def test_a_source_that_openphone_keeps_for_itself_is_not_sent_back(bench: Workbench) -> None:
    bench.sandbox.seed([{"externalId": "c0", "source": "csv", **as_seed(person(0))}])
    bench.write(people(2))
    bench.configure(customFields={}, max_deletes="100%")
    assert bench.run().counts == {"adopted": 1, "created": 1}
    bench.write([person(1)])
    assert bench.run().counts == {"deleted": 1, "unchanged": 1}
    undone = undo(bench, 2)
    assert (undone.exit, undone.counts) == (0, {"created": 1})
    assert held(bench, "c0")["source"] == "contact-sync"


def as_seed(row: dict[str, str]) -> dict[str, Any]:
    names = {"firstName": row["first"], "lastName": row["last"], "company": row["company"]}
    return {**names, "phoneNumbers": {"mobile": row["phone"]}, "emails": {"work": row["email"]}}


def test_a_run_that_is_not_known_is_exit_2_with_a_document(bench: Workbench) -> None:
    bench.write(people(1))
    bench.run()
    unknown = undo(bench, 99)
    assert unknown.exit == 2
    assert "no run 99" in unknown.document["error"]
    assert undo(bench, 99, output="text").stdout == ""


def test_before_the_first_run_there_is_nothing_to_undo_and_no_state_is_made(bench: Workbench) -> None:
    assert undo(bench, 1).exit == 2
    assert not bench.state.exists()


def test_an_undo_that_failed_is_recorded_as_failed(bench: Workbench) -> None:
    bench.write(people(1))
    bench.run()
    bench.openphone["api_key"] = "wrong"
    bench.configure()
    refused = undo(bench, 1)
    assert refused.exit == 1
    assert "API key" in refused.error


def test_the_history_tells_undos_too(bench: Workbench) -> None:
    bench.write(people(1))
    bench.run()
    undo(bench, 1)
    with State.open(f"sqlite:///{bench.state}", read_only=True) as state:
        assert [(run.id, run.status, run.counts["deleted"]) for run in state.history.runs("customers")] == [
            (2, "ok", 1),
            (1, "ok", 0),
        ]


def test_in_text_it_says_what_to_do_next(bench: Workbench) -> None:
    bench.write(people(1))
    bench.run()
    said = undo(bench, 1, output="text")
    assert "- delete Ana0 Núñez (Acme, +14155550000) (c0)\n" in said.stdout
    assert "Run 1 is undone. Correct the source before the next run" in said.stdout


def test_a_contact_that_was_taken_over_is_as_it_was_and_nobodys(bench: Workbench) -> None:
    (contact_id,) = bench.sandbox.seed(
        [{"firstName": "Anita", "source": "openphone", "phoneNumbers": {"home": person(1)["phone"]}}]
    )
    before = bench.sandbox.contacts[contact_id]
    bench.configure(match_on=["phoneNumbers"])
    bench.write(people(3))
    assert bench.run().counts == {"created": 2, "updated": 1, "adopted": 1}
    bench.sandbox.edit(contact_id, role="Boss")
    undone = undo(bench, 1)
    assert (undone.exit, undone.counts) == (0, {"deleted": 2, "updated": 1})
    now = bench.sandbox.contacts[contact_id]
    assert now["externalId"] is None
    assert now["defaultFields"]["firstName"] == before["defaultFields"]["firstName"]
    assert now["defaultFields"]["role"] == "Boss", "what others did since stays"
    assert [(item["name"], item["value"]) for item in now["defaultFields"]["phoneNumbers"]] == [
        ("home", person(1)["phone"])
    ]
    bench.write([person(0)])
    assert bench.run("--max-deletes", "100%").counts == {"created": 1}, "it is no longer ours to delete"
    assert contact_id in bench.sandbox.contacts


def test_a_drift_that_was_repaired_and_undone_stays_tracked(bench: Workbench) -> None:
    bench.write(people(3))
    bench.run()
    contact_id = held(bench, "c1")["id"]
    bench.sandbox.edit(contact_id, externalId=None, lastName="Hacked")
    assert bench.run("--verify").counts == {"updated": 1, "unchanged": 2}
    assert undo(bench, 2).exit == 0
    assert bench.run().counts == {"updated": 1, "unchanged": 2}
    assert bench.wrong() == []


def test_a_label_that_was_renamed_before_an_undo_leaves_no_old_number(bench: Workbench) -> None:
    bench.write(people(3))
    bench.run()
    fields = bench.syncs["customers"]["fields"]
    bench.configure(fields={**fields, "phoneNumbers": {"cell": "phone"}})
    bench.write([person(0, phone="+14157770000"), *people(3)[1:]])
    assert bench.run().counts == {"updated": 3}
    assert undo(bench, 2).counts == {"updated": 3}
    assert [item["value"] for item in default(bench, "c0")["phoneNumbers"]] == ["+14155550000"]
    assert bench.run().counts == {"updated": 3}
    for key, number in (("c0", "+14157770000"), ("c1", "+14155550001")):
        assert [(n["name"], n["value"]) for n in default(bench, key)["phoneNumbers"]] == [("cell", number)]
