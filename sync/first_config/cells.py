"""What a column's cells tell: of which kind they are, what separates several values, how dates are written.

Sees no heading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sync.contacts.contact import CustomField
from sync.first_config import vocabulary
from sync.first_config.proposal import Origin
from sync.mapping import dates, readers
from sync.mapping.values import ValueUnreadable

_SEPARATORS = (";", "|", "\n", ",", "/")
_DATE_FORMATS = ("%Y/%m/%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d %b %Y")
_MONTH_FIRST = {"US", "PH", "PR", "GU"}


def custom_origin(column: str, definition: CustomField, sample: Sequence[str], region: str) -> tuple[Origin, bool]:
    """How the column is to be read for this type of field, and whether most of it can be."""
    if definition.type == "multi-select":
        return Origin((column,), split=next((s for s in _SEPARATORS[:-1] if any(s in v for v in sample)), ";")), True
    formats: Iterable[str | None] = [None]
    if definition.type == "date":
        month_first = sorted(_DATE_FORMATS, key=lambda each: not each.startswith("%m"))
        formats = [None, *(month_first if region in _MONTH_FIRST else _DATE_FORMATS)]

    def fitting(format: str | None) -> tuple[int, int]:
        # Of formats by which as many can be read that counts by which most are written: others may be readable by luck.
        return readable(sample, readers.of_type(definition.type, format)), sum(dates.fits(v, format) for v in sample)

    best = max(formats, key=fitting)
    return Origin((column,), format=best), readable(sample, readers.of_type(definition.type, best)) * 2 >= len(sample)


def separator(sample: Sequence[str], read: Callable[[str], object]) -> str | None:
    """What separates several values in one cell; None where cells hold one."""
    for value in sample:
        for mark in _SEPARATORS:
            parts = [part.strip() for part in value.split(mark) if part.strip()]
            if len(parts) > 1 and not _reads(value, read) and all(_reads(part, read) for part in parts):
                return mark
    return None


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
