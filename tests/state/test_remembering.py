"""Contacts remembered many at once: the same as one by one, whatever was known of them."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.clock import Clock
from sync.contacts.change import InStep
from sync.contacts.contact import Desired
from sync.state.store import State

KEYS, CONTACTS = st.sampled_from(["c1", "c2", "c3", "c4"]), st.sampled_from(["A", "B", "C", "D"])
STILL = st.none() | st.just(Desired("", {"firstName": "Ana"}))
STEPS = st.builds(InStep, KEYS, CONTACTS, st.none() | st.binary(max_size=2), st.booleans(), STILL)


def remembered(portions: Sequence[Sequence[InStep]]) -> list[tuple[object, ...]]:
    with State.open("sqlite://", clock=Clock(now=lambda: 1.0)) as state:
        for key in ("c1", "c4"):
            state.contacts.intend("customers", key)
            state.contacts.refuse("others", key, b"", "no")
        state.contacts.refuse("customers", "c2", b"", "no")
        for steps in portions:
            state.contacts.remember("customers", steps)
        fingerprints = state.contacts.fingerprints("customers")
        known = sorted(state.contacts.everyone("customers"), key=lambda one: one.external_id)
        contacts = [(one.external_id, one.contact_id, one.sent, fingerprints[one.external_id]) for one in known]
        return [*contacts, *state.contacts.intents("customers").items(), *state.contacts.refusals("customers").items()]


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=4), st.lists(STEPS, max_size=8))
def test_many_at_once_are_remembered_as_one_by_one(first: list[InStep], steps: list[InStep]) -> None:
    assert remembered([first, steps]) == remembered([[step] for step in (*first, *steps)])
