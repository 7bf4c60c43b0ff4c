"""Credentials: what a request carries so that the CRM lets it in, and OAuth2 tokens renewed in time.

Where they may be sent is the client's business; this module only says what they are.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import quote_plus

from yarl import URL

from connectors.base import SecretKeeper
from connectors.crm.options import ApiKeyAuth, Auth, BasicAuth, BearerAuth, NoAuth, OAuth2Auth
from connectors.crm.secrets import Scrubber, what_it_said
from connectors.crm.transport import Answer, Failure, Request
from connectors.patience import Timing

Send = Callable[[Request], Awaitable[Answer]]

_EARLY = 60.0
_KEPT = (
    " (the refresh token is the one that this CRM gave last time: if it is no longer good, get a new one and put it "
    "into the configuration)"
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Who takes secrets out of texts, what time it is, and who keeps a secret for the next run, if anybody does."""

    scrubber: Scrubber
    timing: Timing
    keeper: SecretKeeper | None = None


class Credentials(Protocol):
    """What is added to a request, and whether a refusal can be met with fresh ones."""

    async def sign(self, request: Request) -> Request:
        """The request with its credentials."""
        ...

    def renew(self) -> bool:
        """Forgets what was refused; True where the next ``sign`` gets something new."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """Credentials that stay as they are: headers, or parameters of the address."""

    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)

    async def sign(self, request: Request) -> Request:
        """The request with its credentials."""
        url = request.url.update_query(dict(self.params)) if self.params else request.url
        return replace(request, url=url, headers={**request.headers, **self.headers})

    def renew(self) -> bool:
        """Nothing new to be had."""
        return False


class OAuth2:
    """An access token, fetched when first needed, again before it expires, and when the CRM refuses it."""

    def __init__(self, options: OAuth2Auth, send: Send, around: Surroundings) -> None:
        self._options = options
        self._send = send
        self._scrubber = around.scrubber
        self._timing = around.timing
        self._keeper = around.keeper
        self._token: str | None = None
        self._refresh = options.refresh_token.get_secret_value() if options.refresh_token else None
        self._name = _name(options)
        self._renew_at = float("inf")

    async def sign(self, request: Request) -> Request:
        """The request with an access token that has not expired."""
        if self._token is None or self._timing.monotonic() >= self._renew_at:
            await self._renew()
        return replace(request, headers={**request.headers, "Authorization": f"{self._options.scheme} {self._token}"})

    def renew(self) -> bool:
        """Forgets the token that was refused."""
        self._token = None
        return True

    async def _renew(self) -> None:
        """A new access token. A refresh token that changes with every use is kept before what it gave is used."""
        if self._keeper is None or self._refresh is None:
            self._take(await self._fetch())
            return
        async with self._keeper.alone(self._name):
            if (kept := self._keeper.kept(self._name)) is not None:
                self._scrubber.add(kept)
                self._refresh = kept
            try:
                granted = await self._fetch()
            except Failure as failure:
                raise Failure(f"{failure}{_KEPT}" if kept is not None else str(failure)) from None
            another = granted.get("refresh_token")
            if isinstance(another, str) and another not in ("", self._refresh):
                self._keeper.keep(self._name, another)
            self._take(granted)

    async def _fetch(self) -> dict[str, Any]:
        answer = await self._send(self._request())
        if answer.status != 200:
            raise Failure(f"the token was refused: {answer.status} {answer.reason}: {what_it_said(answer.text)}")
        try:
            granted = json.loads(answer.text)
        except ValueError:
            granted = None
        if not isinstance(granted, dict) or not isinstance(granted.get("access_token"), str):
            raise Failure(f"{_place(answer.url)} gave no access token: {what_it_said(answer.text)}")
        return granted

    def _request(self) -> Request:
        options, secret = self._options, self._options.client_secret.get_secret_value()
        params = {name: value.get_secret_value() for name, value in options.params.items()}
        form = {"grant_type": "client_credentials", **params}
        if self._refresh is not None:
            form = {"grant_type": "refresh_token", "refresh_token": self._refresh, **params}
        if options.scope:
            form["scope"] = options.scope
        if options.client_auth == "basic":
            headers = {"Authorization": _basic(quote_plus(options.client_id), quote_plus(secret))}
            return Request(URL(options.token_url), "POST", headers=headers, form=form)
        form |= {"client_id": options.client_id, "client_secret": secret}
        return Request(URL(options.token_url), "POST", form=form)

    def _take(self, granted: Mapping[str, Any]) -> None:
        self._token = granted["access_token"]
        self._scrubber.add(granted["access_token"])
        if isinstance(granted.get("refresh_token"), str) and granted["refresh_token"]:
            self._refresh = granted["refresh_token"]
            self._scrubber.add(granted["refresh_token"])
        self._renew_at = self._timing.monotonic() + _lifetime(granted.get("expires_in"))


def credentials(auth: Auth, send: Send, around: Surroundings) -> Credentials:
    """The credentials that the configuration describes; ``send`` reaches the token address."""
    match auth:
        case NoAuth():
            return Fixed()
        case BearerAuth():
            return Fixed(headers={"Authorization": f"{auth.scheme} {auth.token.get_secret_value().strip()}".strip()})
        case ApiKeyAuth(header=str(header)):
            return Fixed(headers={header: auth.key.get_secret_value().strip()})
        case ApiKeyAuth(param=str(param)):
            return Fixed(params={param: auth.key.get_secret_value().strip()})
        case BasicAuth():
            header = _basic(auth.username.get_secret_value(), auth.password.get_secret_value())
            around.scrubber.add(header.removeprefix("Basic "))
            return Fixed(headers={"Authorization": header})
        case OAuth2Auth():
            return OAuth2(auth, send, around)
    raise AssertionError(f"an authentication of an unknown kind: {auth.type}")


def _name(options: OAuth2Auth) -> str:
    """Under which a refresh token is kept: another one in the configuration begins anew."""
    configured = options.refresh_token.get_secret_value() if options.refresh_token else ""
    told = json.dumps([options.token_url, options.client_id, configured])
    return f"refresh-token-{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def _basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def _lifetime(expires_in: object) -> float:
    """How long to use a token: until a minute before it expires, or half its life where that is short."""
    try:
        seconds = float(str(expires_in))
    except ValueError:
        return float("inf")
    return max(seconds - _EARLY, seconds / 2)


def _place(url: URL) -> str:
    return f"{url.host}{url.path}"
