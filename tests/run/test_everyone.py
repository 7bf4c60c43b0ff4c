"""The list of everyone: read once, as far as somebody needs it, and no refusal of it is the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from sync.openphone.client import OpenPhone
from sync.run.everyone import Everyone
from sync.run.session import Stopped
from sync.sandbox import SandboxThread
from tests.support.listing import HELD, client_of, holding_contacts


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


async def test_everyone_is_read_where_the_workspace_lists_everyone(
    client: OpenPhone, sandbox: SandboxThread, demanding: bool
) -> None:
    everyone = Everyone(client, asyncio.Event())
    await everyone.read()
    await everyone.read()

    tracked = {f"c{number}" for number in range(HELD)} | {"gone"}
    found = {external_id for external_id in tracked if everyone.carriers(external_id)}
    assert found == (set() if demanding else tracked - {"gone"})
    assert (everyone.whole, everyone.lists_nobody) == (not demanding, demanding)
    assert len(sandbox.requests) == (1 if demanding else 3)


@pytest.mark.parametrize("demanding", [False], indirect=True)
async def test_it_is_read_no_further_than_somebody_needs_and_goes_on_from_there(
    client: OpenPhone, sandbox: SandboxThread
) -> None:
    everyone = Everyone(client, asyncio.Event())
    await everyone.read(1)
    await everyone.read(1)
    assert (len(sandbox.requests), len(everyone.contacts), everyone.whole) == (1, 50, False)
    assert (everyone.pages_expected or 0) >= 3
    await everyone.read()
    assert (len(sandbox.requests), len(everyone.contacts), everyone.pages_expected) == (3, HELD, 3)


@pytest.mark.parametrize("demanding", [False], indirect=True)
async def test_a_signal_ends_it(client: OpenPhone, sandbox: SandboxThread) -> None:
    stop = asyncio.Event()
    stop.set()
    with pytest.raises(Stopped):
        await Everyone(client, stop).read()
    assert sandbox.requests == []
