"""Rows from the vCards of an address book: versions 2.1, 3.0 and 4.0, as phones, iCloud and Google write them.

A file that ends within a card was cut: what came before is read, and nothing is taken for gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from pydantic import BaseModel

from connectors import base
from connectors.base import Cell, Context, IncompleteRead, ReadSummary, Row, SourceError, TextEncoding
from connectors.files import FilePath, GivenFile
from connectors.text_encoding import EncodingName, NotText, find_encoding
from connectors.threads import in_thread
from connectors.vcard.card import Garbled, cells_of, fixed_columns, glimpse, is_group
from connectors.vcard.splitting import CardText, cards_in

_ROWS_BETWEEN_PAUSES = 200
_INSTALL = "pip install 'openphone-sync[vcard]'"


class VcardOptions(base.Options):
    """``encoding`` is recognised where it is not given."""

    type: Literal["vcard"] = "vcard"
    path: FilePath
    encoding: EncodingName | None = None


@dataclass(slots=True)
class _Book:
    """An address book, read. ``cut``: it ends within a card."""

    encoding: TextEncoding
    columns: tuple[str, ...] = ()
    rows: list[Row] = field(default_factory=list)
    unnamed: int = 0
    cut: bool = False


class VcardConnector:
    """An address book's export as a source of rows."""

    name: ClassVar[str] = "vcard"
    Options: ClassVar[type[BaseModel]] = VcardOptions

    def __init__(self, options: VcardOptions, context: Context) -> None:
        self._options = options
        self._path = GivenFile(options.path, context.folder, ".vcf file")
        self._book: _Book | None = None

    async def version(self) -> str:
        return await self._path.version()

    async def columns(self) -> Sequence[str]:
        return (await self._opened()).columns

    async def read(self, bookmark: str | None = None) -> AsyncIterator[Row]:
        book = await self._opened()
        for number, row in enumerate(book.rows, start=1):
            yield row
            if number % _ROWS_BETWEEN_PAUSES == 0:
                await asyncio.sleep(0)
        if book.cut:
            raise IncompleteRead(
                f"{self._path} ends within a card, after {len(book.rows)} whole ones: it was cut. Export it again"
            )

    def summary(self) -> ReadSummary:
        cards = len(self._book.rows) if self._book else 0
        return ReadSummary(one_moment=self._path.one_moment, details={"records": cards})

    @property
    def text_encoding(self) -> TextEncoding | None:
        return self._book.encoding if self._book else None

    @property
    def notes(self) -> Sequence[str]:
        """That cards have no UID, and what the way to the file is like."""
        if self._book is None or not self._book.unnamed:
            return self._path.notes
        return (
            *self._path.notes,
            f"{self._book.unnamed} of {len(self._book.rows)} cards have no UID, as Google and some phones export them: "
            "with 'key: uid' these are rejected. Export from a program that writes UIDs (Thunderbird, Nextcloud), "
            "or take as the key what each card has for itself alone, such as 'key: email' or 'key: phone' (who gets "
            "another one is then another contact)",
        )

    async def close(self) -> None:
        self._book = None
        self._path.close()

    async def _opened(self) -> _Book:
        if self._book is None:
            await self._path.fetch()
            self._book = await in_thread(self._open, "vcard-source")
        return self._book

    def _open(self) -> _Book:
        try:
            import vobject  # noqa: F401
        except ImportError:
            raise SourceError(f"{self._path}: what reads vCards is not installed: {_INSTALL}") from None
        try:
            with self._path.errors_named(), self._path.open() as raw:
                encoding = find_encoding(raw, self._options.encoding)
                raw.seek(0)
                text = raw.read().decode(encoding.name).removeprefix("\ufeff")
        except NotText as problem:
            raise SourceError(f"{self._path} {problem.words('vCard (.vcf)')}") from None
        except UnicodeError as error:
            raise SourceError(f"{self._path} is not {encoding.shown} throughout: {error}") from None
        return self._understood(text, encoding)

    def _understood(self, text: str, encoding: TextEncoding) -> _Book:
        book = _Book(encoding)
        found = list(cards_in(text))
        if not found:
            raise SourceError(f"{self._path} holds no vCard: export the address book as vCard (.vcf)")
        book.cut = found[-1].last and not found[-1].whole
        known = dict.fromkeys(fixed_columns())
        read = [_cells(card) for card in found if not card.last and not is_group(card.text)]
        known |= dict.fromkeys(sorted({name for cells, _ in read for name in cells} - set(known)))
        book.columns = tuple(known)
        empty: dict[str, Cell] = dict.fromkeys(book.columns)
        book.rows = [Row(None, {**empty, **cells}, problem=problem) for cells, problem in read]
        book.unnamed = sum(not row.cells["uid"] for row in book.rows)
        return book


def _cells(card: CardText) -> tuple[dict[str, Cell], str | None]:
    """What a card says, or as much of it as tells who it is, and why it says no more."""
    uid, name = glimpse(card.text)
    who: dict[str, Cell] = {"uid": uid or None, "fullName": name or None}
    if not card.whole:
        return who, f"the card at line {card.line} has no end (END:VCARD): correct it, or export it again"
    try:
        return cells_of(card.text), None
    except Garbled as error:
        return who, f"the card at line {card.line} cannot be read ({error}): correct it, or export it again"
