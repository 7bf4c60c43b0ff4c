"""Which column identifies a row: one whose heading says so, if its cells do not say otherwise."""

from __future__ import annotations

from sync.first_config import vocabulary
from sync.first_config.cells import look_like_addresses, surely_phones
from sync.first_config.headings import is_number_to_call, key_rank
from sync.first_config.work import Work


def key_of(work: Work) -> str | None:
    """The column whose heading says that it is a key; one that holds no value twice, if there is a choice."""
    ranked = []
    for column, heading in work.free.items():
        rank = key_rank(heading)
        if rank is not None and not _refuted(work, column):
            ranked.append((rank, column))
    ordered = [(place, column) for (_, place), column in sorted(ranked, key=lambda each: each[0])]
    for _, column in ordered:
        if column in work.survey.unique:
            return column
    for place, column in ordered:
        if not work.survey.rows:
            return column
        mostly = work.survey.blank(column) * 2 <= work.survey.rows
        if mostly and (place < vocabulary.KEYS["code"] or place > len(vocabulary.KEYS)):
            work.notes.append(f"{column!r} is blank in some rows, or the same in several: such rows are rejected")
            return column
    return None


def _refuted(work: Work, column: str) -> bool:
    """Phone numbers and addresses change with their person; an empty column identifies nobody."""
    sample = work.sample(column)
    numbers = surely_phones(sample) or is_number_to_call(work.free[column])
    return numbers or look_like_addresses(sample) or work.survey.is_empty(column)
