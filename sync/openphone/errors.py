"""What OpenPhone does that is no answer; each message is for the user."""

from __future__ import annotations


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
