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

IN_MEMORY = URL.create("sqlite", database=":memory:")


class StateError(Exception):
    """The state cannot be used (exit 1); it is left as it is. The message is for the user."""


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
        raise StateError(_advice(shown, error)) from error
    except (sa.exc.ArgumentError, ModuleNotFoundError) as error:
        raise StateError(f"state {shown}: cannot be opened: {error}") from error


def _advice(shown: str, error: Exception) -> str:
    """What to do about it: a connection that broke off is no damaged file."""
    cause = getattr(error, "orig", None) or error
    said = " ".join(str(cause).split())
    if isinstance(cause, sqlite3.Error | OSError) or not isinstance(error, sa.exc.DBAPIError):
        return unusable(shown, str(cause))
    if error.connection_invalidated:
        return (
            f"state {shown}: the connection broke off ({said}). What was done is kept, nothing more is sent; run again."
        )
    if isinstance(error, sa.exc.OperationalError):
        return (
            f"state {shown}: the database cannot be reached: {said}. Check that it runs, and that the address, the "
            "user and the password are right. Nothing was sent."
        )
    return unusable(shown, said)


def unusable(shown: str, cause: str) -> str:
    """The sentence for a state that cannot be used."""
    return (
        f"state {shown}: cannot be used: {cause}. It was left as it is; restore a copy, or move it away "
        "to start afresh (contacts are then found again by their externalId)."
    )
