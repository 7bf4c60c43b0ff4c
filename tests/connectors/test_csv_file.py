"""CSV files of every kind: what is recognised, what is refused, and that nothing is lost between."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors import base
from connectors.base import Context, IncompleteRead, Row, SourceError
from connectors.contract import check_connector, check_refuses
from connectors.csv_file import CsvConnector, CsvOptions
from connectors.delimiter import likeliest_delimiter
from connectors.no_rows import Sieve

Read = Callable[..., list[Row]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Writes a file, checks the connector's contract with it, and returns its rows."""

    def read_(data: bytes | str, **options: object) -> list[Row]:
        (tmp_path / "rows.csv").write_bytes(data.encode() if isinstance(data, str) else data)
        return asyncio.run(check_connector(lambda: connector(tmp_path, **options)))

    return read_


@pytest.fixture
def refused(tmp_path: Path) -> Callable[..., str]:
    """Writes a file that cannot be read, and returns what the connector says of it."""

    def refused_(data: bytes | str, **options: object) -> str:
        path = tmp_path / "rows.csv"
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        message = str(asyncio.run(check_refuses(lambda: connector(tmp_path, **options))))
        assert str(path) in message
        return message

    return refused_


def connector(folder: Path, **options: object) -> CsvConnector:
    return CsvConnector(CsvOptions.model_validate({"type": "csv", "path": "rows.csv", **options}), Context(folder))


def cells(rows: list[Row]) -> list[dict[str, base.Cell]]:
    return [dict(row.cells) for row in rows]


def numbers(rows: list[Row]) -> list[int | None]:
    return [row.number for row in rows]


# --- encodings and separators


JANE = [{"id": "1", "name": "Zoë"}]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"], ids=lambda name: name
)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_encodings_separators_and_line_ends_are_recognised(
    read: Read, encoding: str, separator: str, newline: str
) -> None:
    written = f"id{separator}name{newline}1{separator}Zoë{newline}"
    assert cells(read(written.encode(encoding))) == JANE


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_with_a_mark(read: Read, encoding: str) -> None:
    assert cells(read("\ufeffid,name\n1,Zoë\n".encode(encoding))) == JANE


def test_one_odd_byte_far_down_decides_the_encoding_of_the_whole_file(read: Read) -> None:
    filler = "".join(f"{i},plain\n" for i in range(100_000))
    rows = read(f"id,name\n{filler}x,Zoë\n".encode("cp1252"))
    assert rows[-1].cells == {"id": "x", "name": "Zoë"}


def test_a_character_cut_by_a_block_is_whole(read: Read) -> None:
    rows = read("id,name\n1," + "é" * 400_000 + "\n")
    assert rows[0].cells["name"] == "é" * 400_000


def test_the_encoding_and_the_delimiter_can_be_given(read: Read) -> None:
    assert cells(read("id~name\n1~Zoë\n".encode("latin-1"), encoding="latin-1", delimiter="~")) == JANE
    assert cells(read("\ufeffid,name\n1,Zoë\n", encoding="utf-8")) == JANE


@pytest.mark.parametrize("options", [{"encoding": "utf-9"}, {"encoding": "hex"}, {"delimiter": '"'}, {"header_row": 0}])
def test_options_that_cannot_be_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        connector(Path(), **options)


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ("id\n1\n", ","),
        ("id;price\n1;1,5\n2;2,5\n", ";"),
        ("id,tags\n1,a;b;c\n", ","),
        ('"a;b","c;d"\n', ","),
        ('"Last, First";Phone\n"Doe, Jane";1\n', ";"),
        ("Last, First;Phone\nDoe, Jane;1\n", ";"),
        ("id, name, note\n1, Jane, a;b\n", ","),
        ("id|name\n1|a,b\n", "|"),
        ("id,name,phone\n1,Jane\n2\n", ","),
        ("", ","),
    ],
)
def test_the_separator_is_the_one_that_fits(sample: str, expected: str) -> None:
    assert likeliest_delimiter(sample) == expected


# --- headers and rows


def test_headers_are_trimmed_numbered_when_doubled_and_ignored_when_blank(read: Read) -> None:
    rows = read(" id ,name,name, ,name,name (2)\n1,a,b,c,d,e\n")
    assert cells(rows) == [{"id": "1", "name": "a", "name (3)": "b", "name (4)": "d", "name (2)": "e"}]


