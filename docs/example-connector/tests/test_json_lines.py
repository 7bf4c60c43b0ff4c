"""The contract that openphone-sync ships for every connector, and what is special about lines of JSON."""

from __future__ import annotations

import asyncio
from pathlib import Path

from openphone_sync_json_lines import JsonLinesConnector, JsonLinesOptions

from connectors.base import Context, IncompleteRead, load, names
from connectors.contract import check_connector, check_refuses

LINES = '{"id": 7, "name": "Jane", "phones": ["+14155550101"]}\n\n{"id": "c2", "vip": true}\n'


def connector(folder: Path, text: str = LINES) -> JsonLinesConnector:
    """A connector for a file with this text."""
    (folder / "people.jsonl").write_text(text)
    return JsonLinesConnector(JsonLinesOptions(path=Path("people.jsonl")), Context(folder))


def test_it_is_found_by_its_name() -> None:
    assert "json_lines" in names()
    assert load("json_lines").name == "json_lines"


def test_it_keeps_the_contract(tmp_path: Path) -> None:
    rows = asyncio.run(check_connector(lambda: connector(tmp_path)))
    assert [(row.number, dict(row.cells)) for row in rows] == [
        (2, {"id": 7, "name": "Jane", "phones": ["+14155550101"], "vip": None}),
        (4, {"id": "c2", "name": None, "phones": None, "vip": True}),
    ]


def test_a_file_that_is_cut_off_is_incomplete(tmp_path: Path) -> None:
    error = asyncio.run(check_refuses(lambda: connector(tmp_path, LINES[:-4]), IncompleteRead))
    assert "line 3 is not JSON" in str(error)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    asyncio.run(check_refuses(lambda: connector(tmp_path, "id,name\n1,Jane\n")))
