"""A file from an https:// address: all of it or an error; certificates checked, no secret carried to another host."""

from __future__ import annotations

import zlib
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import aiohttp
from yarl import URL

from connectors.base import SourceError
from connectors.files.pages import looks_like_a_page, what_page
from connectors.network import UNTRUSTED, NetworkMisconfigured, proxy_for, refused_by_proxy, tls, untrusted
from connectors.patience import AsksTooMuch, MayPass, Patience
from connectors.retry_after import retry_after
from connectors.this_machine import is_this_machine

LARGEST = 1 << 30
"""Bytes; a table of a million people has some hundred million."""

_MOST_STEPS = 10
_TIMEOUT = aiohttp.ClientTimeout(total=600, sock_connect=30, sock_read=60)
_PATIENCE = Patience(attempts=4, seconds=90, first_wait=1.0, longest_wait=15, longest_asked=60, spread=0.2)
_HEADERS = {"User-Agent": "openphone-sync", "Accept": "*/*", "Accept-Encoding": "identity"}


class _Passing(SourceError, MayPass):
    """Another attempt may mend it."""


async def download(address: str, shown: str, into: Path, version: str | None) -> tuple[str | None, bool] | None:
    """See ``kept``. Raises SourceError."""
    try:
        return await _PATIENCE(lambda: _once(address, shown, into, version))
    except AsksTooMuch as asks:
        raise SourceError(f"{asks.__cause__} ({asks}: too long for one run)") from None


async def _once(address: str, shown: str, into: Path, version: str | None) -> tuple[str | None, bool] | None:
    url = URL(address)
    try:
        async with aiohttp.ClientSession(
            headers=_HEADERS,
            timeout=_TIMEOUT,
            auto_decompress=False,
            connector=aiohttp.TCPConnector(ssl=tls()),
        ) as session:
            return await _follow(session, url, shown, into, version)
    except NetworkMisconfigured as error:
        raise SourceError(f"{shown} cannot be reached: {error}") from None
    except UNTRUSTED as error:
        raise SourceError(f"{shown} is not read: {untrusted(getattr(error, 'host', url.host), error)}") from None
    except aiohttp.ClientHttpProxyError as error:
        raise SourceError(f"{shown} cannot be reached: {refused_by_proxy(error.status)}") from None
    except (aiohttp.InvalidURL, ValueError):
        raise SourceError(f"{shown} is not an address that can be asked") from None
    except aiohttp.ClientPayloadError:
        raise _Passing(f"{shown} did not arrive whole: the connection broke off. Nothing was read; run again") from None
    except TimeoutError:
        raise _Passing(f"{shown} did not arrive in time. Nothing was read; run again later") from None
    except aiohttp.ClientConnectorError as error:
        why = error.os_error.strerror or type(error.os_error).__name__
        raise _Passing(f"{shown} cannot be reached ({why}): check the address and the network") from None
    except aiohttp.ClientError as error:
        raise _Passing(f"{shown} could not be read ({type(error).__name__}): run again later") from None


async def _follow(
    session: aiohttp.ClientSession, url: URL, shown: str, into: Path, version: str | None
) -> tuple[str | None, bool] | None:
    """Where the address leads in the end. A password goes to its own host alone."""
    at, login = url.with_user(None), _login(url)
    for _ in range(_MOST_STEPS):
        headers = {"If-None-Match": version} if version else {}
        if login and at.origin() == url.with_user(None).origin():
            headers["Authorization"] = login
        async with session.get(at, headers=headers, proxy=proxy_for(at), allow_redirects=False) as response:
            if response.status in (301, 302, 303, 307, 308) and (target := response.headers.get("Location")):
                at = _next(at, target, shown)
                continue
            if response.status == 304 and version:
                return None
            if response.status != 200:
                raise _refused(response, shown, at)
            return await _keep(response, shown, into, at)
    raise SourceError(f"{shown} is passed on from address to address, {_MOST_STEPS} times: give the last one")


def _login(url: URL) -> str | None:
    if url.user is None and url.password is None:
        return None
    return "Basic " + b64encode(f"{url.user or ''}:{url.password or ''}".encode()).decode()


def _next(at: URL, target: str, shown: str) -> URL:
    following = at.join(URL(target))
    if following.scheme != "https" and not (following.scheme == "http" == at.scheme):
        raise SourceError(f"{shown} leads to an address without encryption ({following.host}): it is not followed")
    if is_this_machine(following.host) and not is_this_machine(at.host):
        raise SourceError(f"{shown} leads back to this machine: it is not followed")
    return following.with_user(None)


def _refused(response: aiohttp.ClientResponse, shown: str, at: URL) -> SourceError:
    status = response.status
    if status in (429, 408) or status >= 500:
        error = _Passing(f"{shown} is not to be had now (HTTP {status}): run again later")
        error.retry_after = retry_after(response.headers.get("Retry-After"), _PATIENCE.timing.now().timestamp())
        return error
    if status in (401, 403):
        return SourceError(
            f"{at.host} does not give {shown} to us (HTTP {status}): share it by link, or put what lets us in into the "
            "address (https://user:password@…, or the parameter that the provider gives)"
        )
    if status in (404, 410):
        return SourceError(f"{shown} does not exist (HTTP {status}): was it moved, or its link withdrawn?")
    return SourceError(f"{at.host} answered HTTP {status} for {shown}, where a file was expected")


async def _keep(response: aiohttp.ClientResponse, shown: str, into: Path, at: URL) -> tuple[str | None, bool]:
    """Writes all of it. Raises SourceError where it is a page for people, or did not arrive whole."""
    said = response.headers.get("Content-Length", "")
    unpack = _Unpack(response.headers, shown)
    came, beginning = 0, b""
    with into.open("wb") as file:
        async for part in response.content.iter_chunked(1 << 18):
            came += len(part)
            beginning = beginning if len(beginning) >= 1024 else beginning + unpack.write(file, part)[:1024]
            if max(came, file.tell()) > LARGEST:
                raise SourceError(f"{shown} is larger than {LARGEST >> 20} MB: export fewer columns or rows")
        unpack.finish()
    if said.isdecimal() and int(said) != came:
        raise _Passing(f"{shown} did not arrive whole: {came} of {said} bytes. Nothing was read; run again")
    if looks_like_a_page(beginning, response.content_type):
        raise SourceError(what_page(at, shown))
    sure = said.isdecimal() or "chunked" in response.headers.get("Transfer-Encoding", "").lower() or unpack.packed
    return response.headers.get("ETag"), sure


class _Unpack:
    """Bytes as they were before a server packed them. What ends before its end is an error."""

    def __init__(self, headers: Mapping[str, str], shown: str) -> None:
        how = headers.get("Content-Encoding", "identity").strip().lower()
        self.packed = how not in ("identity", "")
        self._shown = shown
        if self.packed and how not in ("gzip", "x-gzip", "deflate"):
            raise SourceError(f"{shown} is packed in a way that cannot be read ({how})")
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32) if self.packed else None

    def write(self, file: BinaryIO, part: bytes) -> bytes:
        """Writes what the part amounts to, and returns it."""
        if self._inflate is None:
            file.write(part)
            return part
        try:
            plain = self._inflate.decompress(part, LARGEST)
        except zlib.error:
            raise _Passing(f"{self._shown} did not arrive whole: what came cannot be unpacked") from None
        file.write(plain)
        return plain

    def finish(self) -> None:
        if self._inflate is not None and not self._inflate.eof:
            raise _Passing(f"{self._shown} did not arrive whole: it ends before its end. Nothing was read; run again")
