"""The contract of ``base.Connector``, as checks that any connector's tests can run, a stranger's too.

    async def test_contract(tmp_path):
        rows = await check_connector(lambda: MyConnector(MyOptions(...), Context(tmp_path)))
        assert len(rows) == 3

A broken promise raises ContractBroken, an AssertionError that says which. Depends on no test framework.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from connectors.base import Connector, Options, ReadSummary, Row, SourceError, Unreadable, WritesBack

Make = Callable[[], Connector]


class ContractBroken(AssertionError):
    """The connector does not keep a promise that ``base.Connector`` makes."""


async def check_connector(make: Make) -> list[Row]:
    """Reads the whole source through two fresh connectors, checks every promise, and returns the rows.

    ``make`` builds a connector for a source that can be read and does not change meanwhile.
    """
    check_declaration(make())
    columns, rows, summary = await _run(make)
    check_columns(columns)
    check_rows(rows, columns)
    check_summary(summary)
    _require((columns, rows) == (await _run(make))[:2], "a second connector over the same source gives other rows")
    return rows


async def check_refuses(make: Make, error: type[SourceError] = SourceError) -> SourceError:
    """Reads a source that cannot be read, and returns the ``error`` that the connector must raise for it."""
    connector = make()
    try:
        await connector.columns()
        async for _ in connector.read(None):
            pass
    except error as raised:
        _require(bool(str(raised).strip()), f"{type(raised).__name__} must say what is wrong and what to do")
        return raised
    except Exception as raised:
        raise ContractBroken(f"raised {type(raised).__name__} where {error.__name__} is promised") from raised
    finally:
        await connector.close()
    raise ContractBroken(f"the read ended without {error.__name__}")


def check_declaration(connector: Connector) -> None:
    """What a connector says of itself: its name, its options, whether it writes back."""
    kind = type(connector)
    _require(isinstance(kind.name, str) and bool(kind.name.strip()), "'name' must be the text that config.yaml gives")
    _require(issubclass(kind.Options, Options), "'Options' must derive from connectors.base.Options")
    _require(kind.Options.model_config.get("extra") == "forbid", "'Options' must refuse keys that it does not know")
    if isinstance(connector, WritesBack):
        column = connector.contact_id_column
        _require(column is None or bool(column), "'contact_id_column' must be a column's name or None")


def check_columns(columns: Sequence[str] | None) -> None:
    """Column names are trimmed, not empty, and each stands once; None where only the records tell."""
    if columns is None:
        return
    _require(not isinstance(columns, str), "'columns' must be several names, not one text")
    for column in columns:
        _require(isinstance(column, str) and bool(column), f"a column's name is {column!r}")
        _require(column == column.strip(), f"the column name {column!r} is not trimmed")
    _require(len(set(columns)) == len(columns), f"a column's name stands twice in {list(columns)}")


def check_rows(rows: Sequence[Row], columns: Sequence[str] | None) -> None:
    """Rows are numbered upwards after the header, and hold the columns that were announced."""
    last = 1
    for row in rows:
        _require(isinstance(row, Row), f"'read' gave {row!r}, not a Row")
        if row.number is not None:
            _require(row.number > last, f"row {row.number} comes after row {last}: numbers must grow, the header is 1")
            last = row.number
        _check_cells(row, columns)


def check_summary(summary: ReadSummary) -> None:
    """A summary is JSON all through, for it is stored and shown."""
    _require(isinstance(summary, ReadSummary), f"'summary' gave {summary!r}, not a ReadSummary")
    _require(summary.bookmark is None or isinstance(summary.bookmark, str), "a bookmark must be text")
    try:
        json.dumps(dict(summary.details))
    except (TypeError, ValueError) as error:
        raise ContractBroken(f"the summary's details are not JSON: {error}") from error


async def _run(make: Make) -> tuple[Sequence[str] | None, list[Row], ReadSummary]:
    """One run as the engine makes it: columns, read, summary, close."""
    connector = make()
    try:
        columns = await connector.columns()
        rows = [row async for row in connector.read(None)]
        return columns, rows, connector.summary()
    finally:
        await connector.close()


def _check_cells(row: Row, columns: Sequence[str] | None) -> None:
    _require(isinstance(row.cells, Mapping), f"the cells of row {row.number} are not a mapping")
    for column, cell in row.cells.items():
        _require(isinstance(column, str), f"row {row.number} has a column {column!r}")
        _require(_is_cell(cell), f"row {row.number}, column {column!r}: {cell!r} is not a Cell")
    if columns is not None and not row.deleted:
        missing = [column for column in columns if column not in row.cells]
        unknown = [column for column in row.cells if column not in columns]
        _require(not missing, f"row {row.number} lacks the columns {missing}: an empty cell must be there, too")
        _require(not unknown, f"row {row.number} has columns that were not announced: {unknown}")


def _is_cell(cell: object) -> bool:
    if isinstance(cell, list):
        return all(map(_is_cell, cell))
    return cell is None or isinstance(cell, (str, int, float, bool, date, Unreadable))


def _require(kept: bool, promise: str) -> None:
    if not kept:
        raise ContractBroken(promise)
