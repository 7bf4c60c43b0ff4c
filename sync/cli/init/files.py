"""The files that ``init`` writes, whole or not at all. Knows nothing of what stands in them."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from pathlib import Path


def store(path: Path, name: str, value: str) -> None:
    """Put a variable into a ``.env``, which then only its owner can read; the other lines stay."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [line for line in lines if not re.match(rf"\s*(export\s+)?{re.escape(name)}\s*=", line)]
    quoted = value if re.fullmatch(r"[A-Za-z0-9_.~+/=-]+", value) else "'" + re.sub(r"(['\\])", r"\\\1", value) + "'"
    write(path, "\n".join([*kept, f"{name}={quoted}", ""]), mode=0o600)


def write(path: Path, text: str, mode: int | None = None) -> None:
    """The whole text or nothing: a reader, or a crash, sees no half of it. Private from the beginning."""
    target = path.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=target.parent)
    written = Path(name)
    try:
        with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123  a descriptor, not a path
            file.write(text)
        if mode is None and target.exists():
            mode = stat.S_IMODE(target.stat().st_mode)
        if mode is None:
            umask = os.umask(0)
            os.umask(umask)
            mode = 0o666 & ~umask
        written.chmod(mode)
        written.replace(target)
    except BaseException:
        written.unlink(missing_ok=True)
        raise
