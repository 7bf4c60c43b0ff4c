"""Which rows became unusable, which of them a missing contact may be, and what is then held."""

from __future__ import annotations

import pytest

from sync.contacts.change import Delete
from sync.contacts.json_value import Json
from sync.plan.certainty import (
    CERTAIN,
    Absence,
    Doubt,
    ReadRows,
    Unusable,
    absence,
    deletes_held,
    newly_unusable,
    remembered,
)
from sync.plan.foreign_hand import ForeignHand, Sign, moved
from tests.support.plans import limits

A, B, C = (Unusable(number, digest) for number, digest in ((2, "a"), (3, "b"), (4, "c")))
FOOTER = Unusable(9, "f1", "f")


@pytest.mark.parametrize(
    ("before", "now", "new"),
    [
        (None, [A], [A]),
        ([], [A], [A]),
        ([A, B], [B, A], []),
        ([A], [A, A], [A]),  # alike, but one more
        ([A], [B], [B]),
        ([FOOTER], [Unusable(8, "f2", "f")], []),
        ([FOOTER], [Unusable(8, "f2", "f"), Unusable(9, "f3", "f")], [Unusable(9, "f3", "f")]),
        ([Unusable(2, "a", counts=True), B], [Unusable(2, "b", counts=True), A], []),  # sorted otherwise
        ([], [Unusable(2, "a", counts=True), B], [B]),
    ],
)
def test_which_rows_became_so(before: list[Unusable] | None, now: list[Unusable], new: list[Unusable]) -> None:
    assert newly_unusable(now, None if before is None else remembered(before)) == tuple(new)


@pytest.mark.parametrize(
    ("suspects", "read", "said"),
    [
        (None, ReadRows(), Absence()),
        (None, ReadRows([A, B], [B]), Absence((B,))),
        (None, ReadRows(waits=True), Absence(waits=True)),
        (None, ReadRows([A], [A], waits=True), Absence((A,))),
        ((), ReadRows([A], [A], waits=True), Absence()),  # missing before the row was so
        (("a",), ReadRows([A, B], [B]), Absence((A,))),
        (("a",), ReadRows([B], [B]), Absence((B,))),  # edited
        (("a",), ReadRows([B], []), Absence()),
        (("a", "b"), ReadRows([A, C], [C]), Absence((A, C))),
    ],
)
def test_who_a_missing_contact_may_be(suspects: tuple[str, ...] | None, read: ReadRows, said: Absence) -> None:
    assert absence(suspects, read) == said


def test_each_reason_holds_its_own_and_names_what_lets_all_through() -> None:
    deletes = [Delete(f"c{n}", f"id{n}") for n in range(20)]
    held = list(deletes_held(deletes, Doubt({"c0": (A,), "c1": (A, B), "c2": (A,)}), limits(3), tracked=50, rows=9))
    assert [len(group) for _, group in held] == [17, 2, 1]
    assert ["row 2 has" in held[1][0].reason, "rows 2, 3 have" in held[2][0].reason] == [True, True]
    assert all("--max-deletes 20" in danger.text for danger, _ in held)
    doubt = Doubt({"c0": (A,)}, foreign="somebody else")
    assert [len(group) for _, group in deletes_held(deletes, doubt, limits(), tracked=50, rows=9)] == [20]
    meant = limits(20, for_this_run=True)
    assert list(deletes_held(deletes, doubt, meant, tracked=50, rows=9)) == []


def test_records_without_numbers_are_counted() -> None:
    rows = (Unusable(None, "a"), Unusable(None, "b"))
    ((danger, _),) = deletes_held([Delete("c", "id")], Doubt({"c": rows}), limits(), tracked=50, rows=9)
    assert danger.reason.startswith("2 records have no usable keys")


@pytest.mark.parametrize(
    ("sign", "contacts", "certain"),
    [("made", 1, True), ("replaced", 1, True), ("ahead", 1, False), ("ahead", 2, True), ("gone", 3, False)],
)
def test_how_many_signs_leave_no_doubt(sign: Sign, contacts: int, certain: bool) -> None:
    hand = ForeignHand()
    for number in range(contacts):
        hand.note(sign, f"c{number}")
    assert (hand.words is not None) is certain
    assert len(hand.warnings()) == certain


def test_a_field_that_was_not_sent_does_not_move() -> None:
    sent: dict[str, Json] = {"scalars": {"firstName": "Ana"}, "phoneNumbers": {"mobile": ["+1"]}, "sourceUrl": None}
    assert not moved(sent, {**sent, "scalars": {"firstName": "Ana", "role": "Boss"}, "sourceUrl": "https://a"})
    assert moved(sent, {**sent, "phoneNumbers": {"mobile": ["+2"]}})
    assert not moved(None, sent)


def test_what_a_cut_off_create_made_is_no_part_of_a_share_of_those_tracked() -> None:
    orphans = [Delete(f"c{n}", f"id{n}", orphan=True) for n in range(3)]
    share, number = limits(), limits(0)
    assert list(deletes_held(orphans, CERTAIN, share, tracked=0, rows=1)) == []
    assert [len(held) for _, held in deletes_held(orphans, CERTAIN, share, tracked=0, rows=0)] == [3]
    assert [len(held) for _, held in deletes_held(orphans, CERTAIN, number, tracked=0, rows=1)] == [3]
