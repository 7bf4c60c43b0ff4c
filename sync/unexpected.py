"""The last sentence: what is said of an exception that nobody foresaw. Knows nothing of who says it, or where."""

from __future__ import annotations

import traceback
from pathlib import Path

from sync.redaction import shortened

_ROOT = Path(__file__).parent.parent
_PACKAGES = ("sync", "connectors")


def unexpected(error: BaseException) -> str:
    """What happened and where, that it is our mistake, and what to do about it; on one line, without a traceback."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    text = " ".join(_text(error).split())
    said = f"{type(error).__name__}: {shortened(text, 300)}" if text else type(error).__name__
    return (
        f"an unexpected error: {said} ({_place(error)}). This is a mistake in openphone-sync, not yours: please report "
        "it with this message (CONTRIBUTING.md says how). What was done so far is kept."
    )


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # an exception whose words are broken, too
        return ""


def _place(error: BaseException) -> str:
    """The innermost line of ours that it passed through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if any(Path(frame.filename).is_relative_to(_ROOT / name) for name in _PACKAGES)]
    for frame in reversed(ours or frames):
        name = Path(frame.filename)
        return f"{name.relative_to(_ROOT) if ours else name.name}, line {frame.lineno}"
    return "at an unknown place"
