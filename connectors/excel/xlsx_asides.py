"""The second look at a sheet of an .xlsx: errors, formulas without a result, number formats, hidden rows."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat
from zipfile import ZipFile

from connectors.excel.asides import Asides
from connectors.excel.number_formats import masks

_BLOCK = 1 << 20
_WORTH_A_LOOK = re.compile(rb"""\bt=["']e["']|<(?:\w+:)?f[\s/>]|\bhidden=["'](?:1|true)["']""")
_OVERLAP = 64


def asides(book: ZipFile, title: str) -> Asides:
    """Of the sheet with this title. Raises KeyError, ValueError and what the XML parsers raise."""
    part = _part_of(book, title)
    formats = _telling_formats(book)
    found = Asides()
    if part is None or not _worth_a_look(book, part, formats):
        return found
    parser = expat.ParserCreate()
    _Look(parser, found, formats)
    with book.open(part) as sheet:
        parser.ParseFile(sheet)
    return found


def _worth_a_look(book: ZipFile, part: str, formats: dict[str, str]) -> bool:
    """Whether anything in the sheet's text is of a kind that we look for: most sheets have none."""
    styles = b"|".join(re.escape(style.encode()) for style in formats)
    styled = re.compile(rb"""\bs=["'](?:""" + styles + rb""")["']""") if formats else None
    tail = b""
    with book.open(part) as sheet:
        while block := sheet.read(_BLOCK):
            text = tail + block
            if _WORTH_A_LOOK.search(text) or (styled and styled.search(text)):
                return True
            tail = text[-_OVERLAP:]
    return False


def _part_of(book: ZipFile, title: str) -> str | None:
    """The file in which a sheet stands."""
    workbook = next((name for name in book.namelist() if name.lower() == "xl/workbook.xml"), None)
    if workbook is None:
        return None
    folder, name = posixpath.split(workbook)
    links = _elements(book, f"{folder}/_rels/{name}.rels", "Relationship")
    targets = {link["Id"]: link["Target"] for link in links}
    for sheet in _elements(book, workbook, "sheet"):
        if sheet.get("name") == title:
            target = targets.get(sheet.get("id", ""), "")
            whole = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
            return whole if whole in book.namelist() else None
    return None


def _elements(book: ZipFile, part: str, kind: str) -> Iterator[dict[str, str]]:
    """The attributes of every element of a kind, by their names without namespaces."""
    for element in ElementTree.fromstring(book.read(part)).iter():
        if element.tag.rpartition("}")[2] == kind:
            yield {name.rpartition("}")[2]: value for name, value in element.attrib.items()}


def _telling_formats(book: ZipFile) -> dict[str, str]:
    """A cell's style → the number format that it brings, where that is telling."""
    part = next((name for name in book.namelist() if name.lower() == "xl/styles.xml"), None)
    if part is None:
        return {}
    root = ElementTree.fromstring(book.read(part))
    codes, styles = {}, []
    for element in root.iter():
        kind = element.tag.rpartition("}")[2]
        if kind == "numFmt":
            codes[element.get("numFmtId")] = element.get("formatCode", "")
        elif kind == "cellXfs":
            styles = [codes.get(each.get("numFmtId"), "") for each in element]
    return {str(number): code for number, code in enumerate(styles) if masks(code)}


class _Look:
    """Follows the sheet's XML from cell to cell; ends of elements are heard only where a cell is looked at."""

    def __init__(self, parser: expat.XMLParserType, found: Asides, formats: dict[str, str]) -> None:
        self._parser, self._found, self._formats = parser, found, formats
        self._cell_tag, self._row_tag, self._formula_tag, self._value_tag = "c", "row", "f", "v"
        self._row, self._column = -1, -1
        self._kind = "n"
        self._formula, self._value = False, ""
        parser.buffer_text = True
        parser.StartElementHandler = self._start

    def _start(self, tag: str, attributes: dict[str, Any]) -> None:
        if tag == self._cell_tag:
            self._begin_cell(attributes)
        elif tag == self._row_tag:
            self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
            self._column = -1
            if attributes.get("hidden") in ("1", "true"):
                self._found.hidden.append(self._row)
        elif tag == self._formula_tag:
            self._formula = True
            self._parser.EndElementHandler = self._end
        elif tag == self._value_tag:
            if self._formula or self._kind == "e":
                self._parser.CharacterDataHandler = self._text
        elif self._row < 0 and tag.endswith(":worksheet"):
            prefix = tag.removesuffix("worksheet")
            self._cell_tag, self._row_tag = f"{prefix}c", f"{prefix}row"
            self._formula_tag, self._value_tag = f"{prefix}f", f"{prefix}v"

    def _begin_cell(self, attributes: dict[str, Any]) -> None:
        if "r" in attributes:
            self._column = _column(attributes["r"].rstrip("0123456789"))
        else:
            self._column += 1
        self._kind = kind = attributes.get("t", "n")
        self._formula, self._value = False, ""
        if kind == "e":
            self._parser.EndElementHandler = self._end
        elif kind == "n" and (style := attributes.get("s")) in self._formats:
            self._found.formats[self._row, self._column] = self._formats[style]

    def _text(self, text: str) -> None:
        self._value += text

    def _end(self, tag: str) -> None:
        if tag == self._value_tag:
            self._parser.CharacterDataHandler = None
        elif tag == self._cell_tag:
            self._parser.EndElementHandler = None
            place = (self._row, self._column)
            if self._kind == "e":
                self._found.errors[place] = self._value or "#N/A"
            elif self._formula and not self._value and self._kind != "str":
                self._found.uncalculated.add(place)


@lru_cache(maxsize=20_000)
def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
