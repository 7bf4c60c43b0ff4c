"""One request to OpenPhone, with its turn, its time limit and its repetitions. The only module that speaks HTTP to it.

Knows addresses and answers, not what they are about.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Literal

import aiohttp
import structlog
from yarl import URL

from connectors.network import UNTRUSTED, NetworkMisconfigured, proxy_for, refused_by_proxy, tls, untrusted
from connectors.retry_after import retry_after
from sync.clock import Clock
from sync.contacts.json_value import Json
from sync.openphone import answers
from sync.openphone.errors import OpenPhoneError, OutcomeUnknown, PutOff, ServiceDown, Unauthorized
from sync.openphone.options import OpenPhoneOptions
from sync.openphone.pacing import Pace
from sync.openphone.patience import Hope, Patience
from sync.openphone.refusals import PASSING, Refusal
from sync.redaction import Redactor

LARGEST = 32 * 1024 * 1024
"""Bytes of one answer that are read; a page of 50 contacts has some hundred thousand at most."""

log = structlog.get_logger()
Method = Literal["GET", "POST", "PATCH", "DELETE"]
Guard = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. ``repeatable``: to send it twice does no harm, even if the first was carried out.

    ``guard`` is asked when its turn has come, each time before it leaves; what it raises keeps the request here.
    """

    method: Method
    path: str
    params: Sequence[tuple[str, str]] = ()
    body: Mapping[str, Json] | None = None
    repeatable: bool = True
    guard: Guard | None = None

    @property
    def kind(self) -> Literal["read", "write"]:
        return "read" if self.method == "GET" else "write"

    @property
    def of_a_contact(self) -> bool:
        """Whether it names one contact."""
        return self.path.startswith("/contacts/")

    @property
    def name(self) -> str:
        """What is asked, for people; without any id."""
        return f"{self.method} /v1{'/contacts/…' if self.of_a_contact else self.path}"


