"""The safety limits of a run: what is too much, and the sentence that says so. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from sync.plan.options import MAX_REWRITES, Limit
from sync.wording import counted

FLOOR = 5
"""A share lets so many changes pass, but no more than half of what is tracked; a plain number is exact."""

REWRITES_FLOOR = 10
"""A share lets so many rewrites pass however few are tracked: who corrects a dozen by hand is not stopped, and what was
overwritten can be put back."""


@dataclass(frozen=True, slots=True)
class Danger:
    """Why changes are held back, and what lets them through: the two halves of what the user reads.

    ``option``: of ``run``, which lets them through once. ``besides``: what else there is to do. The remedy says both.
    """

    reason: str
    remedy: str | None = None
    option: str | None = None
    besides: str | None = None

    @property
    def text(self) -> str:
        """Both halves."""
        return f"{self.reason}; {self.remedy}" if self.remedy else self.reason


@dataclass(frozen=True, slots=True)
class Limits:
    """How many contacts one run may delete, update and rewrite.

    ``for_this_run``: ``deletes`` was given for this run alone. Such a number, or share, has no floor, and it lets
    deletes through that are suspicious for another reason. ``rewrites_for_this_run``: likewise without a floor.
    """

    deletes: Limit
    updates: Limit
    for_this_run: bool = False
    rewrites: Limit = MAX_REWRITES
    rewrites_for_this_run: bool = False

    @property
    def exact_deletes(self) -> bool:
        """Whether a number was given: then every delete counts. A share is one of the contacts that are tracked."""
        return self.for_this_run or self.deletes.count is not None

    def deletes_refused(self, deletes: int, tracked: int, rows: int, *, meant: int | None = None) -> Danger | None:
        """Why this many deletes of ``tracked`` contacts are held back, or None.

        ``rows``: how many the source gave. ``meant``: how many deletes there are with those held for other reasons.
        """
        if deletes == 0:
            return None
        if self.for_this_run:
            if deletes <= self.deletes.allows(tracked):
                return None
            return Danger(
                f"{_deletes(deletes, tracked)} more than --max-deletes {self.deletes} allows",
                None,
                max_deletes(meant or deletes),
            )
        passing = meant or deletes
        remedy, option = pass_once(passing), max_deletes(passing)
        if rows == 0:
            reason = f"the source has no rows, which would delete {deletes} of {tracked} contacts tracked"
            return Danger(reason, remedy, option)
        if deletes > _with_floor(self.deletes, tracked):
            reason = f"{_deletes(deletes, tracked)} more than max_deletes ({self.deletes}) allows"
            return Danger(reason, remedy, option)
        return None

    def other_keys_refused(self, people: int, deletes: int, tracked: int, sync: str) -> Danger | None:
        """Why new rows that may be ``people`` whose rows are missing are held back, and their deletes with them."""
        passing = max(people, deletes)
        if people == 0 or (self.for_this_run and passing <= self.deletes.allows(tracked)):
            return None
        besides = (
            "correct the keys in the source, or give the contacts their new keys with 'openphone-sync state rekey "
            f"{sync}'"
        )
        return Danger(
            f"{counted(people, 'contact')} whose rows are missing may be the same people as new rows, under other keys",
            f"{besides}; if they are other people, run once with {max_deletes(passing)}",
            max_deletes(passing),
            besides,
        )

    def updates_refused(self, updates: int, tracked: int) -> Danger | None:
        """Why this many updates of ``tracked`` contacts are held back, or None."""
        if updates <= _with_floor(self.updates, tracked):
            return None
        return Danger(
            f"{updates} updates of {tracked} contacts tracked are more than max_updates ({self.updates}) allows: "
            "look at the plan (run --dry-run)",
            "if they are meant, raise max_updates for one run",
        )

    def rewrites_allowed(self, tracked: int, *, moved: bool = False) -> int:
        """How many of ``tracked`` contacts may be rewritten. ``moved``: a column did it, and no hand: then no floor."""
        allowed = self.rewrites.allows(tracked)
        exact = moved or self.rewrites_for_this_run or self.rewrites.count is not None
        return allowed if exact else max(allowed, REWRITES_FLOOR)


def pass_once(deletes: int) -> str:
    """How this many deletes are let through."""
    return f"if they are meant, run once with {max_deletes(deletes)}"


def max_deletes(deletes: int) -> str:
    """The option that lets so many deletes through."""
    return f"--max-deletes {deletes}"


def _deletes(deletes: int, tracked: int) -> str:
    """``17 deletes of 20 contacts tracked are``."""
    return f"{counted(deletes, 'delete')} of {tracked} contacts tracked {'is' if deletes == 1 else 'are'}"


def _with_floor(limit: Limit, tracked: int) -> int:
    """What a limit allows of ``tracked`` contacts; the floor of a share is never more than half of them."""
    allowed = limit.allows(tracked)
    return allowed if limit.count is not None else max(allowed, min(FLOOR, tracked // 2))
