"""The OpenPhone client: pacing, retries, typed errors. Nothing else speaks to the API.

What it relies on is measured or stands in the vendor's document; the README's "Guarantees" says which.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace, TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote

import aiohttp
import structlog

from sync.config.model import OpenPhoneConfig
from sync.contacts.contact import Contact, CustomField
from sync.openphone import answers
from sync.openphone.answers import OpenPhoneError, OutcomeUnknown, Refused, ServiceDown, Unauthorized
from sync.openphone.pacing import Pace

IDS_PER_LOOKUP = 20
PAGE_SIZE = 50
LIST_LAG = 5.0
"""Seconds after which a list is believed when it lacks a new contact: 2 to 3 s were measured."""

GIVE_UP_SECONDS = 90.0
GIVE_UP_FAILURES = 30
UNREMARKABLE_FAILURES = 4
SLOW_DOWN_FIRST, SLOW_DOWN_MAX = 0.25, 5.0
"""Seconds that everyone waits after so many failures in a row: a service that is down for a minute is outlived."""

ATTEMPTS = 8
BACKOFF_FIRST, BACKOFF_MAX = 0.5, 10.0
PAUSE_MAX = 60.0

log = structlog.get_logger()
Method = Literal["GET", "POST", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of contacts; ``next_token`` is None on the last."""

    contacts: tuple[Contact, ...]
    next_token: str | None


@dataclass(slots=True)
class _Streak:
    """Failures in a row, and when the first of them was sent."""

    failures: int = 0
    since: float | None = None

    def lasted(self, now: float) -> float:
        return 0.0 if self.since is None else now - self.since


class _Patience:
    """Knows when to stop hoping: too many failures, or too long, without one success (of the same kind, or at all)."""

    def __init__(self) -> None:
        self._streaks = {"read": _Streak(), "write": _Streak(), "any": _Streak()}

    def left(self, kind: str, now: float) -> float:
        return GIVE_UP_SECONDS - max(self._streaks[name].lasted(now) for name in (kind, "any"))

    def success(self, kind: str) -> None:
        self._streaks[kind] = _Streak()
        self._streaks["any"] = _Streak()

    def failure(self, kind: str, started: float, what: str) -> float:
        """How many seconds everyone shall wait now. Raises ServiceDown when it has been enough."""
        for name in (kind, "any"):
            streak = self._streaks[name]
            streak.failures += 1
            streak.since = started if streak.since is None else min(streak.since, started)
        failures = max(self._streaks[name].failures for name in (kind, "any"))
        if failures >= GIVE_UP_FAILURES or self.left(kind, time.monotonic()) <= 0:
            raise ServiceDown(
                f"OpenPhone does not answer properly ({what}): gave up after {failures} failed requests "
                "in a row. What was done so far is kept; run again later."
            )
        excess = failures - UNREMARKABLE_FAILURES
        return min(SLOW_DOWN_MAX, SLOW_DOWN_FIRST * 2.0**excess) if excess >= 0 else 0.0


