"""What an exception of others' code says, in a line of bounded length: for our own sentences. Pure."""

from __future__ import annotations


def brief(error: BaseException, most: int = 160) -> str:
    """The exception's words; its kind where it has none."""
    return " ".join(str(error).split())[:most] or type(error).__name__
