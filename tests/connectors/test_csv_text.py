"""A CSV's text is what it was: broken UTF-8 is refused with its place, a guess is told, a cut file is not whole."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.base import Context, IncompleteRead, ReadsText, Row, SourceError, TextEncoding
from connectors.contract import check_connector, check_refuses
from connectors.csv_file import CsvConnector, CsvOptions

HEADER = "id,first_name,last_name,phone\n"
Read = Callable[..., tuple[list[Row], TextEncoding | None]]
Refused = Callable[..., str]


def made(folder: Path, **options: object) -> CsvConnector:
    return CsvConnector(CsvOptions.model_validate({"path": "rows.csv", **options}), Context(folder))


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Writes a file; its rows, and how the connector read them."""

    def read_(data: bytes, **options: object) -> tuple[list[Row], TextEncoding | None]:
        (tmp_path / "rows.csv").write_bytes(data)
        rows = asyncio.run(check_connector(lambda: made(tmp_path, **options)))
        return rows, asyncio.run(encoding(made(tmp_path, **options)))

    async def encoding(connector: CsvConnector) -> TextEncoding | None:
        assert isinstance(connector, ReadsText)
        await connector.columns()
        found = connector.text_encoding
        await connector.close()
        return found

    return read_


@pytest.fixture
def refused(tmp_path: Path) -> Refused:
    """Writes a file that cannot be read; what is said of it."""

    def refused_(data: bytes, **options: object) -> str:
        (tmp_path / "rows.csv").write_bytes(data)
        return str(asyncio.run(check_refuses(lambda: made(tmp_path, **options))))

    return refused_


def zoes(count: int, first: str = "Zoë") -> str:
    return HEADER + "".join(f"c{n},{first},Kern,(415) 555-{n:04d}\n" for n in range(count))


# --- broken UTF-8


@pytest.mark.parametrize(
    ("data", "row", "column"),
    [
        (zoes(30).encode() + "x1,José,Ode,(415) 555-0999\n".encode("cp1252"), 32, "first_name"),
        (zoes(30).encode() + "x1,Núñez,Ode,(415) 555-0999\n".encode("mac-roman"), 32, "first_name"),
        (zoes(2).encode() + "x1,Łukasz,Ode,1\n".encode("cp1250") + zoes(30).encode(), 4, "first_name"),
        (zoes(30).encode().replace(b"c7,Zo\xc3\xab", b"c7,Zo\xab"), 9, "first_name"),
        (zoes(30).encode() + "x1,Ana,Muñoz".encode()[:-3], 32, "last_name"),
        (zoes(30).encode() + "x1,王小明".encode()[:-1], 32, "first_name"),
        (zoes(30).encode() + b"x1,\x80,Ode,1\n", 32, "first_name"),
        (b"\xef\xbb\xbf" + zoes(3).encode() + "x1,José,Ode,1\n".encode("cp1252"), 5, "first_name"),
        (zoes(1, "José").encode("cp1252") + "x1,Zoë,Ode,1\n".encode(), 2, "first_name"),
        (HEADER.encode() + b'c0,"two\nlines",Kern,"\xff\n1",1\n' + "c1,Zoë,,\n".encode(), 2, "phone"),
        (b"id,pr\xe9nom\n1,Ana\n" + "2,Zoë\n".encode(), 1, "2"),
    ],
    ids=[
        *("one line in windows-1252", "one line in macroman", "one line in windows-1250", "half a character"),
        *("cut inside a character", "cut inside three bytes", "a stray byte", "with a mark"),
        *("mostly windows-1252", "line breaks in cells", "in the header"),
    ],
)
def test_broken_utf_8_names_row_and_column(refused: Refused, data: bytes, row: int, column: str) -> None:
    said = refused(data)
    assert f"row {row}, column {column!r}" in said
    assert "save the file as UTF-8" in said
    assert "'encoding'" in said


