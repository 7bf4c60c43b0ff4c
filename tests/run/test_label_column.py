"""Labels that stand in a column beside the number: normalised, moved when they change, the given one where blank."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.mapping.labels import normalised
from tests.support.run_bench import one, run
from tests.support.workbench import COLUMNS, Workbench, person, workbench

WITH_TYPE = (*COLUMNS, "type", "phone 2", "type 2")
A, B = "+14155550000", "+14155550901"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        made.configure(
            fields={
                "firstName": "first",
                "phoneNumbers": {
                    "primary": {"column": "phone", "label_column": "type"},
                    "second": {"column": "phone 2", "label_column": "type 2"},
                },
            }
        )
        yield made


def numbers(bench: Workbench) -> list[tuple[str, str]]:
    return sorted((item["name"], item["value"]) for item in one(bench, "c0")["defaultFields"]["phoneNumbers"])


@pytest.mark.parametrize(
    ("cell", "label"),
    [("Mobile", "mobile"), ("* Work", "work"), ("HOME", "home"), ("Cell Phone", "mobile"), ("work phone", "work"),
     ("Home ::: Work", "home"), ("", ""), ("-", ""), ("Büro", "büro")],
)  # fmt: skip
def test_labels_are_normalised(cell: str, label: str) -> None:
    assert normalised(cell) == label


@pytest.mark.parametrize("options", [(), ("--verify",)], ids=["run", "verify"])
def test_a_label_moves_its_number(bench: Workbench, options: tuple[str, ...]) -> None:
    row = person(0) | {"phone 2": B, "type 2": "Work"}
    for label, after in (
        ("Mobile", [("mobile", A), ("work", B)]),
        ("* Home", [("home", A), ("work", B)]),
        ("", [("primary", A), ("work", B)]),
        ("Work", [("work", A), ("work", B)]),
        ("Mobile", [("mobile", A), ("work", B)]),
    ):
        bench.write([row | {"type": label}], WITH_TYPE)
        assert run(bench, *options).exit == 0
        assert numbers(bench) == sorted(after)
        assert run(bench, *options).counts == {"unchanged": 1}
    bench.write([row | {"type": "Mobile", "phone": "N/A"}], WITH_TYPE)
    run(bench, *options)
    assert numbers(bench) == [("work", B)]


def test_what_others_wrote_under_other_labels_stays(bench: Workbench) -> None:
    bench.write([person(0) | {"type": "Mobile"}], WITH_TYPE)
    run(bench)
    bench.sandbox.edit(str(one(bench, "c0")["id"]), phoneNumbers={"mobile": A, "home": B})
    bench.write([person(0) | {"type": "Work"}], WITH_TYPE)
    assert run(bench).counts == {"updated": 1}
    assert numbers(bench) == [("home", B), ("work", A)]


def test_a_bad_number_that_is_dropped_leaves_its_label_alone(bench: Workbench) -> None:
    bench.configure(on_invalid="drop")
    bench.write([person(0) | {"type": "Mobile"}], WITH_TYPE)
    run(bench)
    bench.write([person(0, phone="12", first="Anne") | {"type": "Mobile"}], WITH_TYPE)
    assert run(bench).counts == {"updated": 1}
    assert numbers(bench) == [("mobile", A)]


def test_edits_are_kept_under_the_label_that_the_row_means(bench: Workbench) -> None:
    bench.configure(policy="keep_edits")
    bench.write([person(0) | {"type": "Mobile"}], WITH_TYPE)
    run(bench)
    bench.sandbox.edit(str(one(bench, "c0")["id"]), phoneNumbers={"mobile": B})
    bench.write([person(0, first="Anne") | {"type": "Mobile"}], WITH_TYPE)
    result = run(bench)
    assert [warning["kind"] for warning in result.sync["warnings"]] == ["kept"]
    assert numbers(bench) == [("mobile", B)]


def test_a_label_column_that_is_not_there_is_a_mistake(bench: Workbench) -> None:
    bench.write([person(0)])
    result = run(bench)
    assert result.exit == 2
    assert "fields.phoneNumbers.primary.label_column" in result.error
