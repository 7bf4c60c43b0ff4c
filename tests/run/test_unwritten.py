"""Rows whose id could not be written are known again: by what is left of them, and by where they stand."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Row
from sync.run.unwritten import Trace, Unwritten
from sync.state.store import State

COLUMNS = ("first", "last", "phone")


def trace(number: int | None, *cells: str) -> Trace:
    return Trace.of(Row(number, dict(zip(COLUMNS, cells, strict=True))), COLUMNS)


def remembered(folder: Path, **traces: Trace) -> Unwritten:
    """What another run, too, finds in the state."""
    url = f"sqlite:///{folder / 'state.db'}"
    with State.open(url) as state:
        Unwritten(state.notes, "people").remember(traces)
    with State.open(url) as state:
        found = Unwritten(state.notes, "people")
    assert found.traces == traces
    return found


def test_the_likest_row_is_the_one(tmp_path: Path) -> None:
    known = remembered(tmp_path, a=trace(2, "Ana", "Kern", "1"), b=trace(3, "Bo", "Kern", "2"))
    assert known.recognised([trace(9, "Bo", "Roe", "2"), trace(8, "Ana", "Roe", "1")], ()) == {0: "b", 1: "a"}


def test_a_row_of_which_nothing_is_left_is_known_by_its_place(tmp_path: Path) -> None:
    known = remembered(tmp_path, a=trace(2, "Ana", "", ""))
    assert known.recognised([trace(2, "Zoe", "", "")], ()) == {0: "a"}
    assert known.recognised([trace(3, "Zoe", "", "")], ()) == {}
    assert known.recognised([trace(None, "Zoe", "", "")], ()) == {}


def test_what_stands_elsewhere_unchanged_is_nobody_else(tmp_path: Path) -> None:
    known = remembered(tmp_path, a=trace(2, "Ana", "Kern", "1"))
    assert known.recognised([trace(2, "Ana", "Kern", "9")], {"a"}) == {}


def test_one_cell_that_many_share_tells_nobody(tmp_path: Path) -> None:
    known = remembered(tmp_path, a=trace(2, "Ana", "Kern", "1"))
    assert known.recognised([trace(7, "Bo", "Kern", "2")], ()) == {}


def test_nothing_is_noted_of_what_cells_say(tmp_path: Path) -> None:
    remembered(tmp_path, a=trace(2, "Ana", "Kern", "+14155550100"))
    held = b"".join(file.read_bytes() for file in tmp_path.glob("state.db*"))
    assert b"Kern" not in held
    assert b"4155550100" not in held


cells = st.tuples(*[st.sampled_from(["", "x", "y", "z"])] * 3)


@given(st.lists(cells, max_size=5), st.lists(cells, max_size=5))
def test_no_row_is_two_and_no_two_rows_are_one(before: list[tuple[str, ...]], after: list[tuple[str, ...]]) -> None:
    with State.open("sqlite://", read_only=True) as state:
        known = Unwritten(state.notes, "people")
    known.traces = {f"k{n}": trace(n, *row) for n, row in enumerate(before, 2)}
    found = known.recognised([trace(n, *row) for n, row in enumerate(after, 2)], ())
    assert len(set(found.values())) == len(found)
    assert set(found) <= set(range(len(after)))
