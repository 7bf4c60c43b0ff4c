"""Whether another state works on our contacts, as this run's looks at the workspace show. What a sign is: ``plan``."""

from __future__ import annotations

from collections.abc import Sequence

from sync.contacts.change import Decision
from sync.contacts.contact import Contact
from sync.plan.decide import Wanted
from sync.plan.foreign_hand import ForeignHand, sign_of
from sync.run.job import Job
from sync.state.history import History


class OtherHands:
    """Hears of every contact that was looked at. ``established``: a run has once reached its end."""

    def __init__(self, job: Job, history: History, *, established: bool) -> None:
        self.signs = ForeignHand()
        self._sync = job.sync
        self._label = job.label.text
        self._history = history
        self._established = established
        self._needing: set[str | None] | None = None

    def note(self, item: Wanted, found: Sequence[Contact], decision: Decision) -> None:
        """Not to be told of contacts that we ourselves left unsettled: those show nothing."""
        sign = sign_of(item, found, decision, self._label)
        if sign is None or (sign == "made" and (not self._established or self._was_ours(item.external_id))):
            return
        self.signs.note(sign, item.external_id)

    def _was_ours(self, external_id: str) -> bool:
        """Whether we have had to do with this key, though nothing is tracked under it."""
        if self._needing is None:
            self._needing = {problem.external_id for problem in self._history.problems(self._sync)}
        return external_id in self._needing or self._history.touched(self._sync, external_id)
