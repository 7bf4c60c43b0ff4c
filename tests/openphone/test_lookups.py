"""Who carries an external id: what is asked together shares a request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from sync.openphone.client import OpenPhone
from sync.openphone.lookups import Lookups
from sync.sandbox import SandboxThread
from tests.support.listing import client_of, holding_contacts


@pytest.fixture(params=[False, True], ids=["lists everyone", "demands externalIds"])
def demanding(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def sandbox(demanding: bool) -> Iterator[SandboxThread]:
    with holding_contacts(demanding=demanding) as served:
        yield served


@pytest.fixture
async def client(sandbox: SandboxThread) -> AsyncIterator[OpenPhone]:
    async with client_of(sandbox) as client:
        yield client


async def test_all_who_ask_at_about_the_same_time_share_requests_of_20(
    client: OpenPhone, sandbox: SandboxThread
) -> None:
    lookups = Lookups(client, together=0.05)
    ids = [f"c{number}" for number in range(44)] + ["nobody"]
    found = await asyncio.gather(*map(lookups.carriers, ids))

    assert [[contact.external_id for contact in contacts] for contacts in found] == [[one] for one in ids[:-1]] + [[]]
    assert len(sandbox.requests) == 3


async def test_who_asks_later_is_told_what_is_there_by_then(client: OpenPhone, sandbox: SandboxThread) -> None:
    lookups = Lookups(client, together=0.01)
    assert await lookups.carriers("new") == []
    sandbox.seed([{"externalId": "new", "firstName": "Bo"}])
    assert [contact.external_id for contact in await lookups.carriers("new")] == ["new"]


async def test_one_who_gives_up_waiting_does_not_spoil_it_for_the_others(client: OpenPhone) -> None:
    lookups = Lookups(client, together=0.05)
    impatient, patient = (asyncio.create_task(lookups.carriers(one)) for one in ("c1", "c2"))
    await asyncio.sleep(0)
    impatient.cancel()
    assert [contact.external_id for contact in await patient] == ["c2"]
    assert impatient.cancelled()


async def test_once_closed_nothing_is_asked(client: OpenPhone, sandbox: SandboxThread) -> None:
    lookups = Lookups(client, together=3600)
    asking = asyncio.create_task(lookups.carriers("c1"))
    await asyncio.sleep(0)
    lookups.close()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert sandbox.requests == []
