"""The ``vcard`` source: the cards of an address book's export (.vcf), one row each."""

from connectors.vcard.connector import VcardConnector, VcardOptions

__all__ = ["VcardConnector", "VcardOptions"]
