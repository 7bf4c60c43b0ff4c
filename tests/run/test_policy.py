"""``policy``: what someone changed in the app stays, or only what is empty there is filled; what is kept is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sync.cli.main import main
from tests.support.run_bench import one, run
from tests.support.workbench import SYNC, Result, Workbench, people, person, workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        yield made


def edit(bench: Workbench, key: str, **fields: Any) -> None:
    bench.sandbox.edit(str(one(bench, key)["id"]), **fields)


def company(bench: Workbench, key: str = "c0") -> Any:
    return one(bench, key)["defaultFields"]["company"]


def kept(result: Result) -> list[str]:
    return [warning["text"] for warning in result.sync["warnings"] if warning["kind"] == "kept"]


def twice(bench: Workbench, *options: str) -> Result:
    """A dry run, then the run, which must come to the same."""
    dry, done = run(bench, "--dry-run", *options), run(bench, *options)
    assert (dry.exit, dry.counts, kept(dry)) == (done.exit, done.counts, kept(done))
    return done


def test_an_edit_in_the_app_stays_and_is_named(bench: Workbench) -> None:
    bench.configure(policy="keep_edits")
    bench.write(people(2))
    run(bench)
    edit(bench, "c0", company="Roe & Sons")
    assert kept(twice(bench, "--verify")) == [
        "company was edited in the app and stays 'Roe & Sons': the source says 'Acme'"
    ]
    bench.write([person(0, company="Kern", last="Roe"), person(1, company="Kern")])
    result = twice(bench)
    assert (result.counts, len(kept(result))) == ({"updated": 2}, 1)
    assert (company(bench), company(bench, "c1")) == ("Roe & Sons", "Kern")
    assert one(bench, "c0")["defaultFields"]["lastName"] == "Roe"
    assert twice(bench, "--verify").counts == {"unchanged": 2}
    edit(bench, "c0", company="Acme")  # as it was sent: the source's word counts again
    assert twice(bench, "--verify").counts == {"updated": 1, "unchanged": 1}
    assert company(bench) == "Kern"


def test_what_was_emptied_in_the_app_stays_empty(bench: Workbench) -> None:
    bench.configure(policy="keep_edits")
    bench.write([person(0)])
    run(bench)
    edit(bench, "c0", company=None)
    for firm in ("Kern", "Ode"):
        bench.write([person(0, company=firm)])
        assert twice(bench).counts == {"unchanged": 1}
        assert company(bench) is None


def test_a_blank_cell_clears_only_what_is_as_it_was_sent(bench: Workbench) -> None:
    bench.configure(policy="keep_edits")
    bench.write(people(2))
    run(bench)
    edit(bench, "c0", company="Roe")
    bench.write([person(0, company=""), person(1, company="")])
    assert twice(bench).counts == {"updated": 1, "unchanged": 1}
    assert (company(bench), company(bench, "c1")) == ("Roe", None)


def test_labels_and_custom_fields_each_by_themselves(bench: Workbench) -> None:
    bench.configure(
        policy="keep_edits",
        fields={**SYNC["fields"], "phoneNumbers": {"mobile": "phone", "work": "company"}},
    )
    rows = [person(0, company="+14155550900", phone="+14155550901")]
    bench.write(rows)
    run(bench)
    edit(
        bench,
        "c0",
        phoneNumbers={"mobile": "+14155558888", "work": "+14155550900"},
        emails={"work": "ANA0@example.com"},
    )
    bench.write([person(0, company="+14155550910", phone="+14155550911", email="new@example.com", notes="other")])
    result = twice(bench)
    assert [text.partition(" ")[0] for text in kept(result)] == ["phoneNumbers.mobile"]
    contact = one(bench, "c0")
    assert sorted((item["name"], item["value"]) for item in contact["defaultFields"]["phoneNumbers"]) == [
        ("mobile", "+14155558888"),
        ("work", "+14155550910"),
    ]
    assert contact["defaultFields"]["emails"][0]["value"] == "new@example.com"
    assert contact["customFields"][0]["value"] == "other"


def test_a_policy_for_a_field_alone(bench: Workbench) -> None:
    bench.configure(fields={**SYNC["fields"], "company": {"column": "company", "policy": "keep_edits"}})
    bench.write([person(0)])
    run(bench)
    edit(bench, "c0", company="Roe", lastName="Edited")
    assert twice(bench, "--verify").counts == {"updated": 1}
    assert (company(bench), one(bench, "c0")["defaultFields"]["lastName"]) == ("Roe", "Núñez")


def test_only_what_is_empty_is_filled(bench: Workbench) -> None:
    bench.configure(policy="fill_empty")
    bench.write([person(0, company="")])
    run(bench)
    bench.write([person(0, last="Roe")])
    result = twice(bench)
    assert result.counts == {"updated": 1}
    assert kept(result) == ["lastName is filled in the app already and stays 'Núñez': the source says 'Roe'"]
    assert company(bench) == "Acme"


@pytest.mark.parametrize("policy", ["keep_edits", "fill_empty"])
@pytest.mark.parametrize("by", ["key", "number"])
def test_a_contact_that_was_there_keeps_what_it_has(bench: Workbench, policy: str, by: str) -> None:
    mark = {"externalId": "c0"} if by == "key" else {}
    bench.sandbox.seed([{**mark, "firstName": "Anne", "company": "Roe", "phoneNumbers": {"mobile": "+14155550000"}}])
    bench.configure(policy=policy, match_on=["phoneNumbers"])
    bench.write([person(0)])
    result = twice(bench)
    assert result.counts == {"updated": 1, "adopted": 1}
    assert [text.partition(" ")[0] for text in kept(result)] == ["firstName", "company"]
    held = one(bench, "c0")["defaultFields"]
    assert (held["firstName"], held["lastName"], held["company"]) == ("Anne", "Núñez", "Roe")
    bench.write([person(0, company="Kern", last="Ode")])
    run(bench)
    held = one(bench, "c0")["defaultFields"]
    assert (held["company"], held["lastName"]) == ("Roe", "Ode" if policy == "keep_edits" else "Núñez")


def test_edits_that_are_kept_are_no_sign_of_another_hand(bench: Workbench) -> None:
    bench.configure(policy="keep_edits")
    bench.write(people(6))
    run(bench)
    for number in range(6):
        edit(bench, f"c{number}", company="Edited")
    bench.write([person(number, company="Kern") for number in range(5)])
    result = twice(bench)
    assert result.counts == {"unchanged": 5, "deleted": 1}
    assert {warning["kind"] for warning in result.sync["warnings"]} == {"kept"}


def test_undo_puts_back_what_a_run_sent_and_leaves_the_edit(bench: Workbench) -> None:
    bench.configure(policy="keep_edits")
    bench.write([person(0)])
    run(bench)
    edit(bench, "c0", company="Roe")
    bench.write([person(0, last="Ode", company="Kern")])
    assert run(bench).counts == {"updated": 1}
    undone = CliRunner().invoke(main, ["undo", "-c", str(bench.config), "2"])
    assert undone.exit_code == 0, undone.output
    held = one(bench, "c0")["defaultFields"]
    assert (held["lastName"], held["company"]) == ("Núñez", "Roe")
