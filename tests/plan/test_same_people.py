"""Whether a new row is somebody whose row is missing: what speaks for it, what against."""

from __future__ import annotations

import random

import pytest

from sync.contacts.contact import Desired
from sync.plan.rekey import Matching, Move, Unmatched, in_waves, match_by_evidence
from sync.plan.same_people import Finder, Likeness


def person(key: str, first: str = "Ana", last: str | None = "Roe", phone: str = "", email: str = "") -> Likeness:
    phones, emails = {"mobile": (phone,) if phone else ()}, {"work": (email,) if email else ()}
    return Likeness.wanted(Desired(key, {"firstName": first, "lastName": last}, phones, emails))


@pytest.mark.parametrize(
    ("was", "now", "why"),
    [
        (person("a", phone="+14155550100"), person("b", "Bo", phone="+14155550100"), "both have +14155550100"),
        (person("a", email="Ana@X.com"), person("b", "Bo", email="ana@x.com"), "both have ana@x.com"),
        (person("a"), person("b"), "both are the same in every field"),
        (person("a", last=None), person("b", last=None), None),
        (person("07", last=None), person("7", last=None), "their keys differ in spelling alone"),
        (person("07", phone="+14155550100"), person("7", "Bo", phone="+14155550101"), None),
        (person("a", phone="+14155550100"), person("b", "Ana", phone="+14155550101"), None),
    ],
)
def test_what_speaks_for_one_person(was: Likeness, now: Likeness, why: str | None) -> None:
    assert [pair.why for pair in Finder([was]).pairs(now)] == ([why] if why else [])


def test_a_line_that_others_have_tells_nobody_but_with_the_name() -> None:
    line = "+14155550100"
    finder = Finder([person("a", phone=line)], there={line})
    assert finder.pairs(person("b", "Bo", phone=line)) == []
    assert [pair.text for pair in finder.pairs(person("c", phone=line))] == ["a may be c: both have +14155550100"]


def test_the_likeliest_comes_first() -> None:
    line = "+14155550100"
    family = [person(key, first, phone=line) for key, first in (("1", "Ana"), ("2", "Bo"), ("3", "Cy"))]
    assert [pair.was for pair in Finder(family).pairs(person("x", "Bo", phone=line))] == ["2", "1", "3"]


def test_nobody_is_guessed() -> None:
    twins = {key: person(key, phone="+14155550100") for key in ("1", "2")}
    matching = Matching()
    rows = [Unmatched(place, person(key, phone="+14155550100")) for place, key in enumerate("xy")]
    match_by_evidence(rows, twins, frozenset(), matching)
    assert matching.keys == {}
    assert [sorted(were) for _, were in matching.doubtful] == [["1", "2"], ["1", "2"]]


@pytest.mark.parametrize("seed", range(200))
def test_a_key_is_free_before_it_is_given(seed: int) -> None:
    chance = random.Random(seed)
    count = chance.randint(1, 7)
    new = chance.sample(range(count + 3), count)
    moves = [Move(f"id{old}", str(old), str(to)) for old, to in enumerate(new) if old != to]
    held = {str(old): f"id{old}" for old in range(count)}
    for wave in in_waves(moves):
        assert not {move.new for move in wave} & held.keys()
        for move in wave:
            assert held.pop(move.old) == move.contact_id
        held |= {move.new: move.contact_id for move in wave}
    assert all(held[move.new] == move.contact_id for move in moves)
