"""The plan as a value: counted, written as JSON and read again, told from another by its checksum."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.contacts.change import Adopt, Change, Create, Decision, Delete, InStep, MatchedBy, Update
from sync.contacts.contact import SCALARS, Contact, Desired, Item
from sync.contacts.problem import Problem
from sync.contacts.warning import RowWarning, WarningKind
from sync.plan.certainty import Waiting
from sync.plan.decide import remove
from sync.plan.limits import Danger
from sync.plan.noted import Noted
from sync.plan.plan import HeldBack, Plan
from sync.plan.same_people import SamePerson
from sync.run.report import change_json
from tests.support.plans import HELD, SAME, build, deletes, limits, settle, updates


def test_nothing_decided_is_an_empty_plan() -> None:
    assert build([], 0, limits(), rows=0) == Plan("customers")


def test_a_plan_counts_what_will_be_done() -> None:
    adopted = settle(SAME, [HELD])
    plan = build([*updates(3, adopted=True), adopted, *deletes(2)], 100, limits())
    assert {action: plan.count(action) for action in ("create", "update", "delete", "adopt")} == {
        "create": 0,
        "update": 3,
        "delete": 2,
        "adopt": 4,
    }


@given(st.permutations([*updates(4), *deletes(4)]))
def test_a_plan_does_not_depend_on_the_order_in_which_lookups_came_back(decisions: list[Decision]) -> None:
    plan = build(decisions, 100, limits())
    assert [change.external_id for change in plan.changes] == ["c0", "c1", "c2", "c3"] * 2


def test_a_change_is_json_as_the_report_promises() -> None:
    change = settle(
        Desired("c1", {"firstName": "Ana"}, phone_numbers={"mobile": ("+14155550100",)}, custom_fields={"t": ("a",)}),
        [HELD],
        contact_id="A",
        tracked=True,
    )
    assert isinstance(change, Change)
    assert json.loads(json.dumps(change_json(change))) == {
        "action": "update",
        "external_id": "c1",
        "contact_id": "A",
        "row": 2,
        "name": "Ana Doe",
        "matched_by": None,
        "fields": {
            "phoneNumbers": {"from": None, "to": [{"name": "mobile", "value": "+14155550100"}]},
            "customFields.t": {"from": None, "to": ["a"]},
        },
    }


def test_a_delete_names_what_is_lost() -> None:
    held = Contact(scalars={"firstName": "Ana"}, phone_numbers=(Item("mobile", "+14155550100"),), id="A")
    assert change_json(remove("c1", held))["fields"] == {
        "firstName": {"from": "Ana", "to": None},
        "phoneNumbers": {"from": [{"name": "mobile", "value": "+14155550100"}], "to": None},
    }


# --- to JSON and back ---------------------------------------------------------------------------------------------

TEXT = st.text(min_size=1, max_size=12)
SCALAR = st.none() | TEXT
OPTIONS = st.lists(TEXT, max_size=3).map(tuple)
FIELD_VALUES = TEXT | st.booleans() | st.integers() | st.floats(allow_nan=False) | OPTIONS.filter(bool)
ITEMS = st.lists(st.builds(Item, name=TEXT, value=TEXT), max_size=3).map(tuple)
CONTACTS = st.builds(
    Contact,
    scalars=st.fixed_dictionaries(dict.fromkeys(SCALARS, SCALAR)),
    phone_numbers=ITEMS,
    emails=ITEMS,
    custom_fields=st.dictionaries(TEXT, FIELD_VALUES, max_size=3),
    external_id=SCALAR,
    source=SCALAR,
    source_url=SCALAR,
    id=SCALAR,
    created_at=st.text(max_size=12),
)
LABELLED = st.dictionaries(TEXT, st.lists(TEXT, max_size=3).map(tuple), max_size=3)
FINGERPRINTS = st.none() | st.binary(min_size=1, max_size=16)
MATCHED_BY = st.sampled_from([None, *get_args(MatchedBy)])
ROWS = st.none() | st.integers(min_value=2)


def desired_for(external_id: str) -> st.SearchStrategy[Desired | None]:
    """What a row with this key may want."""
    wanted = st.builds(
        Desired,
        external_id=st.just(external_id),
        scalars=st.dictionaries(TEXT, SCALAR, max_size=3),
        phone_numbers=LABELLED,
        emails=LABELLED,
        custom_fields=st.dictionaries(TEXT, st.none() | FIELD_VALUES, max_size=3),
        source_url=SCALAR,
    )
    return st.none() | wanted


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """Any change of any kind."""
    key = draw(TEXT)
    kind = draw(st.sampled_from([Create, Update, Delete, Adopt]))
    if kind is Create:
        return Create(
            key, draw(ROWS), draw(CONTACTS), draw(desired_for(key)), draw(FINGERPRINTS), draw(st.none() | TEXT)
        )
    if kind is Update:
        before, after = draw(CONTACTS), draw(CONTACTS)
        wanted, fingerprint = draw(desired_for(key)), draw(FINGERPRINTS)
        adopted, by, released = draw(st.booleans()), draw(MATCHED_BY), draw(st.booleans())
        return Update(key, draw(ROWS), draw(TEXT), before, after, wanted, fingerprint, adopted, by, released)
    if kind is Delete:
        return Delete(key, draw(TEXT), draw(st.none() | CONTACTS), draw(st.booleans()))
    return Adopt(key, draw(ROWS), draw(TEXT), draw(FINGERPRINTS), draw(st.none() | TEXT))


@st.composite
def in_step(draw: st.DrawFn) -> InStep:
    """Any row that is in step."""
    key = draw(TEXT)
    return InStep(key, draw(TEXT), draw(FINGERPRINTS), draw(st.booleans()), draw(desired_for(key)))


CHANGES = st.lists(changes(), max_size=3).map(tuple)
ACTIONS = st.sampled_from(["create", "update", "delete", "adopt"])
PROBLEMS = st.builds(
    Problem,
    row=ROWS,
    external_id=SCALAR,
    column=SCALAR,
    value=SCALAR,
    reason=TEXT,
    kind=st.sampled_from(["rejected", "failed", "held"]),
    action=st.none() | ACTIONS,
    remedy=SCALAR,
)
PLANS = st.builds(
    Plan,
    sync=TEXT,
    rows=st.integers(min_value=0),
    unchanged=st.integers(min_value=0),
    changes=CHANGES,
    held_back=st.lists(
        st.builds(
            HeldBack,
            action=ACTIONS,
            danger=st.builds(Danger, reason=TEXT, remedy=SCALAR, option=SCALAR, besides=SCALAR),
            changes=CHANGES,
            reasons=st.dictionaries(TEXT, TEXT, max_size=2),
            pairs=st.lists(st.builds(SamePerson, TEXT, TEXT, TEXT, st.booleans()), max_size=2).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    in_step=st.lists(in_step(), max_size=3).map(tuple),
    gone=OPTIONS,
    problems=st.lists(PROBLEMS, max_size=2).map(tuple),
    warnings=st.lists(
        st.builds(RowWarning, st.sampled_from(get_args(WarningKind)), TEXT, ROWS, SCALAR), max_size=2
    ).map(tuple),
    waiting=st.lists(st.builds(Waiting, TEXT, TEXT, TEXT), max_size=2).map(tuple),
    noted=st.builds(
        Noted,
        missing=st.dictionaries(TEXT, OPTIONS, max_size=2),
        back=OPTIONS,
        unusable=SCALAR,
        doubts=st.none() | st.dictionaries(TEXT, st.floats(0, 1e10), max_size=2),
        verified=st.booleans(),
        foreign=st.booleans(),
    ),
    details=st.dictionaries(TEXT, st.integers(), max_size=2),
    bookmark=SCALAR,
    incomplete=SCALAR,
)


@given(PLANS)
def test_a_plan_survives_its_json(plan: Plan) -> None:
    again = Plan.from_json(json.loads(json.dumps(plan.to_json())))
    assert again == plan
    assert again.checksum() == plan.checksum()


@given(PLANS, CHANGES)
def test_the_checksum_tells_what_would_be_sent_and_nothing_else(plan: Plan, others: tuple[Change, ...]) -> None:
    same = replace(
        plan,
        rows=plan.rows + 1,
        problems=(),
        warnings=(RowWarning("doubles", "x"),),
        bookmark=None,
        held_back=(),
        in_step=(),
    )
    assert same.checksum() == plan.checksum()
    assert replace(plan, changes=plan.changes[::-1]).checksum() == plan.checksum()
    if others:
        assert replace(plan, changes=plan.changes + others).checksum() != plan.checksum()
        assert replace(plan, sync=plan.sync + "x").checksum() != plan.checksum()


def test_another_value_is_another_checksum() -> None:
    plan = build([settle(SAME)], 0, limits())
    other = build([settle(replace(SAME, scalars={"firstName": "Eva"}))], 0, limits())
    assert plan.checksum() != other.checksum()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda plan: [],
        lambda plan: {**plan, "format": 2},
        lambda plan: {**plan, "changes": [{"action": "explode"}]},
        lambda plan: {**plan, "changes": []},
        lambda plan: {**plan, "rows": "many"},
        lambda plan: {name: value for name, value in plan.items() if name != "gone"},
    ],
    ids=["a list", "a newer form", "an unknown change", "another plan's checksum", "text for a number", "a part less"],
)
def test_what_is_no_plan_is_refused(spoil: object) -> None:
    written = build([*updates(1), *deletes(1), settle(SAME, [HELD])], 100, limits()).to_json()
    assert callable(spoil)
    with pytest.raises(ValueError, match=r"plan|change"):
        Plan.from_json(spoil(json.loads(json.dumps(written))))
