"""Files written whole or not at all. Knows nothing of what stands in them."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

PRIVATE = 0o600


def write_whole(path: Path, text: str, mode: int | None = None) -> None:
    """Put ``text`` in place of what ``path`` held: a reader, or a crash, sees the old file or the new, never a half.

    Private from the beginning; ``mode`` None: in the end as the old file was, or as new files are. A link is followed.
    """
    target = path.resolve()
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=target.parent)  # mkstemp's mode is 0600
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        draft.chmod(_usual_mode(target) if mode is None else mode)
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _usual_mode(target: Path) -> int:
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask
