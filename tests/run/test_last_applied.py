"""What a sync wrote and no longer maps: numbers and addresses under former labels, a link; what others wrote stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.state.store import State
from tests.support.run_bench import one, run
from tests.support.workbench import Workbench, people, person, workbench

VERIFY = pytest.mark.parametrize("options", [(), ("--verify",)], ids=["run", "verify"])
NAMES = {"firstName": "first", "lastName": "last", "company": "company"}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        yield made


def map_labels(bench: Workbench, phones: dict[str, Any], emails: dict[str, Any] | None = None, **more: Any) -> None:
    bench.configure(fields=NAMES | {"phoneNumbers": phones, "emails": emails or {}}, **more)


def numbers(bench: Workbench, key: str = "c0") -> list[tuple[str, str]]:
    return sorted((item["name"], item["value"]) for item in one(bench, key)["defaultFields"]["phoneNumbers"])


def addresses(bench: Workbench, key: str = "c0") -> list[tuple[str, str]]:
    return sorted((item["name"], item["value"]) for item in one(bench, key)["defaultFields"]["emails"])


FIRST, SECOND = person(0)["phone"], "+14155558001"


@VERIFY
def test_a_label_that_is_renamed_to_and_fro_leaves_one_number(bench: Workbench, options: tuple[str, ...]) -> None:
    map_labels(bench, {"mobile": "phone"})
    bench.write([person(0)])
    run(bench)
    map_labels(bench, {"cell": "phone"})
    assert run(bench, *options).counts == {"updated": 1}
    assert numbers(bench) == [("cell", FIRST)]
    map_labels(bench, {"mobile": "phone"})
    assert run(bench, *options).counts == {"updated": 1}
    assert numbers(bench) == [("mobile", FIRST)]
    bench.write([person(0, phone=SECOND)])
    assert run(bench, *options).counts == {"updated": 1}
    assert numbers(bench) == [("mobile", SECOND)]
    assert run(bench, *options).counts == {"unchanged": 1}


@VERIFY
def test_labels_renamed_for_everybody_are_no_rewrites(bench: Workbench, options: tuple[str, ...]) -> None:
    map_labels(bench, {"mobile": "phone"}, {"work": "email"})
    bench.write(people(40))
    run(bench)
    map_labels(bench, {"cell": "phone"}, {"office": "email"})
    result = run(bench, *options)
    assert (result.exit, result.counts) == (0, {"updated": 40})
    assert [warning["text"] for warning in result.sync["warnings"]] == [
        "mapping changed: emails in 40 contacts",
        "mapping changed: phoneNumbers in 40 contacts",
    ]
    assert addresses(bench, "c7") == [("office", "ana7@example.com")]


@VERIFY
def test_a_label_no_longer_mapped_goes_where_it_is_as_it_was_written(
    bench: Workbench, options: tuple[str, ...]
) -> None:
    map_labels(bench, {"mobile": "phone", "work": {"value": "+14155550999"}}, {"work": "email"})
    bench.write(people(3))
    run(bench)
    by_hand = one(bench, "c1")["id"]
    bench.sandbox.edit(by_hand, phoneNumbers={"mobile": "+14155558888", "work": "+14155550999", "home": FIRST})
    bench.sandbox.edit(one(bench, "c2")["id"], emails={"work": "ANA2@example.com", "private": "ana2@example.com"})
    map_labels(bench, {"work": {"value": "+14155550999"}})

    assert run(bench, *options).exit == 0
    assert numbers(bench, "c0") == [("work", "+14155550999")]
    assert numbers(bench, "c1") == [("home", FIRST), ("mobile", "+14155558888"), ("work", "+14155550999")]
    assert addresses(bench, "c0") == []
    assert addresses(bench, "c2") == [("private", "ana2@example.com")]
    assert run(bench, *options).counts == {"unchanged": 3}


def test_an_adopted_contact_keeps_what_it_had_under_a_label_that_was_never_written(bench: Workbench) -> None:
    bench.sandbox.seed([{"externalId": "c0", "firstName": "Ana0", "phoneNumbers": {"cell": "+14155557777"}}])
    map_labels(bench, {"mobile": "phone"})
    bench.write([person(0)])
    run(bench)
    map_labels(bench, {"main": "phone"})
    run(bench)
    assert numbers(bench) == [("cell", "+14155557777"), ("main", FIRST)]


def test_custom_fields_no_longer_mapped_stay(bench: Workbench) -> None:
    bench.write([person(0)])
    run(bench)
    bench.configure(customFields={})
    run(bench)
    assert [item["key"] for item in one(bench, "c0")["customFields"]] == ["notes"]


def test_a_number_that_a_dropped_value_left_alone_goes_with_its_label_all_the_same(bench: Workbench) -> None:
    map_labels(bench, {"mobile": "phone"}, on_invalid="drop")
    bench.write([person(0)])
    run(bench)
    bench.write([person(0, phone="12", company="Moved")])
    assert run(bench).counts == {"updated": 1}
    assert numbers(bench) == [("mobile", FIRST)]
    bench.write([person(0, phone="12", company="Moved", notes="other")])
    assert run(bench).counts["updated"] == 1
    map_labels(bench, {"cell": "phone"}, on_invalid="drop")
    bench.write([person(0, company="Moved")])
    run(bench)
    assert numbers(bench) == [("cell", FIRST)]


def test_what_was_sent_is_remembered_though_a_verify_looks_in_between(bench: Workbench) -> None:
    map_labels(bench, {"mobile": "phone"})
    bench.write([person(0)])
    run(bench)
    bench.write([person(0, phone="(415) 555-0000")])  # the same number, written otherwise
    assert run(bench, "--verify").counts == {"unchanged": 1}
    map_labels(bench, {"cell": "phone"})
    run(bench)
    assert numbers(bench) == [("cell", FIRST)]


def test_what_was_written_is_remembered_though_another_field_came_to_be_so_by_other_hands(bench: Workbench) -> None:
    map_labels(bench, {"mobile": "phone", "work": {"value": "+14155550999"}})
    bench.configure(customFields={})
    bench.write([person(0)])
    run(bench)
    bench.sandbox.edit(
        one(bench, "c0")["id"], role="Boss", phoneNumbers={"mobile": FIRST, "work": "+14155550888", "home": SECOND}
    )
    bench.configure(
        fields=NAMES
        | {"role": {"value": "Boss"}, "phoneNumbers": {"mobile": "phone", "work": {"value": "+14155550888"}}}
    )
    assert run(bench).counts == {"unchanged": 1}, "the role, and the number at work, are as they shall be already"
    map_labels(bench, {"cell": "phone"})
    run(bench)
    assert numbers(bench) == [("cell", FIRST), ("home", SECOND), ("work", "+14155550888")]


# --- the link

LINK = "https://crm.example.com/c/{notes}"


@VERIFY
@pytest.mark.parametrize("how", ["removed", "blank"])
def test_a_link_that_is_removed_or_blank_is_cleared(bench: Workbench, how: str, options: tuple[str, ...]) -> None:
    bench.configure(source_url=LINK)
    bench.write(people(3))
    run(bench)
    assert one(bench, "c1")["sourceUrl"] == "https://crm.example.com/c/note%201"
    bench.sandbox.edit(one(bench, "c2")["id"], sourceUrl="https://other.example.com/")
    if how == "removed":
        bench.configure(source_url=None)
    else:
        bench.write([person(number, notes="") for number in range(3)])

    assert run(bench, *options, "--max-rewrites", "3").exit == 0
    assert one(bench, "c0")["sourceUrl"] is None
    assert one(bench, "c2")["sourceUrl"] == "https://other.example.com/"
    assert run(bench, *options).counts == {"unchanged": 3}


def test_a_link_that_goes_is_said_to_be_null(bench: Workbench) -> None:
    bench.configure(source_url=LINK)
    bench.write([person(0)])
    run(bench)
    bench.configure(source_url=None)
    assert run(bench).counts == {"updated": 1}
    bodies = [request.body for request in bench.sandbox.writes()]
    assert [body["sourceUrl"] for body in bodies] == [None], "said, should leaving it out not clear it"


# --- values that are dropped


def test_a_value_that_is_dropped_is_named(bench: Workbench) -> None:
    bench.configure(on_invalid="drop", source_url="{notes}")
    bench.write([person(0, notes="https://x.example.com"), person(1, phone="12", email="nobody", notes="ftp://x.y")])
    dry, result = run(bench, "--dry-run"), run(bench)
    assert (result.exit, result.counts) == (0, {"created": 2})
    assert dry.sync["warnings"] == result.sync["warnings"]
    warnings = result.sync["warnings"]
    assert {(warning["kind"], warning["row"], warning["external_id"]) for warning in warnings} == {
        ("changed_value", 3, "c1")
    }
    texts = sorted(warning["text"] for warning in warnings)
    assert [text.partition(" is ")[0] for text in texts] == ["email: 'nobody'", "notes: 'ftp://x.y'", "phone: '12'"]


@VERIFY
def test_what_a_create_that_was_cut_off_wrote_goes_with_its_label_too(
    bench: Workbench, options: tuple[str, ...]
) -> None:
    map_labels(bench, {"mobile": "phone"})
    bench.write([person(0), person(1)])
    run(bench)
    with State.open(f"sqlite:///{bench.state}") as state:  # as if the run had been killed before the answer came
        state.contacts.forget("customers", ["c0"])
        state.contacts.intend("customers", "c0")
    assert run(bench, *options).counts == {"adopted": 1, "unchanged": 1}
    map_labels(bench, {"cell": "phone"})
    assert run(bench, *options).counts == {"updated": 2}
    assert numbers(bench) == [("cell", FIRST)]


def test_what_was_there_before_us_stays_under_its_label(bench: Workbench) -> None:
    map_labels(bench, {"mobile": "phone"})
    bench.write([person(0)])
    run(bench)
    bench.forget_state()
    assert run(bench).counts == {"adopted": 1}
    map_labels(bench, {"cell": "phone"})
    run(bench)
    assert numbers(bench) == [("cell", FIRST), ("mobile", FIRST)]
