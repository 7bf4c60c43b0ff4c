"""The OpenPhone client: pacing, retries, typed errors. Nothing else speaks to the API.

What it relies on is measured or stands in the vendor's document; the README's "Guarantees" says which.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace, TracebackType
from typing import Any, Literal, Self

import aiohttp
import structlog

from sync.config import OpenPhoneConfig
from sync.contact import Contact, CustomField
from sync.pacing import Pace

IDS_PER_LOOKUP = 20
PAGE_SIZE = 50
LIST_LAG = 5.0
"""Seconds after which a list is believed when it lacks a new contact: 2 to 3 s were measured."""

GIVE_UP_SECONDS = 90.0
GIVE_UP_FAILURES = 40
ATTEMPTS = 8
BACKOFF_FIRST, BACKOFF_MAX = 0.5, 10.0
PAUSE_MAX = 60.0

log = structlog.get_logger()
Method = Literal["GET", "POST", "PATCH", "DELETE"]


class OpenPhoneError(Exception):
    """Something OpenPhone did; the message is for the user."""


class Unauthorized(OpenPhoneError):
    """401 or 403: the run ends at once."""


class ServiceDown(OpenPhoneError):
    """No answer worth having for too long: the run ends, and keeps what was done."""


class Refused(OpenPhoneError):
    """OpenPhone refused this one request; ``status`` is the HTTP status."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class OutcomeUnknown(OpenPhoneError):
    """The request may or may not have been carried out: ask before repeating it."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of contacts; ``next_token`` is None on the last."""

    contacts: tuple[Contact, ...]
    next_token: str | None


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    payload: Any


