"""The ``.env`` that ``init`` puts secrets into. Knows nothing of what they are for."""

from __future__ import annotations

import re
from pathlib import Path

from sync.files import PRIVATE, write_whole


def store(path: Path, name: str, value: str) -> None:
    """Put a variable into a ``.env``, which then only its owner can read; the other lines stay."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [line for line in lines if not re.match(rf"\s*(export\s+)?{re.escape(name)}\s*=", line)]
    quoted = value if re.fullmatch(r"[A-Za-z0-9_.~+/=-]+", value) else "'" + re.sub(r"(['\\])", r"\\\1", value) + "'"
    write_whole(path, "\n".join([*kept, f"{name}={quoted}", ""]), PRIVATE)
