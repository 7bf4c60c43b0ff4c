"""A cell as it comes → the values in it: guards off, several taken apart, what means nothing left out, losses named.

Pure. One function for each kind of field; what each piece is worth is for ``values`` to say.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from connectors.base import Cell, Unreadable
from sync.contacts.contact import FieldType
from sync.mapping import dates, error_words, guards, nothing_words
from sync.mapping.phone_cells import numbers_in

GOOGLES = re.compile(r"\s*:::\s*")
"""What Google's export of contacts puts between several values."""

_TAG_MARKS = (GOOGLES, re.compile(r"\s*[;；]\s*"), re.compile(r"\s*[|¦]\s*"), re.compile(r"\s*[\n\r\t]\s*"))
_COMMAS = re.compile(r"\s*[,，、]\s*")
_ADDRESS_MARKS = re.compile(r"(?:\s*(?::::|[;,|\n\r\t/])\s*)+|\s+(?:or|and|und|et|y|o|&)\s+|\s+(?=\S+@)")
_QUOTED_TAG = re.compile(
    r"((?:^|[;,|\n]|:::)\s*)(?:\"((?:[^\"]|\"\")*)\"|'([^']*)')(?=\s*(?:$|[;,|\n]|:::))", re.MULTILINE
)
_PLAIN_NUMBER = re.compile(r"\+?[\d ().-]{7,18}", re.ASCII)
_PLAIN_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+", re.ASCII)
_SERIAL = re.compile(r"[1-9]\d{4}(?:[.,]\d+)?", re.ASCII)
_AROUND_ADDRESS = re.compile(r"(?:e-?mail|mail|e)\s*[:=]\s*", re.IGNORECASE)
_NOTE_AFTER = re.compile(r"(\S+@\S+?)[\s,;]*[(\[]([^()\[\]@]*)[)\]]")


@dataclass(frozen=True, slots=True)
class Piece:
    """One value of a cell. ``lost``: what of it was taken off, for people; None where nothing was."""

    cell: Cell
    lost: str | None = None


Pieces = Callable[[Cell], Sequence[Piece]]


def nothing(written: str) -> Piece:
    """The words stand for nothing."""
    return Piece(None, f"{written!r} was read as nothing")


def _or_nothing(plain: str) -> Sequence[Piece]:
    return (nothing(plain) if nothing_words.is_nothing(plain) else Piece(plain),)


def of_text(cell: Cell) -> Sequence[Piece]:
    """A name, a company, a role."""
    if not isinstance(cell, str):
        return (Piece(cell),)
    plain = guards.without_guard(cell)
    if error_words.is_no_name(plain) and not error_words.is_error_word(plain):
        return (Piece(Unreadable(f"{plain[:40]!r} is a program's error, not a name: correct it in the source")),)
    return _or_nothing(plain)


def of_notes(cell: Cell) -> Sequence[Piece]:
    """Text that may say anything, ``TBD`` and ``-`` included."""
    return (Piece(guards.without_guard(cell) if isinstance(cell, str) else cell),)


def of_value(cell: Cell) -> Sequence[Piece]:
    """A number, a date, a web address."""
    if not isinstance(cell, str):
        return (Piece(cell),)
    plain = guards.bare(cell)
    return (nothing(plain),) if nothing_words.is_no_value(plain) else (Piece(plain),)


