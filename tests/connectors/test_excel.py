"""Workbooks as people keep them: values as they are shown, nothing taken for empty that is not."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest

from connectors.base import Cell, Context, Row, SourceConfigError, SourceError, Unreadable
from connectors.contract import check_connector, check_refuses
from connectors.excel import ExcelConnector, ExcelOptions
from connectors.excel.number_formats import as_shown
from tests.support import workbooks


def source(path: Path, **options: object) -> ExcelConnector:
    return ExcelConnector(ExcelOptions.model_validate({"path": path.name, **options}), Context(path.parent))


async def rows_of(path: Path, **options: object) -> list[Row]:
    return await check_connector(lambda: source(path, **options))


async def cells_of(path: Path, **options: object) -> list[dict[str, Cell]]:
    return [dict(row.cells) for row in await rows_of(path, **options)]


async def notes_of(path: Path) -> str:
    connector = source(path)
    await connector.columns()
    notes = " ".join(connector.notes)
    await connector.close()
    return notes


async def test_cells_keep_their_types(tmp_path: Path) -> None:
    moments = [date(2026, 1, 31), datetime(2026, 1, 31, 12, 5), time(12, 30), timedelta(hours=30)]
    path = workbooks.xlsx(
        tmp_path / "a.xlsx", [["id", "on", "at", "from", "took"], [1001.0, *moments], ["x", 1.5, True]]
    )
    assert await cells_of(path) == [
        {"id": 1001, "on": date(2026, 1, 31), "at": datetime(2026, 1, 31, 12, 5), "from": "12:30", "took": "30:00:00"},
        {"id": "x", "on": 1.5, "at": True, "from": None, "took": None},
    ]


async def test_ids_and_telephone_numbers_are_as_shown_in_an_xlsx(tmp_path: Path) -> None:
    telephone = r"[<=9999999]###\-####;\(###\)\ ###\-####"
    formats = {"A2": "00000", "B2": telephone, "C2": r"\+0", "D2": "#,##0.00", "E2": "0.0%", "F2": '"C-"0000'}
    path = workbooks.xlsx(tmp_path / "a.xlsx", [list("abcdef"), [7, 4155550101, 14155550101, 1001, 0.075, 42]], formats)
    assert await cells_of(path) == [
        {"a": "00007", "b": "(415) 555-0101", "c": "+14155550101", "d": 1001, "e": 0.075, "f": "C-0042"}
    ]


async def test_ids_are_as_shown_in_an_xls(tmp_path: Path) -> None:
    rows: workbooks.Cells = [["id", "on", "mail"], [7, date(2026, 1, 31), "#N/A"], [12345, None, "a@example.com"]]
    path = workbooks.xls(tmp_path / "a.xls", rows, {(1, 0): "00000", (1, 1): "DD.MM.YYYY"}, hidden=2)
    assert await cells_of(path) == [
        {"id": "00007", "on": date(2026, 1, 31), "mail": "#N/A"},
        {"id": 12345, "on": None, "mail": "a@example.com"},
    ]
    assert "1 row is hidden in sheet 'People' (row 3)" in await notes_of(path)


async def test_ids_are_as_shown_in_an_ods(tmp_path: Path) -> None:
    rows: workbooks.Cells = [
        ["id", "on", "mail"],
        [(7, "00007"), date(2026, 1, 31), "#N/A"],
        [1001, None, "a@example.com"],
    ]
    path = workbooks.ods(tmp_path / "a.ods", rows, hidden=2)
    assert await cells_of(path) == [
        {"id": "00007", "on": date(2026, 1, 31), "mail": "#N/A"},
        {"id": 1001, "on": None, "mail": "a@example.com"},
    ]
    assert "(row 3)" in await notes_of(path)


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (7, "00000", "00007"),
        (123456, "00000", "123456"),
        (123456789, "000-00-0000", "123-45-6789"),
        (941031234, "00000-0000", "94103-1234"),
        (33142685300, '"+"00" "0" "00" "00" "00" "00', "+33 1 42 68 53 00"),
        (5550101, r"[<=9999999]###\-####;\(###\)\ ###\-####", "555-0101"),
        (4155550101, "[Blue](###) ###-####", "(415) 555-0101"),
        (4155550101, "###.###.####", None),
        (7, "General", None),
        (7, "0", None),
        (7, "0;-0", None),
        (7, "@", None),
        (46053, "dd/mm/yyyy", None),
        (46053, "[$-409]m/d/yy", None),
        (46053, "000 [h]", None),
        (12, "# ?/?", None),
        (12, '_("$"* #,##0_)', None),
        (12, '0" km"', None),
        (-7, "00000", None),
        (10**15, "00000", None),
    ],
)
def test_a_number_is_shown_where_that_is_telling(value: int, code: str, shown: str | None) -> None:
    assert as_shown(value, code) == shown


async def test_errors_and_formulas_without_a_result_are_not_empty(tmp_path: Path) -> None:
    path = workbooks.xlsx(tmp_path / "a.xlsx", [["id", "name", "phone"], [1, "#REF!", "=B2"], [2, "Ana", "#N/A"]])
    first, second = await cells_of(path)
    assert (first["name"], second["phone"]) == ("#REF!", "#N/A")
    assert isinstance(first["phone"], Unreadable)
    assert "never calculated" in str(first["phone"])


@pytest.mark.parametrize("reference", [' r="C2"', ""], ids=["named cells", "counted cells"])
async def test_what_a_formula_gave_when_it_was_saved_is_its_value(tmp_path: Path, reference: str) -> None:
    path = workbooks.xlsx(tmp_path / "a.xlsx", [["id", "name", "phone", "note"], [1, "Ana", "=1", "=2"]])
    sheet = "xl/worksheets/sheet1.xml"
    workbooks.edited(path, sheet, r'<c r="C2"><f>1</f><v ?/>', f'<c{reference} t="str"><f>1</f><v>+14155550101</v>')
    workbooks.edited(path, sheet, r'<c r="D2"><f>2</f><v ?/>', '<c r="D2" t="str"><f>2</f><v></v>')
    assert await cells_of(path) == [{"id": 1, "name": "Ana", "phone": "+14155550101", "note": None}]


async def test_title_rows_and_merged_cells_stand_above_the_header(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    for cells in (["Customers, as of today"], [], ["id", " name\u00a0of\nperson ", None, "id"], [1, "Ana", "stray", 2]):
        sheet.append(cells)
    sheet.merge_cells("A1:D1")
    book.save(path)
    [row] = await rows_of(path, header_row=2)
    assert (row.number, dict(row.cells)) == (4, {"id": 1, "name of person": "Ana", "id (2)": 2})


async def test_the_first_sheet_that_people_see_or_the_one_that_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "lists"
    book.active.sheet_state = "hidden"
    book.create_sheet("People ").append(["id"])
    book.create_sheet("2026").append(["year"])
    book["People "].append(["c1"])
    book.save(path)
    assert await cells_of(path) == [{"id": "c1"}]
    assert await cells_of(path, sheet="people") == [{"id": "c1"}]
    assert list(await source(path, sheet=2026).columns()) == ["year"]
    error = await check_refuses(lambda: source(path, sheet="Persons"), SourceConfigError)
    assert "no sheet 'Persons'. It has: 'lists', 'People ', '2026'" in str(error)


async def test_rows_that_say_nothing_are_left_out_and_hidden_ones_are_read_and_named(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["id", "vip"], ["c1", True], [None, False], [" ", None], ["c2", False], ["c3", False]):
        sheet.append(row)
    for number in (5, 6, 9):
        sheet.row_dimensions[number].hidden = True
    book.save(path)
    assert [(row.number, row.cells["id"]) for row in await rows_of(path)] == [(2, "c1"), (5, "c2"), (6, "c3")]
    assert "2 rows are hidden in sheet 'Sheet' (row 5, 6), and read like the others" in await notes_of(path)


async def test_a_workbook_that_was_cut_is_refused(tmp_path: Path) -> None:
    whole = workbooks.xlsx(tmp_path / "a.xlsx", [["id"], *([f"c{n}"] for n in range(50))]).read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(whole[: len(whole) // 2])
    assert "was cut, or is damaged" in str(await check_refuses(lambda: source(tmp_path / "cut.xlsx")))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is empty"),
        (b"<html><table><tr><td>id</td></tr></table></html>", "is a web page (HTML)"),
        (b"\n<!DOCTYPE HTML PUBLIC>\n<html>", "is a web page (HTML)"),
        (
            b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="urn">',
            "XML spreadsheet of 2003",
        ),
        (b"id,name\n1,Ana\n", "read it with 'type: csv'"),
        ("id\tname\n1\tAna\n".encode("utf-16"), "read it with 'type: csv'"),
        (b"%PDF-1.7", "is a PDF"),
        (b'{"url": "https://docs.google.com/open?id=1"}', "type: google_sheets"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "is damaged"),
        (b"\0\1\2\3" * 50, "is no workbook"),
    ],
)
async def test_what_is_no_workbook_is_called_what_it_is(tmp_path: Path, data: bytes, what: str) -> None:
    (tmp_path / "a.xlsx").write_bytes(data)
    assert what in str(await check_refuses(lambda: source(tmp_path / "a.xlsx")))


@pytest.mark.parametrize(
    ("part", "what"),
    [
        ("word/document.xml", "is a Word document"),
        ("Index/Tables/DataList.iwa", "File > Export To > Excel"),
        ("xl/workbook.bin", "binary workbook (.xlsb)"),
        ("customers.csv", "is an archive"),
    ],
)
async def test_what_is_another_archive_is_called_what_it_is(tmp_path: Path, part: str, what: str) -> None:
    with ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr(part, "x")
    assert what in str(await check_refuses(lambda: source(tmp_path / "a.xlsx")))


async def test_a_sheet_without_a_header_a_folder_and_nothing_at_all_are_refused(tmp_path: Path) -> None:
    empty = workbooks.xlsx(tmp_path / "a.xlsx", [])
    assert "has no header" in str(await check_refuses(lambda: source(empty), SourceError))
    assert "is a folder: give the workbook in it" in str(await check_refuses(lambda: source(Path(tmp_path / "."))))
    assert "does not exist" in str(await check_refuses(lambda: source(tmp_path / "none.xlsx")))


def test_blocking_work_leaves_other_syncs_going(tmp_path: Path) -> None:
    """The workbook is opened beside the event loop."""
    path = workbooks.xlsx(tmp_path / "a.xlsx", [["id"], *([n] for n in range(2000))])

    async def both() -> int:
        turns, opening = 0, asyncio.ensure_future(source(path).columns())
        while not opening.done():
            turns += 1
            await asyncio.sleep(0)
        return turns

    assert asyncio.run(both()) > 1
