"""The second look at a sheet of an .ods: errors, numbers shown with zeros in front or as a telephone's, hidden rows."""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat
from zipfile import ZipFile

from connectors.excel.asides import Asides

_CONTENT = "content.xml"
_BETWEEN = re.compile(r"[-+()./\s]")
_HIDDEN = ("collapse", "filter")
_SEVERAL = 4096
"""More equal rows or cells than these are the empty rest of a sheet."""


def asides(book: ZipFile, title: str) -> Asides:
    """Of the sheet with this title. Raises KeyError, ValueError and what the XML parser raises."""
    found = Asides()
    parser = expat.ParserCreate()
    look = _Look(parser, found, title)
    with book.open(_CONTENT) as content:
        parser.ParseFile(content)
    look.finish()
    return found


def telling(shown: str, value: str) -> bool:
    """Whether a number is shown as an id or a telephone number: with zeros, a plus, brackets or dashes."""
    digits = _BETWEEN.sub("", shown)
    plain = value.removesuffix(".0")
    if not (digits.isdecimal() and plain.isdecimal()) or digits.lstrip("0") != plain.lstrip("0"):
        return False
    return len(digits) > len(plain) or shown[:1] in "+(" or "-" in shown[1:]


class _Look:
    """Follows the document's XML from cell to cell."""

    def __init__(self, parser: expat.XMLParserType, found: Asides, title: str) -> None:
        self._parser, self._found, self._title = parser, found, title
        self._here = False
        self._row, self._column, self._rows, self._cells = 0, 0, 1, 1
        self._attributes: dict[str, Any] = {}
        self._text: list[str] = []
        self._notes = 0
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end

    def finish(self) -> None:
        """Rows that follow the last filled one say nothing, hidden or not."""
        filled = max(self._found.touched_rows(), default=-1)
        self._found.hidden = [row for row in self._found.hidden if row < max(filled + 1, self._last + 1)]

    _last = -1

    def _start(self, tag: str, attributes: dict[str, Any]) -> None:
        kind = tag.rpartition(":")[2]
        if kind == "table" and tag.startswith("table:"):
            self._here = attributes.get("table:name") == self._title
            self._row = 0
        elif not self._here:
            return
        elif kind == "table-row":
            self._column, self._rows = 0, int(attributes.get("table:number-rows-repeated", 1))
            if attributes.get("table:visibility") in _HIDDEN and self._rows < _SEVERAL:
                self._found.hidden.extend(range(self._row, self._row + self._rows))
        elif kind in ("table-cell", "covered-table-cell"):
            self._attributes, self._text = attributes, []
            self._cells = int(attributes.get("table:number-columns-repeated", 1))
        elif kind == "annotation":
            self._notes += 1
        elif kind == "p" and not self._notes:
            self._parser.CharacterDataHandler = self._text.append

    def _end(self, tag: str) -> None:
        if not self._here:
            return
        match tag.rpartition(":")[2]:
            case "p":
                self._parser.CharacterDataHandler = None
            case "annotation":
                self._notes -= 1
            case "table-cell" | "covered-table-cell":
                self._look_at_cell()
                self._column += self._cells
            case "table-row":
                self._row += self._rows
            case "table":
                self._here = False

    def _look_at_cell(self) -> None:
        text = "".join(self._text)
        kind = self._attributes.get("office:value-type")
        if kind is not None and self._rows < _SEVERAL:
            self._last = max(self._last, self._row + self._rows - 1)
        error = any(name.endswith(":value-type") and value == "error" for name, value in self._attributes.items())
        if error:
            self._note(self._found.errors, text or "#N/A")
        elif kind == "float" and telling(text, self._attributes.get("office:value", "")):
            self._note(self._found.shown, text)
        elif kind is None and "table:formula" in self._attributes and not text:
            self._found.uncalculated.add((self._row, self._column))

    def _note(self, into: dict[tuple[int, int], str], text: str) -> None:
        for row in range(self._row, self._row + min(self._rows, _SEVERAL)):
            for column in range(self._column, self._column + min(self._cells, _SEVERAL)):
                into[row, column] = text
