"""The second look at a sheet of an .xls: errors, number formats, hidden rows. Imports xlrd."""

from __future__ import annotations

import io
from typing import Any

from connectors.excel.asides import Asides
from connectors.excel.number_formats import masks


def asides(data: bytes, title: str) -> Asides:
    """Of the sheet with this title. Raises what xlrd raises, which may be anything."""
    import xlrd

    found = Asides()
    with xlrd.open_workbook(file_contents=data, formatting_info=True, on_demand=True, logfile=io.StringIO()) as book:
        sheet = book.sheet_by_name(title)
        telling = {index: code for index, style in enumerate(book.xf_list) if masks(code := _code(book, style))}
        for row in range(sheet.nrows):
            if (about := sheet.rowinfo_map.get(row)) is not None and about.hidden:
                found.hidden.append(row)
            for column, kind in enumerate(sheet.row_types(row)):
                if kind == xlrd.XL_CELL_ERROR:
                    found.errors[row, column] = str(
                        xlrd.error_text_from_code.get(sheet.cell_value(row, column), "#N/A")
                    )
                elif kind == xlrd.XL_CELL_NUMBER and (shape := telling.get(sheet.cell_xf_index(row, column))):
                    found.formats[row, column] = shape
    return found


def _code(book: Any, style: Any) -> str:
    """The number format of a cell's style; xlrd comes without types."""
    found = book.format_map.get(style.format_key)
    return str(found.format_str) if found is not None else ""
