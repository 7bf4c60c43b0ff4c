"""The contacts API of one workspace, call by call: values in, values out, typed errors.

What it relies on is measured or documented: docs/how-it-works.md says which.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import quote

from sync.clock import Clock
from sync.contacts.contact import Contact, CustomField
from sync.contacts.json_value import Json
from sync.openphone import answers
from sync.openphone.errors import OpenPhoneError, Refused
from sync.openphone.options import OpenPhoneOptions
from sync.openphone.pacing import Pace
from sync.openphone.patience import Patience
from sync.openphone.transport import Guard, Request, Transport

IDS_PER_LOOKUP = 20
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """One page of contacts; ``next_token`` is None on the last."""

    contacts: tuple[Contact, ...]
    next_token: str | None


class OpenPhone:
    """The contacts API of one workspace. Use as an async context manager.

    Runs at the same time under one key share a client, or give each its own with the key's one ``pace``.
    """

    def __init__(
        self,
        options: OpenPhoneOptions,
        *,
        pace: Pace | None = None,
        patience: Patience = Patience(),
        clock: Clock = Clock(),
    ) -> None:
        self.pace = pace or Pace(options.requests_per_second, clock)
        self.patience = patience
        self.clock = clock
        self._transport = Transport(options, self.pace, patience, clock)

    async def __aenter__(self) -> Self:
        self._transport.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.close()

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return self._transport.requests

    @property
    def retries(self) -> int:
        """How many of them were sent again."""
        return self._transport.retries

    @property
    def waited(self) -> float:
        """Seconds that requests waited for their turn."""
        return self._transport.waited

    @property
    def answers(self) -> Counter[str]:
        """Answers by HTTP status; "none" where none came."""
        return self._transport.answers

    async def custom_fields(self) -> tuple[CustomField, ...]:
        """The workspace's custom fields (``GET /v1/contact-custom-fields``)."""
        return answers.custom_fields(await self._transport.send(Request("GET", "/contact-custom-fields")))

    async def page(self, external_ids: Sequence[str] = (), token: str | None = None) -> Page:
        """One page of the list: of these external ids (20 at most), or of everyone.

        Raises Refused(400) where an older workspace demands ``externalIds``.
        """
        params = [("maxResults", str(PAGE_SIZE)), *(("externalIds", external_id) for external_id in external_ids)]
        if token:
            params.append(("pageToken", token))
        answer = await self._transport.send(Request("GET", "/contacts", params))
        contacts = tuple(answers.contact(raw) for raw in answers.data_list(answer))
        if external_ids and any(contact.external_id not in external_ids for contact in contacts):
            raise OpenPhoneError(
                "OpenPhone ignored the externalIds filter and listed other contacts: nothing can be matched safely. "
                "Nothing was changed."
            )
        return Page(contacts, answers.next_page(answer))

    async def find(self, external_ids: Sequence[str]) -> dict[str, list[Contact]]:
        """All contacts that carry one of these external ids (20 at most), by external id, oldest first."""
        found: dict[str, list[Contact]] = {}
        token: str | None = None
        while True:
            page = await self.page(external_ids, token)
            for contact in page.contacts:
                found.setdefault(str(contact.external_id), []).append(contact)
            if page.next_token is None or page.next_token == token:
                break
            token = page.next_token
        for doubles in found.values():
            doubles.sort(key=lambda contact: (contact.created_at, contact.id or ""))
        return found

    async def get(self, contact_id: str) -> Contact | None:
        """One contact, without the list's lag; None where there is none."""
        try:
            answer = await self._transport.send(Request("GET", f"/contacts/{quote(contact_id, safe='')}"))
        except Refused as refusal:
            if refusal.status in (400, 404):  # 400: what a cell holds need not be an id
                return None
            raise
        return answers.one_contact(answer)

    async def create(self, body: Mapping[str, Json], guard: Guard | None = None) -> Contact:
        """Make a contact. Never repeated once it may have been carried out: raises OutcomeUnknown instead.

        ``guard``, here and below, is asked right before the request leaves: what it raises keeps it from being sent.
        """
        answer = await self._transport.send(Request("POST", "/contacts", body=body, repeatable=False, guard=guard))
        return answers.one_contact(answer)

    async def update(self, contact_id: str, body: Mapping[str, Json], guard: Guard | None = None) -> Contact:
        """Replace a contact. Raises Refused(404) where it is gone."""
        request = Request("PATCH", f"/contacts/{contact_id}", body=body, guard=guard)
        return answers.one_contact(await self._transport.send(request))

    async def delete(self, contact_id: str, guard: Guard | None = None) -> bool:
        """Delete a contact; False where it was gone already."""
        try:
            await self._transport.send(Request("DELETE", f"/contacts/{contact_id}", guard=guard))
        except Refused as refusal:
            if refusal.status == 404:
                return False
            raise
        return True
