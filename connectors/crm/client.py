"""Asks the CRM for a page and does not give up lightly: credentials, another attempt, and refusals explained.

Credentials go to the configured origin alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from pydantic import BaseModel, SecretStr
from yarl import URL

from connectors.base import SecretKeeper
from connectors.crm.auth import Surroundings, credentials
from connectors.crm.judgement import Judge
from connectors.crm.options import CrmOptions
from connectors.crm.secrets import Scrubber, what_it_said
from connectors.crm.transport import Answer, Failure, Passing, Request, Transport
from connectors.patience import AsksTooMuch, MayPass, Patience, Timing
from connectors.retry_after import retry_after

_PASSING_STATUS = {408, 425, 429, 500, 502, 503, 504}
_WHOLE = frozenset({200, 201, 203, 206})
_OTHER_ACCEPTS = ("application/vnd.api+json", "*/*")
"""What to ask for where JSON is refused (406)."""
_HINTS = {
    404: "look at 'url'; where it means that there is no such page, say empty_status: [404]",
    406: "say under 'headers' what this API wants, such as Accept: application/vnd.api+json",
    415: "say under 'headers' what this API wants, such as Content-Type: application/vnd.api+json",
}
_LONGEST_WAIT = 120.0
_LONGEST_BACKOFF = 60.0
_SHORT = 6
"""Shorter ones, such as the user ``me``, would be taken out of every other word."""
_SPOKEN = frozenset({"grant_type", "response_type", "scope", "audience", "resource"})
_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase|code)?$|pwd|secret|token|(^|[-_.])key$|api.?key|credential|assertion|signature"
    r"|^(pin|sig|auth)$",
    re.IGNORECASE,
)


class _Unwell(MayPass):
    """An answer of a status that may pass."""

    def __init__(self, answer: Answer, retry_after: float | None) -> None:
        super().__init__(_refusal(answer))
        self.answer = answer
        self.retry_after = retry_after


class Client:
    """The way to one CRM."""

    def __init__(self, options: CrmOptions, timing: Timing, keeper: SecretKeeper | None = None) -> None:
        self._origins = {_origin(URL(url)) for url in _addresses(options)}
        self._timing = timing
        self._patience = Patience(
            attempts=options.retries + 1,
            first_wait=options.retry_wait,
            longest_wait=_LONGEST_BACKOFF,
            longest_asked=_LONGEST_WAIT,
            spread=0.5,
            at_least=True,
            timing=timing,
        )
        self.scrubber = Scrubber()
        for secret in _secrets(options):
            self.scrubber.add(secret)
        self._transport = Transport(
            requests_per_second=options.requests_per_second,
            timeout=options.timeout,
            max_bytes=int(options.max_page_mb * 1_000_000),
        )
        self._judge = Judge(options)
        self._accept: dict[str, str] = {}
        self._credentials = credentials(options.auth, self._persist, Surroundings(self.scrubber, timing, keeper))

    async def ask(self, request: Request, *, accept: frozenset[int] = frozenset()) -> Answer:
        """The answer to a request: a success, or one of ``accept``. Raises Failure with what the CRM said instead."""
        if _origin(request.url) not in self._origins:
            raise Failure(
                f"the next page is said to be at {request.url.origin()}, which is not where this source is: "
                "refused, because the credentials would go there (if it is the same API behind a proxy, say "
                "keep_origin: true under 'paging')"
            )
        answer = await self._signed(request)
        if answer.status == 401 and self._credentials.renew():
            answer = await self._signed(request)
        if answer.status == 406 and "accept" not in {name.lower() for name in request.headers}:
            answer = await self._in_other_words(request, answer)
        if self._judge.may_pass(answer):
            raise Failure(f"{_refusal(answer)} ({self._patience.attempts} attempts)")
        if answer.status not in _WHOLE | accept:
            raise Failure(_refusal(answer))
        return answer

    async def _signed(self, request: Request) -> Answer:
        request = replace(request, headers={**self._accept, **request.headers})
        return await self._persist(await self._credentials.sign(request))

    async def _in_other_words(self, request: Request, answer: Answer) -> Answer:
        """The answer to a request for another kind of JSON, which is what the next pages are asked for, too."""
        for accept in _OTHER_ACCEPTS:
            if answer.status == 406:
                self._accept = {"Accept": accept}
                answer = await self._signed(request)
        return answer

    async def close(self) -> None:
        """Ends the connections."""
        await self._transport.close()

    async def _persist(self, request: Request) -> Answer:
        """One request, sent again while its failure may pass and attempts are left."""
        try:
            return await self._patience(partial(self._attempt, request))
        except Passing as failure:
            raise Failure(f"{failure} ({self._patience.attempts} attempts)") from None
        except _Unwell as unwell:
            return unwell.answer
        except AsksTooMuch as asks:
            raise Failure(f"{asks.__cause__} ({asks}: too long for one run)") from None

    async def _attempt(self, request: Request) -> Answer:
        answer = await self._transport.send(request)
        if answer.status in _PASSING_STATUS or self._judge.may_pass(answer):
            now = self._timing.now().timestamp()
            raise _Unwell(answer, retry_after(answer.headers.get("Retry-After"), now))
        return answer


def _refusal(answer: Answer) -> str:
    """A status as the user should read it, with what the CRM said for itself."""
    said = what_it_said(answer.text)
    text = f"the CRM answered {answer.status} {answer.reason}".rstrip() + (f": {said}" if said else "")
    if answer.status in {401, 403}:
        return f"{text} (check the token and what it may read)"
    if answer.status in _HINTS:
        return f"{text} ({_HINTS[answer.status]})"
    if 300 <= answer.status < 400 and answer.status != 304:
        return f"{text} (it redirects to {_target(answer)}, which is not followed: write the final address as 'url')"
    return text


def _target(answer: Answer) -> str:
    try:
        return str(answer.url.join(URL(answer.headers.get("Location", ""))).with_query(None))
    except ValueError:
        return "another address"


def _origin(url: URL) -> tuple[str, str | None, int | None]:
    return url.scheme, url.host, url.port


def _addresses(options: CrmOptions) -> Iterator[str]:
    yield options.url
    if options.incremental is not None and options.incremental.url is not None:
        yield options.incremental.url


def _secrets(options: CrmOptions) -> Iterator[str]:
    """Whatever opens a door: all under ``auth`` but its plain words, and what else is named like a secret.

    A header's value may be a word such as ``true``, which is none.
    """
    yield from (value for header in options.headers.values() if len(value := header.get_secret_value()) >= 8)
    yield from _secrets_of(options.auth)
    asked = [*options.params.items(), *URL(options.url).query.items()]
    if options.incremental is not None:
        asked += [*options.incremental.params.items(), *options.incremental.headers.items()]
    yield from (str(value) for name, value in asked if _named_so(name) and len(str(value)) >= _SHORT)


def _secrets_of(auth: BaseModel) -> Iterator[str]:
    for name, value in auth:
        if isinstance(value, SecretStr) and (name != "username" or len(value.get_secret_value()) >= _SHORT):
            yield value.get_secret_value()
        elif name == "client_id" and len(str(value)) >= _SHORT:
            yield str(value)
        elif name == "params":
            for key, secret in value.items():
                word = secret.get_secret_value()
                if _named_so(key) or (len(word) >= _SHORT and key not in _SPOKEN):
                    yield word


def _named_so(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None
