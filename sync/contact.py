"""A contact in canonical form: what we want, what the workspace holds, when the two are equal, what to send.

Pure values; knows the shape of OpenPhone's JSON (API.md, List/Create/Update) but never speaks to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

FieldType = Literal["address", "string", "url", "boolean", "number", "date", "multi-select"]
Json = Any

SCALARS = ("firstName", "lastName", "company", "role")
LISTS = ("phoneNumbers", "emails")

RESERVED_SOURCES = frozenset({"openphone", "device", "csv", "zapier", "google-people", "other"})
RESERVED_SOURCE_PREFIXES = ("openphone", "csv")
EXTERNAL_ID_MAX = 75
SOURCE_MAX = 72
SOURCE_URL_MAX = 200


def is_reserved_source(source: str) -> bool:
    """Whether OpenPhone refuses this ``source`` (API.md, Create)."""
    return source in RESERVED_SOURCES or source.startswith(RESERVED_SOURCE_PREFIXES)


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field as the workspace defines it: ``GET /v1/contact-custom-fields``."""

    name: str
    key: str
    type: FieldType


@dataclass(frozen=True, slots=True)
class Desired:
    """What one row wants its contact to be: only what the sync owns.

    ``scalars``: OpenPhone's field name → text or None (cleared).
    ``phoneNumbers``/``emails``: label → values in order, E.164 and addresses; an empty tuple clears the label.
    ``custom_fields``: key → canonical value or None: text, bool, number, ``YYYY-MM-DD``, or a tuple of options.
    ``source_url`` is None where the sync does not map it.
    """

    external_id: str
    scalars: Mapping[str, str | None]
    phone_numbers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    emails: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    custom_fields: Mapping[str, Json] = field(default_factory=dict)
    source_url: str | None = None

    def to_json(self) -> dict[str, Json]:
        """A plain value that survives JSON: what the state remembers as last sent."""
        return {
            "scalars": dict(self.scalars),
            "phoneNumbers": {label: list(values) for label, values in self.phone_numbers.items()},
            "emails": {label: list(values) for label, values in self.emails.items()},
            "customFields": {k: list(v) if isinstance(v, tuple) else v for k, v in self.custom_fields.items()},
            "sourceUrl": self.source_url,
        }
