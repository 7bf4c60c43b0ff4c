"""Names in messages: lists of them, and the one that was most likely meant."""

from __future__ import annotations

import pytest

from sync.wording import did_you_mean, listed, nearest, one_of


def test_lists_are_read_as_they_are_spoken() -> None:
    assert (one_of(["a"]), one_of(["a", "b", "c"])) == ("a", "a, b or c")
    assert (listed([]), listed(["a"]), listed(["a", "b", "c"])) == ("", "a", "a, b and c")


@pytest.mark.parametrize(
    ("wrong", "right", "meant"),
    [
        ("fistName", ["lastName", "firstName"], "firstName"),
        ("time_out", ["timeout"], "timeout"),
        ("FIRST NAME", ["first-name"], "first-name"),
        ("id", ["ID", "Id"], "ID"),
        ("colour", ["firstName"], None),
        ("", ["a"], None),
        ("a", [], None),
    ],
)
def test_the_name_that_was_meant(wrong: str, right: list[str], meant: str | None) -> None:
    assert nearest(wrong, right) == meant
    assert did_you_mean(wrong, right) == (f"; did you mean {meant!r}?" if meant else "")