def test_rows_count_as_in_a_spreadsheet(read: Read) -> None:
    rows = read('id,name\n1,"two\nlines"\n\n , \n4,x\n')
    assert numbers(rows) == [2, 5]
    assert rows[0].cells["name"] == "two\nlines"


def test_short_rows_are_filled_and_long_ones_cut(read: Read) -> None:
    assert cells(read("id,name,note\n1\n2,b,c,d,e\n")) == [
        {"id": "1", "name": "", "note": ""},
        {"id": "2", "name": "b", "note": "c"},
    ]


def test_a_row_with_nothing_under_the_header_is_blank(read: Read) -> None:
    assert numbers(read("id,name\n,,stray\n1,a\n")) == [3]


def test_the_header_may_stand_further_down(read: Read) -> None:
    rows = read("Customers of May\n\nid;name\n1;a\n", header_row=3)
    assert (cells(rows), numbers(rows)) == ([{"id": "1", "name": "a"}], [4])


def test_blank_lines_above_the_header_are_skipped_but_counted(read: Read) -> None:
    assert numbers(read("\n,,\nid,name\n1,a\n")) == [4]


def test_a_header_without_rows_is_a_good_read(read: Read) -> None:
    assert read("id,name\n") == []
    assert read("id,name") == []


def test_quotes_inside_a_cell_are_kept(read: Read) -> None:
    assert cells(read('id,name\n1,"the ""big"" one"\n2,5" pipe\n')) == [
        {"id": "1", "name": 'the "big" one'},
        {"id": "2", "name": '5" pipe'},
    ]


# --- what is refused


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "has no header"),
        (b"\xef\xbb\xbf", "has no header"),
        (b"\n\n,,\n", "has no header"),
        (b"PK\x03\x04rest", "looks like an Excel workbook: save it as CSV"),
        (b"\xd0\xcf\x11\xe0rest", "looks like an Excel workbook: save it as CSV"),
        (b"\x89PNG\r\n\x1a\n\0\0", "picture"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"id,name\n1,a\0b\n", "not a text file"),
        (b"\xff\xfe\x00\xd8\x00\xd8", "utf-16"),
        (b"id,name\n1,\x81\xff\n", "neither UTF-8 nor Windows-1252"),
    ],
)
def test_files_that_are_not_csv(refused: Callable[..., str], data: bytes, message: str) -> None:
    assert message in refused(data)


def test_a_file_that_is_not_in_the_encoding_given(refused: Callable[..., str]) -> None:
    assert "is not utf-8 throughout" in refused("id,name\n1,Zoë\n".encode("cp1252"), encoding="utf-8")


@pytest.mark.parametrize(
    ("data", "row"),
    [
        ('id,name\n1,a\n2,"never closed\n3,c\n', "row 3"),
        ('id,name\n1,"Jane" Doe\n2,b\n', "row 2"),
        ('id,name\n1,a\n2,"' + "x" * 5_000_000 + '"\n', "row 3"),
    ],
    ids=["open quote", "text after a quote", "vast cell"],
)
def test_broken_quoting_ends_the_read_and_names_the_row(refused: Callable[..., str], data: str, row: str) -> None:
    assert f"{row} " in refused(data)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    def message(**options: object) -> str:
        return str(asyncio.run(check_refuses(lambda: connector(tmp_path, **options))))

    assert f"{tmp_path / 'none.csv'} does not exist" in message(path="none.csv")
    assert "is a folder" in message(path=".")
    os.mkfifo(tmp_path / "pipe")
    assert "is not a file" in message(path="pipe")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").touch(mode=0o000)
    assert "cannot be read" in str(asyncio.run(check_refuses(lambda: connector(tmp_path))))


