"""Workbooks as spreadsheet programs save them, made for a test."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import xlwt
from odf.number import Number, NumberStyle
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style
from odf.table import Table, TableCell, TableRow
from odf.text import P

Cells = Sequence[Sequence[Any]]


def xlsx(path: Path, rows: Cells, formats: Mapping[str, str] | None = None, *, title: str = "People") -> Path:
    """An .xlsx with one sheet; ``formats``: cell → number format."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    for place, code in (formats or {}).items():
        sheet[place].number_format = code
    book.save(path)
    return path


def edited(path: Path, part: str, pattern: str, replacement: str) -> Path:
    """The same workbook with one of its parts rewritten, as other programs write it."""
    with ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    text, times = re.subn(pattern, replacement, parts[part].decode())
    assert times, f"{pattern} is not in {part}"
    parts[part] = text.encode()
    with ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return path


def xls(
    path: Path, rows: Cells, formats: Mapping[tuple[int, int], str] | None = None, hidden: int | None = None
) -> Path:
    """An .xls with one sheet; ``formats``: row and column → number format. ``#N/A`` is an error."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("People")
    for row, cells in enumerate(rows):
        for column, value in enumerate(cells):
            style = xlwt.easyxf(num_format_str=(formats or {}).get((row, column), "General"))
            if value == "#N/A":
                sheet.row(row).set_cell_error(column, 0x2A)
            elif value is not None:
                sheet.write(row, column, value, style)
    if hidden is not None:
        sheet.row(hidden).hidden = True
    book.save(str(path))
    return path


def ods(path: Path, rows: Cells, hidden: int | None = None) -> Path:
    """An .ods with one sheet. A pair is a number and how it is shown; ``#N/A`` is an error as LibreOffice saves it."""
    document = OpenDocumentSpreadsheet()
    number = NumberStyle(name="N5")
    number.addElement(Number(decimalplaces=0, minintegerdigits=5))
    document.automaticstyles.addElement(number)
    document.automaticstyles.addElement(Style(name="ce1", family="table-cell", datastylename="N5"))
    table = Table(name="People")
    for at, cells in enumerate(rows):
        row = TableRow(**({"visibility": "filter"} if at == hidden else {}))
        for value in cells:
            row.addElement(_ods_cell(value))
        table.addElement(row)
    document.spreadsheet.addElement(table)
    document.save(str(path))
    error = 'office:value-type="string" office:string-value="" calcext:value-type="error"><text:p>#N/A'
    if any(value == "#N/A" for cells in rows for value in cells):
        edited(path, "content.xml", r'office:value-type="string"><text:p>#N/A', error)
        edited(path, "content.xml", "<office:document-content ", '<office:document-content xmlns:calcext="urn:c" ')
    return path


def _ods_cell(value: Any) -> TableCell:
    if value is None:
        return TableCell()
    if isinstance(value, tuple):
        cell = TableCell(valuetype="float", value=str(value[0]), stylename="ce1")
        value = value[1]
    elif isinstance(value, int | float) and not isinstance(value, bool):
        cell = TableCell(valuetype="float", value=str(value))
    elif hasattr(value, "isoformat"):
        cell = TableCell(valuetype="date", datevalue=value.isoformat())
    else:
        cell = TableCell(valuetype="string")
    cell.addElement(P(text=str(value)))
    return cell
