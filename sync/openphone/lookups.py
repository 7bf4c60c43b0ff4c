"""Who carries an external id: one at a time, in batches, or everyone at once. All who ask together share a request."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection, Sequence
from contextlib import aclosing

from sync.contacts.contact import Contact
from sync.openphone.client import IDS_PER_LOOKUP, OpenPhone
from sync.openphone.errors import Refused

ASK_TOGETHER_SECONDS = 0.2


class Lookups:
    """Looks contacts up by their external ids."""

    def __init__(self, client: OpenPhone, together: float = ASK_TOGETHER_SECONDS) -> None:
        self._client = client
        self._together = together
        self._asked: list[str] = []
        self._asking: asyncio.Task[dict[str, list[Contact]]] | None = None

    async def find(self, external_ids: Sequence[str]) -> dict[str, list[Contact]]:
        """All that carry one of these (20 at most), by external id, oldest first."""
        return await self._client.find(external_ids)

    async def carriers(self, external_id: str) -> list[Contact]:
        """All that carry this one; whoever asks within a moment shares the request."""
        if self._asking is None or len(self._asked) >= IDS_PER_LOOKUP:
            self._asked = []
            self._asking = asyncio.create_task(self._ask(self._asked))
        self._asked.append(external_id)
        found = await asyncio.shield(self._asking)
        return found.get(external_id, [])

    async def _ask(self, external_ids: list[str]) -> dict[str, list[Contact]]:
        await self._client.clock.sleep(max(self._together, self._client.pace.paused_for()))
        if self._asked is external_ids:
            self._asking = None
        return await self._client.find(external_ids)

    async def everyone(self, tracked: Collection[str]) -> dict[str, list[Contact]]:
        """Those of the workspace that carry a tracked external id, 50 a request; empty where it lists nobody without.

        Reads no further than where asking by id would have been as cheap: what is missing is then asked for.
        """
        found: dict[str, list[Contact]] = {}
        pages_left = math.ceil(len(tracked) / IDS_PER_LOOKUP)
        if not pages_left:
            return found
        try:
            async with aclosing(self._client.pages()) as pages:
                async for page in pages:
                    for contact in page.contacts:
                        if contact.external_id in tracked:
                            found.setdefault(str(contact.external_id), []).append(contact)
                    if (pages_left := pages_left - 1) <= 0:
                        break
        except Refused:
            return {}  # an older workspace: it demands externalIds
        return found

    def close(self) -> None:
        """Ask nothing any more: nobody waits for the answer."""
        if self._asking is not None:
            self._asking.cancel()
