"""Which function of ``values`` reads a field's cells: the rule for the fields that hold text, and for every type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from connectors.base import Cell
from sync.contacts.contact import SOURCE_URL_MAX, FieldType
from sync.mapping import pieces, values
from sync.mapping.fields import Reader, Value
from sync.mapping.pieces import Pieces
from sync.mapping.values import ValueUnreadable

LABELLED: Mapping[str, Callable[[str], Reader[str]]] = {
    "phoneNumbers": lambda region: partial(values.phone, region=region),
    "emails": lambda region: values.email,
}
"""A group of labelled fields → region → what reads one of its cells."""


def of_type(kind: FieldType, format: str | None) -> Reader[Value]:
    """What reads a cell for a custom field of this type; ``format`` is how dates are written (None: ISO)."""
    readers: dict[FieldType, Reader[Value]] = {
        "url": values.url,
        "boolean": values.boolean,
        "number": values.number,
        "date": partial(values.date_, format=format),
    }
    return readers.get(kind, values.text)


LABELLED_PIECES: Mapping[str, Pieces] = {"phoneNumbers": pieces.of_phones, "emails": pieces.of_emails}
"""A group of labelled fields → what takes one of its cells apart."""


def pieces_of(kind: FieldType, format: str | None) -> Pieces:
    """What takes a cell for a custom field of this type apart."""
    return partial(pieces.of_date, format=format) if kind == "date" else pieces.OF_TYPE[kind]


def source_url(cell: Cell) -> str:
    """A web address that is short enough for OpenPhone's ``sourceUrl``."""
    address = values.url(cell)
    if len(address) > SOURCE_URL_MAX:
        raise ValueUnreadable(f"makes a source_url of {len(address)} characters: OpenPhone takes {SOURCE_URL_MAX}")
    return address
