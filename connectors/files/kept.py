"""Copies of files from addresses, kept while the process runs: a daemon asks whether a file changed before it loads it.

They lie in a private folder that goes with the process. Nothing is kept that did not arrive whole.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from connectors.base import SourceError


@dataclass(slots=True)
class Copy:
    """A file that arrived whole. ``version``: what its server calls this state of it (an ETag), if it does.

    ``sure``: the server said how long it is. ``users`` are reading it; it goes when a newer one came and they left.
    """

    path: Path
    version: str | None = None
    sure: bool = True
    users: int = 0
    old: bool = False

    def release(self) -> None:
        """One of the users has read it."""
        self.users -= 1
        self._remove_if_done()

    def replace(self) -> None:
        """A newer one came."""
        self.old = True
        self._remove_if_done()

    def _remove_if_done(self) -> None:
        if self.old and self.users <= 0:
            with suppress(OSError):
                self.path.unlink()


@dataclass(slots=True)
class _Shelf:
    """The copies of this process."""

    folder: tempfile.TemporaryDirectory[str] | None = None
    owner: int = 0
    copies: dict[str, Copy] = field(default_factory=dict)

    def place(self) -> Path:
        """A new, empty, private file."""
        if self.folder is None or self.owner != os.getpid():
            self.folder, self.owner, self.copies = (
                tempfile.TemporaryDirectory(prefix="openphone-sync-"),
                os.getpid(),
                {},
            )
        handle, name = tempfile.mkstemp(dir=self.folder.name)
        os.close(handle)
        return Path(name)


_SHELF = _Shelf()


async def latest(address: str, shown: str) -> Copy:
    """The file at an address as it is now; release it when it was read. Raises SourceError."""
    place = _SHELF.place()
    have = _SHELF.copies.get(address)
    have = have if have is not None and have.path.exists() else None
    if have is not None:
        have.users += 1
    try:
        came = await _fetched(address, shown, place, have.version if have else None)
    except BaseException as error:
        place.unlink(missing_ok=True)
        if have is not None:
            have.release()
        if isinstance(error, OSError) and not isinstance(error, SourceError):
            raise SourceError(f"{shown} could not be kept on this machine: {error.strerror or error}") from error
        raise
    if came is None and have is not None:
        place.unlink(missing_ok=True)
        return have
    version, sure = came or (None, True)
    copy = Copy(place, version, sure, users=1)
    if have is not None:
        have.release()
    if before := _SHELF.copies.get(address):
        before.replace()
    copy.old = version is None  # nothing to ask by: gone once it was read
    if version is not None:
        _SHELF.copies[address] = copy
    return copy


async def _fetched(address: str, shown: str, into: Path, version: str | None) -> tuple[str | None, bool] | None:
    """The new version and whether its length was told; None where the one that we have still is the newest."""
    if urlsplit(address).scheme.lower() in ("http", "https"):
        from connectors.files.web import download
    else:
        from connectors.files.stores import download
    return await download(address, shown, into, version)
