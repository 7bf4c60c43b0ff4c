"""Which hosts are this machine itself: what is sent there needs no encryption and no proxy. Pure."""

from __future__ import annotations

_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def is_this_machine(host: str | None) -> bool:
    """Whether what is sent to the host stays on this machine."""
    return host in _NAMES or (host or "").startswith("127.")