def test_a_name_that_ends_in_windows_1252_as_utf_8_might_is_no_utf_8(read: Read) -> None:
    names = ["CAFÉ®", "ANDRÉ’S", "« Société »", "José", "Müller", "François"]
    data = HEADER + "".join(f"c{n},{name},Kern,1\n" for n, name in enumerate(names))
    rows, encoding = read(data.encode("cp1252"))
    assert [row.cells["first_name"] for row in rows] == names
    assert encoding == TextEncoding("cp1252", guessed=True)


@pytest.mark.parametrize(
    ("encoding", "header", "names"),
    [
        ("cp1251", "№,first_name,last_name,phone\n", ["Пётр", "Анна", "Ольга", "Дмитрий", "Семён", "Фёдор"]),
        ("cp1251", HEADER, ["Марія", "Софія", "Василь", "Олександр", "Наталія", "Михайло"]),
    ],
)
def test_letters_that_utf_8_might_have_made_prove_nothing_among_many_that_it_did_not(
    read: Read, encoding: str, header: str, names: list[str]
) -> None:
    written = [f"{name} Петренко" for name in names * 5]
    data = header + "".join(f"c{n},{name},Коваленко,1\n" for n, name in enumerate(written))
    rows, found = read(data.encode(encoding))
    assert [row.cells["first_name"] for row in rows] == written
    assert found == TextEncoding(encoding, guessed=True)


# --- guesses


PEOPLE = {
    "cp1250": ["Jiří Dvořák", "Łukasz Wiśniewski", "Šárka Nováková", "Győző Erdős"],
    "cp1251": ["Иван Петров", "Ольга Сидорова", "Дмитрий Щукин"],
    "cp1253": ["Γιώργος Παπαδόπουλος", "Ελένη Νικολάου"],
    "cp1254": ["Ayşe Yılmaz", "Çağrı Işık", "Barış Şahin"],
    "cp1257": ["Jonas Žemaitis", "Rūta Kazlauskaitė", "Jānis Bērziņš"],
    "mac-roman": ["José Núñez", "Zoë Müller", "François Lefèvre"],
    "gb18030": ["王小明", "李雷", "陈伟"],
    "cp932": ["田中太郎", "鈴木さくら"],
    "cp949": ["김철수", "이영희"],
    "big5": ["陳志明", "林美玲"],
    "cp850": ["José Núñez", "Jürgen Groß"],
    "koi8-r": ["Иван Петров", "Ольга Сидорова"],
}


@pytest.mark.parametrize("encoding", PEOPLE)
def test_what_cannot_be_utf_8_is_read_as_names_or_refused_and_never_garbled(tmp_path: Path, encoding: str) -> None:
    names = PEOPLE[encoding]
    data = HEADER + "".join(f"c{n},{names[n % len(names)]},,(415) 555-{n:04d}\n" for n in range(30))
    (tmp_path / "rows.csv").write_bytes(data.encode(encoding))
    try:
        rows = asyncio.run(check_connector(lambda: made(tmp_path)))
    except SourceError as refusal:
        assert "'encoding'" in str(refusal)  # noqa: PT017
    else:
        assert [row.cells["first_name"] for row in rows] == [names[n % len(names)] for n in range(30)]
    rows = asyncio.run(check_connector(lambda: made(tmp_path, encoding=encoding)))
    assert [row.cells["first_name"] for row in rows] == [names[n % len(names)] for n in range(30)]


