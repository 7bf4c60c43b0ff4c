"""Which column identifies a row: one whose heading says so, if its cells do not say otherwise."""

from __future__ import annotations

from sync.first_config import vocabulary
from sync.first_config.cells import are_codes, look_like_addresses, look_like_names, surely_phones
from sync.first_config.headings import Heading, email_label, is_number_to_call, key_rank, phone_label
from sync.first_config.whose import OWN, whose
from sync.first_config.work import Work


def key_of(work: Work) -> str | None:
    """The column whose heading says that it is a key; one that holds no value twice, if there is a choice."""
    ranked = []
    for column, heading in work.free.items():
        rank = key_rank(heading)
        on_a_shirt = "".join(Heading.of(column).words) in vocabulary.NO_KEYS
        if rank is not None and not on_a_shirt and not _refuted(work, column):
            ranked.append((rank, column))
    ordered = [(place, column) for (_, place), column in sorted(ranked, key=lambda each: each[0])]
    for _, column in ordered:
        if work.is_unique(column):
            return column
    if not ordered and (codes := _codes_of_people(work)) is not None:
        return codes
    if not ordered and (likely := _only_likely(work)) is not None:
        return likely
    for place, column in ordered:
        if not work.survey.rows:
            return column
        mostly = work.survey.blank(column) * 2 <= work.survey.rows
        if mostly and (place < vocabulary.KEYS["code"] or place > len(vocabulary.KEYS)):
            work.notes.append(f"{column!r} is blank in some rows, or the same in several: such rows are rejected")
            return column
    return None


def _codes_of_people(work: Work) -> str | None:
    """The column that is called "Cliente" or "Member", and holds a code in each row, and never the same."""
    for column, heading in work.free.items():
        called = "".join(heading.words) in vocabulary.OF_PEOPLE
        if called and work.is_unique(column) and are_codes(work.sample(column)) and not _refuted(work, column):
            return column
    return None


def _only_likely(work: Work) -> str | None:
    """The only column that is called a number or code of whatever, with one in each row, and never the same."""
    found = []
    for column, heading in work.free.items():
        named = {heading.words[0], heading.words[-1]} & vocabulary.KEY_ENDS if heading.words else set()
        named = named or set(filter(vocabulary.COMPOUND_KEY.fullmatch, heading.words))
        others = set(heading.words) & (
            vocabulary.OF_AN_EVENT | vocabulary.NOT_THE_ROWS | vocabulary.NUMBERS_OF_THE_STATE
        )
        on_a_shirt = "".join(Heading.of(column).words) in vocabulary.NO_KEYS
        if (
            named
            and not on_a_shirt
            and not (others or phone_label(heading) or email_label(heading))
            and whose(heading) == OWN
            and work.is_unique(column)
            and not _refuted(work, column)
        ):
            found.append(column)
    codes = [column for column in found if not look_like_names(work.sample(column))]
    if not codes or (len(found) != 1 and codes[0] != work.survey.columns[0]):
        return None
    work.notes.append(
        f"{codes[0]!r} is taken for the key: it is different in each row; name another one if it may change"
    )
    return codes[0]


def _refuted(work: Work, column: str) -> bool:
    """Phone numbers and addresses change with their person; an empty column identifies nobody."""
    sample = work.sample(column)
    numbers = surely_phones(sample) or is_number_to_call(work.free[column])
    return numbers or look_like_addresses(sample) or work.survey.is_empty(column)
