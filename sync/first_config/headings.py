"""One heading: which of OpenPhone's own fields it seems to name. Sees no cell, and no other heading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sync.first_config import vocabulary


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading in comparable form: its words without case, accents and punctuation."""

    column: str
    words: tuple[str, ...]

    @classmethod
    def of(cls, column: str) -> Heading:
        return cls(column, vocabulary.words(column))

    @property
    def spellings(self) -> tuple[str, ...]:
        """The whole heading in one word; then without whose it is; then without which one it is."""
        bare = self.words
        while len(bare) > 1 and bare[0] in vocabulary.WHOSE:
            bare = bare[1:]
        unnumbered = [word for word in bare if not word.isdecimal() and word != "value"]
        return tuple(dict.fromkeys("".join(words) for words in (self.words, bare, unnumbered) if words))


def match(heading: Heading, wanted: Mapping[str, int]) -> tuple[int, int] | None:
    """How likely ``heading`` is one of the ``wanted``, the lowest the likeliest; None where it is none."""
    ranks = [(at, wanted[each]) for at, each in enumerate(heading.spellings) if each in wanted]
    return min(ranks, default=None)


def phone_label(heading: Heading) -> str | None:
    """The label for a column of phone numbers; None where it holds none."""
    words = {*heading.words, "".join(heading.words)}
    if words & vocabulary.NOT_A_VALUE:
        return None
    if words & vocabulary.MOBILE:
        return "mobile"
    is_phone = words & vocabulary.PHONE or any(part in word for word in words for part in vocabulary.PHONE_PARTS)
    return _place(words) if is_phone else None


def email_label(heading: Heading) -> str | None:
    """The label for a column of e-mail addresses; None where it holds none."""
    words = {*heading.words, "".join(heading.words)}
    return _place(words) if words & vocabulary.EMAIL and not words & vocabulary.NOT_A_VALUE else None


def _place(words: set[str]) -> str:
    if words & vocabulary.WORK or any(word.startswith(("büro", "buro", "geschaft")) for word in words):
        return "work"
    return "home" if words & vocabulary.HOME else "primary"
