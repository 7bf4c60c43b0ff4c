"""The ``crm`` source: any JSON-over-HTTP API, described in configuration alone.

``options`` says what may be configured, ``presets`` fills it in for known vendors, ``auth`` and ``client`` speak
HTTP, ``paging`` knows how pages follow one another, ``ledger`` whether all of it came, ``records`` what a row is,
``bookmark`` when to read only what changed, and ``connector`` tells the story of a read.
"""

from connectors.crm.connector import CrmConnector
from connectors.crm.options import CrmOptions

__all__ = ["CrmConnector", "CrmOptions"]