@pytest.mark.parametrize("encoding", ["cp1250", "cp1251", "cp1253", "cp1257", "mac-roman", "cp850", "koi8-r"])
def test_the_usual_ones_are_recognised(read: Read, encoding: str) -> None:
    names = PEOPLE[encoding]
    data = HEADER + "".join(f"c{n},{name},Kern,1\n" for n, name in enumerate(names))
    rows, found = read(data.encode(encoding))
    assert [row.cells["first_name"] for row in rows] == names
    assert found is not None
    assert found.guessed


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (zoes(3).encode("cp1252"), TextEncoding("cp1252", guessed=True)),
        (zoes(3).encode(), TextEncoding("utf-8")),
        (zoes(3, "Zoe").encode(), TextEncoding("ascii")),
        (zoes(3).encode("utf-16"), TextEncoding("utf-16")),
    ],
)
def test_only_a_guess_is_said_to_be_one(read: Read, data: bytes, encoding: TextEncoding) -> None:
    rows, found = read(data)
    assert len(rows) == 3
    assert found == encoding


def test_an_encoding_that_was_named_is_no_guess(read: Read) -> None:
    rows, found = read(zoes(1).encode("cp1252"), encoding="windows-1252")
    assert rows[0].cells["first_name"] == "Zoë"
    assert found is not None
    assert not found.guessed


@pytest.mark.parametrize(
    "data", [zoes(3, "£ukasz").encode("cp1252"), HEADER.encode() + b"1,\xe4\xb8,\xff\xfe\xfd,\x81\x8d\n"]
)
def test_letters_that_no_name_has_are_refused_with_the_way_out(refused: Refused, data: bytes) -> None:
    said = refused(data)
    assert "cannot be told" in said
    assert "name its 'encoding'" in said


# --- cut files


async def collected(connector: CsvConnector) -> tuple[list[str], str]:
    """The keys that were read, and why the read is incomplete."""
    keys = []
    try:
        async for row in connector.read(None):
            keys.append(str(row.cells["id"]))
    except IncompleteRead as cut:
        return keys, str(cut)
    finally:
        await connector.close()
    return keys, ""


WHOLE = HEADER + "c0,Ana,Kern,(415) 555-0000\nc1,Bo,Ode,(415) 555-0001\nc2,Zoë,Roe,(415) 555-0002\n"


@pytest.mark.parametrize(
    ("end", "keys"),
    [
        ("c2,Zoë,Roe", ["c0", "c1"]),
        ("c2,Zoë", ["c0", "c1"]),
        ("c2", ["c0", "c1"]),
        ('c2,"Zoë\n', ["c0", "c1"]),
        ('c2,Zoë,Roe,"(415) 555', ["c0", "c1"]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
async def test_a_file_cut_in_its_last_row_is_not_whole_and_that_row_not_used(
    tmp_path: Path, end: str, keys: list[str], encoding: str
) -> None:
    text = WHOLE[: WHOLE.index("c2,")] + end
    (tmp_path / "rows.csv").write_bytes(text.encode(encoding))
    found, cut = await collected(made(tmp_path))
    assert found == keys
    assert "row 4" in cut
    assert "cut" in cut


@pytest.mark.parametrize(
    "text",
    [
        WHOLE[:-1],
        WHOLE,
        WHOLE + "   ",
        WHOLE + "\x1a",
        WHOLE[:-1] + "\r",
        HEADER + "c0,Ana\nc1,Bo\nc2,Zoë,Roe,1",
        HEADER.strip() + ",,\nc0,Ana,Kern,1\nc1,Bo,Ode,2\nc2,Zoë,Roe,3",
    ],
    ids=["no line end", "whole", "spaces", "ctrl-z", "cr", "short rows before", "headings without a name"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
async def test_a_file_whose_last_row_is_whole_is_whole(tmp_path: Path, text: str, encoding: str) -> None:
    (tmp_path / "rows.csv").write_bytes(text.encode(encoding))
    assert await collected(made(tmp_path)) == (["c0", "c1", "c2"], "")


async def test_a_quote_that_is_never_closed_deletes_nobody(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(HEADER + 'c0,Ana,Kern,1\nc1,"Bo,Ode,2\nc2,Zoe,Roe,3\n')
    found, cut = await collected(made(tmp_path))
    assert found == ["c0"]
    assert "row 3" in cut
    assert "quote" in cut
