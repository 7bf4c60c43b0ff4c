"""Which encoding a text file is in, decided by all of its bytes, or why it is not text at all.

Knows nothing of what the text says. Reads in blocks: memory does not grow with the file. UTF-8 proves itself: a file
with characters of several bytes, and with bytes that are no such character, is broken UTF-8 and nothing else. What has
no such character is a guess (``guessing``), and said to be one.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, BinaryIO

from pydantic import AfterValidator

from connectors.base import TextEncoding

_BLOCK = 256 * 1024
_SAMPLE = 20_000
_NOT_ASCII = bytes(range(0x80, 0x100))
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FORMATS = (
    (b"PK\x03\x04", "looks like an Excel workbook: save it as {form}"),
    (b"\xd0\xcf\x11\xe0", "looks like an Excel workbook: save it as {form}"),
    (b"\x89PNG", "is a picture, not a CSV file"),
    (b"\xff\xd8\xff", "is a picture, not a CSV file"),
    (b"%PDF", "is a PDF document: export the table as {form}"),
    (b"\x1f\x8b", "is compressed: unpack it first"),
)
_NOT_TEXT = "is not a text file: export the table as {form} (UTF-8)"
_UNTOLD = (
    "is neither UTF-8 nor Windows-1252 throughout, or gives letters that no name has, and its encoding cannot be told: "
    "save it as UTF-8, or name its 'encoding' (such as windows-1250, windows-1251, macintosh, gb18030)"
)
_WELL_FORMED = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
_BY_CHANCE = re.compile(
    rb"(?<=[A-Za-z\xc0-\xff])[\xc6-\xcd\xd2-\xdf\xe0\xe1\xe3-\xef]"
    rb"[\x85\x91-\x97\x99\x9b\xa0\xa9\xae\xb0\xb7\xbb]{1,2}(?![\x80-\xff]|[a-z])"
)
"""A letter at the end of a word and what may follow it in Windows-1252, as in ``CAFÉ®`` and ``ANDRÉ’S``."""


_ENOUGH = 1000
_FEW = 40
_LETTERS_A_PAIR = 12
"""In Cyrillic (Windows-1251) ``ё``, ``і`` and ``№`` behind some letters are what UTF-8 makes a character of, and
all letters around them are none: a word or two among hundreds of letters proves nothing."""


class NotText(ValueError):
    """The bytes are not text in any encoding that is recognised, or in the one that was given."""

    def words(self, form: str) -> str:
        """What is wrong and what to do, for a file that should be a ``form``, such as CSV. Continues "the file …"."""
        return str(self).replace("{form}", form)


class BrokenUtf8(NotText):
    """The file is UTF-8 but for some bytes; where they stand is for its reader to find."""


@dataclass(slots=True)
class _Seen:
    """What the bytes of a file without a mark amount to."""

    ascii: bool = True
    utf8: bool = True
    certain: int = 0
    chances: int = 0
    strays: int = 0

    def add(self, text: bytes) -> None:
        """Look at a piece that begins and ends between characters."""
        if text.isascii():
            return
        self.ascii = False
        any_well_formed = _WELL_FORMED.search(text) is not None
        strays = _stray_bytes(text) if any_well_formed else _beyond_ascii(text)
        self.strays += strays
        self.utf8 = self.utf8 and not strays
        if any_well_formed and self.certain < _ENOUGH:
            certain = _BY_CHANCE.sub(b" ", text)
            found = len(_WELL_FORMED.findall(certain))
            self.certain += found
            self.chances += len(_WELL_FORMED.findall(text)) - found

    @property
    def broken(self) -> bool:
        """UTF-8 proves itself, unless all that would may be chance, among more (or very much more) that is none."""
        if self.certain:
            return self.certain >= _ENOUGH or self.strays < max(_FEW, _LETTERS_A_PAIR * self.certain)
        return self.chances > self.strays


def _stray_bytes(text: bytes) -> int:
    """How many bytes belong to no character of UTF-8."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return _beyond_ascii(_WELL_FORMED.sub(b"", text))
    return 0


def _beyond_ascii(text: bytes) -> int:
    return len(text) - len(text.translate(None, _NOT_ASCII))


def is_text_encoding(name: str) -> bool:
    """Whether Python knows an encoding of text by this name."""
    try:
        "".encode(name)
    except (LookupError, UnicodeError, ValueError):
        return False
    return True


def _known(encoding: str) -> str:
    if not is_text_encoding(encoding):
        raise ValueError(f"{encoding!r} is not an encoding: write one such as utf-8, utf-16 or windows-1252")
    return encoding


EncodingName = Annotated[str, AfterValidator(_known)]
"""An option that names an encoding of text."""


def find_encoding(raw: BinaryIO, given: str | None = None) -> TextEncoding:
    """The encoding to open the file with: ``given``, that of its mark, UTF-8, or else a guess.

    Raises BrokenUtf8 and NotText.
    """
    raw.seek(0)
    head = raw.read(4096)
    for magic, message in _FORMATS:
        if head.startswith(magic):
            raise NotText(message)
    encoding = _declared(head, given)
    if encoding is not None:
        _check_decodes(raw, encoding)
        return TextEncoding(encoding)
    return _utf8_or_guess(raw)


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
        if encoding == "utf-8-sig":
            raise BrokenUtf8("is not utf-8 throughout") from None
        raise NotText(f"is not {encoding} throughout: something after byte {position} cannot be read") from None


def _utf8_or_guess(raw: BinaryIO) -> TextEncoding:
    seen, rest = _Seen(), b""
    for block, last in _blocks(raw):
        if b"\0" in block:
            raise NotText(_NOT_TEXT)
        block = rest + block
        whole = block if last else block.rstrip(_NOT_ASCII)  # no character of UTF-8 begins with ASCII and goes on
        rest = block[len(whole) :]
        seen.add(whole)
    if seen.utf8:
        return TextEncoding("ascii" if seen.ascii else "utf-8")
    if seen.broken:
        raise BrokenUtf8("is not utf-8 throughout")
    return _guessed(raw)


def _guessed(raw: BinaryIO) -> TextEncoding:
    from connectors.guessing import guess_encoding

    encoding = guess_encoding(_sample(raw))
    if encoding is None:
        raise NotText(_UNTOLD)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block, last in _blocks(raw):
            decoder.decode(block, last)
    except UnicodeError:
        raise NotText(_UNTOLD) from None
    return TextEncoding(encoding, guessed=True)


def _sample(raw: BinaryIO) -> bytes:
    """The first lines that are not ASCII, each once."""
    raw.seek(0)
    found: dict[str, None] = {}
    size = 0
    lines = io.TextIOWrapper(raw, encoding="latin-1")
    for line in lines:
        if not line.isascii() and line not in found:
            found[line] = None
            size += len(line)
        if size > _SAMPLE:
            break
    lines.detach()
    return "".join(found).encode("latin-1")


def _blocks(raw: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """The file in blocks from its beginning, and an empty last one."""
    raw.seek(0)
    while block := raw.read(_BLOCK):
        yield block, False
    yield b"", True
