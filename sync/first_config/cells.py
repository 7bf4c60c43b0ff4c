"""What a column's cells tell: of which kind they are, what separates several values, how dates are written.

Sees no heading.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from sync.contacts.contact import CustomField
from sync.first_config import vocabulary
from sync.first_config.proposal import Origin
from sync.mapping import dates, guards, readers
from sync.mapping.values import ValueUnreadable

_SEPARATORS = (";", "|", "\n", ",", "/")
_DATE_FORMATS = ("%Y/%m/%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d %b %Y")
_MONTH_FIRST = {"US", "PH", "PR", "GU"}

_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T\s].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}(\s+\d{1,2}:.*)?")
_POSTCODE = re.compile(r"\d{5}-?\d{3}")
_WITH_DASH = re.compile(r"\d{5}-\d{3,4}|\d{3}-\d{4}[A-Z]?|\d{2}-\d{3}")
_ADDRESS = re.compile(r"\S+@\S+\.\S+")
_WRITTEN_TO_CALL = re.compile(r"\D{0,3}\+?[(\d][\d\s().\-/]{6,}\D{0,3}.{0,12}")
_WORD_OF_A_NAME = re.compile(r"[^\W\d_][^\W\d_'’.\-]*(?:['’.\-][^\W\d_]*)*,?")
_NOTHING = frozenset(
    {
        *[
            "-",
            "--",
            "---",
            ".",
            "?",
            "n/a",
            "na",
            "n.a.",
            "none",
            "null",
            "nil",
            "tbd",
            "tba",
            "unknown",
            "x",
            "xx",
            "0",
            "kein",
            "keine",
        ],
        "not given",
    }
)
_FIRM_WORDS = """
    llc inc ltd corp co company gmbh ag kg ohg ug mbh plc llp lp pty sa sas sarl srl spa bv nv oy ab as aps sl group
    dental clinic hospital school church club association services service solutions systems consulting holdings
    partners restaurant cafe hotel studio salon construction plumbing roofing electric electrical pest properties realty
    bank insurance agency foundation trust fund industries international enterprises logistics foods store shop auto
    motors university college city county department dept law office offices associates
    corporation incorporated limited research labs industries bros sons supply trading transport travel media design
    consultants engineering management snc eurl eirl sasu ltda eireli kft zrt doo sro spzoo ek eg partg mbb verein
    stiftung praxis kanzlei apotheke bäckerei metzgerei ооо ип зао оао пао тов фоп"""
_FIRM_MARKS = (
    "株式会社",
    "有限会社",
    "合同会社",
    "有限公司",
    "주식회사",
    "Sp. z o",
    "s.r.o",
    "d.o.o",
    "S.L",
    "S.A",
    "C.V",
)
_FAMILIES = frozenset({"ek", "eg", "as", "sa", "ag", "ab", "sl", "sas", "spa", "og", "ug"})
_FIRMS = frozenset(word for each in _FIRM_WORDS.split() for word in vocabulary.words(each))


def looks_like_phones(sample: Sequence[str]) -> bool:
    """Whether most cells could be phone numbers of any country, whatever exporters put around them."""
    return _most(sample, _like_a_phone)


def look_like_addresses(sample: Sequence[str]) -> bool:
    """Whether most cells hold an e-mail address."""
    return _most(sample, lambda value: _ADDRESS.search(value) is not None)


def surely_phones(sample: Sequence[str]) -> bool:
    """Whether nearly all cells are written as phone numbers are, so that no heading need say so."""
    return bool(sample) and _share(sample, _written_to_call) >= 0.8


def look_like_numbers(sample: Sequence[str], *, nearly_all: bool = False) -> bool:
    """Whether most cells are numbers, dates, addresses or phone numbers: nobody's name."""
    return bool(sample) and _share(sample, _no_name) >= (0.9 if nearly_all else 0.5)


def _no_name(value: str) -> bool:
    return bool(_DATE.fullmatch(value) or _ADDRESS.search(value) or not any(map(str.isalpha, value)))


def look_like_whole_names(sample: Sequence[str]) -> bool:
    """Whether most cells are names of people in two words or more, so that they can be split."""
    return bool(sample) and _share(sample, _like_a_whole_name) >= 0.6


def look_like_firms(sample: Sequence[str]) -> bool:
    """Whether most cells are called as firms are."""
    return _most(
        sample,
        lambda value: any(map(_of_a_firm, value.split())) or "&" in value or any(f in value for f in _FIRM_MARKS),
    )


def look_like_postcodes(sample: Sequence[str]) -> bool:
    """Whether most cells are as the codes that Brazil calls CEP, which elsewhere means a mobile."""
    return _most(sample, _POSTCODE.fullmatch)


def look_like_names(sample: Sequence[str]) -> bool:
    """Whether most cells are words as names are: of people, or of anything else that has one."""
    return _most(
        sample, lambda value: any(map(str.isalpha, value)) and not any(map(str.isdigit, value)) and "@" not in value
    )


def _like_a_phone(value: str) -> bool:
    if _DATE.fullmatch(value) or _ADDRESS.search(value) or _WITH_DASH.fullmatch(value):
        return False
    digits, letters = sum(map(str.isdigit, value)), sum(map(str.isalpha, value))
    return digits >= 6 and letters <= max(digits, 12)


