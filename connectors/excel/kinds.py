"""Which kind of workbook some bytes are, or what they are instead. Pure."""

from __future__ import annotations

import io
import re
from typing import Literal
from zipfile import BadZipFile, ZipFile

Kind = Literal["xlsx", "xls", "ods"]

LARGEST_SHEET = 2**31
"""Bytes of one part of a workbook, unpacked: far more than the largest sheet that Excel can hold has."""

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_KNOWN = (
    (b"%PDF", "is a PDF document: export the table as .xlsx"),
    (b"\x89PNG", "is a picture, not a workbook"),
    (b"\xff\xd8\xff", "is a picture, not a workbook"),
    (b"\x1f\x8b", "is compressed: unpack it first"),
    (b"{", "is JSON, not a workbook (a .gsheet file only points to a Google sheet: use 'type: google_sheets')"),
)
_PAGE = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head|body|table|meta|style)", re.I | re.S
)
_XML_2003 = re.compile(rb"<(?:\w+:)?Workbook[\s>]")
_SAVE = "open it in a spreadsheet program and save it as .xlsx"


class NoWorkbook(ValueError):
    """The bytes are no workbook that can be read; the message says what they are, to follow a file's name."""


def kind_of(data: bytes) -> Kind:
    """Raises NoWorkbook."""
    if data.startswith(_ZIP):
        return _kind_of_archive(data)
    if data.startswith(_OLE):
        return _kind_of_ole(data)
    raise NoWorkbook(_what_else(data))


def _kind_of_archive(data: bytes) -> Kind:
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except BadZipFile:
        raise NoWorkbook("was cut, or is damaged: it has no end. Export or copy it again") from None
    names = {entry.filename.lower() for entry in entries}
    if any(entry.file_size > LARGEST_SHEET for entry in entries):
        raise NoWorkbook("is larger than any sheet can be once it is unpacked: it is damaged, or was made to do harm")
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "content.xml" in names and "mimetype" in names:
        if _is_spreadsheet(data):
            return "ods"
        raise NoWorkbook("is a document of another kind, not a spreadsheet")
    if "xl/workbook.bin" in names:
        raise NoWorkbook(f"is a binary workbook (.xlsb): {_SAVE}")
    if "word/document.xml" in names:
        raise NoWorkbook("is a Word document: copy its table into a spreadsheet")
    if any(name.endswith(".iwa") for name in names):
        raise NoWorkbook("is a Numbers document: in Numbers choose File > Export To > Excel")
    raise NoWorkbook("is an archive (zip), not a workbook: unpack it first")


def _is_spreadsheet(data: bytes) -> bool:
    with ZipFile(io.BytesIO(data)) as archive:
        return b"opendocument.spreadsheet" in archive.read("mimetype")


def _kind_of_ole(data: bytes) -> Kind:
    names = {"EncryptedPackage": "is protected by a password", "WordDocument": "is a Word document, not a workbook"}
    for name, what in names.items():
        if name.encode("utf-16-le") in data:
            advice = "save a copy without one" if "password" in what else "copy its table into a spreadsheet"
            raise NoWorkbook(f"{what}: {advice}")
    return "xls"


def _what_else(data: bytes) -> str:
    if not data.strip():
        return "is empty: was the export finished?"
    beginning = data[:4096]
    if _PAGE.match(beginning):
        return f"is a web page (HTML) under a workbook's name, as some programs export it: {_SAVE}"
    if _XML_2003.search(beginning):
        return f"is an XML spreadsheet of 2003: {_SAVE}"
    for mark, what in _KNOWN:
        if beginning.startswith(mark):
            return what
    if b"\0" not in beginning or beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "is text, not a workbook: read it with 'type: csv'"
    return "is no workbook (.xlsx, .xls or .ods)"