class OpenPhone:
    """The contacts API of one workspace. Use as an async context manager.

    Runs at the same time under one key share a client, or give each its own with the key's one ``pace``.
    """

    def __init__(self, config: OpenPhoneConfig, pace: Pace | None = None) -> None:
        self._key = config.api_key.get_secret_value()
        self._root = config.base_url.rstrip("/").removesuffix("/v1") + "/v1"
        self._timeout = config.timeout
        self.list_lag = LIST_LAG
        self.pace = pace or Pace(config.requests_per_second)
        self._patience = _Patience()
        self._session: aiohttp.ClientSession | None = None
        self.requests = 0
        self.retries = 0
        self.waited = 0.0
        self.answers: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        # The place in the window is taken once the connection stands, so that a slow handshake cannot
        # push one request into the next ones' second.
        trace = aiohttp.TraceConfig()
        trace.on_connection_create_end.append(self._take_turn)
        trace.on_connection_reuseconn.append(self._take_turn)
        trace.on_request_headers_sent.append(self._left)
        self._session = aiohttp.ClientSession(
            headers={"Authorization": self._key, "Accept": "application/json"}, trace_configs=[trace]
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def _take_turn(self, session: aiohttp.ClientSession, context: SimpleNamespace, params: object) -> None:
        limit: _TimeLimit = context.trace_request_ctx
        limit.suspend()
        started = time.monotonic()
        context.place = await self.pace.turn()
        self.waited += time.monotonic() - started
        self.requests += 1
        limit.begin()

    async def _left(self, session: aiohttp.ClientSession, context: SimpleNamespace, params: object) -> None:
        context.place.taken()

    async def custom_fields(self) -> tuple[CustomField, ...]:
        """The workspace's custom fields (``GET /v1/contact-custom-fields``)."""
        answer = await self._send("GET", "/contact-custom-fields")
        try:
            return tuple(CustomField(str(f["name"]), str(f["key"]), f["type"]) for f in answers.data(answer, list))
        except (KeyError, TypeError) as error:
            raise OutcomeUnknown("OpenPhone's answer holds what is no custom field") from error

    async def page(self, external_ids: Sequence[str] = (), token: str | None = None) -> Page:
        """One page of the list: of these external ids (20 at most), or of everyone.

        Raises Refused(400) where an older workspace demands ``externalIds``.
        """
        params = [("maxResults", str(PAGE_SIZE)), *(("externalIds", external_id) for external_id in external_ids)]
        if token:
            params.append(("pageToken", token))
        answer = await self._send("GET", "/contacts", params=params)
        contacts = tuple(answers.contact(raw) for raw in answers.data(answer, list))
        if external_ids and any(contact.external_id not in external_ids for contact in contacts):
            raise OpenPhoneError(
                "OpenPhone ignored the externalIds filter and listed other contacts: nothing can be matched safely. "
                "Nothing was changed."
            )
        return Page(contacts, answer.payload.get("nextPageToken") or None)

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
            doubles.sort(key=lambda contact: (contact.created_at, contact.id))
        return found

    async def get(self, contact_id: str) -> Contact | None:
        """One contact, without the list's lag; None where there is none."""
        try:
            answer = await self._send("GET", f"/contacts/{quote(contact_id, safe='')}")
        except Refused as refusal:
            if refusal.status in (400, 404):  # 400: what a cell holds need not be an id
                return None
            raise
        return answers.contact(answers.data(answer, dict))

    async def create(self, body: Mapping[str, Any]) -> Contact:
        """Make a contact. Never repeated once it may have been carried out: raises OutcomeUnknown instead."""
        answer = await self._send("POST", "/contacts", body=body, repeatable=False)
        return answers.contact(answers.data(answer, dict))

    async def update(self, contact_id: str, body: Mapping[str, Any]) -> Contact:
        """Replace a contact. Raises Refused(404) where it is gone."""
        answer = await self._send("PATCH", f"/contacts/{contact_id}", body=body)
        return answers.contact(answers.data(answer, dict))

    async def delete(self, contact_id: str) -> bool:
        """Delete a contact; False where it was gone already."""
        try:
            await self._send("DELETE", f"/contacts/{contact_id}")
        except Refused as refusal:
            if refusal.status == 404:
                return False
            raise
        return True

    async def _send(
        self,
        method: Method,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        body: Mapping[str, Any] | None = None,
        repeatable: bool = True,
    ) -> answers.Answer:
        kind = "read" if method == "GET" else "write"
        attempt = 0
        while True:
            attempt += 1
            started = time.monotonic()
            try:
                answer = await self._once(method, path, params, body, self._patience.left(kind, started))
            except aiohttp.ClientConnectorError as error:
                what, sent = f"cannot connect: {error.strerror or error}", False
                self.answers["none"] += 1
            except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
                what, sent = f"{type(error).__name__}: {error}".rstrip(": "), True
                self.answers["none"] += 1
            else:
                if answer.status < 300:
                    self._patience.success(kind)
                    return answer
                if answer.status not in (408, 429) and answer.status < 500:
                    self._patience.success(kind)
                    raise answers.refused(answer)
                what, sent = f"HTTP {answer.status}", answer.status != 429
            if (pause := self._patience.failure(kind, started, what)) > 0:
                self.pace.pause(pause)
            if sent and not repeatable:
                raise OutcomeUnknown(what)
            if attempt >= ATTEMPTS:
                if kind == "write":
                    raise OutcomeUnknown(f"{method} failed {attempt} times: {what}")
                raise ServiceDown(
                    f"OpenPhone does not answer properly at {self._root} ({what}): gave up after {attempt} attempts. "
                    "Check openphone.base_url and the network. What was done so far is kept; run again later."
                )
            self.retries += 1
            log.debug("retry", method=method, attempt=attempt, reason=what)
            await asyncio.sleep(_backoff(attempt))

    async def _once(
        self, method: Method, path: str, params: Sequence[tuple[str, str]], body: Any, patience: float
    ) -> answers.Answer:
        if self._session is None:
            raise RuntimeError("use the client as an async context manager")
        if (pause := self.pace.paused_for()) > 0:
            await asyncio.sleep(pause)  # outside the request's own time-out
            self.waited += pause
        seconds = min(self._timeout, max(1.0, patience))
        async with (
            asyncio.timeout(seconds) as timeout,
            self._session.request(
                method,
                self._root + path,
                params=list(params),
                json=body,
                timeout=aiohttp.ClientTimeout(total=None),
                trace_request_ctx=_TimeLimit(timeout, seconds),
                allow_redirects=False,
            ) as response,
        ):
            text = await response.read()
            headers, status = response.headers, response.status
        self.answers[str(status)] += 1
        if status in (429, 503):
            self._heed_retry_after(headers.get("Retry-After"), 1.0 if status == 429 else 0.0)
        self.pace.heed(headers.get("ratelimit-policy"), headers.get("ratelimit") if status < 300 else None)
        if status in (401, 403):
            raise Unauthorized(answers.unauthorized(status, answers.as_json(text)))
        payload = answers.as_json(text)
        if status < 300 and payload is None and status != 204:
            return answers.Answer(502, None)  # a proxy's page instead of the answer: the outcome is not known
        return answers.Answer(status, payload)

    def _heed_retry_after(self, header: str | None, otherwise: float) -> None:
        """Let everyone wait as long as the service asks for; raises ServiceDown where that is too long for a run."""
        seconds = answers.retry_after(header)
        if seconds is not None and seconds > PAUSE_MAX:
            raise ServiceDown(
                f"OpenPhone asks for no request in the next {seconds:.0f} seconds. What was done so far is kept; "
                "run again later."
            )
        self.pace.pause(otherwise if seconds is None else seconds)


@dataclass(frozen=True, slots=True)
class _TimeLimit:
    """The time one request may take. Waiting for its turn does not count: it has not been sent yet."""

    timeout: asyncio.Timeout
    seconds: float

    def suspend(self) -> None:
        self.timeout.reschedule(None)

    def begin(self) -> None:
        self.timeout.reschedule(asyncio.get_running_loop().time() + self.seconds)


def _backoff(attempt: int) -> float:
    ceiling: float = min(BACKOFF_MAX, BACKOFF_FIRST * 2 ** (attempt - 1))
    return ceiling * random.uniform(0.5, 1.0)


__all__ = [
    "LIST_LAG",
    "OpenPhone",
    "OpenPhoneError",
    "OutcomeUnknown",
    "Page",
    "Refused",
    "ServiceDown",
    "Unauthorized",
]
