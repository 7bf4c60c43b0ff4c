"""Which hosts are this machine itself: what is sent there needs no encryption and no proxy. Pure."""

from __future__ import annotations

import re
from ipaddress import ip_address

_SHORT = re.compile(r"127(\.\d+){1,3}")
"""An address as systems take it, too: 127.1."""


def is_this_machine(host: str | None) -> bool:
    """Whether what is sent to the host, an address or a name, stays on this machine."""
    name = host or ""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost") or _SHORT.fullmatch(name) is not None
