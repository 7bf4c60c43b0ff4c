"""What OpenPhone does that is no answer; each message is for the user."""

from __future__ import annotations


class OpenPhoneError(Exception):
    """Something OpenPhone did; the message is for the user."""


class Unauthorized(OpenPhoneError):
    """401 or 403: the run ends at once."""


class ServiceDown(OpenPhoneError):
    """No answer worth having for too long: the run ends, and keeps what was done."""


class TurnedAway(OpenPhoneError):
    """The account, the address or the moment is refused, not a row: the run ends, and remembers nothing of the row."""


class Refused(OpenPhoneError):
    """OpenPhone refused what this one request says; ``status`` is 400, 409 or 422 (or 404, of a contact)."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class PutOff(OpenPhoneError):
    """This one request did not get through, for no fault of its row's: the next run sends it again."""


class OutcomeUnknown(OpenPhoneError):
    """The request may or may not have been carried out: ask before repeating it."""
