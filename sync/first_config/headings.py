"""One heading: which of OpenPhone's own fields it seems to name. Sees no cell, and no other heading."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sync.first_config import vocabulary

_NUMBER_SIGN = re.compile(r"#s?(?!\w)")
"""As in "Customer #" and "Main Phone #s"."""


_NUMERO = re.compile(r"(?<!\w)[Nn]\s*[°º]\.?")
"""As in "N° client"."""
_HINT = re.compile(
    r"[(\[][^)\]]*\b(?:required|optional|mandatory|read only|upload only|must be|format|obligatoire|facultatif"
    r"|obligatorio|opcional|pflichtfeld|pflicht|verplicht|optioneel|obbligatorio)\b[^)\]]*[)\]]",
    re.IGNORECASE,
)
"""What a form tells whoever fills it in: "First Name [Required]"."""

_OF = {"of", "du", "de", "des", "del", "della", "di", "do", "da", "der", "van", "la", "le", "the"}
_SHORTENED = re.compile(r"[A-Z0-9]+(?:_[A-Z0-9]+)+|[a-z0-9]+(?:_[a-z0-9]+)+")

_COMPOSED = (8, 0)
_BEHIND = (9, 10**6)
"""The ranks of keys by composition, and behind a product's name: after all that are called like one by themselves."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading in comparable form: its words without case, accents and punctuation."""

    column: str
    words: tuple[str, ...]

    @classmethod
    def of(cls, column: str) -> Heading:
        bare = _HINT.sub(" ", column)
        bare = bare if bare.strip() else column
        words = vocabulary.words(_NUMBER_SIGN.sub(" number ", _NUMERO.sub(" no ", bare)))
        if _SHORTENED.fullmatch(column.strip()):
            words = tuple(vocabulary.ABBREVIATED.get(word, word) for word in words)
        return cls(column, words)

    @property
    def spellings(self) -> tuple[str, ...]:
        """The whole heading in one word; then without whose it is; then without which one it is."""
        bare = _before_whose(self.words)
        while len(bare) > 1 and bare[0] in vocabulary.WHOSE:
            bare = bare[1:]
        unnumbered = [word for word in bare if not word.isdecimal() and word != "value"]
        return tuple(dict.fromkeys("".join(words) for words in (self.words, bare, unnumbered) if words))


def _before_whose(words: tuple[str, ...]) -> tuple[str, ...]:
    """Without whose it is at the end: "Prénom du contact", "Name of client"."""
    of = next((at for at, word in enumerate(words) if at and word in _OF), len(words))
    return words[:of] if set(words[of:]) <= vocabulary.WHOSE | _OF else words


def is_product_key(heading: Heading) -> bool:
    """Whether it ends like a key behind a product's name, as "Square Customer ID" does."""
    before, last = heading.words[:-2], "".join(heading.words[-2:])
    return 0 < len(before) <= 2 and last in vocabulary.KEYS_OF_PEOPLE and not set(before) & vocabulary.NOT_THE_ROWS


def key_rank(heading: Heading) -> tuple[int, int] | None:
    """How likely a heading says that its column is a key, the lowest the likeliest; None where it does not."""
    rank = match(heading, vocabulary.KEYS)
    if rank is not None:
        return rank
    bare = "".join(word for word in heading.words if word not in vocabulary.PADDING)
    if set(heading.words) & {"sale", "sales", "order", "invoice", "transaction"}:
        return None  # of which somebody may have many
    if bare in vocabulary.KEYS or vocabulary.COMPOSED_KEY.fullmatch(bare):
        return _COMPOSED
    return _BEHIND if is_product_key(heading) else None


def match(heading: Heading, wanted: Mapping[str, int]) -> tuple[int, int] | None:
    """How likely ``heading`` is one of the ``wanted``, the lowest the likeliest; None where it is none."""
    ranks = [(at, wanted[each]) for at, each in enumerate(heading.spellings) if each in wanted]
    if not ranks and wanted is vocabulary.FULL and _names_both(heading.words):
        return (len(heading.spellings), 0)
    return min(ranks, default=None)


