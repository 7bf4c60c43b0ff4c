"""Phone numbers and e-mail addresses: which columns hold them, under which labels, and which only seem to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from sync.first_config.cells import (
    look_like_addresses,
    look_like_postcodes,
    looks_like_phones,
    readable,
    separator,
    surely_phones,
    without_nothing,
)
from sync.first_config.headings import Heading, email_label, is_number_to_call, phone_label, place_label
from sync.first_config.proposal import Origin
from sync.first_config.work import Work
from sync.mapping.phone_cells import numbers_in
from sync.mapping.readers import LABELLED

_NATIONAL = 9
_LABELS = ("type", "label", "typ", "kind", "etikett")
_NO_MATTER = {"value", "number", "address", "nr", "no", *_LABELS}


@dataclass(frozen=True, slots=True)
class Group:
    """One of the two kinds of labelled values, and how its columns are told."""

    name: str
    what: str
    label_of: Callable[[Heading], str | None]
    fit: Callable[[Sequence[str]], bool]
    surely: Callable[[Sequence[str]], bool]


PHONES = Group("phoneNumbers", "phone numbers", phone_label, looks_like_phones, surely_phones)
EMAILS = Group("emails", "e-mail addresses", email_label, look_like_addresses, look_like_addresses)


def labelled(work: Work, group: Group) -> None:
    """Takes every column of the group that is filled, and whose cells do not say otherwise."""
    called = {column: label for column, heading in work.free.items() if (label := _label(work, column, heading, group))}
    taken: dict[str, str] = {}
    for column, label in called.items():
        sample = without_nothing(work.sample(column))
        if work.survey.is_empty(column):
            work.leave(column, "it is empty in every row")
        elif sample and not (group.fit(sample) and not _postcodes(work.free[column], sample)):
            work.leave(column, f"it is called like {group.what}, and holds none ({sample[0][:30]!r})")
        elif (same := _same_as(work, column, taken)) is not None:
            _join(work, column, taken[same])
        else:
            taken[column] = _take(work, group, column, label)
    if not taken:
        _by_cells_alone(work, group)


def _label(work: Work, column: str, heading: Heading, group: Group) -> str | None:
    """The column's label by its heading; "Work" is called like a number where its cells leave no doubt."""
    label = group.label_of(heading)
    if label is None and group is PHONES and surely_phones(without_nothing(work.sample(column))):
        label = place_label(heading)
    return label


def _postcodes(heading: Heading, sample: Sequence[str]) -> bool:
    return "cep" in heading.words and look_like_postcodes(sample)


def _take(work: Work, group: Group, column: str, label: str) -> str:
    number, name = 1, f"{group.name}.{label}"
    while name in work.fields:
        number += 1
        name = f"{group.name}.{label} {number}"
    sample, read = without_nothing(work.sample(column)), LABELLED[group.name](work.region)
    split = separator(sample, read)
    origin = Origin((column,), split=split, label_column=_label_column(work, column))
    if group is PHONES:
        sample = [each.number for value in sample for each in numbers_in(value) if each.number]
    if split is None and readable(sample, read) * 2 < len(sample):
        what = f"phone numbers of {work.region}" if group is PHONES else group.what
        work.notes.append(f"most of {column!r} cannot be read as {what}: such rows are rejected")
    work.take(name, origin)
    return name


def _join(work: Work, column: str, name: str) -> None:
    """A column that says the same where both say something: one of them serves where the other is blank."""
    origin = work.fields[name]
    if origin.label_column is not None:
        work.leave(column, f"it says nothing that {origin.columns[0]!r} does not say")
        return
    plainest = sorted((*origin.columns, column), key=lambda each: len(Heading.of(each).words))
    work.take(name, replace(origin, columns=tuple(plainest)))


def _label_column(work: Work, column: str) -> str | None:
    """The column beside it that says which number it is: "Phone 1 - Type" for "Phone 1 - Value"."""
    base = _base(work.free[column])
    for other, heading in work.free.items():
        if other != column and set(heading.words) & set(_LABELS) and _base(heading) == base:
            return other if work.sample(other) and not looks_like_phones(work.sample(other)) else None
    return None


def _base(heading: Heading) -> tuple[str, ...]:
    return tuple(word for word in heading.words if word not in _NO_MATTER)


def _same_as(work: Work, column: str, taken: Iterable[str]) -> str | None:
    """A column that has been taken and says the same in every row in which both say something."""
    for other in taken:
        pairs = [(row[column], row[other]) for row in work.survey.rows_seen if column in row and other in row]
        if pairs and all(_bare(mine) == _bare(theirs) for mine, theirs in pairs):
            return other
    return None


def _bare(value: str) -> str:
    """Without what only dresses it; a number without its country, which one of two columns may leave out."""
    bare = "".join(filter(str.isalnum, value)).casefold()
    return bare[-_NATIONAL:] if bare.isdecimal() and len(bare) >= _NATIONAL else bare


def _by_cells_alone(work: Work, group: Group) -> None:
    """Where no heading says so: the only column whose cells leave no doubt."""
    called_else = {column for column, heading in work.free.items() if email_label(heading) or phone_label(heading)}
    read = LABELLED[group.name](work.region)
    found = [column for column in work.free if column not in called_else and group.surely(work.sample(column))]
    found = [column for column in found if group is PHONES or readable(work.sample(column), read)]
    if len(found) == 1:
        column = found[0]
        heading = work.free[column]
        label = (group.label_of(heading) if is_number_to_call(heading) else None) or "primary"
        _take(work, group, column, label)
        work.notes.append(f"{column!r} is not called so, but holds {group.what}")
