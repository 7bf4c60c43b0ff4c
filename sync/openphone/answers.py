"""What OpenPhone answers, read: data, the service's own words in either shape of error, the errors we make of them.

Knows nothing of how answers are fetched.
"""

from __future__ import annotations

import json
import math
import time
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from sync.contacts.contact import Contact


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
class Answer:
    """An answer's HTTP status, and its JSON if it is some."""

    status: int
    payload: Any


def as_json(text: bytes) -> Any:
    """The JSON in ``text``, or None."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def data(answer: Answer, shape: type) -> Any:
    """The answer's ``data``; what has none is no answer of OpenPhone's."""
    found = answer.payload.get("data") if isinstance(answer.payload, dict) else None
    if not isinstance(found, shape):
        raise OutcomeUnknown("OpenPhone's answer has no data")
    return found


def contact(raw: Any) -> Contact:
    """The contact in an answer."""
    try:
        return Contact.from_json(raw)
    except ValueError as error:
        raise OutcomeUnknown(f"OpenPhone's answer holds what is {error}") from error


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


def refused(answer: Answer) -> Refused:
    """The refusal that an answer is, in the service's words."""
    code = answer.payload.get("code") if isinstance(answer.payload, dict) else None
    label = f"{answer.status}, code {code}" if code else str(answer.status)
    return Refused(answer.status, f"OpenPhone refused it ({label}): {_reason(answer.payload) or 'no reason given'}")


def unauthorized(status: int, payload: Any) -> str:
    """What to tell whose key is refused."""
    said = _reason(payload)
    return (
        f"OpenPhone refused the API key ({status}{': ' + said if said else ''}). Check openphone.api_key; "
        "a key made less than a minute ago may need about 30 seconds before it works."
    )


def retry_after(header: str | None) -> float | None:
    """Seconds from now: the header holds them, or a date."""
    if header is None:
        return None
    with suppress(ValueError):
        seconds = float(header)
        return max(0.0, seconds) if math.isfinite(seconds) else None
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except ValueError:
        return None
