"""The ``sql`` source: the rows of a query, streamed from any database that SQLAlchemy knows. It never writes.

A database driver blocks, so everything it does happens in one thread of its own.
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar
from urllib.parse import quote, quote_plus

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from sqlalchemy import Connection, CursorResult, Engine, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, ProgrammingError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from connectors.base import Cell, Context, IncompleteRead, Options, ReadSummary, Row, SourceConfigError, SourceError
from connectors.database_url import with_driver
from connectors.threads import Worker, in_thread

_BATCH = 1000
_CONNECT_SECONDS = 8
_CLOSE_SECONDS = 5.0
_COMMENTS = re.compile(r"\A(\s+|--[^\n]*(\n|\Z)|/\*.*?\*/)*", re.DOTALL)
_READING = ("select", "with", "values", "table")
_SQLITE_MISTAKES = ("no such", "syntax error", "incomplete input", "unrecognized token", "readonly database")
T = TypeVar("T")


class SqlOptions(Options):
    """A database's address and a query that reads."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: Literal["sql"] = "sql"
    url: SecretStr = Field(
        description="the database's address, such as postgresql://user@host/name or sqlite:///crm.db"
    )
    query: str = Field(min_length=1, description="the query whose rows are read")

    @field_validator("url")
    @classmethod
    def _is_address(cls, secret: SecretStr) -> SecretStr:
        try:
            url = make_url(secret.get_secret_value())
        except (ArgumentError, ValueError):
            raise ValueError("it is not a database's address, such as postgresql://user@host/name") from None
        if url.get_backend_name() == "sqlite" and url.database in {None, "", ":memory:"}:
            raise ValueError("it names no file: write sqlite:///file.db")
        return secret

    @field_validator("query")
    @classmethod
    def _reads(cls, query: str) -> str:
        first = _COMMENTS.sub("", query).lstrip("( \t\r\n").split(None, 1)
        if not first or first[0].lower() not in _READING:
            raise ValueError("it must begin with SELECT, WITH, VALUES or TABLE: this source only reads")
        return query


