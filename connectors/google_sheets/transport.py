"""gspread's HTTP client with what it lacks: a time-out, a fixed host, no redirects, typed errors. Imports gspread.

It tries nothing again: that is ``connectors.patience``. gspread's own ``BackOffHTTPClient`` never gives up.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import gspread
import requests
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.auth.transport.requests import AuthorizedSession, Request
from gspread.urls import SPREADSHEETS_API_V4_BASE_URL

from connectors.base import SourceError
from connectors.google_sheets.credentials import account_of
from connectors.google_sheets.errors import (
    Target,
    Transient,
    clip,
    innermost,
    is_about_certificates,
    refusal,
    unreachable,
    untrusted_certificate,
)
from connectors.google_sheets.options import GOOGLE_URL
from connectors.patience import Timing
from connectors.retry_after import retry_after
from connectors.trust import bundle


class Transport(gspread.HTTPClient):
    """One signed-in session with one host. Every failure is a SourceError that a person can act on."""

    def __init__(
        self, credentials: Credentials, spreadsheet: str, *, writes: bool, api_url: str, timeout: float, timing: Timing
    ) -> None:
        super().__init__(credentials)
        self.set_timeout(timeout)
        self.session = _session(credentials)
        self.session.max_redirects = 0
        self.session.auth = _keep_the_token
        self.requests = 0
        self._spreadsheet = spreadsheet
        self._writes = writes
        self._timing = timing
        self._base = SPREADSHEETS_API_V4_BASE_URL.replace(GOOGLE_URL, api_url)

    def request(
        self,
        method: str,
        endpoint: str,
        params: Any = None,
        data: bytes | None = None,
        json: Any = None,
        files: Any = None,
        headers: MutableMapping[str, str] | None = None,
    ) -> requests.Response:
        """One request and its successful answer. Raises SourceError; Transient where trying again may help."""
        url = endpoint.replace(SPREADSHEETS_API_V4_BASE_URL, self._base, 1)
        self.requests += 1
        try:
            response = self.session.request(
                method=method,
                url=url,
                params=params,
                data=data,
                json=json,
                files=files,
                headers=headers,
                timeout=self.timeout,
            )
        except GoogleAuthError as error:
            raise self._not_signed_in(error) from error
        except requests.RequestException as error:
            raise self._no_answer(error) from error
        if not response.ok:
            asked = retry_after(response.headers.get("Retry-After"), self._timing.now().timestamp())
            raise refusal(response.status_code, _json(response), asked, self._target)
        return response

    @property
    def _target(self) -> Target:
        """For messages. A machine's own account has a name only once it has signed in."""
        return Target(self._spreadsheet, account_of(self.auth), self._writes)

    def _no_answer(self, error: requests.RequestException) -> SourceError:
        if isinstance(error, requests.Timeout):
            return Transient(f"{self._base} did not answer within {self.timeout:g} seconds.")
        if isinstance(error, requests.exceptions.SSLError):
            return SourceError(untrusted_certificate(self._base, error))
        if isinstance(error, requests.TooManyRedirects):
            return SourceError(f"{self._base} points to another address, where credentials do not go.")
        return unreachable(self._base, error)

    def _not_signed_in(self, error: GoogleAuthError) -> SourceError:
        if isinstance(error, TransportError) and is_about_certificates(error):
            return SourceError(untrusted_certificate("Google's sign-in", error))
        if isinstance(error, TransportError):
            return unreachable("Google's sign-in", error)
        said = _said(error)
        if error.retryable:
            return Transient(f"Google's sign-in has trouble of its own ({said}).")
        if isinstance(error, RefreshError):
            return SourceError(
                f"Google did not accept the credentials of {self._target.who} ({said}). Was the key deleted, or is "
                "this machine's clock wrong? A new key mends the first."
            )
        return SourceError(f"Signing in to Google did not work ({said}).")


def _session(credentials: Credentials) -> AuthorizedSession:
    """A session that trusts whom ``SSL_CERT_FILE`` names, too, for tokens as for everything else."""
    trusted = bundle()
    tokens = requests.Session()
    session: AuthorizedSession = AuthorizedSession(  # type: ignore[no-untyped-call]
        credentials,
        auth_request=Request(session=tokens),
    )
    if trusted is not None:
        tokens.verify = session.verify = trusted
    return session


def _said(error: GoogleAuthError) -> str:
    """Google's own words about a refused sign-in; of an answer in another shape only its kind."""
    detail = error.args[1] if len(error.args) > 1 else None
    if isinstance(detail, dict):
        words = [str(detail[name]) for name in ("error", "error_description") if name in detail]
        return clip(": ".join(words)) or type(error).__name__
    return innermost(error)


def _keep_the_token(request: Any) -> Any:
    """An authentication that changes nothing, so that a ``.netrc`` does not replace our token."""
    return request


def _json(response: requests.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None