@pytest.mark.parametrize("change", ["append", "replace", "remove"])
async def test_a_file_that_changes_while_it_is_read_was_not_read_whole(tmp_path: Path, change: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("id,name\n" + "".join(f"{i},a\n" for i in range(100)))
    source = connector(tmp_path)
    rows = source.read(None)
    await anext(rows)
    if change == "append":
        with path.open("a") as file:
            file.write("100,a\n")
    elif change == "replace":
        (tmp_path / "new.csv").write_bytes(path.read_bytes())
        (tmp_path / "new.csv").replace(path)
    else:
        path.unlink()
    with pytest.raises(IncompleteRead, match=r"rows\.csv"):
        async for _ in rows:
            pass
    await source.close()


# --- laws


plain_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
western = st.sampled_from(
    [
        *("Zoë", "José Núñez", "François", "Müller & Söhne", "GROßMANN", "Søren", "Åsa Ångström", "Þórður", "João"),
        *("Anaïs", "O’Brien", "“Acme” – 50 €", "Mª José", "3 m²", "« Noël »", "McÉvoy", "Škoda", "¿Qué?", "plain", ""),
    ]
)
windows_text = st.lists(western, max_size=3).map(" ".join)


COLUMNS = ["id", "the name", "note"]


def tables(cell: st.SearchStrategy[str]) -> st.SearchStrategy[list[list[str]]]:
    sieve = Sieve(COLUMNS, 1)  # what is no row in any sheet comes back in no test either
    row = st.lists(cell, min_size=3, max_size=3).filter(
        lambda cells: any(cell.strip() for cell in cells) and not sieve.is_none(dict(zip(COLUMNS, cells, strict=True)))
    )
    return st.lists(row, max_size=6)


def written(table: list[list[str]], separator: str, newline: str) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=separator, lineterminator=newline, quoting=csv.QUOTE_ALL)
    writer.writerows([COLUMNS, *table])
    return buffer.getvalue()


def read_bytes(data: bytes) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "rows.csv").write_bytes(data)
        return asyncio.run(check_connector(lambda: connector(Path(folder))))


@given(
    tables(plain_text),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_is_written_comes_back(table: list[list[str]], separator: str, newline: str, encoding: str) -> None:
    rows = read_bytes(written(table, separator, newline).encode(encoding))
    assert [list(row.cells.values()) for row in rows] == table
    assert numbers(rows) == list(range(2, len(table) + 2))


@given(tables(windows_text), st.sampled_from([",", ";", "\t", "|"]))
def test_names_in_windows_1252_come_back(table: list[list[str]], separator: str) -> None:
    rows = read_bytes(written([*table, ["é", "", ""]], separator, "\r\n").encode("cp1252"))
    assert [list(row.cells.values()) for row in rows] == [*table, ["é", "", ""]]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        read_bytes(data)
    except SourceError as refusal:
        assert "rows.csv" in str(refusal)  # noqa: PT017


async def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("id,name\n" + "".join(f"{i},{'x' * 80}\n" for i in range(50_000)))
    source = connector(tmp_path)
    tracemalloc.start()
    async for _ in source.read(None):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    await source.close()
    assert peak < 2_000_000
    assert source.summary() == base.ReadSummary(full=True, details={"records": 50_000})


def test_the_connector_is_found_by_its_name() -> None:
    assert base.load("csv").__name__ == CsvConnector.__name__


# --- what stands above and below a table


def test_a_line_that_names_the_separator_is_no_row(read: Read) -> None:
    rows = read("sep=;\r\nid;name\r\n1;Ana, Bo\r\n")
    assert cells(rows) == [{"id": "1", "name": "Ana, Bo"}]
    assert numbers(rows) == [2]
    assert cells(read('\ufeff"sep=|"\nid|name\n1|a;b\n')) == [{"id": "1", "name": "a;b"}]
    assert cells(read("SEP=\t\nid\tname\n1\tAna\n".encode("utf-16"))) == [{"id": "1", "name": "Ana"}]
    assert cells(read("sep,name\n1,Ana\n")) == [{"sep": "1", "name": "Ana"}]


def test_headers_are_trimmed_of_marks_that_nobody_sees(read: Read) -> None:
    rows = read("\u200bid,First\u00a0name,\u2068phone\u2069,نام\u200cها\n1,Ana,2,x\n")
    assert list(rows[0].cells) == ["id", "First name", "phone", "نام\u200cها"]


def test_rows_that_are_none_are_skipped(read: Read) -> None:
    text = "id,name,lead\n1,Ana,TRUE\n,,FALSE\nid,name,lead\n2,Bo,FALSE\nTotal,,2\nConfidential Information"
    rows = read(text)
    assert [row.cells["id"] for row in rows] == ["1", "2"]
    assert numbers(rows) == [2, 5]


def test_the_top_is_shown_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("Kunden\nStand: 1,5\n\nid;name;ort\n1;Ana, B;Ulm\n2;Bo;Ulm\n", encoding="utf-8")

    async def top() -> list[list[base.Cell]]:
        source = connector(tmp_path)
        try:
            return [list(row) for row in await source.top()]
        finally:
            await source.close()

    assert asyncio.run(top())[:5] == [["Kunden"], ["Stand: 1,5"], [], ["id", "name", "ort"], ["1", "Ana, B", "Ulm"]]
