"""Who carries an external id: one at a time, or in batches. All who ask together share a request."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sync.contacts.contact import Contact
from sync.openphone.client import IDS_PER_LOOKUP, OpenPhone

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

    def close(self) -> None:
        """Ask nothing any more: nobody waits for the answer."""
        if self._asking is not None:
            self._asking.cancel()
