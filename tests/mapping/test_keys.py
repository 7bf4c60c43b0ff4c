"""Keys as people see them, and keys that a program spelled anew."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.mapping.keys import as_it_looks, spelled_anew


@given(st.text(max_size=12))
def test_a_look_looks_like_itself(key: str) -> None:
    looks = as_it_looks(key)
    assert as_it_looks(looks) == looks == looks.strip()
    assert as_it_looks(unicodedata.normalize("NFD", key)) == as_it_looks(unicodedata.normalize("NFC", key))


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=12))
def test_what_everybody_sees_stays(key: str) -> None:
    assert as_it_looks(key) == key


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("00017", "17"),
        ("17", "17.0"),
        ("1001", "1,001"),
        ("1001", "1.001"),
        ("1234567", "1 234 567"),
        ("Ana@X.com", "ana@x.com"),
        ("'007", "7"),
        ("A1", "Ａ１"),
    ],
)
def test_one_key_in_two_spellings(key: str, other: str) -> None:
    assert spelled_anew(key, other)
    assert spelled_anew(other, key)


@pytest.mark.parametrize(
    ("key", "other"),
    [("1", "1"), ("1", "2"), ("1.1", "11"), ("10", "1"), ("1/11", "11/1"), ("v1.01", "v1.1"), ("0", "")],
)
def test_two_keys(key: str, other: str) -> None:
    assert not spelled_anew(key, other)
