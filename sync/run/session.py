"""The state, opened for one piece of work that nobody else may do meanwhile. What goes wrong there is the report's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sync.run.report import SyncReport
from sync.state.contacts import State, StateError
from sync.state.lock import Locked, hold


async def alone(url: str, report: SyncReport, work: Callable[[State], Awaitable[None]]) -> None:
    """Do ``work`` with the state while holding the report's sync; a dry run's state is only read.

    A lock that another holds, or a state that cannot be used, ends up in the report; nothing of it is raised.
    """
    try:
        with hold(url, report.name, read_only=report.dry_run):
            state = State.open(url, read_only=report.dry_run)
            try:
                await work(state)
            finally:
                state.close()
    except Locked as error:
        report.locked, report.error = True, str(error)
    except (StateError, OSError) as error:
        report.error = str(error)