def _written_to_call(value: str) -> bool:
    digits = sum(map(str.isdigit, value))
    marked = "+" in value or ("(" in value and ")" in value) or len(re.findall(r"\d[\s.\-]+\d", value)) >= 2
    return bool(_WRITTEN_TO_CALL.fullmatch(value)) and 9 <= digits <= 15 and marked and not _DATE.match(value)


def _like_a_whole_name(value: str) -> bool:
    parts = value.split()
    if not 2 <= len(parts) <= 6 or any(character in value for character in "&/;@") or " and " in value:
        return False
    if any(map(_of_a_firm, parts)) or any(mark in value for mark in _FIRM_MARKS):
        return False
    return all(_WORD_OF_A_NAME.fullmatch(part) for part in parts)


def _of_a_firm(word: str) -> bool:
    """Whether firms alone are called so: "Ek" and "Sá" are families' names, "EK" and "SA" are not."""
    told = vocabulary.words(word)
    families = any(each in _FAMILIES for each in told) and not word.strip(".,()").replace(".", "").isupper()
    return bool(_FIRMS & set(told)) and not families


def _share(sample: Sequence[str], fits: Callable[[str], object]) -> float:
    return sum(bool(fits(value)) for value in sample) / len(sample)


def _most(sample: Sequence[str], fits: Callable[[str], object]) -> bool:
    return bool(sample) and _share(sample, fits) >= 0.5


def custom_origin(column: str, definition: CustomField, sample: Sequence[str], region: str) -> tuple[Origin, bool]:
    """How the column is to be read for this type of field, and whether most of it can be."""
    if definition.type == "multi-select":
        seen = next((mark for mark in _SEPARATORS[:-1] if any(mark in value for value in sample)), None)
        seen = " " if seen is None and _are_tags_with_spaces(sample) else seen
        return Origin((column,), split=seen), True
    formats: Iterable[str | None] = [None]
    if definition.type == "date":
        month_first = sorted(_DATE_FORMATS, key=lambda each: not each.startswith("%m"))
        formats = [None, *(month_first if region in _MONTH_FIRST else _DATE_FORMATS)]

    def fitting(format: str | None) -> tuple[int, int]:
        # Of formats by which as many can be read that counts by which most are written: others may be readable by luck.
        return readable(sample, readers.of_type(definition.type, format)), sum(dates.fits(v, format) for v in sample)

    best = max(formats, key=fitting)
    return Origin((column,), format=best), readable(sample, readers.of_type(definition.type, best)) * 2 >= len(sample)


def _are_tags_with_spaces(sample: Sequence[str]) -> bool:
    """Whether a space separates them, as help desks write tags: most words of "vip new" stand elsewhere, too."""
    several = [value.split() for value in sample if " " in value.strip()]
    if not several or any(character in value for value in sample for character in ',;|\n"'):
        return False
    alone = {value.strip() for value in sample if " " not in value.strip()}
    words = [word for value in several for word in value]
    known = [word for word in words if word in alone or words.count(word) > 1]
    return len(known) * 2 >= len(words)


def separator(sample: Sequence[str], read: Callable[[str], object]) -> str | None:
    """What separates several values in one cell; None where cells hold one, or are not all separated alike."""
    found = {mark for value in sample if (mark := _separator_of(value, read)) is not None}
    return found.pop() if len(found) == 1 else None


def _separator_of(value: str, read: Callable[[str], object]) -> str | None:
    if _reads(value, read):
        return None
    for mark in _SEPARATORS:
        parts = [part.strip() for part in value.split(mark) if part.strip()]
        if len(parts) > 1 and all(_reads(part, read) for part in parts):
            return mark
    return None


def without_nothing(sample: Sequence[str]) -> list[str]:
    """The sample without what people write where there is nothing, and without what guards a value."""
    return [bare for value in sample if (bare := guards.bare(value)).casefold() not in _NOTHING]


def are_roles_in_a_program(sample: Sequence[str]) -> bool:
    """Whether a column holds "end-user" and "administrator": what programs call a role."""
    return bool(sample) and all("".join(vocabulary.words(value)) in vocabulary.OF_ACCOUNTS for value in sample)


def family_stands_first(sample: Sequence[str]) -> bool:
    """Whether most names are written as "LE GALL Yann": the family's in capitals, the given one after it."""
    return _most(sample, _capitals_first)


def are_codes(sample: Sequence[str]) -> bool:
    """Whether all cells are numbers or codes of one piece."""
    return bool(sample) and all(re.fullmatch(r"[A-Z]{0,4}[-/.#]?\d[\w\-/.]*", value.strip()) for value in sample)


def are_vacancies(value: str) -> bool:
    """Whether this stands for nobody where a tenant's name would."""
    return "".join(vocabulary.words(value)) in vocabulary.VACANT


def _capitals_first(value: str) -> bool:
    parts = [part for part in value.split() if len(part) > 1]
    return len(parts) > 1 and "," not in value and parts[0].isupper() and not parts[-1].isupper()


def are_salutations(sample: Sequence[str]) -> bool:
    """Whether a column holds "Mr" and "Dr.": what many exports call a title."""
    return bool(sample) and all("".join(vocabulary.words(value)) in vocabulary.SALUTATIONS for value in sample)


def readable(sample: Sequence[str], read: Callable[[str], object]) -> int:
    """How many values of the sample can be read so."""
    return sum(_reads(value, read) for value in sample)


def _reads(value: str, read: Callable[[str], object]) -> bool:
    try:
        read(value)
    except ValueUnreadable:
        return False
    return True