def of_date(cell: Cell, format: str | None) -> Sequence[Piece]:
    """A day; the number by which Excel counts days is one, unless ``format`` makes something of it."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        cell = repr(cell)
    (piece,) = of_value(cell)
    if isinstance(piece.cell, str) and _SERIAL.fullmatch(piece.cell) and not dates.fits(piece.cell, format):
        day = dates.of_serial(float(piece.cell.replace(",", ".")))
        return (
            (Piece(day.isoformat(), f"{piece.cell!r}, as Excel counts days, was read as {day}"),) if day else (piece,)
        )
    return (piece,)


def of_boolean(cell: Cell) -> Sequence[Piece]:
    """Yes or no; ``no`` is a value here."""
    if not isinstance(cell, str):
        return (Piece(cell),)
    return _or_nothing(guards.bare(cell))


def of_phones(cell: Cell) -> Sequence[Piece]:
    """Numbers with what people and programs put around them."""
    if not isinstance(cell, str):
        return (Piece(cell),)
    if _PLAIN_NUMBER.fullmatch(cell) and len(set(cell)) > 5:  # as most are; two numbers are longer
        return (Piece(cell),)
    plain = guards.bare(cell)
    if nothing_words.is_no_value(plain):
        return (nothing(plain),)
    return tuple(Piece(one.number or None, one.lost) for one in numbers_in(plain))


def of_emails(cell: Cell) -> Sequence[Piece]:
    """Addresses, each with or without a name."""
    if not isinstance(cell, str) or _PLAIN_ADDRESS.fullmatch(cell):
        return (Piece(cell),)
    plain = guards.bare(cell)
    if nothing_words.is_no_value(plain):
        return (nothing(plain),)
    return tuple(_address(part) for part in _addresses(plain))


def _addresses(plain: str) -> list[str]:
    """Taken apart only where each part has an address; a name with a comma stays with its own."""
    if plain.count("@") < 2:
        return [plain.strip(" ,;|")]
    named = re.findall(r"[^<>;]*<[^<>]+@[^<>]+>", plain)
    if len(named) == plain.count("@"):
        return [one.strip(" ,;|") for one in named]
    parts = [part.strip() for part in _ADDRESS_MARKS.split(plain) if part and part.strip()]
    with_address = [part for part in parts if "@" in part]
    return parts if len(with_address) == len(parts) else [plain]


def _address(part: str) -> Piece:
    plain = _AROUND_ADDRESS.sub("", part, count=1) if _AROUND_ADDRESS.match(part) else part
    if nothing_words.is_no_value(plain):
        return nothing(plain)
    if noted := _NOTE_AFTER.fullmatch(plain):
        return Piece(noted[1], f"the note {noted[2]!r} was left out") if noted[2] else Piece(noted[1])
    return Piece(plain)


def of_tags(cell: Cell) -> Sequence[Piece]:
    """Options under the separator that the cell has; what is quoted stays whole."""
    if not isinstance(cell, str):
        return (Piece(cell),)
    return tuple(piece for tag in tags_in(cell) for piece in of_one_tag(tag))


def of_one_tag(cell: Cell) -> Sequence[Piece]:
    """An option that a configured separator, or a list, has set apart."""
    if not isinstance(cell, str):
        return (Piece(cell),)
    return _or_nothing(guards.without_guard(cell))


def tags_in(cell: str) -> list[str]:
    """``"VIP, Inc."; Weekly`` is two; the strongest mark that occurs outside quotes separates, a comma last of all."""
    plain = guards.without_guard(cell)
    if plain[:1] == "[" and plain[-1:] == "]":
        plain = plain[1:-1]
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append((match[2] or match[3] or "").replace('""', '"').strip())
        return f"{match[1]}\0{len(kept) - 1}\0"

    open_text = _QUOTED_TAG.sub(keep, plain)
    mark = next((mark for mark in _TAG_MARKS if mark.search(open_text)), _COMMAS)
    tags = [re.sub("\0(\\d+)\0", lambda match: kept[int(match[1])], tag) for tag in mark.split(open_text)]
    return [tag.removeprefix("* ").strip() if mark is GOOGLES else tag.strip() for tag in tags if tag.strip()]


def split_at(cell: str, separator: str) -> list[str]:
    """The values between a separator that the configuration names; what is quoted stays whole."""
    if '"' not in cell or len(separator) != 1 or separator in '"\n\r':
        return [piece.strip() for piece in cell.split(separator)]
    try:
        (pieces,) = csv.reader([cell.replace("\n", "\0")], delimiter=separator, skipinitialspace=True, strict=True)
    except (csv.Error, ValueError):
        return [piece.strip() for piece in cell.split(separator)]
    return [piece.replace("\0", "\n").strip() for piece in pieces]


OF_TYPE: Mapping[FieldType, Pieces] = {
    "string": of_notes,
    "address": of_notes,
    "url": of_value,
    "boolean": of_boolean,
    "number": of_value,
    "date": lambda cell: of_date(cell, None),
    "multi-select": of_tags,
}
"""By the type of a custom field."""
