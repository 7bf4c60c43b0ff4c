"""Rows and missing contacts that need a look at the workspace: 20 share a request, a few requests at once.

Asks who carries an id, whom the row names, and who else tracks what was found; what that means is the caller's affair.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence, Sized

from sync.contacts.contact import Contact
from sync.openphone.client import IDS_PER_LOOKUP
from sync.openphone.lookups import Lookups
from sync.plan.decide import Missing, Wanted
from sync.run.everyone import Everyone
from sync.run.session import Session, Stopped

LOOKUPS_IN_FLIGHT = 6
AT_ONCE = 200
"""Contacts that the state is asked about at once."""

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
        self.everyone = Everyone(session.at.client, session.at.stop)
        self._listed = False
        self._in_the_list: dict[str, tuple[Wanted | Missing, list[Contact]]] = {}

    async def read_everyone(self, tracked: Sized) -> None:
        """Read the whole workspace first, where that is cheaper than asking for every tracked contact.

        Reads no further than where asking by id would have been as cheap: what is missing is then asked for.
        """
        await self.everyone.read(math.ceil(len(tracked) / IDS_PER_LOOKUP))
        self._listed = True

    async def look(self, item: Wanted | Missing) -> None:
        """Look this item up, soon. Raises Stopped, and what the client and the state raise."""
        if (carriers := self._listed_carriers(item)) is not None:
            self._in_the_list[item.external_id] = (item, carriers)
            if len(self._in_the_list) >= AT_ONCE:
                await self._settle_the_listed()
            return
        self._queue.append(item)
        if len(self._queue) >= IDS_PER_LOOKUP:
            self._begin()
            await self._wait_until(LOOKUPS_IN_FLIGHT)

    async def look_at_all(self, items: Sequence[Wanted | Missing]) -> None:
        """Look all of these up: in the list, where everyone was read, and else as ``look`` does."""
        for item in items:
            await self.look(item)
        await self._settle_the_listed()

    def _listed_carriers(self, item: Wanted | Missing) -> list[Contact] | None:
        """Who carries its id, as far as the list of everyone can be relied on to say."""
        keys = [item.external_id, *([item.spelled] if isinstance(item, Wanted) and item.spelled else [])]
        relied_on = self._listed or self.everyone.whole
        if relied_on and (carriers := [one for key in keys for one in self.everyone.carriers(key)]):
            return carriers
        return [] if self.everyone.whole and not self.everyone.in_doubt else None

    async def finish(self) -> None:
        """Everything that was to be looked up has been."""
        await self._settle_the_listed()
        if self._queue:
            self._begin()
        await self._wait_until(0)

    async def abandon(self) -> None:
        """Cancel what is still under way."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        self._lookups.close()
        await self.everyone.close()

    async def _settle_the_listed(self) -> None:
        """Those that need no request, several at once: the state is asked who else tracks them."""
        listed, self._in_the_list = self._in_the_list, {}
        await self._found(
            [item for item, _ in listed.values()], {key: carriers for key, (_, carriers) in listed.items()}
        )

    def _begin(self) -> None:
        batch, self._queue = self._queue, []
        self._under_way.add(asyncio.create_task(self._look_up(batch)))

    async def _wait_until(self, left: int) -> None:
        """Wait until at most ``left`` lookups are under way."""
        if self._stop.is_set():
            raise Stopped
        while len(self._under_way) > left:
            done, self._under_way = await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
            errors = [error for task in done if (error := task.exception()) is not None]  # every one is looked at
            if errors:
                raise errors[0]

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