class SqlConnector:
    """Reads the rows of a query."""

    name: ClassVar[str] = "sql"
    Options: ClassVar[type[BaseModel]] = SqlOptions

    def __init__(self, options: SqlOptions, context: Context) -> None:
        self._url = make_url(options.url.get_secret_value())
        self._query = options.query
        self._folder = context.folder
        self._thread = Worker("sql-source")
        self._engine: Engine | None = None
        self._connection: Connection | None = None
        self._result: CursorResult[Any] | None = None
        self._records = 0
        self._working = False
        self._ended = False

    async def columns(self) -> Sequence[str]:
        """The columns of the query, from the database itself."""
        result = await self._run(self._started)
        return list(result.keys())

    async def read(self, bookmark: str | None) -> AsyncIterator[Row]:
        """Every row of the query, fetched in batches."""
        result = await self._run(self._started)
        names = list(result.keys())
        while batch := await self._run(lambda: result.fetchmany(_BATCH)):
            for values in batch:
                yield Row(number=None, cells=dict(zip(names, map(_cell, names, values), strict=True)))
                self._records += 1
        self._ended = True

    def summary(self) -> ReadSummary:
        """How many rows were read; valid once ``read`` has ended."""
        if not self._ended:
            raise RuntimeError("nothing was read to the end")
        return ReadSummary(full=True, details={"records": self._records})

    async def close(self) -> None:
        """Ends the query, even one that is still running, and the connection."""
        if self._working:
            await in_thread(self._interrupt, "sql-source-interrupt")
        closing = self._thread.submit(self._end)
        self._thread.end()
        await asyncio.wait([closing], timeout=_CLOSE_SECONDS)

    async def _run(self, work: Callable[[], T]) -> T:
        """``work`` in the database's thread, its errors as the engine knows them and without the password."""
        self._working = True  # and still so where the wait is cancelled
        try:
            done = await self._thread.submit(work)
        except (SQLAlchemyError, sqlite3.Error, OSError, ImportError) as error:
            self._working = False
            raise self._explained(error) from None
        self._working = False
        return done

    def _started(self) -> CursorResult[Any]:
        """The running query; started on the first call."""
        if self._result is None:
            self._engine = _engine(self._url, self._folder)
            self._connection = self._engine.connect().execution_options(yield_per=_BATCH, **_read_only(self._url))
            self._result = self._connection.execute(text(_without_parameters(self._query)))
            self._check_columns(self._result.keys())
        return self._result

    def _check_columns(self, names: Iterable[str]) -> None:
        twice = [name for name, times in Counter(names).items() if times > 1]
        if twice:
            raise SourceConfigError(f"{self._where()}: two columns are named {twice[0]!r}: rename one with AS")

    def _end(self) -> None:
        """Nothing was written, and whatever a function may have written is rolled back."""
        try:
            if self._connection is not None:
                self._connection.rollback()
                self._connection.close()
            if self._engine is not None:
                self._engine.dispose()
        except SQLAlchemyError:
            return  # the connection is gone: so is its transaction

    def _interrupt(self) -> None:
        """Stops the statement that runs, if any, from outside its thread."""
        if self._connection is None:
            return
        driver = self._connection.connection.driver_connection
        stop = getattr(driver, "interrupt", None) or getattr(driver, "cancel", None)  # SQLite's, PostgreSQL's
        if stop is not None:
            stop()

    def _explained(self, error: Exception) -> SourceError:
        said = self._scrubbed(" ".join(str(getattr(error, "orig", None) or error).split()))
        if isinstance(error, ImportError):
            driver = self._url.get_backend_name()
            return SourceConfigError(f"{self._where()}: no driver for {driver} is installed ({said})")
        if self._records:
            return IncompleteRead(f"{self._where()}: after {self._records} rows: {said}")
        mistaken = isinstance(error, ProgrammingError) or any(word in said for word in _SQLITE_MISTAKES)
        return (SourceConfigError if mistaken else SourceError)(f"{self._where()}: {said}")

    def _scrubbed(self, said: str) -> str:
        password = self._url.password or ""
        for form in {password, quote(password, safe=""), quote_plus(password)} - {""}:
            said = said.replace(form, "***")
        return said

    def _where(self) -> str:
        return self._url.set(query={}).render_as_string(hide_password=True)


def _engine(url: URL, folder: Path) -> Engine:
    """An engine that keeps no connections, and opens SQLite's file for reading only."""
    if url.get_backend_name() == "sqlite":
        file = quote(str((folder / str(url.database)).absolute()))
        return create_engine(
            "sqlite://",
            creator=lambda: sqlite3.connect(f"file:{file}?mode=ro", uri=True, check_same_thread=False),
            poolclass=NullPool,
        )
    url = with_driver(url)
    try:
        connect = {"connect_timeout": _CONNECT_SECONDS} if url.get_backend_name() == "postgresql" else {}
        return create_engine(url, poolclass=NullPool, connect_args=connect)
    except NoSuchModuleError as error:
        raise ImportError(str(error)) from None


def _read_only(url: URL) -> Mapping[str, Any]:
    return {"postgresql_readonly": True} if url.get_backend_name() in {"postgresql", "postgres"} else {}


def _without_parameters(query: str) -> str:
    """The query for ``text``, which would take ``':name'`` within it for a parameter."""
    return re.sub(r"(?<![:\w\\]):(?=\w)", r"\\:", query)


def _cell(column: str, value: Any) -> Cell:
    """A database's value as a cell."""
    match value:
        case None | str() | bool() | int() | float() | date():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case list() | tuple():
            return [_cell(column, item) for item in value]
        case dict():
            return json.dumps(value, ensure_ascii=False, default=str)
        case bytes() | bytearray() | memoryview():
            raise SourceConfigError(f"column {column!r} is binary: convert it to text in the query")
    return str(value)
