"""A file as a configuration gives it, by a path or an address: whole, on this machine, and nameable without secrets.

Messages may hold ``str(file)``: of an address it shows the host and the file's name, never parameters or passwords.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from connectors.base import SourceError
from connectors.files.kept import Copy, latest
from connectors.this_machine import is_this_machine
from connectors.threads import in_thread

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
WEB = ("https", "http")
STORES = ("s3", "gs", "sftp")
_BLOCK = 1 << 18


def _checked(path: str) -> str:
    """A path, or an address of a kind that can be asked. Raises ValueError."""
    match = _SCHEME.match(path.strip())
    if match is None:
        return path
    scheme = match[1].lower()
    if scheme not in (*WEB, *STORES):
        raise ValueError(
            f"an address that begins with {scheme}:// cannot be read: give a path, or https://, s3://, gs:// or sftp://"
        )
    parts = urlsplit(path.strip())
    if not parts.hostname or not (parts.path.strip("/") or parts.query):
        raise ValueError(f"the address names no file: write {scheme}://{parts.hostname or 'host'}/folder/file")
    return path.strip()


FilePath = Annotated[str, AfterValidator(_checked), Field(min_length=1)]
"""An option that gives a file: a path from the configuration's folder, or an address."""


class GivenFile:
    """One file. ``fetch`` it first; then it is opened like any file. ``what``: what it should be, for messages."""

    def __init__(self, path: str, folder: Path, what: str) -> None:
        self._address = path if _SCHEME.match(path) else None
        self._local = folder / Path(path).expanduser()
        self._what = what
        self._copy: Copy | None = None

    def __str__(self) -> str:
        return shown(self._address) if self._address else str(self._local)

    @property
    def one_moment(self) -> bool:
        """Whether all of it was surely there: an answer that does not say how long it is may end early."""
        return self._copy is None or self._copy.sure

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the way to it."""
        parts = urlsplit(self._address or "")
        if parts.scheme.lower() != "http" or is_this_machine(parts.hostname):
            return ()
        return (
            f"{self} is read by http:// from another machine: whoever is on the way can read and change every contact. "
            "Write https://",
        )

    async def fetch(self) -> None:
        """Have the whole of it on this machine. Raises SourceError."""
        if self._address is None:
            await in_thread(self._check_kind, "file-source")
        elif self._copy is None:
            self._copy = await latest(self._address, str(self))

    def open(self) -> BinaryIO:
        """Its bytes. Raises OSError."""
        return self._where.open("rb")

    async def version(self) -> str:
        """A digest of all its bytes. Raises SourceError."""
        await self.fetch()
        return await in_thread(self._digest, "file-source")

    def _digest(self) -> str:
        digest = hashlib.blake2b(digest_size=16)
        with self.errors_named(), self.open() as file:
            while block := file.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest()

    def stat(self) -> os.stat_result:
        """Of the file that is read. Raises OSError."""
        return self._where.stat()

    @contextmanager
    def errors_named(self) -> Iterator[None]:
        """Around whatever reads it. Raises SourceError where the file system raised an error."""
        try:
            yield
        except OSError as error:
            raise SourceError(f"{self} cannot be read: {error.strerror}") from None

    def close(self) -> None:
        """It is not needed any more."""
        if self._copy is not None:
            self._copy.release()

    @property
    def _where(self) -> Path:
        return self._copy.path if self._copy is not None else self._local

    def _check_kind(self) -> None:
        """Before it is opened, because a pipe would keep us waiting."""
        with self.errors_named():
            try:
                mode = self._local.stat().st_mode
            except FileNotFoundError:
                raise SourceError(f"{self} does not exist") from None
        if stat.S_ISDIR(mode):
            raise SourceError(f"{self} is a folder: give the {self._what} in it")
        if not stat.S_ISREG(mode):
            raise SourceError(f"{self} is not a file")


def same_file(before: os.stat_result, now: os.stat_result) -> bool:
    """Whether nobody replaced or wrote the file between two looks at it."""
    return _identity(before) == _identity(now)


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def shown(address: str) -> str:
    """An address for people, without what might let somebody in: parameters, passwords, the long part of a link."""
    parts = urlsplit(address)
    folders, _, name = parts.path.rpartition("/")
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    between = "/…/" if folders.strip("/") else "/"
    return f"{parts.scheme}://{host}{port}{between}{name}" + ("?…" if parts.query else "")
