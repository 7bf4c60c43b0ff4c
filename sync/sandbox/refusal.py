"""How OpenPhone says no: one exception, in the shape that its document gives to errors.

Knows what is said, not how it travels. Codes and titles are documented where nothing else is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sync.sandbox.law_book import CONTACTS, CUSTOM_FIELDS, DOCS, Area, Json


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with a request: where, what, and which JSON type belongs there."""

    path: str
    message: str
    value: Json
    type: str

    def to_json(self) -> dict[str, Json]:
        """An entry of the answer's ``errors``."""
        return {"path": self.path, "message": self.message, "value": self.value, "schema": {"type": self.type}}


class Refusal(Exception):
    """A request that the workspace does not carry out.

    ``described``: the answer has a ``description``, too, the same as its title; the document gives one to some.
    """

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        message: str,
        flaws: Iterable[Flaw] = (),
        *,
        described: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.title = title
        self.message = message
        self.flaws = tuple(flaws)
        self.described = described

    def to_json(self, trace: str) -> dict[str, Json]:
        """The body of the answer."""
        body: dict[str, Json] = {
            "message": self.message,
            "code": self.code,
            "status": self.status,
            "docs": DOCS,
            "title": self.title,
            "trace": trace,
        }
        if self.described:
            body["description"] = self.title
        if self.flaws:
            body["errors"] = [flaw.to_json() for flaw in self.flaws]
        return body


def invalid(*flaws: Flaw) -> Refusal:
    """The request does not fit the schema."""
    return bad_request(flaws[0].message, flaws)


def invalid_custom_field(flaw: Flaw) -> Refusal:
    """A custom field with an unknown key or a value of the wrong type."""
    return Refusal(400, "0801400", "Invalid Custom Field Item", flaw.message, (flaw,), described=True)


def unmatched_item(item_id: Json) -> Refusal:
    """A PATCH whose item carries an ``id`` that is not that of an item held. Measured, the words included."""
    return bad_request(f"Item with ID {item_id} does not match")


def bad_request(message: str, flaws: Iterable[Flaw] = (), area: Area = CONTACTS) -> Refusal:
    """A 400 that is not about a custom field's value.

    For contacts the code is a guess after the pattern of the others: all that is documented of theirs is 0801400.
    """
    return Refusal(400, f"{area}00400", "Bad Request", message, flaws)


def forbidden(area: Area = CONTACTS) -> Refusal:
    """The key may not do this."""
    if area == CUSTOM_FIELDS:
        return Refusal(403, "0700403", "Forbidden", "Forbidden")
    return Refusal(403, "0801403", "Not Phone Number User", "Forbidden", described=True)


def not_found(what: str = "Contact") -> Refusal:
    """There is no such thing, or no longer."""
    return Refusal(404, "0800404", "Not Found", f"{what} not found")


def not_allowed() -> Refusal:
    """The path exists, the method does not. No document speaks of this."""
    return Refusal(405, "0800405", "Method Not Allowed", "Method not allowed")


def conflict() -> Refusal:
    """An ``externalId`` that is in use; the service does not say that this is why."""
    return Refusal(409, "0800409", "Conflict", "Conflict")


def unknown(area: Area = CONTACTS) -> Refusal:
    """Something broke inside the service."""
    return Refusal(500, f"{area}01500", "Unknown", "An unknown error occurred")
