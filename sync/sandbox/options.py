"""How a sandbox behaves: which kind of workspace it is, and how slow. Plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sync.sandbox.law_book import CustomField

DEFAULT_CUSTOM_FIELDS = (
    CustomField("Inbound Lead", "inbound-lead", "boolean"),
    CustomField("Tags", "tags", "multi-select"),
    CustomField("Address", "address", "address"),
    CustomField("Notes", "notes", "string"),
    CustomField("Website", "website", "url"),
    CustomField("Contract Value", "contract-value", "number"),
    CustomField("Customer Since", "customer-since", "date"),
)


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """The workspace to play.

    ``requests_per_second``: how many requests any sliding second may see; one more is a 429.
    ``retry_after``: the ``Retry-After`` that such a 429 carries, if any.
    ``require_external_ids``: an older workspace, which refuses to list everyone.
    ``accept_doubles``: a second contact with an ``externalId`` in use is a 201 instead of a 409.
    ``refuse_item_ids``: a PATCH whose items carry an ``id`` is refused even where the ``id`` is right.
    ``bare_dates``: dates come back as ``2026-03-01`` instead of ``2026-03-01T00:00:00.000+0000``.
    ``list_lag``: seconds until a new contact is in the lists.
    ``latency``: seconds between a request's arrival and its being carried out.
    ``file``: where the contacts are kept between two lives of the sandbox.
    """

    key: str = field(default="sandbox-key", repr=False)
    custom_fields: tuple[CustomField, ...] = DEFAULT_CUSTOM_FIELDS
    requests_per_second: int = 10
    retry_after: float | str | None = None
    require_external_ids: bool = False
    accept_doubles: bool = False
    refuse_item_ids: bool = False
    bare_dates: bool = False
    list_lag: float = 0.0
    latency: float = 0.0
    file: Path | None = None
