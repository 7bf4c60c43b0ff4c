"""Everyone in the workspace, read page by page, as far as somebody needs it, and once a run however many ask.

Keeps what it read; what that means is the affair of whoever asked.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Sequence

from sync.contacts.contact import Contact
from sync.openphone.client import PAGE_SIZE, OpenPhone, Page
from sync.openphone.errors import Refused
from sync.run.session import Stopped


class Everyone:
    """The list of the whole workspace. ``refusal``: why it could not be read any further.

    ``in_doubt``: it is read to its end, and yet somebody may carry an external id that nobody in it carries.
    """

    def __init__(self, client: OpenPhone, stop: asyncio.Event) -> None:
        self._stop = stop
        self._pages: AsyncGenerator[Page, None] = client.pages()
        self._by_external_id: dict[str, list[Contact]] = {}
        self._without: list[Contact] = []
        self._total: int | None = None
        self.pages_read = 0
        self.whole = False
        self.in_doubt = False
        self.refusal: Refused | None = None

    @property
    def lists_nobody(self) -> bool:
        """Whether this is an older workspace, which lists nobody without their externalIds."""
        return self.refusal is not None and self.pages_read == 0

    @property
    def pages_expected(self) -> int | None:
        """How many pages it has, as far as OpenPhone says: a hint, since its totals are not to be trusted."""
        if self.whole:
            return self.pages_read
        return None if self._total is None else math.ceil(self._total / PAGE_SIZE)

    @property
    def contacts(self) -> Sequence[Contact]:
        """Everyone that was read."""
        return [*(one for carriers in self._by_external_id.values() for one in carriers), *self._without]

    def carriers(self, external_id: str) -> list[Contact]:
        """All that carry it, of those read: oldest first, what cannot be understood last."""
        carriers = self._by_external_id.get(external_id, [])
        return sorted(carriers, key=lambda one: (one.unreadable is not None, one.created_at, one.id or ""))

    async def read(self, pages: int | None = None) -> None:
        """Read on, until so many pages were read altogether, or all of them.

        Raises Stopped, and what the client raises but a refusal of the list: that is kept.
        """
        while not self.whole and self.refusal is None and (pages is None or self.pages_read < pages):
            if self._stop.is_set():
                raise Stopped
            try:
                self._take(await anext(self._pages))
            except StopAsyncIteration:
                self.whole = self.in_doubt = True  # its tokens went in circles: more may be there
            except Refused as refusal:
                self.refusal = refusal

    async def close(self) -> None:
        """Read no further."""
        await self._pages.aclose()

    def _take(self, page: Page) -> None:
        self.pages_read += 1
        self.in_doubt = self.in_doubt or page.nameless > 0
        self._total = page.total if self._total is None else self._total
        for contact in page.contacts:
            if contact.external_id is None:
                self._without.append(contact)
            else:
                self._by_external_id.setdefault(contact.external_id, []).append(contact)
        self.whole = page.next_token is None
