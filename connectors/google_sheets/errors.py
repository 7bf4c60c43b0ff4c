"""Every way in which Google says no, and the sentence that the user reads. Knows nothing of gspread.

Messages never hold a token, a key or the body of a request.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.base import SourceConfigError, SourceError
from connectors.patience import MayPass
from connectors.trust import untrusted

_LONGEST = 300


class Transient(SourceError, MayPass):
    """Trying again may help. ``retry_after``: the seconds that the service asks for, if it does."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class QuotaUsedUp(Transient):
    """Too many requests in this minute."""

    first_wait = 5.0  # doubled four times, the last attempt is in the next minute


class GridChanged(SourceError):
    """The range asked for is no longer there: rows, columns or the worksheet went away since we looked."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a message has to name: the spreadsheet, who asks for it, and whether to write."""

    spreadsheet: str
    account: str | None
    writes: bool

    @property
    def who(self) -> str:
        return self.account or "the account of these credentials"

    def how_to_share(self) -> str:
        """What a person has to click so that we may do our work."""
        role = "Editor" if self.writes else "Viewer"
        return f"Open the spreadsheet, press Share, enter {self.who} and choose {role}."


def refusal(status: int, payload: object, retry_after: float | None, target: Target) -> SourceError:
    """The error for an answer that is not a success; ``payload`` is its JSON, or None."""
    error = _error_in(payload)
    message = clip(str(error.get("message", "")))
    reason, metadata = _error_info(error)
    if status == 429 or reason == "RATE_LIMIT_EXCEEDED":
        return QuotaUsedUp(
            "Google Sheets' quota of requests per minute is used up. Run again in a minute; the quota is shown, and "
            "raised, under console.cloud.google.com → IAM & Admin → Quotas.",
            retry_after,
        )
    if status >= 500 or status == 408:
        message = f"Google Sheets has trouble of its own (HTTP {status}). Run again later."
        return Transient(message, retry_after)
    if status == 401:
        return SourceError(f"Google Sheets did not accept the token of {target.who}. {message}".strip())
    if status == 403:
        return _forbidden(reason, metadata, message, target)
    if status == 404:
        return SourceConfigError(
            f"There is no spreadsheet {target.spreadsheet}. Check 'spreadsheet': it is the long part of the "
            "address between /d/ and /edit."
        )
    if status == 400:
        return _bad_request(message, target)
    return SourceError(f"Google Sheets answered HTTP {status}. {message}".strip())


def _forbidden(reason: str, metadata: Mapping[str, Any], message: str, target: Target) -> SourceError:
    if "quota project" in message:
        return SourceError(
            "These credentials are a person's, and do not say which project asks. Say it with: gcloud auth "
            "application-default set-quota-project YOUR_PROJECT"
        )
    if reason == "SERVICE_DISABLED" or "has not been used in project" in message:
        project = str(metadata.get("consumer", "")).removeprefix("projects/")
        page = "https://console.cloud.google.com/apis/library/sheets.googleapis.com"
        return SourceError(
            "The Google Sheets API is not enabled in the project of these credentials. "
            f"Open {page}{f'?project={project}' if project else ''}, press Enable, and run again in a few minutes."
        )
    if reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT" or "insufficient authentication scopes" in message:
        return SourceError(
            "These credentials were not made for Google Sheets. Sign in again with: gcloud auth "
            "application-default login --scopes=https://www.googleapis.com/auth/spreadsheets,"
            "https://www.googleapis.com/auth/cloud-platform"
        )
    if reason and reason not in ("FORBIDDEN", "PERMISSION_DENIED"):
        return SourceError(f"Google Sheets refused {target.who} ({reason}). {message}".strip())
    verb = "edit" if target.writes else "read"
    return SourceError(f"{target.who} may not {verb} spreadsheet {target.spreadsheet}. {target.how_to_share()}")


def _bad_request(message: str, target: Target) -> SourceError:
    if "exceeds grid limits" in message or "Unable to parse range" in message:
        return GridChanged(
            "The worksheet was renamed, or rows or columns were removed from it, at the same time. Run again."
        )
    if "not supported for this document" in message:
        return SourceConfigError(
            f"{target.spreadsheet} is an Excel file, not a Google sheet. Open it, choose File → Save as Google "
            "Sheets, and put the new address into 'spreadsheet'."
        )
    if "protected" in message:
        return SourceError(
            f"A cell to write to is protected. Let {target.who} edit it (Data → Protect sheets and ranges), or name "
            "other columns in 'write_back'."
        )
    return SourceError(f"Google Sheets did not understand the request. {message}".strip())


def _error_in(payload: object) -> Mapping[str, Any]:
    error = payload.get("error") if isinstance(payload, dict) else None
    return error if isinstance(error, dict) else {}


def _error_info(error: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The machine-readable reason of an error and what belongs to it."""
    details = error.get("details")
    for detail in details if isinstance(details, list) else []:
        if isinstance(detail, dict) and "reason" in detail:
            metadata = detail.get("metadata")
            return str(detail["reason"]), metadata if isinstance(metadata, dict) else {}
    return "", {}


def unreachable(host: str, error: BaseException) -> Transient:
    """The error for an answer that did not come: the network, a name, a proxy, TLS."""
    return Transient(f"{host} could not be reached ({innermost(error)}). Check the network and the proxy.")


def is_about_certificates(error: BaseException) -> bool:
    """Whether a failure was one of TLS, which no other attempt mends."""
    return any(isinstance(each, ssl.SSLError) or type(each).__name__ == "SSLError" for each in _chain(error))


def untrusted_certificate(host: str, error: BaseException) -> str:
    """What to say of it."""
    causes = [each for each in _chain(error) if isinstance(each, ssl.SSLError)]
    return untrusted(host, causes[-1] if causes else error) + "."


def _chain(error: BaseException) -> list[BaseException]:
    """A failure and all that it came from; the libraries hide some causes in arguments and ``reason``."""
    found: list[BaseException] = []
    todo: list[object] = [error]
    while todo:
        each = todo.pop()
        if isinstance(each, BaseException) and each not in found:
            found.append(each)
            todo += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
    return found


def innermost(error: BaseException) -> str:
    """What the operating system said at the bottom of a chain of errors; the layers above only repeat addresses."""
    seen = {id(error)}
    while (cause := error.__cause__ or error.__context__) is not None and id(cause) not in seen:
        seen.add(id(cause))
        error = cause
    said = error.strerror if isinstance(error, OSError) else None
    return clip(said or type(error).__name__)


def clip(message: str) -> str:
    """One line of reasonable length: some answers are whole web pages."""
    line = " ".join(message.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
