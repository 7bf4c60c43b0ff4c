"""One sheet of a workbook from its bytes, with all that is to be known of it. Imports python-calamine when used."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zipfile import ZipFile

from connectors.base import SourceConfigError, SourceError
from connectors.brief import brief
from connectors.excel.asides import Asides
from connectors.excel.kinds import Kind, NoWorkbook, kind_of

_INSTALL = "pip install 'openphone-sync[excel]'"
_DAMAGED = "is damaged, or not as a spreadsheet program saves it: open it there and save it as .xlsx"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet's values from its first row and column on. ``titles`` are those of all sheets."""

    title: str
    titles: Sequence[str]
    rows: Sequence[Sequence[object]]
    asides: Asides

    @property
    def hidden(self) -> Sequence[int]:
        """The rows, from 0, that people do not see but that hold something."""
        return [row for row in self.asides.hidden if row < len(self.rows) and any(v != "" for v in self.rows[row])]


def read_sheet(data: bytes, wanted: str | None, shown: str) -> Sheet:
    """The sheet called ``wanted``, or the first that is not hidden. Raises SourceError, which calls it ``shown``."""
    try:
        kind = kind_of(data)
    except NoWorkbook as problem:
        raise SourceError(f"{shown} {problem}") from None
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError:
        raise SourceError(f"{shown} is a workbook, and what reads workbooks is not installed: {_INSTALL}") from None
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            title = _choose(book, wanted, shown)
            rows = book.get_sheet_by_name(title).to_python(skip_empty_area=False)
            titles = list(book.sheet_names)
    except CalamineError as error:
        password = type(error).__name__ == "PasswordError"
        why = "is protected by a password: save a copy without one" if password else f"{_DAMAGED} ({brief(error)})"
        raise SourceError(f"{shown} {why}") from None
    return Sheet(title, titles, rows, _asides(kind, data, title, shown))


def _choose(book: Any, wanted: str | None, shown: str) -> str:
    """The title of the sheet to read. Raises SourceConfigError with those there are."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    grids = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    if wanted is None:
        seen = [sheet for sheet in grids if sheet.visible == SheetVisibleEnum.Visible] or grids
        if seen:
            return str(seen[0].name)
        raise SourceError(f"{shown} has no sheet with cells")
    for alike in (str.strip, lambda title: title.strip().casefold()):
        for sheet in grids:
            if alike(sheet.name) == alike(wanted):
                return str(sheet.name)
    titles = ", ".join(repr(sheet.name) for sheet in grids) or "none with cells"
    raise SourceConfigError(f"{shown} has no sheet {wanted!r}. It has: {titles}")


def _asides(kind: Kind, data: bytes, title: str, shown: str) -> Asides:
    """The second look. What it cannot see might be errors taken for empty cells, so it must not fail in silence."""
    try:
        if kind == "xls":
            from connectors.excel.xls_asides import asides as of_xls

            return of_xls(data, title)
        with ZipFile(io.BytesIO(data)) as book:
            if kind == "ods":
                from connectors.excel.ods_asides import asides as of_ods

                return of_ods(book, title)
            from connectors.excel.xlsx_asides import asides as of_xlsx

            return of_xlsx(book, title)
    except ImportError:
        raise SourceError(f"{shown} is an .xls workbook, and what reads those is not installed: {_INSTALL}") from None
    except Exception as error:  # libraries and parsers of others, over data of others
        raise SourceError(f"{shown} {_DAMAGED} ({brief(error)})") from error
