"""Which encoding a text without a mark is likely in, where it is not UTF-8: a guess, or none where it would be a bet.

Windows-1252 first, as spreadsheets in the West save it, if it gives words that names have. Else what the library
``chardet`` proposes, if that does, and nothing else that does comes near. Reads no file.
"""

from __future__ import annotations

import re
from codecs import lookup
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connectors.letters import letters, reads_as_names, words

USUAL = "cp1252"
_SAVED = (
    *(f"cp125{number}" for number in range(9)),
    *("mac-roman", "mac-latin2", "mac-cyrillic", "mac-greek", "mac-turkish"),
    *("cp850", "cp852", "cp866", "iso8859-2", "iso8859-15", "koi8-r", "koi8-u", "cp874"),
    *("gb18030", "big5hkscs", "cp932", "euc_jis_2004", "cp949"),
)
"""What spreadsheets save, or have saved. The library knows many more, which short texts fit by chance."""

_SURE = 1.25
"""How much likelier the best must be than the next that gives another text."""

_RIVALS = ("cp1250", "cp1254")
_DOUBT, _SURER = 2.0, 3.0
"""How much likelier than Windows-1252, where that gives names as well, a rival must be to cast doubt, and to be it."""

_FRENCH = frozenset("éè")
"""Both in one word, as in Hélène: only there."""

_BETWEEN_CELLS = re.compile(rb"[,;\t\"\r\n]+")
_KANA = re.compile("[\u3041-\u30f6]")
"""What Chinese names have not, and Japanese ones in another encoding would show."""


@dataclass(frozen=True, slots=True)
class _Reading:
    encoding: str
    text: str
    likely: float


def guess_encoding(sample: bytes) -> str | None:
    """The encoding that gives names, by Python's name; None where none does, or several do. ``sample``: whole lines."""
    usual = _decoded(sample, USUAL)
    if usual is not None and reads_as_names(usual):
        return _unless_a_rival_is_likelier(sample, usual)
    readings = sorted(_readings(sample), key=lambda reading: -reading.likely)
    if not readings:
        return None
    best = readings[0]
    others = [reading.likely for reading in readings if reading.text != best.text]
    sure = all(likely * _SURE < best.likely for likely in others)
    return best.encoding if sure else None


def _unless_a_rival_is_likelier(sample: bytes, usual: str) -> str | None:
    """Some letters of Central Europe, and of Turkey, look like letters of the West: ``Erdős`` becomes ``Erdõs``."""
    ahead, best = max((_ahead(rival, sample, usual), rival) for rival in _RIVALS)
    if ahead < _DOUBT:
        return USUAL
    return best if ahead >= _SURER else None


def _ahead(rival: str, sample: bytes, usual: str) -> float:
    """How much likelier than the usual the words make ``rival`` in which the two are not the same."""
    text = _decoded(sample, rival)
    if text is None or not reads_as_names(text):
        return 0.0
    telling = [
        word
        for word in dict.fromkeys(words(usual))
        if _decoded(word.encode(USUAL), rival) != word and not set(word) >= _FRENCH
    ]
    if not telling:
        return 0.0
    likely = _likely("\n".join(telling).encode(USUAL), (USUAL, rival))
    return likely.get(rival, 0.0) / max(likely.get(USUAL, 0.0), 1e-9)


def _likely(text: bytes, encodings: Sequence[str]) -> dict[str, float]:
    """How likely the library finds each encoding."""
    import chardet  # slow to import, and nearly every file is UTF-8

    found = chardet.detect_all(text, ignore_threshold=True, include_encodings=encodings)
    return {lookup(each["encoding"]).name: each["confidence"] for each in found if each["encoding"]}


def _readings(sample: bytes) -> Iterator[_Reading]:
    """Every encoding that gives names, and how likely the library finds it."""
    cells = dict.fromkeys(cell for cell in _BETWEEN_CELLS.split(sample) if not cell.isascii())
    likely = _likely(b"\n".join(cells), _SAVED)
    for encoding in (lookup(name).name for name in _SAVED):
        text = _decoded(sample, encoding)
        if text is None or (encoding == "gb18030" and _KANA.search(text)):
            continue
        if letters(text) and reads_as_names(text):
            yield _Reading(encoding, text, likely.get(encoding, 0.0))


def _decoded(sample: bytes, encoding: str) -> str | None:
    try:
        return sample.decode(encoding)
    except UnicodeError:
        return None
