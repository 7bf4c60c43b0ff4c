"""Rows and missing contacts that need a look at the workspace: 20 share a request, a few requests at once.

Asks who carries an id, whom the row names, and who else tracks what was found; what that means is the caller's affair.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from sync.contacts.contact import Contact
from sync.openphone.client import IDS_PER_LOOKUP
from sync.openphone.lookups import Lookups
from sync.plan.decide import Missing, Wanted
from sync.run.session import Session, Stopped

LOOKUPS_IN_FLIGHT = 6

Settle = Callable[[Wanted | Missing, Sequence[Contact], Mapping[str, str]], None]
"""Told of each item: what the workspace has for it (oldest first), and which of that other syncs track."""


class Looking:
    """Gathers what is to be looked up; ``settle`` hears what was found."""

    def __init__(self, session: Session, settle: Settle) -> None:
        self._client = session.at.client
        self._lookups = Lookups(session.at.client)
        self._contacts = session.state.contacts
        self._sync = session.at.sync
        self._stop = session.at.stop
        self._settle = settle
        self._queue: list[Wanted | Missing] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._everyone: Mapping[str, Sequence[Contact]] = {}

    async def read_everyone(self, tracked: Mapping[str, object]) -> None:
        """Read the whole workspace first, where that is cheaper than asking for every tracked contact."""
        self._everyone = await self._lookups.everyone(tracked.keys())

    async def look(self, item: Wanted | Missing) -> None:
        """Look this item up, soon. Raises Stopped, and what the client and the state raise."""
        if item.external_id in self._everyone:
            await self._found([item], {item.external_id: list(self._everyone[item.external_id])})
            return
        self._queue.append(item)
        if len(self._queue) >= IDS_PER_LOOKUP:
            self._begin()
            await self._wait_until(LOOKUPS_IN_FLIGHT)

    async def finish(self) -> None:
        """Everything that was to be looked up has been."""
        if self._queue:
            self._begin()
        await self._wait_until(0)

    async def abandon(self) -> None:
        """Cancel what is still under way."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        self._lookups.close()

    def _begin(self) -> None:
        batch, self._queue = self._queue, []
        self._under_way.add(asyncio.create_task(self._look_up(batch)))

    async def _wait_until(self, left: int) -> None:
        """Wait until at most ``left`` lookups are under way."""
        if self._stop.is_set():
            raise Stopped
        while len(self._under_way) > left:
            done, self._under_way = await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()

    async def _look_up(self, batch: Sequence[Wanted | Missing]) -> None:
        carriers = await self._lookups.find([item.external_id for item in batch])
        spelled = {item.spelled: item.external_id for item in batch if isinstance(item, Wanted) and item.spelled}
        if spelled:  # keys with marks that nobody sees: a contact may carry one from before they were left out
            for external_id, contacts in (await self._lookups.find(list(spelled))).items():
                carriers.setdefault(spelled[external_id], []).extend(contacts)
        await self._found(batch, carriers)

    async def _found(self, batch: Sequence[Wanted | Missing], carriers: Mapping[str, list[Contact]]) -> None:
        found = [await self._with_its_own(item, carriers.get(item.external_id, [])) for item in batch]
        ids = [str(contact.id) for contacts in found for contact in contacts]
        owners = self._contacts.owners(ids, besides=self._sync) if ids else {}
        for item, contacts in zip(batch, found, strict=True):
            self._settle(item, contacts, owners)

    async def _with_its_own(self, item: Wanted | Missing, carriers: list[Contact]) -> list[Contact]:
        """What carries the id, and the contact that the item itself names: the first if it is not among those."""
        if item.contact_id is None or any(contact.id == item.contact_id for contact in carriers):
            return carriers
        own = await self._client.get(item.contact_id)  # no lag, and works without an externalId
        return [own, *carriers] if own else carriers
