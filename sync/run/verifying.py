"""When a run looks at everything that the workspace holds: when it was asked to, and once in a while by itself."""

from __future__ import annotations

from dataclasses import dataclass

from sync.plan.plan import Plan
from sync.run.job import Job
from sync.run.session import Session

FACT = "verified_at"

_AT_ONCE = "0"


@dataclass(frozen=True, slots=True)
class Verifying:
    """``asked``: by ``--verify``. ``due``: it is time. ``established``: a run has once reached its end."""

    asked: bool = False
    due: bool = False
    established: bool = False

    @property
    def everything(self) -> bool:
        """Whether nothing is taken for in step without a look."""
        return self.asked or self.due


def verifying(job: Job, session: Session) -> Verifying:
    """What this run shall look at."""
    noted = session.state.notes.fact(job.sync, FACT)
    every = job.safety.verify_every
    due = False
    if every is not None and noted is not None:
        since = job.at.clock.now() - float(noted)
        due = not 0 <= since < every.total_seconds()  # a clock that was set back is no reason to wait
    return Verifying(job.options.verify, due, noted is not None)


def note_verified(plan: Plan, session: Session) -> None:
    """A plan was carried out. Where another hand was noticed, the next run looks at everything.

    Where nothing is known of when that last happened, as in a state that was made before, the time begins now.
    """
    notes, sync = session.state.notes, session.at.sync
    if plan.incomplete is not None:
        return
    if plan.noted.foreign and not plan.noted.verified:
        notes.set_fact(sync, FACT, _AT_ONCE)
    elif plan.noted.verified or notes.fact(sync, FACT) is None:
        notes.set_fact(sync, FACT, repr(session.at.clock.now()))