class Transport:
    """Sends requests under one key. ``open`` it, ``close`` it.

    ``requests`` and ``retries`` are counted, as are the seconds ``waited`` for a turn, and ``answers`` by HTTP status
    ("none" where none came).
    """

    def __init__(
        self,
        options: OpenPhoneOptions,
        pace: Pace,
        patience: Patience = Patience(),
        clock: Clock = Clock(),
        redactor: Redactor | None = None,
    ) -> None:
        self._key = options.api_key.get_secret_value()
        self._redactor = redactor or Redactor()
        self._redactor.learn([self._key])
        self._root = options.base_url.rstrip("/").removesuffix("/v1") + "/v1"
        self._timeout = options.timeout
        self._pace = pace
        self._patience = patience
        self._clock = clock
        self._hope = Hope(patience, clock)
        self._session: aiohttp.ClientSession | None = None
        self._wrong: NetworkMisconfigured | None = None
        self.requests = 0
        self.retries = 0
        self.waited = 0.0
        self.answers: Counter[str] = Counter()

    @property
    def workspace(self) -> str:
        """A short hash of the address and the key."""
        return hashlib.blake2b(f"{self._root}\n{self._key}".encode(), digest_size=8, person=b"workspace").hexdigest()

    def open(self) -> None:
        """Be ready to send. Inside the event loop."""
        # The place in the window is taken once the connection stands, so that a slow handshake cannot
        # push one request into the next ones' second.
        trace = aiohttp.TraceConfig()
        trace.on_connection_create_end.append(self._take_turn)
        trace.on_connection_reuseconn.append(self._take_turn)
        trace.on_request_headers_sent.append(self._left)
        self._session = aiohttp.ClientSession(
            headers={"Authorization": self._key, "Accept": "application/json"},
            connector=aiohttp.TCPConnector(ssl=self._trusted()),
            trace_configs=[trace],
        )

    def _trusted(self) -> ssl.SSLContext | bool:
        """Whom to trust; where the environment is wrong the first request says so."""
        if not self._root.startswith("https:"):
            return True
        try:
            return tls()
        except NetworkMisconfigured as error:
            self._wrong = error
            return True

    async def close(self) -> None:
        """Let the connections go."""
        if self._session is not None:
            await self._session.close()

    async def _take_turn(self, session: aiohttp.ClientSession, context: SimpleNamespace, params: object) -> None:
        limit: _TimeLimit = context.trace_request_ctx
        limit.suspend()
        started = self._clock.monotonic()
        context.place = await self._pace.turn()
        self.waited += self._clock.monotonic() - started
        if limit.guard is not None:
            await limit.guard()
        self.requests += 1
        limit.begin()

    async def _left(self, session: aiohttp.ClientSession, context: SimpleNamespace, params: object) -> None:
        context.place.taken()

    async def send(self, request: Request) -> answers.Answer:
        """The answer, after as many attempts as it takes. Raises every OpenPhoneError."""
        attempt = 0
        while True:
            attempt += 1
            started = self._clock.monotonic()
            try:
                answer = await self._once(request, self._hope.left(request.kind, started))
            except (*UNTRUSTED, aiohttp.ClientHttpProxyError, NetworkMisconfigured) as error:
                raise self._no_way(error) from None
            except aiohttp.ClientConnectorError as error:
                what, sent = self._redactor.said(f"cannot connect: {error.strerror or error}"), False
                self.answers["none"] += 1
            except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
                what, sent = self._redactor.said(f"{type(error).__name__}: {error}".rstrip(": ")), True
                self.answers["none"] += 1
            else:
                if answer.status < 300:
                    self._hope.success(request.kind)
                    return answer
                if answer.status not in PASSING and answer.status < 500:
                    raise self._refused(request, answer, started)
                # Even a 429 may come from behind what carried the request out.
                what, sent = f"HTTP {answer.status}", True
            if (pause := self._hope.failure(request.kind, started, what)) > 0:
                self._pace.pause(pause)
            if sent and not request.repeatable:
                raise OutcomeUnknown(what)
            if attempt >= self._patience.attempts:
                raise self._given_up(request, attempt, what)
            self.retries += 1
            log.debug("retry", method=request.method, attempt=attempt, reason=what)
            await self._clock.sleep(self._patience.backoff(attempt, self._clock))

    def _refused(self, request: Request, answer: answers.Answer, started: float) -> OpenPhoneError:
        """What the refusal means. What is put off again and again, and nothing else, is given up like no answer."""
        said = self._redactor.said(answers.reason(answer.payload))
        code = answers.code(answer.payload)
        error = Refusal(
            answer.status,
            said,
            request.name,
            own=isinstance(answer.payload, Mapping) or not answer.has_text,
            of_a_contact=request.of_a_contact,
            code=self._redactor.said(code) if code else None,
            location=answer.location,
        ).error()
        if isinstance(error, PutOff):
            if (pause := self._hope.failure(request.kind, started, f"HTTP {answer.status}")) > 0:
                self._pace.pause(pause)
        else:
            self._hope.success(request.kind)
        return error

    def _no_way(self, error: Exception) -> ServiceDown:
        """What no other attempt mends: nothing was sent, and somebody must see to the way."""
        self.answers["none"] += 1
        if isinstance(error, NetworkMisconfigured):
            why = str(error)
        elif isinstance(error, aiohttp.ClientHttpProxyError):
            why = refused_by_proxy(error.status)
        else:
            why = untrusted(URL(self._root).host, error)
        return ServiceDown(f"OpenPhone cannot be reached at {self._root}: {self._redactor.said(why)}")

    def _given_up(self, request: Request, attempts: int, what: str) -> OutcomeUnknown | ServiceDown:
        if request.kind == "write":
            return OutcomeUnknown(f"{request.method} failed {attempts} times: {what}")
        return ServiceDown(
            f"OpenPhone does not answer properly at {self._root} ({what}): gave up after {attempts} attempts. "
            "Check openphone.base_url and the network. What was done so far is kept; run again later."
        )

    async def _once(self, request: Request, patience: float) -> answers.Answer:
        if self._session is None:
            raise RuntimeError("use the client as an async context manager")
        if self._wrong is not None:
            raise self._wrong
        if (pause := self._pace.paused_for()) > 0:
            await self._clock.sleep(pause)  # outside the request's own time-out
            self.waited += pause
        seconds = min(self._timeout, max(1.0, patience))
        async with (
            asyncio.timeout(seconds) as timeout,
            self._session.request(
                request.method,
                self._root + request.path,
                params=list(request.params),
                json=request.body,
                timeout=aiohttp.ClientTimeout(total=None),
                trace_request_ctx=_TimeLimit(timeout, seconds, request.guard),
                proxy=proxy_for(URL(self._root)),
                allow_redirects=False,
            ) as response,
        ):
            text = await _read(response)
            headers, status = response.headers, response.status
        self.answers[str(status)] += 1
        if status in (429, 503):
            self._heed_retry_after(headers.get("Retry-After"), 1.0 if status == 429 else 0.0)
        self._pace.heed(headers.get("ratelimit-policy"), headers.get("ratelimit") if status < 300 else None)
        payload = answers.as_json(text)
        if status in (401, 403):
            raise Unauthorized(answers.unauthorized(status, self._redactor.said(answers.reason(payload))))
        if status < 300 and payload is None and status != 204:
            return answers.Answer(502, None)  # a proxy's page instead of the answer: the outcome is not known
        return answers.Answer(status, payload, has_text=bool(text), location=headers.get("Location"))

    def _heed_retry_after(self, header: str | None, otherwise: float) -> None:
        """Let everyone wait as long as the service asks for; raises ServiceDown where that is too long for a run."""
        seconds = retry_after(header, self._clock.now())
        if seconds is not None and seconds > self._patience.pause_max:
            raise ServiceDown(
                f"OpenPhone asks for no request in the next {seconds:.0f} seconds. What was done so far is kept; "
                "run again later."
            )
        self._pace.pause(otherwise if seconds is None else seconds)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The answer's text; of one that is larger than any of OpenPhone's can be, nothing."""
    parts: list[bytes] = []
    left = LARGEST
    async for part in response.content.iter_any():
        parts.append(part)
        left -= len(part)
        if left < 0:
            response.close()
            return b""
    return b"".join(parts)


@dataclass(frozen=True, slots=True)
class _TimeLimit:
    """The time one request may take. Waiting for its turn does not count: it has not been sent yet."""

    timeout: asyncio.Timeout
    seconds: float
    guard: Guard | None = None

    def suspend(self) -> None:
        self.timeout.reschedule(None)

    def begin(self) -> None:
        self.timeout.reschedule(asyncio.get_running_loop().time() + self.seconds)
