"""What a state's address means: which database, which file, how it is shown, what its errors are called."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import sqlalchemy as sa
from sqlalchemy.engine import URL

from connectors.database_url import with_driver
from sync.state.causes import StateError, advice

__all__ = ["IN_MEMORY", "StateError", "address", "errors_named", "shown_address", "sqlite_file"]

IN_MEMORY = URL.create("sqlite", database=":memory:")


def address(url: str) -> URL:
    """The database that ``url`` means; PostgreSQL is reached through psycopg 3 where no driver is named.

    Raises StateError where it is no address. The message does not show it: a password may stand anywhere in it.
    """
    try:
        return with_driver(sa.make_url(url))
    except (sa.exc.ArgumentError, ValueError):
        raise StateError("state: the address cannot be read; write postgresql://user:password@host/name") from None


def sqlite_file(url: URL) -> Path | None:
    """The file of an SQLite database, written plainly or as a ``file:`` URI; None where it lives in memory."""
    name = url.database or ":memory:"
    if name.startswith("file:") and url.query.get("uri") == "true":
        name = unquote(name.removeprefix("file:"))
        return None if name == ":memory:" or url.query.get("mode") == "memory" else Path(name)
    return None if name == ":memory:" else Path(name)


def shown_address(url: URL) -> str:
    """The address for people to see: a file's name, or where the database is, without anything secret.

    Of what stands before the last ``@``, and behind ``?``, only the user is shown: a password may stand in all of it.
    """
    file = sqlite_file(url) if url.get_backend_name() == "sqlite" else None
    if file:
        return str(file)
    host = (url.host or "").rpartition("@")[2]
    plain = url.set(host=host or None, password="***" if url.password else None, query={})
    return plain.render_as_string(hide_password=True)


@contextmanager
def errors_named(shown: str) -> Iterator[None]:
    """What goes wrong with the database in this block is a StateError."""
    try:
        yield
    except (sa.exc.DBAPIError, sqlite3.Error, OSError) as error:
        raise StateError(advice(shown, error)) from error
    except ModuleNotFoundError as error:
        raise StateError(
            f"state {shown}: cannot be opened: the package {error.name!r} is not installed. "
            "A state in PostgreSQL needs the extra: pip install 'openphone-sync[postgres]'."
        ) from error
    except sa.exc.ArgumentError as error:
        raise StateError(f"state {shown}: cannot be opened: {error}") from error
