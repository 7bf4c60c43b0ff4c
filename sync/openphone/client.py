"""The contacts API of one workspace, call by call: values in, values out, typed errors.

What it relies on is measured or documented: docs/how-it-works.md says which.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
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
from sync.redaction import Redactor

IDS_PER_LOOKUP = 20
PAGE_SIZE = 50

PAGES_OF_A_LOOKUP = 10
"""So many ids have one page, and a few more where each of them is doubled over and over."""

PAGES_OF_A_WORKSPACE = 5000
"""A quarter of a million contacts. What goes on after that does not end."""

EMPTY_PAGES = 3
"""After so many in a row nothing more is to come, whatever token the last of them bears."""

MOST_WARNINGS = 20


@dataclass(frozen=True, slots=True)
class Page:
    """One page of contacts; ``next_token`` is None on the last.

    Some of the contacts may be ``unreadable``; ``nameless`` counts what does not even say whose contact it is.
    ``total``: how many the whole list has, as OpenPhone says, which may be wrong.
    """

    contacts: tuple[Contact, ...]
    next_token: str | None
    nameless: int = 0
    total: int | None = None


class OpenPhone:
    """The contacts API of one workspace. Use as an async context manager.

    Runs at the same time under one key share a client, or give each its own with the key's one ``pace``. ``redactor``
    takes secrets out of all that OpenPhone says; the key is always among them.
    """

    def __init__(
        self,
        options: OpenPhoneOptions,
        *,
        pace: Pace | None = None,
        patience: Patience = Patience(),
        clock: Clock = Clock(),
        redactor: Redactor | None = None,
    ) -> None:
        self.pace = pace or Pace(options.requests_per_second, clock)
        self.patience = patience
        self.clock = clock
        self._transport = Transport(options, self.pace, patience, clock, redactor)
        self._warnings: dict[str, None] = {}
        self._in_the_clear = options.in_the_clear

    async def __aenter__(self) -> Self:
        self._transport.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.close()

    @property
    def workspace(self) -> str:
        """A short hash that tells one workspace from another, by its address and its key; neither can be had of it."""
        return self._transport.workspace

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

    @property
    def in_the_clear(self) -> str | None:
        """The warning that the key travels unencrypted; None where it does not."""
        return self._in_the_clear

    def take_warnings(self) -> list[str]:
        """What was odd about OpenPhone's answers since this was last asked."""
        taken, self._warnings = list(self._warnings), {}
        return taken

    def _warn(self, text: str) -> None:
        if len(self._warnings) < MOST_WARNINGS:
            self._warnings[text] = None

    async def custom_fields(self) -> tuple[CustomField, ...]:
        """The workspace's custom fields (``GET /v1/contact-custom-fields``)."""
        found, odd = answers.custom_fields(await self._transport.send(Request("GET", "/contact-custom-fields")))
        if odd:
            self._warn(f"OpenPhone lists {odd} custom fields that cannot be understood: nothing is written to them")
        return found

    async def page(self, external_ids: Sequence[str] = (), token: str | None = None) -> Page:
        """One page of the list: of these external ids (20 at most), or of everyone.

        Raises Refused(400) where an older workspace demands ``externalIds``.
        """
        params = [("maxResults", str(PAGE_SIZE)), *(("externalIds", external_id) for external_id in external_ids)]
        if token:
            params.append(("pageToken", token))
        answer = await self._transport.send(Request("GET", "/contacts", params))
        found = [answers.contact(raw) for raw in answers.data_list(answer)]
        named = tuple(contact for contact in found if contact.external_id is not None or contact.unreadable is None)
        for contact in found:
            if contact.unreadable is not None:
                self._warn(_unreadable(contact))
        if external_ids and any(contact.external_id not in external_ids for contact in named):
            raise OpenPhoneError(
                "OpenPhone ignored the externalIds filter and listed other contacts: nothing can be matched safely. "
                "Nothing was changed."
            )
        return Page(named, answers.next_page(answer), len(found) - len(named), answers.total(answer))

    async def pages(self, external_ids: Sequence[str] = ()) -> AsyncGenerator[Page, None]:
        """Every page of the list, each contact once; ends whatever tokens OpenPhone gives. Raises as ``page`` does."""
        most = PAGES_OF_A_LOOKUP if external_ids else PAGES_OF_A_WORKSPACE
        tokens: set[str | None] = {None}
        seen: set[str | None] = set()
        empty, token = 0, None
        for _ in range(most):
            page = await self.page(external_ids, token)
            fresh = tuple(contact for contact in page.contacts if (contact.id or contact.external_id) not in seen)
            seen |= {contact.id or contact.external_id for contact in fresh}
            yield replace(page, contacts=fresh)
            token = page.next_token
            if token is None:
                return
            empty = 0 if page.contacts else empty + 1
            in_circles = token in tokens or (page.contacts and not fresh)
            if in_circles or empty >= EMPTY_PAGES:
                self._warn("OpenPhone's list promises more pages, and gives nothing new: it was taken to be at its end")
                return
            tokens.add(token)
        raise OpenPhoneError(
            f"OpenPhone's list does not end: {most} pages were read"
            f"{f' for {len(external_ids)} contacts' if external_ids else ''}, and there is still another. Nothing can "
            "be matched safely. What was done so far is kept; run again later."
        )

    async def find(self, external_ids: Sequence[str]) -> dict[str, list[Contact]]:
        """All contacts that carry one of these external ids (20 at most), by external id, oldest first.

        Those that cannot be understood come last. Where something does not even say whose contact it is, it may be
        that of any id that nobody else carries: such an id gets a contact that is unreadable.
        """
        found: dict[str, list[Contact]] = {}
        nameless = 0
        async with aclosing(self.pages(external_ids)) as pages:
            async for page in pages:
                nameless += page.nameless
                for contact in page.contacts:
                    found.setdefault(str(contact.external_id), []).append(contact)
        for doubles in found.values():
            doubles.sort(key=lambda contact: (contact.unreadable is not None, contact.created_at, contact.id or ""))
        if nameless:
            why = "something listed beside it does not say whose contact it is"
            for external_id in external_ids:
                found.setdefault(external_id, [Contact({}, external_id=external_id, unreadable=why)])
        return found

    async def get(self, contact_id: str) -> Contact | None:
        """One contact, without the list's lag; None where there is none, and for what cannot be an id."""
        if not answers.is_id(contact_id):
            return None
        try:
            answer = await self._transport.send(Request("GET", _path(contact_id)))
        except Refused as refusal:
            if refusal.status in (400, 404, 422):  # 400, 422: what a cell holds need not be an id
                return None
            raise
        found = answers.one_contact(answer)
        if found.id not in (None, contact_id):
            found = Contact({}, unreadable=f"OpenPhone gives another contact for the id {contact_id}")
        return found if found.unreadable is None else replace(found, id=contact_id)

    async def create(self, body: Mapping[str, Json], guard: Guard | None = None) -> Contact:
        """Make a contact. Never repeated once it may have been carried out: raises OutcomeUnknown instead.

        ``guard``, here and below, is asked right before the request leaves: what it raises keeps it from being sent.
        """
        answer = await self._transport.send(Request("POST", "/contacts", body=body, repeatable=False, guard=guard))
        return answers.made(answer)

    async def update(self, contact_id: str, body: Mapping[str, Json], guard: Guard | None = None) -> Contact:
        """Replace a contact. Raises Refused(404) where it is gone."""
        if not answers.is_id(contact_id):
            raise Refused(404, f"{contact_id[:40]!r} is no id of a contact")
        request = Request("PATCH", _path(contact_id), body=body, guard=guard)
        return answers.one_contact(await self._transport.send(request))

    async def delete(self, contact_id: str, guard: Guard | None = None) -> bool:
        """Delete a contact; False where it was gone already."""
        if not answers.is_id(contact_id):
            return False
        try:
            await self._transport.send(Request("DELETE", _path(contact_id), guard=guard))
        except Refused as refusal:
            if refusal.status == 404:
                return False
            raise
        return True


def _path(contact_id: str) -> str:
    return f"/contacts/{quote(contact_id, safe='')}"


def _unreadable(contact: Contact) -> str:
    which = f"the contact {contact.id}" if contact.id else "a contact"
    return f"OpenPhone lists {which} that cannot be understood ({contact.unreadable}): it is left alone"
