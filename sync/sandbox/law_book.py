"""What the service promises and forbids, read from the vendor's documents on their own: the law that the sandbox keeps.

Shares nothing with the client, so that a mistake there is found here. *Documented* names the operation and the
property in the vendor's OpenAPI document (3.1, July 2026); *measured* is what people met who use the API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Json = Any
"""Any JSON: whoever is handed some must look for himself."""

# Contacts. Documented: createContact_v1, request body, ``defaultFields``.

TEXT_FIELDS: Final = ("company", "firstName", "lastName", "role")
ITEM_FIELDS: Final = ("emails", "phoneNumbers")
REQUIRED_TEXT: Final = "firstName"
"""Documented: the one property of ``defaultFields`` that createContact_v1 requires; it may be null."""

REQUIRED_OF_ITEM: Final = ("name", "value")
"""Documented: both are required of an e-mail and a phone number. Measured: neither may be null or empty."""

# Lengths in characters, from 1. Documented: the request bodies of createContact_v1 and updateContactById_v1.

EXTERNAL_ID_LONGEST: Final = 75
SOURCE_LONGEST_CREATED: Final = 72
SOURCE_LONGEST_UPDATED: Final = 75
SOURCE_URL_LONGEST: Final = 200

SOURCE_OF_THE_API: Final = "public-api"
"""Documented: createContact_v1, the default of ``source``."""

USER_ID: Final = "US"
"""Documented: how ``createdByUserId`` begins."""

# Documented: createContact_v1, the description of ``source``. Taken to hold for an update, too, which says nothing.

_RESERVED_WORDS: Final = frozenset({"openphone", "device", "csv", "zapier", "google-people", "other"})
_RESERVED_PREFIXES: Final = ("openphone", "csv")

# Lists.

PAGE_LARGEST: Final = 50
"""Documented: listContacts_v1, ``maxResults`` from 1 to 50. Measured: it is required, whatever the default says."""

FILTER_LONGEST: Final = 75
"""Documented: listContacts_v1, the characters of one of ``externalIds`` or ``sources``, from 1."""

FILTERS_MOST: Final = 20
"""Measured: more repeats of one filter are a 400."""

# Custom fields.

FieldType = Literal["address", "boolean", "date", "multi-select", "number", "string", "url"]
"""Documented: getContactCustomFields_v1, ``type``."""

JSON_TYPES: Final[Mapping[FieldType, str]] = {
    "address": "string",
    "boolean": "boolean",
    "date": "string",
    "multi-select": "array",
    "number": "number",
    "string": "string",
    "url": "string",
}
"""Documented: createContact_v1, ``customFields``, the forms of ``value``; each may be null."""

# Errors. Documented: the answers of all six operations; a code is the area, a number, and the status.

DOCS: Final = "https://quo.com/docs"

Area = Literal["07", "08"]
CUSTOM_FIELDS: Final[Area] = "07"
CONTACTS: Final[Area] = "08"


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field of the workspace. Documented: getContactCustomFields_v1 tells these three of each."""

    name: str
    key: str
    type: FieldType


def is_reserved(source: str) -> bool:
    """Whether nobody but the service may call a source so."""
    return source in _RESERVED_WORDS or source.startswith(_RESERVED_PREFIXES)


def area_of(path: str) -> Area:
    """Whose errors a path answers with."""
    return CUSTOM_FIELDS if path.startswith("/v1/contact-custom-fields") else CONTACTS
