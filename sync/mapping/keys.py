"""Keys as people see them: two that look the same are the same; and when one is another, spelled anew. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_SHOWS_NOTHING = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Marks that show nothing, though Unicode does not count them among the formats (category Cf)."""

_THOUSANDS = re.compile(r"(?<=\d)[,.'’ ](?=\d{3}(?!\d))")
_ESCAPED = re.compile("%2F|%25")
_NO_FRACTION = re.compile(r"(?<=\d)[.,]0+$")
_LEADING_ZEROS = re.compile(r"^0+(?=\d)")


def as_it_looks(key: str) -> str:
    """The key without what nobody sees: composed (NFC), no invisible marks, every space a plain one, none outside."""
    if key.isascii() and key.isprintable():
        return key.strip()
    seen = "".join(" " if char.isspace() else char for char in key if not _is_invisible(char))
    return unicodedata.normalize("NFC", seen).strip()


def joined(pieces: Sequence[str]) -> str:
    """The pieces of a key as one: two keys are one only where all their pieces are.

    What is escaped is only what could be misread: ``a/b`` beside ``c`` is ``a%2Fb/c``.
    """
    return pieces[0] if len(pieces) == 1 else "/".join(map(_escaped, pieces))


def _escaped(piece: str) -> str:
    if "/" not in piece and not _ESCAPED.search(piece):
        return piece
    return piece.replace("%", "%25").replace("/", "%2F")


def _is_invisible(char: str) -> bool:
    return not char.isspace() and (
        unicodedata.category(char) in ("Cf", "Cc", "Cs") or _SHOWS_NOTHING.match(char) is not None
    )


def spelled_anew(key: str, other: str) -> bool:
    """Whether programs are known to make one of the other: zeros lost, ``1.0``, ``1,001``, another case or width."""
    return key != other and bare(key) == bare(other)


def bare(key: str) -> str:
    """What is left of a key once a spreadsheet has done its worst to it."""
    plain = unicodedata.normalize("NFKC", as_it_looks(key)).casefold().strip("'\"")
    return _LEADING_ZEROS.sub("", _THOUSANDS.sub("", _NO_FRACTION.sub("", plain)))
