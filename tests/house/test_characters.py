"""Text that others wrote, made harmless: on one line, nothing hidden, nothing beside it turned round."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.characters import END, FIRST_STRONG, legible, one_line

WHOLE = [
    "Ana Núñez",
    "e\u0301 and \u0928\u093f",  # combining marks
    "👨\u200d👩\u200d👧 Family",
    "👩🏽\u200d💻",
    "❤\ufe0f\u200d🔥",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # England
    "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian is written with joiners
    "\u0915\u094d\u200d\u0937",
]


@pytest.mark.parametrize("text", WHOLE)
def test_what_people_write_stays_whole(text: str) -> None:
    assert legible(text) == text


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\x1b[31mb\x07", "a·[31mb·"),
        ("a\r\nb\nc\u2028d", "a⏎b⏎c⏎d"),
        ("a\u202egnp.exe", "a·gnp.exe"),
        ("\u2066a\u2069", "·a·"),
        ("a\u200bb\ufeff\u00ad", "a·b··"),
        ("a\u200db", "a·b"),
        ("\U000e0041\U000e0042", "··"),
        ("a\u00a0b\u2003c", "a b c"),
        ("\u3164", "·"),
        ("a\ud800", "a·"),
        ("a" + "\u0301" * 500, "a" + "\u0301" * 8),
    ],
)
def test_what_hides_commands_or_turns_round_is_seen(text: str, seen: str) -> None:
    assert legible(text) == seen


@pytest.mark.parametrize(
    ("text", "isolated"),
    [
        ("שלום", "«שלום»"),
        ("שלום Ltd (12)", "«שלום Ltd (12)»"),
        ("+972 שלום 12", "«+972 שלום 12»"),
        ("row 3, محمد علي (c1): 12", "row 3, «محمد علي» (c1): 12"),
        ("a שלום b عمر", "a «שלום» b «عمر»"),
        ("Ana 12", "Ana 12"),
    ],
)
def test_what_runs_from_right_to_left_moves_nothing_beside_it(text: str, isolated: str) -> None:
    assert one_line(text) == isolated.replace("«", FIRST_STRONG).replace("»", END)


@given(st.text())
def test_any_text_is_one_line_with_its_directions_closed(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert line.count(FIRST_STRONG) == line.count(END)
    assert legible(legible(text)) == legible(text)
    assert not {*"\u202a\u202b\u202c\u202d\u202e\u200e\u200f\u061c\x1b\x00"} & {*line}