class _Patience:
    """Knows when to stop hoping: too many failures, or too long, without one success of the same kind."""

    def __init__(self) -> None:
        self._failures: dict[str, int] = {"read": 0, "write": 0}
        self._since: dict[str, float | None] = {"read": None, "write": None}

    def left(self, kind: str, now: float) -> float:
        since = self._since[kind]
        return GIVE_UP_SECONDS - (now - since) if since is not None else GIVE_UP_SECONDS

    def success(self, kind: str) -> None:
        self._failures[kind] = 0
        self._since[kind] = None

    def failure(self, kind: str, started: float, what: str) -> None:
        """Raises ServiceDown when it has been enough."""
        since = self._since[kind]
        self._since[kind] = started if since is None else min(since, started)
        self._failures[kind] += 1
        if self._failures[kind] >= GIVE_UP_FAILURES or self.left(kind, time.monotonic()) <= 0:
            raise ServiceDown(
                f"OpenPhone does not answer properly ({what}): gave up after {self._failures[kind]} failed requests "
                "in a row. What was done so far is kept; run again later."
            )


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
        started = time.monotonic()
        context.place = await self.pace.turn()
        self.waited += time.monotonic() - started
        self.requests += 1

    async def _left(self, session: aiohttp.ClientSession, context: SimpleNamespace, params: object) -> None:
        context.place.taken()

    async def custom_fields(self) -> tuple[CustomField, ...]:
        """The workspace's custom fields (``GET /v1/contact-custom-fields``)."""
        answer = await self._send("GET", "/contact-custom-fields")
        return tuple(CustomField(str(f["name"]), str(f["key"]), f["type"]) for f in _data(answer, list))

    async def page(self, external_ids: Sequence[str] = (), token: str | None = None) -> Page:
        """One page of the list: of these external ids (20 at most), or of everyone.

        Raises Refused(400) where an older workspace demands ``externalIds``.
        """
        params = [("maxResults", str(PAGE_SIZE)), *(("externalIds", external_id) for external_id in external_ids)]
        if token:
            params.append(("pageToken", token))
        answer = await self._send("GET", "/contacts", params=params)
        contacts = tuple(Contact.from_json(raw) for raw in _data(answer, list))
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
            answer = await self._send("GET", f"/contacts/{contact_id}")
        except Refused as refusal:
            if refusal.status == 404:
                return None
            raise
        return Contact.from_json(_data(answer, dict))

    async def create(self, body: Mapping[str, Any]) -> Contact:
        """Make a contact. Never repeated once it may have been carried out: raises OutcomeUnknown instead."""
        answer = await self._send("POST", "/contacts", body=body, repeatable=False)
        return Contact.from_json(_data(answer, dict))

    async def update(self, contact_id: str, body: Mapping[str, Any]) -> Contact:
        """Replace a contact. Raises Refused(404) where it is gone."""
        answer = await self._send("PATCH", f"/contacts/{contact_id}", body=body)
        return Contact.from_json(_data(answer, dict))

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
    ) -> _Answer:
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
                    raise _refusal(answer)
                what, sent = f"HTTP {answer.status}", answer.status != 429
            self._patience.failure(kind, started, what)
            if sent and not repeatable:
                raise OutcomeUnknown(what)
            if attempt >= ATTEMPTS:
                raise (ServiceDown if kind == "read" else OutcomeUnknown)(f"{method} failed {attempt} times: {what}")
            self.retries += 1
            log.debug("retry", method=method, attempt=attempt, reason=what)
            await asyncio.sleep(_backoff(attempt))

    async def _once(
        self, method: Method, path: str, params: Sequence[tuple[str, str]], body: Any, patience: float
    ) -> _Answer:
        if self._session is None:
            raise RuntimeError("use the client as an async context manager")
        if (pause := self.pace.paused_for()) > 0:
            await asyncio.sleep(pause)  # outside the request's own time-out
            self.waited += pause
        timeout = aiohttp.ClientTimeout(total=max(1.0, min(self._timeout, patience)))
        async with self._session.request(
            method, self._root + path, params=list(params), json=body, timeout=timeout, allow_redirects=False
        ) as response:
            text = await response.read()
            headers, status = response.headers, response.status
        self.answers[str(status)] += 1
        if status == 429:
            self.pace.pause(_retry_after(headers.get("Retry-After")))
        self.pace.heed(headers.get("ratelimit-policy"), headers.get("ratelimit") if status < 300 else None)
        if status in (401, 403):
            raise Unauthorized(_unauthorized(status, _json(text)))
        payload = _json(text)
        if status < 300 and payload is None and status != 204:
            return _Answer(502, None)  # a proxy's page instead of the answer: the outcome is not known
        return _Answer(status, payload)


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _data(answer: _Answer, shape: type) -> Any:
    data = answer.payload.get("data") if isinstance(answer.payload, dict) else None
    if not isinstance(data, shape):
        raise OutcomeUnknown("OpenPhone's answer has no data")
    return data


def _reason(payload: Any) -> str:
    """The service's own words, from either shape of error (API.md, Errors)."""
    if not isinstance(payload, dict):
        return ""
    inner = payload.get("error")
    if isinstance(inner, dict):
        return str(inner.get("message") or "")
    parts = [str(payload.get("message") or payload.get("title") or "")]
    for item in payload.get("errors") or ():
        if isinstance(item, dict):
            parts.append(f"{item.get('path', '')}: {item.get('message', '')}".strip(": "))
    return "; ".join(dict.fromkeys(part for part in parts if part))


def _refusal(answer: _Answer) -> Refused:
    code = answer.payload.get("code") if isinstance(answer.payload, dict) else None
    label = f"{answer.status}, code {code}" if code else str(answer.status)
    return Refused(answer.status, f"OpenPhone refused it ({label}): {_reason(answer.payload) or 'no reason given'}")


def _unauthorized(status: int, payload: Any) -> str:
    said = _reason(payload)
    return (
        f"OpenPhone refused the API key ({status}{': ' + said if said else ''}). Check openphone.api_key; "
        "a key made less than a minute ago may need about 30 seconds before it works."
    )


def _retry_after(header: str | None) -> float:
    try:
        return min(PAUSE_MAX, max(0.0, float(header or "")))
    except ValueError:
        return 1.0


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