def _names_both(words: tuple[str, ...]) -> bool:
    """Whether they mean a last name and a first one, as "Apellido y nombre" and "Nom, prénom" do."""
    first, last = vocabulary.FIRST, vocabulary.LAST
    return any((one in first and two in last) or (one in last and two in first) for one, two in _halves(words))


def family_first(heading: Heading) -> bool:
    """Whether whole names in it are written with the family's name before the given one, as far as it says so."""
    if any(each in vocabulary.FAMILY_FIRST for each in heading.spellings):
        return True
    return any(one in vocabulary.LAST and two in vocabulary.FIRST for one, two in _halves(heading.words))


def _halves(words: tuple[str, ...]) -> list[tuple[str, str]]:
    told = [word for word in words if word not in ("y", "e", "and", "und", "et", "i", "og", "och", "en", "a")]
    return [("".join(told[:at]), "".join(told[at:])) for at in range(1, len(told))]


def phone_label(heading: Heading) -> str | None:
    """The label for a column of phone numbers; None where it holds none."""
    words = {*heading.words, "".join(heading.words)}
    if words & vocabulary.NOT_A_VALUE:
        return None
    if words & vocabulary.MOBILE or any(word.startswith(vocabulary.MOBILE_PARTS) for word in words):
        return "mobile"
    if words & vocabulary.LINES and not set(heading.words) - vocabulary.OF_LINES:
        return _place(words)
    is_phone = words & vocabulary.PHONE or any(part in word for word in words for part in vocabulary.PHONE_PARTS)
    if is_phone:
        letters = {vocabulary.LETTERS[word] for word in words if word in vocabulary.LETTERS}
        return "mobile" if words & vocabulary.TEXTED else letters.pop() if len(letters) == 1 else _place(words)
    return _number_label(words) if is_number_to_call(heading) else None


def is_number_to_call(heading: Heading) -> bool:
    """Whether the heading means a number to call without a word for phone, as "Home number" and "Text number" do."""
    words = set(heading.words)
    kinds = vocabulary.KIND_OF_NUMBER | vocabulary.WORK | vocabulary.HOME - {"casa", "domicile", "maison"}
    unfit = {"business", "company", "firma", "empresa"}
    rest = words - vocabulary.NUMBER
    return bool(words & vocabulary.NUMBER and rest) and rest <= kinds - unfit | set("123456789")


def email_label(heading: Heading) -> str | None:
    """The label for a column of e-mail addresses; None where it holds none."""
    words = {*heading.words, "".join(heading.words)}
    return _place(words) if words & vocabulary.EMAIL and not words & vocabulary.NOT_A_VALUE else None


def place_label(heading: Heading) -> str | None:
    """The label of a column that is called by a place alone, as "Work" and "Home"; None for any other."""
    words = {word for word in heading.words if not word.isdecimal()}
    return _place(words) if words and words <= vocabulary.WORK | vocabulary.HOME | vocabulary.OTHER else None


def _number_label(words: set[str]) -> str:
    return "mobile" if words & vocabulary.TEXTED else _place(words)


def _place(words: set[str]) -> str:
    if words & vocabulary.WORK or any(word.startswith(("büro", "buro", "geschaft")) for word in words):
        return "work"
    if words & vocabulary.HOME:
        return "home"
    return "other" if words & vocabulary.OTHER else "primary"


def is_known(text: str) -> bool:
    """Whether people call a column so: what tells a header from titles and values."""
    heading = Heading.of(text)
    meanings = (
        vocabulary.FIRST,
        vocabulary.LAST,
        vocabulary.FULL,
        vocabulary.COMPANY,
        vocabulary.ROLE,
    )
    if not heading.words or len(heading.words) > 6:
        return False
    named = key_rank(heading) is not None or any(match(heading, each) is not None for each in meanings)
    return named or phone_label(heading) is not None or email_label(heading) is not None
