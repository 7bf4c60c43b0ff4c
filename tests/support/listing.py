"""A workspace with contacts that carry external ids, and a client for it: for tests of what lists say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from sync.openphone.client import OpenPhone
from sync.openphone.options import OpenPhoneOptions
from sync.sandbox import SandboxOptions, SandboxThread

HELD = 120
_FAST = 1000


@contextmanager
def holding_contacts(*, demanding: bool) -> Iterator[SandboxThread]:
    """Holds c0, c1 and so on, ``HELD`` of them. ``demanding``: it lists nobody without external ids."""
    with SandboxThread(SandboxOptions(requests_per_second=_FAST, require_external_ids=demanding)) as served:
        served.seed({"externalId": f"c{number}", "firstName": "Ana"} for number in range(HELD))
        yield served


@asynccontextmanager
async def client_of(sandbox: SandboxThread) -> AsyncIterator[OpenPhone]:
    """Asks it as fast as it answers."""
    options = OpenPhoneOptions.model_validate(
        {"api_key": sandbox.key, "base_url": sandbox.url, "requests_per_second": _FAST}
    )
    async with OpenPhone(options) as client:
        yield client
