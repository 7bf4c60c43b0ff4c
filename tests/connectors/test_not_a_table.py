"""Files that are called CSV and are something else say what they are, and what to do."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from connectors.base import Context, SourceError
from connectors.csv_file import CsvConnector, CsvOptions


def columns(folder: Path, content: str) -> list[str]:
    (folder / "people.csv").write_text(content, encoding="utf-8")

    async def read() -> list[str]:
        source = CsvConnector(CsvOptions(path="people.csv"), Context(folder))
        try:
            return list(await source.columns())
        finally:
            await source.close()

    return asyncio.run(read())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("<html><body><table><tr><th>id</th><th>Name</th></tr></table></body></html>", "web page (HTML)"),
        ('\n <TABLE border="1"><tr><td>id</td><td>Name</td></tr></TABLE>', "web page (HTML)"),
        ('<?xml version="1.0"?>\n<Workbook><Worksheet/></Workbook>', "XML"),
        ('"id,first_name,phone"\n"1,Ana,(415) 555-0101"\n"2,Bo,(415) 555-0102"\n', "every line in quotes"),
        ('"id;name"\n"1;Ana"\n', "every line in quotes"),
        ("BEGIN:VCARD\nVERSION:3.0\nFN:Ana Roe\nEND:VCARD\n", "contact cards (vCard)"),
        ('[{"id": 1, "name": "Ana"}]', "JSON"),
        ('{"contacts": []}', "JSON"),
        ("dn: cn=Ana,dc=x\ncn: Ana\n", "LDIF"),
        ("INSERT INTO people VALUES (1, 'Ana');", "SQL statements"),
        ("MIME-Version: 1.0\nContent-Type: multipart/related\n", "MHTML"),
    ],
)
def test_it_says_what_it_is(tmp_path: Path, content: str, says: str) -> None:
    with pytest.raises(SourceError, match=r"people\.csv") as raised:
        columns(tmp_path, content)
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('"Last, First"\n"Doe, Jane"\n"Roe"\n', ["Last, First"]),
        ('"id","name"\n"1","Ana"\n', ["id", "name"]),
        ("<id>,name\n1,Ana\n", ["<id>", "name"]),
        ("[id],name\n1,Ana\n", ["[id]", "name"]),
        ("version,dn\n1,x\n", ["version", "dn"]),
    ],
)
def test_tables_stay_tables(tmp_path: Path, content: str, expected: list[str]) -> None:
    assert columns(tmp_path, content) == expected
