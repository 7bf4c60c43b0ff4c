"""Where changes go: the workspace, the state beside it, and the few hands that write. Decides nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sync.contacts.contact import CustomField
from sync.openphone.errors import OpenPhoneError
from sync.openphone.lookups import Lookups
from sync.run.session import Session
from sync.state.address import StateError
from sync.state.aside import Aside

IN_FLIGHT = 8
"""Requests under way at once: enough to keep ten a second at 700 ms each."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the changes of a session go, and how contacts are written there: the label, the custom fields by key."""

    session: Session
    label: str
    definitions: Mapping[str, CustomField]


class Writer:
    """One request at a time for one contact, a few contacts at a time; every write to the state off the event loop.

    ``durably`` makes a write to the state: a disk that takes its time must not delay what is paced.
    """

    def __init__(self, target: Target) -> None:
        session = target.session
        self.target = target
        self.client = session.at.client
        self.clock = session.at.clock
        self.sync = session.at.sync
        self.run = session.run
        self.contacts = session.state.contacts
        self.history = session.state.history
        self.notes = session.state.notes
        self.lookups = Lookups(session.at.client)
        self.durably = Aside()
        self.clean = session.at.redactor.message
        self._database = session.state.database
        self.guard = self._still_ours if self._database.fence is not None else None
        self.slots = asyncio.Semaphore(IN_FLIGHT)
        self.fatal: OpenPhoneError | StateError | None = None

    async def _still_ours(self) -> None:
        """Asked before every request that changes something: a run that lost its sync sends nothing more."""
        await self.durably(self._database.check_fence)

    @asynccontextmanager
    async def slot_lent(self) -> AsyncIterator[None]:
        """Let another change go on while this one waits for a list to show what it must."""
        self.slots.release()
        try:
            yield
        finally:
            await self.slots.acquire()

    def close(self) -> None:
        """Ask nothing any more: nobody waits for the answer."""
        self.lookups.close()
