"""The ``vcard`` source: the cards of an address book's export (.vcf), one row each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, Field

from connectors.base import Cell, Context, IncompleteRead, Options, ReadSummary, Row, SourceError
from openphone_sync_vcard.parser import CutOff, cards

COLUMNS = ("uid", "first_name", "last_name", "full_name", "company", "title", "phones", "emails")


class VcardOptions(Options):
    """What ``source:`` may say. ``Options`` refuses every key that is not named here."""

    type: Literal["vcard"] = "vcard"
    path: Path = Field(description="the .vcf file, beside the configuration")


class VcardConnector:
    """Reads an address book's export."""

    name: ClassVar[str] = "vcard"
    Options: ClassVar[type[BaseModel]] = VcardOptions

    def __init__(self, options: VcardOptions, context: Context) -> None:
        self._path = context.folder / options.path
        self._cards = 0

    async def columns(self) -> Sequence[str]:
        """The columns, once the file has shown that it can be read."""
        self._text()
        return COLUMNS

    async def read(self, bookmark: str | None) -> AsyncIterator[Row]:
        """Every card. A file that ends within a card was not read in full, and must say so."""
        try:
            for card in cards(self._text()):
                self._cards += 1
                yield Row(number=None, cells=_cells(card))
        except CutOff:
            raise IncompleteRead(
                f"{self._path} ends within a card, after {self._cards} whole ones: export it again"
            ) from None

    def summary(self) -> ReadSummary:
        """Every card was seen: a contact without one is gone."""
        return ReadSummary(full=True, details={"cards": self._cards})

    async def close(self) -> None:
        """Nothing is kept open."""

    def _text(self) -> str:
        try:
            text = self._path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(f"{self._path} cannot be read: {error}") from None
        if "BEGIN:VCARD" not in text.upper():
            raise SourceError(f"{self._path} holds no vCard: export the address book as vCard (.vcf)")
        return text


def _cells(card: dict[str, list[str]]) -> dict[str, Cell]:
    """A card's properties under the names of the columns. Every column is there, empty or not."""
    last, first = [*_first(card, "N").split(";"), "", ""][:2]
    return {
        "uid": _first(card, "UID") or None,
        "first_name": first,
        "last_name": last,
        "full_name": _first(card, "FN"),
        "company": _first(card, "ORG").split(";")[0],
        "title": _first(card, "TITLE"),
        "phones": [phone.removeprefix("tel:") for phone in card.get("TEL", [])],
        "emails": list(card.get("EMAIL", [])),
    }


def _first(card: dict[str, list[str]], name: str) -> str:
    return card.get(name, [""])[0]
