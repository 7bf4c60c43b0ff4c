"""Numbers that are read without the library: exactly what the library makes of them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.mapping import values
from sync.mapping.plain_numbers import plain

DIGITS = st.from_regex(r"[0-9]{3}", fullmatch=True)
WRITTEN = st.builds(
    lambda before, form, area, middle, last: before + form.format(area, middle, last),
    st.sampled_from(["", "+1", "1", "+1 ", "1-", "+1-", "1.", "+", "001"]),
    st.sampled_from(["{}{}{}", "({}) {}-{}", "({}){}-{}", "{}-{}-{}", "{}.{}.{}", "{} {} {}"]),
    DIGITS | st.sampled_from(["415", "212", "900"]),
    DIGITS | st.sampled_from(["555", "200"]),
    st.from_regex(r"[0-9]{4}", fullmatch=True),
)


def by_the_library(written: str, region: str) -> str | None:
    """A mark that nobody sees keeps it from being plain."""
    try:
        return values.phone(f"{written}\u200e", region)
    except values.ValueUnreadable:
        return None


@settings(max_examples=400, deadline=None)
@given(WRITTEN, st.sampled_from(["US", "CA", "MX", "GB", "DE", "PR", "JM", "BS"]))
def test_what_is_plain_is_what_the_library_makes_of_it(written: str, region: str) -> None:
    read = plain(written, region)
    assert read is None or read == by_the_library(written, region)


def test_the_usual_ways_of_writing_are_plain() -> None:
    usual = ["+14155550101", "14155550101", "4155550101", "(415) 555-0101", "415-555-0101", "+1 415.555.0101"]
    assert {plain(written, "US") for written in usual} == {"+14155550101"}
    assert plain("4155550101", "DE") is None
