"""The contract of connectors: its checks see what breaks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.base import Context, Row
from connectors.contract import ContractBroken, check_columns, check_refuses, check_rows
from connectors.csv_file import CsvConnector, CsvOptions


@pytest.mark.parametrize(
    "rows",
    [
        [Row(1, {"id": "1"})],
        [Row(3, {"id": "1"}), Row(2, {"id": "2"})],
        [Row(2, {})],
        [Row(2, {"id": "1", "stray": ""})],
        [Row(2, {"id": [{"nested": "1"}]})],  # type: ignore[list-item]
    ],
    ids=["the header's number", "numbers that fall", "a column missing", "a column too many", "no cell"],
)
def test_the_contract_sees_rows_that_break_it(rows: list[Row]) -> None:
    with pytest.raises(ContractBroken):
        check_rows(rows, ["id"])


@pytest.mark.parametrize("columns", [["id", "id"], [" id"], [""], "id"])
def test_the_contract_sees_columns_that_break_it(columns: list[str]) -> None:
    with pytest.raises(ContractBroken):
        check_columns(columns)


async def test_the_contract_sees_a_refusal_that_does_not_come(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("id\n1\n")
    with pytest.raises(ContractBroken, match="SourceError"):
        await check_refuses(lambda: CsvConnector(CsvOptions(path="rows.csv"), Context(tmp_path)))
