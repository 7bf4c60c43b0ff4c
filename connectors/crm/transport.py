"""One HTTP exchange, kept within bounds: paced, timed, of limited size, never redirected, certificates checked.

Knows nothing of pages, records or credentials, except that no secret may show in what it raises.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import aiohttp
from aiolimiter import AsyncLimiter
from yarl import URL

from connectors.network import UNTRUSTED, NetworkMisconfigured, proxy_for, refused_by_proxy, tls, untrusted
from connectors.patience import MayPass

_HEADERS = {"User-Agent": "openphone-sync", "Accept": "application/json", "Accept-Encoding": "gzip, deflate"}
_MULTI_BYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


class Failure(Exception):
    """The CRM could not be read; the message is fit for the user."""


class Passing(Failure, MayPass):
    """A failure that may pass: worth another attempt."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to send. ``form`` is sent as a web form, ``body`` as JSON."""

    url: URL
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    form: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Answer:
    """What came back, whole. ``garbled``: its bytes are not the text that they are said to be."""

    url: URL
    status: int
    reason: str
    headers: Mapping[str, str]
    text: str
    next_link: str | None
    garbled: bool = False

    @cached_property
    def json(self) -> Any:
        """Its JSON. Raises ValueError or RecursionError where it is none."""
        return json.loads(self.text, parse_constant=_not_json)


class Transport:
    """Sends requests one at a time and reads each answer within its bounds."""

    def __init__(self, *, requests_per_second: float, timeout: float, max_bytes: int) -> None:
        self._pace = AsyncLimiter(1, 1 / requests_per_second)
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Request) -> Answer:
        """One exchange. Raises Passing where the network failed, Failure where trying again is no use."""
        async with self._pace:
            try:
                return await self._exchange(request)
            except (*UNTRUSTED, ssl.SSLError) as error:
                raise Failure(untrusted(request.url.host, error)) from None
            except NetworkMisconfigured as error:
                raise Failure(str(error)) from None
            except aiohttp.ClientHttpProxyError as error:
                raise Failure(refused_by_proxy(error.status)) from None
            except aiohttp.InvalidURL:
                raise Failure("the address is not one that can be asked") from None
            except TimeoutError:
                raise Passing(f"no complete answer within {self._timeout:g} seconds") from None
            except (aiohttp.ClientError, OSError) as error:
                raise Passing(f"the connection failed: {_brief(error)}") from None

    async def close(self) -> None:
        """Ends the connections."""
        if self._session is not None:
            await self._session.close()

    async def _exchange(self, request: Request) -> Answer:
        session = self._open()
        async with session.request(
            request.method,
            request.url,
            headers=request.headers,
            json=request.body,
            data=request.form,
            proxy=proxy_for(request.url),
            allow_redirects=False,
        ) as response:
            text, garbled = _decoded(await self._bounded(response), response)
            return Answer(
                url=request.url,
                status=response.status,
                reason=response.reason or "",
                headers=response.headers,
                text=text,
                next_link=_next_link(response),
                garbled=garbled,
            )

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=_HEADERS,
                cookie_jar=aiohttp.DummyCookieJar(),
                connector=aiohttp.TCPConnector(ssl=tls()),
                timeout=aiohttp.ClientTimeout(total=self._timeout),
            )
        return self._session

    async def _bounded(self, response: aiohttp.ClientResponse) -> bytes:
        """The body, decompressed as it comes, given up where it grows beyond the limit."""
        parts, size = [], 0
        async for part in response.content.iter_any():
            size += len(part)
            if size > self._max_bytes:
                response.close()
                limit = self._max_bytes / 1_000_000
                raise Failure(f"the answer is larger than {limit:g} MB (max_page_mb): ask for smaller pages")
            parts.append(part)
        return b"".join(parts)


def _not_json(word: str) -> None:
    raise ValueError(word)


def _decoded(body: bytes, response: aiohttp.ClientResponse) -> tuple[str, bool]:
    """The text, and whether it is garbled. JSON is UTF-8: a label such as Latin-1 counts only where it cannot be."""
    labelled = None if _MULTI_BYTE.search(body) else response.charset  # one such sequence proves UTF-8
    for encoding in (json.detect_encoding(body), labelled):
        try:
            if encoding:
                return body.decode(encoding).removeprefix("\ufeff"), False
        except (LookupError, UnicodeDecodeError):
            pass
    return body.decode("utf-8-sig", errors="replace"), True


def _next_link(response: aiohttp.ClientResponse) -> str | None:
    """The address of the link whose relations have ``next`` among them."""
    for relations, link in response.links.items():
        if "next" in relations.lower().split():
            return str(link.get("url"))
    return None


def _brief(error: BaseException) -> str:
    """An exception's own words; never an address with its parameters, which may hold a key."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"{error.host}:{error.port}: {error.os_error.strerror or error.os_error}"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the answer broke off"
    return (
        type(error).__name__ if isinstance(error, aiohttp.ClientResponseError) else str(error) or type(error).__name__
    )
