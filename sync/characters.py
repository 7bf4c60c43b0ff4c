"""Text that others wrote, made harmless: one rule for terminals, pages, mails and notices. Pure.

Nothing in it breaks a line, commands a terminal, hides, or turns round what stands beside it. Combining marks, emoji
and the joiners of scripts that need them stay whole.
"""

from __future__ import annotations

import re
import unicodedata

NEW_LINE, ODD = "⏎", "·"
"""What stands for the end of a line, and for a character that is none to be seen."""

FIRST_STRONG, END = "\u2068", "\u2069"
"""Unicode's isolates: what stands between them has its own direction, and gives the text around it none."""

MOST_MARKS = 8
"""More marks on one letter are no writing."""

_PLAIN = re.compile(r"[\x20-\x7e]*")
_ENDS = re.compile(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,8}\U000e007f")
_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_DIRECTIONS = frozenset({"L", "R", "AL"})
_JOINERS = "\u200c\u200d"
_EMOJI = (("\U0001f000", "\U0001fbff"), ("\u2190", "\u2bff"), ("\u3030", "\u3030"), ("\u303d", "\u303d"))
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")


def legible(text: str) -> str:
    """The text on one line, without what cannot be seen. For pages, whose markup gives each value its direction."""
    if _PLAIN.fullmatch(text):
        return text
    text = _few_marks(_ENDS.sub(NEW_LINE, text))
    flags = {place for flag in _FLAG.finditer(text) for place in range(*flag.span())}
    return "".join(
        char if place in flags else _seen(char, text[place - 1 : place], text[place + 1 : place + 2])
        for place, char in enumerate(text)
    )


def one_line(text: str) -> str:
    """The text as ``legible`` has it; what runs from right to left is isolated, so that nothing beside it moves.

    Text that begins so is one value, and isolated whole; in a sentence of ours each such stretch is. Once is enough.
    """
    text = legible(text)
    directions = [unicodedata.bidirectional(char) for char in text] if not text.isascii() else []
    if _RIGHT_TO_LEFT.isdisjoint(directions):
        return text
    if next(each for each in directions if each in _DIRECTIONS) in _RIGHT_TO_LEFT:
        return f"{FIRST_STRONG}{text}{END}"
    return "".join(_stretches(text, directions))


def _stretches(text: str, directions: list[str]) -> list[str]:
    """The text in pieces; from the first to the last letter of each that runs from right to left, isolated."""
    pieces: list[str] = []
    done = 0
    strong = [place for place, each in enumerate(directions) if each in _DIRECTIONS]
    begin: int | None = None
    last = 0
    for place in [*strong, len(text)]:
        if place < len(text) and directions[place] in _RIGHT_TO_LEFT:
            begin, last = place if begin is None else begin, place
        elif begin is not None:
            end = last + 1
            while end < len(text) and unicodedata.combining(text[end]):
                end += 1
            pieces += [text[done:begin], FIRST_STRONG, text[begin:end], END]
            done, begin = end, None
    return [*pieces, text[done:]]


def _seen(char: str, before: str, after: str) -> str:
    if char.isprintable():
        return ODD if char in _INVISIBLE else char
    if char in _JOINERS:
        return char if _joins(char, before, after) else ODD
    if unicodedata.category(char) == "Zs":
        return " "
    return char if _is_emoji(char) else ODD


def _joins(char: str, before: str, after: str) -> bool:
    """Whether a joiner stands in an emoji, or in a word of a script that is written with joiners."""
    if not before or not after:
        return False
    if char == "\u200d" and _is_emoji(after):
        return _is_emoji(before) or before == "\ufe0f"
    return all(ord(each) >= 0x0600 and unicodedata.category(each)[0] in "LM" for each in (before, after))


def _is_emoji(char: str) -> bool:
    return any(first <= char <= last for first, last in _EMOJI)


def _few_marks(text: str) -> str:
    """No more marks on one letter than any writing has."""
    kept, marks = [], 0
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= MOST_MARKS:
            kept.append(char)
    return "".join(kept)
