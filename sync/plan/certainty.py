"""Which contacts without a row are certainly gone, which may be a row that does not say whose it is, and which wait.

Pure: rows, and what is remembered of rows and contacts, go in; what becomes of each missing contact comes out.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sync.contacts.change import Delete
from sync.contacts.json_value import Json, list_in, text_in
from sync.plan.limits import Danger, Limits, max_deletes, pass_once

ROWS_NAMED = 5

UNDER_ANOTHER_KEY = "under another key"
"""Stands among the rows that a missing contact may be, while its row seems to be there under another key."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """A row whose key is empty, unreadable or another row's: it may be anybody's.

    ``digest``: of its mapped cells. ``likeness``: of the same without their digits, for a row that holds neither a
    number nor an address: a report's footer says another total each day, and is the same footer. ``counts``: it is the
    first of the rows with its key, which counts; but sorted otherwise it was, or will be, one of the others. ``row`` is
    then that of the second.
    """

    row: int | None
    digest: str
    likeness: str | None = None
    counts: bool = False


def remembered(rows: Iterable[Unusable]) -> str:
    """These rows as the state remembers them."""
    return json.dumps(sorted([row.digest, row.likeness or ""] for row in rows))


def newly_unusable(rows: Sequence[Unusable], before: str | None) -> tuple[Unusable, ...]:
    """Those of the rows that were not so before (``remembered``; None: nothing is known, so any of them may be new)."""
    known = [Unusable(None, str(digest), str(likeness) or None) for digest, likeness in json.loads(before or "[]")]
    same = Counter(row.digest for row in known)
    changed = []
    for row in rows:
        if row.counts:
            continue
        if same[row.digest]:
            same[row.digest] -= 1
        else:
            changed.append(row)
    alike = Counter(row.likeness for row in known if row.likeness and same[row.digest])
    new = []
    for row in changed:
        if row.likeness and alike[row.likeness]:
            alike[row.likeness] -= 1
        else:
            new.append(row)
    return tuple(new)


@dataclass(frozen=True, slots=True)
class ReadRows:
    """What a read shows of missing contacts. ``new``: those of the ``unusable`` rows that became so in this run.

    ``waits``: the source was read in several requests, which show no one moment: missing once is not gone.
    """

    unusable: Sequence[Unusable] = ()
    new: Sequence[Unusable] = ()
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Absence:
    """One contact that is missing: the rows that it may be; ``waits``: it is missing for the first time."""

    rows: tuple[Unusable, ...] = ()
    waits: bool = False


def absence(suspects: Sequence[str] | None, read: ReadRows) -> Absence:
    """What a read says of a missing contact. ``suspects``: the digests of the rows that it may be, as remembered.

    None: it was there before this read. A suspected row that is not there any more may have been edited: then those
    that became unusable since may be it. So may they where its row was there until now, under another key.
    """
    if suspects is None:
        return Absence(tuple(read.new), waits=read.waits and not read.new)
    still = tuple(row for row in read.unusable if row.digest in suspects)
    if {row.digest for row in still} != set(suspects):
        still += tuple(row for row in read.new if row not in still)
    return Absence(still)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A contact that one full read missed: it goes when the next one misses it, too. ``name``: as it was last sent."""

    external_id: str
    contact_id: str
    name: str = ""

    def to_json(self) -> Json:
        """A plain value from which ``from_json`` makes the same."""
        return [self.external_id, self.contact_id, self.name]

    @classmethod
    def from_json(cls, payload: Json) -> Waiting:
        """What ``to_json`` gave. Raises TypeError or ValueError where it is none."""
        external_id, contact_id, name = list_in(payload)
        return cls(str(external_id), str(contact_id), text_in(name) or "")


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why deletes are not certain. ``rows``: external id → the rows that its contact may be.

    ``foreign``: another hand changes this sync's contacts, so that no delete is certain; in words.
    """

    rows: Mapping[str, tuple[Unusable, ...]] = field(default_factory=dict)
    foreign: str | None = None


CERTAIN = Doubt()


def deletes_held(
    deletes: Sequence[Delete], doubt: Doubt, limits: Limits, *, tracked: int, rows: int
) -> Iterator[tuple[Danger, tuple[Delete, ...]]]:
    """The deletes that are not made, with the reason for each group; a limit given for this run alone decides alone."""
    meant = len(deletes)
    if doubt.foreign is not None and deletes and not limits.for_this_run:
        yield _another_hand(doubt.foreign, meant), tuple(deletes)
        return
    suspected: dict[tuple[Unusable, ...], list[Delete]] = {}
    certain = []
    for delete in deletes:
        of = () if limits.for_this_run else doubt.rows.get(delete.external_id, ())
        if of:
            suspected.setdefault(of, []).append(delete)
        else:
            certain.append(delete)
    counted = sum(1 for delete in certain if not delete.orphan or limits.exact_deletes or rows == 0)
    if danger := limits.deletes_refused(counted, tracked, rows, meant=meant):
        yield danger, tuple(certain)
    for of, held in suspected.items():
        yield _may_be(of, meant), tuple(held)


def _may_be(rows: Sequence[Unusable], meant: int) -> Danger:
    if len(rows) == 1:
        besides = "give the row its key"
        reason = (
            f"{_named(rows)} has no usable key of its own since this contact is missing: it may be this contact's row"
        )
    else:
        besides = "give each row its key"
        reason = (
            f"{_named(rows)} have no usable keys of their own since this contact is missing: one of them may be this "
            "contact's row"
        )
    return Danger(reason, f"{besides}, or {pass_once(meant)}", max_deletes(meant), besides)


def _named(rows: Sequence[Unusable]) -> str:
    """The rows by their numbers; by their count where a source has none."""
    numbers = list(dict.fromkeys(str(row.row) for row in rows if row.row is not None))
    if not numbers:
        return "a record" if len(rows) == 1 else f"{len(rows)} records"
    more = f" and {len(numbers) - ROWS_NAMED} more" if len(numbers) > ROWS_NAMED else ""
    return f"row{'' if len(numbers) == 1 else 's'} {', '.join(numbers[:ROWS_NAMED])}{more}"


def _another_hand(what: str, meant: int) -> Danger:
    besides = "see that only one does, then run again: what is really there is looked at first"
    return Danger(
        f"{what}: another state works with this configuration, or this one is an older copy",
        f"{besides}; or {pass_once(meant)}",
        max_deletes(meant),
        besides,
    )
