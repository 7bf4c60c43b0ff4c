"""Which encoding a text file is in, decided by all of its bytes, or why it is not text at all.

Knows nothing of what the text says. Reads in blocks: memory does not grow with the file.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

_BLOCK = 256 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FORMATS = (
    (b"PK\x03\x04", "looks like an Excel workbook: save it as CSV"),
    (b"\xd0\xcf\x11\xe0", "looks like an Excel workbook: save it as CSV"),
    (b"\x89PNG", "is a picture, not a CSV file"),
    (b"\xff\xd8\xff", "is a picture, not a CSV file"),
    (b"%PDF", "is a PDF document: export the table as CSV"),
    (b"\x1f\x8b", "is compressed: unpack it first"),
)
_NOT_WINDOWS_1252 = bytes([0x81, 0x8D, 0x8F, 0x90, 0x9D])
_NOT_TEXT = "is not a text file: export the table as CSV (UTF-8)"


class NotText(ValueError):
    """The bytes are not text in any encoding that is recognised, or in the one that was given."""


def is_text_encoding(name: str) -> bool:
    """Whether Python knows an encoding of text by this name."""
    try:
        "".encode(name)
    except (LookupError, UnicodeError, ValueError):
        return False
    return True


def find_encoding(raw: BinaryIO, given: str | None = None) -> str:
    """The encoding to open the file with: ``given``, that of its mark, UTF-8, or else Windows-1252.

    Raises NotText, whose message continues "the file …".
    """
    raw.seek(0)
    head = raw.read(4096)
    for magic, message in _FORMATS:
        if head.startswith(magic):
            raise NotText(message)
    encoding = _declared(head, given)
    if encoding is not None:
        _check_decodes(raw, encoding)
        return encoding
    return _utf8_or_windows(raw)


def _declared(head: bytes, given: str | None) -> str | None:
    """What the configuration or a mark at the beginning says; UTF-16 without a mark shows in its zero bytes."""
    if given is not None:
        plain_utf8 = codecs.lookup(given).name == "utf-8"
        return "utf-8-sig" if plain_utf8 else given
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    pairs = len(head) // 2
    for encoding, zeros, others in (("utf-16-le", head[1::2], head[::2]), ("utf-16-be", head[::2], head[1::2])):
        if pairs > 1 and zeros.count(0) > 0.4 * pairs and not others.count(0):
            return encoding
    return None


def _check_decodes(raw: BinaryIO, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    position = 0
    try:
        for block, last in _blocks(raw):
            if "\0" in decoder.decode(block, last):
                raise NotText(_NOT_TEXT)
            position += len(block)
    except UnicodeError:
        raise NotText(
            f"is not {encoding.removesuffix('-sig')} throughout: something after byte {position} cannot be read"
        ) from None


def _utf8_or_windows(raw: BinaryIO) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    utf8 = windows = True
    for block, last in _blocks(raw):
        if b"\0" in block:
            raise NotText(_NOT_TEXT)
        windows = windows and len(block.translate(None, _NOT_WINDOWS_1252)) == len(block)
        try:
            if utf8:
                decoder.decode(block, last)
        except UnicodeDecodeError:
            utf8 = False
    if not utf8 and not windows:
        raise NotText("is neither UTF-8 nor Windows-1252 throughout: save it as UTF-8, or name its 'encoding'")
    return "utf-8" if utf8 else "cp1252"


def _blocks(raw: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """The file in blocks from its beginning, and an empty last one."""
    raw.seek(0)
    while block := raw.read(_BLOCK):
        yield block, False
    yield b"", True
