"""Whose a number is, where its heading has words that we do not know: by the columns beside it, and by its cells.

"Telefon opiekuna" beside a column "Opiekun" of names is that one's number, in any language; and a number that stands in
row after row is nobody's of these rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import takewhile

from sync.first_config import vocabulary
from sync.first_config.cells import look_like_names, without_nothing
from sync.first_config.headings import Heading, email_label, key_rank, match, phone_label
from sync.first_config.survey import Survey
from sync.first_config.whose import OWN, Whose, may_be_the_row

_KNOWN = frozenset().union(
    *(vocabulary.PHONE, vocabulary.MOBILE, vocabulary.WORK, vocabulary.HOME, vocabulary.NUMBER, vocabulary.OTHER),
    *(vocabulary.KIND_OF_NUMBER, vocabulary.TEXTED, vocabulary.EMAIL, vocabulary.WHOSE, vocabulary.LETTERS),
    *(vocabulary.OF_LINES,),
    ("address", "value", "fixed", "personal", "mailing", "full", "with", "code", "formatted", "mobilephone"),
)
_FEWEST_LETTERS = 4
_NAME = {
    "name",
    "person",
    "navn",
    "namn",
    "naam",
    "nimi",
    "nom",
    "nome",
    "nombre",
    "imie",
    "nazwisko",
    "jmeno",
    "nev",
    "nume",
}
_CONTACT = {"contact", "kontakt", "contacto", "contatto"}
_FIRST_OF_THEM = vocabulary.WHOSE | {"first", "1", "full", "company", "display", "name", "person", "best"}
_KNOWN_KINDS = vocabulary.PHONE | vocabulary.MOBILE | vocabulary.EMAIL | vocabulary.NUMBER | vocabulary.KEYS.keys()


def whom_they_are_about(mine: Mapping[str, Heading], survey: Survey) -> dict[str, Heading]:
    """Where nobody is named in words that we know: the first column of names beside whose word are numbers, and those.

    "Insured" beside "Insured Phone" names whom the rows are about; each comes with the heading that it has for them.
    """
    for column, heading in mine.items():
        if not look_like_names(_sample(survey, column)) or repeats(column, survey):
            continue
        theirs = {
            other: Heading(other, tuple(word for word in each.words if word not in heading.words))
            for other, each in mine.items()
            if other != column and _unknown(each) and _is_theirs(each, heading, named=True)
        }
        if theirs:
            return {column: Heading(column, ("name",)), **theirs}
    return {}


def the_same_person(persons: Mapping[Whose, Mapping[str, Heading]], main: Whose, survey: Survey) -> dict[str, Heading]:
    """The columns of somebody called as the row's person is, in every row: a shop's "Billing" is its customer."""
    mine = {**persons[OWN], **persons[main]}
    found: dict[str, Heading] = {}
    for who, theirs in persons.items():
        if who not in (OWN, main) and may_be_the_row(who) and _called_alike(mine, theirs, survey):
            found |= theirs
    return found


def _called_alike(mine: Mapping[str, Heading], theirs: Mapping[str, Heading], survey: Survey) -> bool:
    called = [(_called(row, mine), _called(row, theirs)) for row in survey.rows_seen]
    pairs = [(one, two) for one, two in called if one and two]
    return len(pairs) > 1 and all(one == two for one, two in pairs)


def _called(row: Mapping[str, str], columns: Mapping[str, Heading]) -> str:
    """What somebody is called in a row, whether in one column or in two."""
    bare = {
        c: Heading(c, tuple(w for w in h.words if w not in ("address", "to"))) for c, h in columns.items() if c in row
    }

    def said(meaning: Mapping[str, int]) -> str:
        return next((row[column] for column, heading in bare.items() if match(heading, meaning) is not None), "")

    parts = [said(vocabulary.FIRST), said(vocabulary.LAST)]
    return " ".join((" ".join(parts) if all(parts) else said(vocabulary.FULL)).casefold().split())


def of_others(
    mine: Mapping[str, Heading], every: Mapping[str, Heading], survey: Survey, *, marked: bool = False
) -> Iterator[tuple[str, str]]:
    """The columns of numbers and addresses that seem to be somebody else's, each with the reason.

    ``every``: all columns, those of other people, too. ``marked``: the row's person is one of several whom it names.
    """
    others = {column: _which_contact(heading) for column, heading in every.items()}
    contacts = {column: words for column, words in others.items() if words and not survey.is_empty(column)}
    named = any(match(heading, vocabulary.FIRST) and not survey.is_empty(column) for column, heading in mine.items())
    for column, heading in mine.items():
        contact = next((each for each, words in contacts.items() if words <= set(heading.words)), None)
        if contact is not None and contact != column and _is_number(heading, contacts[contact]):
            yield column, f"it seems to be that of the column {contact!r}"
            continue
        if not _unknown(heading) or (phone_label(heading) or email_label(heading)) is None:
            continue
        for other, theirs in mine.items():
            if other != column and _is_theirs(heading, theirs, named=named) and look_like_names(_sample(survey, other)):
                yield column, f"it seems to be that of the column {other!r}"
                break
        else:
            if marked and mine[column] == every[column]:
                yield column, "it is not said to be the row's person's"
            elif repeats(column, survey):
                yield column, "the same stands in many rows: it seems to be another person's"


def _unknown(heading: Heading) -> bool:
    return any(not word.isdecimal() and word not in _KNOWN and _rest(word) not in _KNOWN for word in heading.words)


def _rest(word: str) -> str:
    """A compound word without the part that means phone: "telefoonnummer" is "nummer"."""
    parts = [part for part in vocabulary.PHONE_PARTS if part in word]
    return word.replace(max(parts, key=len), "").strip() or "phone" if parts else word


def _is_theirs(heading: Heading, other: Heading, *, named: bool) -> bool:
    """Whether a heading is the other one, and a word for phone or address. ``named``: rows have first names."""
    other = Heading(other.column, tuple(w for w in other.words if w not in _NAME) or other.words)
    whole, name = "".join(heading.words), "".join(other.words)
    short = _FEWEST_LETTERS if name.isascii() and name not in heading.words else 2
    within = name in whole or all(any(_inflected(w, each) for w in heading.words) for each in other.words)
    if len(name) < short or not within or set(other.words) <= _KNOWN or key_rank(other) is not None:
        return False
    own = (vocabulary.FIRST, vocabulary.LAST, vocabulary.COMPANY, *(() if named else (vocabulary.FULL,)))
    if phone_label(other) or email_label(other) or any(match(other, each) is not None for each in own):
        return False
    rest = [word for word in heading.words if not any(_inflected(word, each) for each in other.words)]
    apart = Heading(heading.column, tuple(rest))
    return any(phone_label(each) or email_label(each) for each in (Heading.of(whole.replace(name, " ", 1)), apart))


def _inflected(word: str, other: str) -> bool:
    """Whether they are one word in two cases: "opiekun" and "opiekuna", "foresatt" and "foresattes"."""
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(word, other, strict=False)))
    return word == other or (shared >= _FEWEST_LETTERS and shared >= 0.6 * max(len(word), len(other)))


def _which_contact(heading: Heading) -> set[str]:
    """Which of several contacts a column names, as "Secondary Contact" and "A/P Contact" do; nothing for the first."""
    words = set(heading.words)
    which = words - _CONTACT
    told = which != words and not which & (_FIRST_OF_THEM | _KNOWN_KINDS | vocabulary.NOT_A_VALUE)
    return which if told else set()


def _is_number(heading: Heading, which: set[str]) -> bool:
    rest = Heading(heading.column, tuple(word for word in heading.words if word not in which))
    return phone_label(rest) is not None or email_label(rest) is not None


def repeats(column: str, survey: Survey) -> bool:
    """Whether the same few values stand in row after row."""
    seen = [row[column] for row in survey.rows_seen if column in row]
    return len(seen) > 1 and len(set(seen)) * 2 <= len(seen)


def _sample(survey: Survey, column: str) -> list[str]:
    return without_nothing(list(survey.samples[column]))
