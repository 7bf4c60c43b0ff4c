"""Which contacts ``--only`` means, and which changes come first under ``--limit``."""

from __future__ import annotations

from sync.contacts.change import Create, Delete
from sync.contacts.contact import Contact
from sync.plan.partial import Chosen, limited
from sync.plan.plan import Plan


def test_a_key_is_that_of_the_source_or_an_external_id() -> None:
    chosen = Chosen(["7", "x-8", "'009"], "x-")
    asked = ("x-7", "x-8", "x-009", "x-10")
    assert [chosen.concerns(key) for key in asked] == [True, True, True, False]
    assert chosen.keys == {"x-7", "x-8", "x-009"}
    assert chosen.unknown == []


def test_of_a_key_and_an_external_id_that_are_alike_the_key_is_meant() -> None:
    chosen = Chosen(["x1"], "x")
    assert chosen.concerns("x1")
    assert chosen.keys == {"x1"}
    assert chosen.concerns("xx1")
    assert chosen.keys == {"xx1"}


def test_a_contact_is_known_by_its_id_and_by_how_its_key_looks() -> None:
    chosen = Chosen(["6a1", "Zoe\u0301"], "")
    assert chosen.concerns("row-1", None, "6a1")
    assert chosen.concerns("Zo\u00e9")
    chosen.renamed("row-1", "elsewhere")
    assert chosen.keys == {"row-1", "elsewhere", "Zo\u00e9"}


def test_without_keys_it_is_everyone() -> None:
    chosen = Chosen([], "")
    assert (chosen.everyone, chosen.concerns("c1"), chosen.unknown) == (True, True, [])


def test_the_first_in_the_order_of_the_source_and_no_deletes() -> None:
    made = tuple(Create(key, None, Contact(scalars={"firstName": key})) for key in "abc")
    plan = Plan("customers", changes=(*made, Delete("d", "id")), gone=("e",), bookmark="mark")
    part = limited(plan, 2, {"c": 0, "a": 1, "b": 2})
    assert [change.external_id for change in part.changes] == ["a", "c"]
    assert (part.left, part.gone, part.bookmark) == (("b", "d"), (), None)
    only_left = Plan("customers", left=part.left)
    assert Plan.from_json(only_left.to_json()) == only_left
