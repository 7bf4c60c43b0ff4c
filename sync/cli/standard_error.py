"""Standard error that never decides over the work: closed, full, its reader gone or asleep, what is lost is a line.

Stands below everything that writes there: logs, messages, progress, warnings, Python's own last words.
"""

from __future__ import annotations

import io
import os
import select
import sys
import time
from contextlib import suppress

PATIENCE = 1.0
"""Seconds that a reader who is slow is waited for."""

IMPATIENT_SECONDS = 60.0
"""For how long one who was too slow is not waited for again."""

_PIECE = select.PIPE_BUF
"""What a pipe that says that it can be written takes at once, without waiting."""


def make_harmless() -> None:
    """Let nothing that befalls standard error reach whoever writes there. Leaves one that a test put there alone."""
    _occupy()
    there = sys.__stderr__
    if sys.stderr is None:
        sys.stderr = _text(_Lossy(os.open(os.devnull, os.O_WRONLY)), "utf-8")
    elif there is not None and sys.stderr is there:
        with suppress(OSError, ValueError):
            sys.stderr = _text(_Lossy(there.fileno()), there.encoding)


def _text(raw: io.RawIOBase, encoding: str) -> io.TextIOWrapper:
    """As Python opens standard error."""
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding=encoding, errors="backslashreplace", line_buffering=True, write_through=True
    )


def _occupy() -> None:
    """No file of ours may get the number of a closed standard stream: what is meant for that would go into it."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one


class _Lossy(io.RawIOBase):
    """Writes to a file descriptor what can be written there now, or soon; says that all was."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._impatient_until = 0.0
        self._cut = False

    def fileno(self) -> int:
        return self._number

    def isatty(self) -> bool:
        with suppress(OSError):
            return os.isatty(self._number)
        return False

    def writable(self) -> bool:
        return True

    def write(self, text: bytes | bytearray | memoryview, /) -> int:  # type: ignore[override]
        whole = bytes(text)
        with suppress(OSError, ValueError):
            self._write(b"\n" + whole if self._cut else whole)
        return len(whole)

    def _write(self, text: bytes) -> None:
        """A line that could only be written in part is ended before the next one begins."""
        begun = False
        while text:
            if not self._ready():
                self._cut = self._cut or begun
                return
            try:
                written = os.write(self._number, text[:_PIECE])
            except BlockingIOError:
                self._cut = self._cut or begun
                return
            text, begun, self._cut = text[written:], True, False

    def _ready(self) -> bool:
        """Whether a write would not have to wait for the reader."""
        now = time.monotonic()
        patience = PATIENCE if now >= self._impatient_until else 0.0
        ready = bool(select.select([], [self._number], [], patience)[1])
        if not ready and patience:
            self._impatient_until = now + IMPATIENT_SECONDS
        return ready
