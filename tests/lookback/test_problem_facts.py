"""Problems by reason: what is one mistake in many rows is one group, and what are two stay two."""

from __future__ import annotations

from sync.contacts.person import Person
from sync.contacts.problem import Problem
from sync.lookback.problem_facts import grouped, what_to_do


def rejected(row: int, reason: str, column: str = "phone", value: str = "1") -> Problem:
    return Problem(row, f"c{row}", column, value, reason, "rejected", person=Person(f"Ana{row} Roe"))


def test_one_mistake_in_many_rows_is_one_group() -> None:
    (group,) = grouped(rejected(row, "is too short for a phone number", value=str(row)) for row in range(2, 98))
    assert (group.count, group.reason, group.column) == (96, "is too short for a phone number", "phone")
    assert [problem.row for problem in group.problems] == list(range(2, 98))


def test_what_is_a_rows_own_makes_no_group_of_its_own() -> None:
    (group,) = grouped(
        [
            rejected(2, "holds 2 values where one phone number is expected"),
            rejected(3, "holds 3 values where one phone number is expected"),
        ]
    )
    assert group.reason == "holds … values where one phone number is expected"
    (group,) = grouped(
        [rejected(2, "the key 'c2' is that of row 7, too"), rejected(3, "the key 'c3' is that of row 9, too")]
    )
    assert group.reason == "the key … is that of row …, too"
    (group,) = grouped([rejected(2, "Ana2 Roe has ana@example.com"), rejected(3, "Ana3 Roe has bo@example.org")])
    assert group.reason == "… has …"


def test_other_columns_reasons_and_kinds_are_other_groups() -> None:
    held = Problem(None, "c9", None, None, "40 deletes", "held", "delete", "run once with --max-deletes 40")
    groups = grouped(
        [
            rejected(2, "is no date", "since"),
            rejected(3, "is no date"),
            rejected(4, "is empty"),
            rejected(5, "is empty"),
            held,
        ]
    )
    assert [(group.kind, group.count) for group in groups] == [
        ("held", 1),
        ("rejected", 2),
        ("rejected", 1),
        ("rejected", 1),
    ]
    assert groups[0].remedy == "run once with --max-deletes 40"


def test_each_says_what_to_do() -> None:
    assert what_to_do(rejected(7, "is empty")) == "correct phone in row 7 of the source: the next run takes it"
    held = Problem(None, "c9", None, None, "40 deletes", "held", "delete", "run once with --max-deletes 40")
    assert what_to_do(held) == "run once with --max-deletes 40"
