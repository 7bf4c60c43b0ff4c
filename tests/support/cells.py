"""Any cell that a source may give, for laws about all of them, and how a reader refuses one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import strategies as st

from connectors.base import Cell
from sync.mapping.values import ValueUnreadable

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.text(alphabet="0123456789+-.,()[] '’$€%eExX/;:@<>ab\t\n\xa0٤４"),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.timezones()),
)
cells: st.SearchStrategy[Cell] = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3), max_leaves=4)


def refusal(read: Callable[..., object], *arguments: object) -> str:
    """Why a reader refuses a cell."""
    with pytest.raises(ValueUnreadable) as caught:
        read(*arguments)
    return caught.value.reason
