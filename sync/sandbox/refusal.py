"""How OpenPhone says no: one exception, in the shape its API gives to errors (API.md, Errors).

Knows what is said, not how it travels.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sync.contacts.contact import Json

DOCS = "https://quo.com/docs"


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
    """A request that the workspace does not carry out."""

    def __init__(self, status: int, code: str, title: str, message: str, flaws: Iterable[Flaw] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.title = title
        self.message = message
        self.flaws = tuple(flaws)

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
        if self.flaws:
            body["errors"] = [flaw.to_json() for flaw in self.flaws]
        return body


def invalid(*flaws: Flaw) -> Refusal:
    """The request does not fit the schema."""
    return Refusal(400, "0800400", "Bad Request", flaws[0].message, flaws)


def invalid_custom_field(flaw: Flaw) -> Refusal:
    """A custom field with an unknown key or a value of the wrong type."""
    return Refusal(400, "0801400", "Invalid Custom Field Item", flaw.message, (flaw,))


def unmatched_item(item_id: Json) -> Refusal:
    """A PATCH whose item carries an ``id`` that is not that of an item held."""
    return Refusal(400, "0800400", "Bad Request", f"Item with ID {item_id} does not match")


def forbidden() -> Refusal:
    """The key may not do this."""
    return Refusal(403, "0801403", "Not Phone Number User", "Forbidden")


def not_found(what: str = "Contact") -> Refusal:
    """There is no such thing, or no longer."""
    return Refusal(404, "0800404", "Not Found", f"{what} not found")


def not_allowed() -> Refusal:
    """The path exists, the method does not."""
    return Refusal(405, "0800405", "Method Not Allowed", "Method not allowed")


def conflict() -> Refusal:
    """An ``externalId`` that is in use; the service does not say that this is why."""
    return Refusal(409, "0800409", "Conflict", "Conflict")


def unknown() -> Refusal:
    """Something broke inside the service."""
    return Refusal(500, "0801500", "Unknown", "An unknown error occurred")
