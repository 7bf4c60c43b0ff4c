"""What may be wrong with a state's database, and what to do about each: a refused connection is no damaged file."""

from __future__ import annotations

import errno
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import sqlalchemy as sa


class StateError(Exception):
    """The state cannot be used (exit 1); it is left as it is. The message is for the user."""


@dataclass(frozen=True, slots=True)
class _Cause:
    """Words by which a driver tells a cause; what it is, and what to do."""

    words: re.Pattern[str]
    what: str
    to_do: str


def _cause(words: str, what: str, to_do: str) -> _Cause:
    return _Cause(re.compile(words, re.IGNORECASE), what, to_do)


_FULL = ("the disk is full", "Make room and run again: what was done is kept.")
_READ_ONLY = (
    "it cannot be written: the file, or its folder, is read-only for this user",
    "Give the user that runs openphone-sync the right to write there, or name another place under 'state'.",
)
_NO_FOLDER = ("it cannot be written: what should be its folder is a file", "Name another place under 'state'.")

_OF_FILES = (
    _cause("file is not a database", "it is no state: the file is something else", "Name another file under 'state', "
           "or put a copy back (state backup); this one was left as it is."),
    _cause("database (table )?is locked|database is busy", "it cannot be used now: another program has held it for "
           "more than 15 seconds", "Run again once that has ended; nothing is lost."),
    _cause("database or disk is full", *_FULL),
    _cause("readonly database|read-only", *_READ_ONLY),
    _cause("unable to open database file", "it cannot be opened", "Check that its folder is there, and that this user "
           "may read and write in it."),
)  # fmt: skip

_OF_SERVERS = (
    _cause("connection refused", "nothing answers there", "Check that PostgreSQL runs, and the host and port under "
           "'state'."),
    _cause("password authentication failed|no password supplied", "the user or the password is wrong",
           "Correct it under 'state'; in an address @ is written as %40, / as %2F."),
    _cause('role "[^"]*" does not exist', "the database has no such user", "Correct the user under 'state', or make "
           "it (createuser)."),
    _cause('database "[^"]*" does not exist', "the server has no such database", "Correct the name under 'state', or "
           "make it (createdb)."),
    _cause("no pg_hba.conf entry|no encryption", "the server lets nobody in from here so", "Allow it in its "
           "pg_hba.conf, or add ?sslmode=require to the address."),
    _cause("could not translate host name|failed to resolve host|name or service not known|nodename nor servname",
           "there is no such host", "Correct the host under 'state', or see to the name server."),
    _cause("timeout expired|timed out|no route to host|network is unreachable", "the server does not answer",
           "Check the host and port under 'state', and the firewall between."),
    _cause("too many (clients|connections)|remaining connection slots", "the server has no connection left",
           "Raise its max_connections, or end what holds them; then run again."),
    _cause("the database system is (starting|shutting|in recovery)", "the server is just starting or ending",
           "Run again in a minute."),
    _cause("permission denied", "this user may not do that there", "Grant it the right to make and change tables in "
           "the schema (GRANT CREATE, USAGE ON SCHEMA public TO …)."),
    _cause("no space left|could not extend file", "the server's disk is full", "Make room there and run again: what "
           "was done is kept."),
    _cause("read-only transaction|recovery is in progress", "the server is a read-only copy", "Name the server that "
           "takes writes under 'state'."),
)  # fmt: skip

_OF_THE_SYSTEM: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        errno.ENOSPC: _FULL,
        errno.EDQUOT: _FULL,
        errno.EACCES: _READ_ONLY,
        errno.EPERM: _READ_ONLY,
        errno.EEXIST: _NO_FOLDER,
        errno.ENOTDIR: _NO_FOLDER,
        errno.EISDIR: ("it cannot be written: it is a folder", "Name a file in it under 'state'."),
        errno.EROFS: (
            "it cannot be written: the file system is read-only",
            "Mount it writable, or name another place under 'state'.",
        ),
    }
)


def advice(shown: str, error: Exception) -> str:
    """What is wrong, as one sentence with what to do. ``shown``: the state's address for people to see."""
    cause = getattr(error, "orig", None) or error
    said = " ".join(str(cause).split())
    if isinstance(cause, OSError) and (known := _OF_THE_SYSTEM.get(cause.errno or 0)) is not None:
        return _sentence(shown, *known, said=cause.strerror or said)
    if isinstance(cause, sqlite3.Error | OSError) or not isinstance(error, sa.exc.DBAPIError):
        found = next((each for each in _OF_FILES if each.words.search(said)), None)
        return _sentence(shown, found.what, found.to_do, said=said) if found else unusable(shown, str(cause))
    found = next((each for each in _OF_SERVERS if each.words.search(said)), None)
    if found is not None:
        return f"{_sentence(shown, found.what, found.to_do, said=said)} Nothing more was sent."
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
    """The sentence for a state that cannot be used: it is damaged, or nobody knows."""
    return (
        f"state {shown}: cannot be used: {cause}. It was left as it is; restore a copy, or move it away "
        "to start afresh (contacts are then found again by their externalId)."
    )


def _sentence(shown: str, what: str, to_do: str, *, said: str) -> str:
    return f"state {shown}: {what} ({said}). {to_do}"
