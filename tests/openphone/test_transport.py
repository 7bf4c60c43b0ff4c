"""One request and its repetitions, with time and chance that the test sets: nothing here waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.utils import formatdate

import pytest

from sync.clock import Clock
from sync.openphone.client import OpenPhone
from sync.openphone.errors import OutcomeUnknown, ServiceDown, Unauthorized
from sync.openphone.options import OpenPhoneOptions
from sync.openphone.patience import Patience
from sync.sandbox import SandboxOptions, SandboxThread

FAST = 1000


@dataclass
class Dial:
    """Time that passes only where somebody sleeps."""

    at: float = 1_700_000_000.0
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.at += seconds

    @property
    def clock(self) -> Clock:
        return Clock(now=lambda: self.at, monotonic=lambda: self.at, sleep=self.sleep, uniform=lambda low, high: high)


@pytest.fixture
def dial() -> Dial:
    return Dial()


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(requests_per_second=FAST)) as served:
        yield served


@pytest.fixture
def client(sandbox: SandboxThread, dial: Dial) -> OpenPhone:
    return client_of(sandbox, dial)


def client_of(sandbox: SandboxThread, dial: Dial, patience: Patience = Patience()) -> OpenPhone:
    options = OpenPhoneOptions.model_validate(
        {"api_key": sandbox.key, "base_url": sandbox.url, "requests_per_second": FAST}
    )
    return OpenPhone(options, patience=patience, clock=dial.clock)


async def test_a_read_is_sent_again_after_ever_longer(client: OpenPhone, sandbox: SandboxThread, dial: Dial) -> None:
    sandbox.faults.every(1, "500_before", times=3)
    async with client:
        assert await client.find(["c1"]) == {}
    assert dial.slept == [0.5, 1, 2]
    assert (client.requests, client.retries) == (4, 3)
    assert client.answers == {"500": 3, "200": 1}


async def test_a_read_has_so_many_attempts_and_then_the_service_is_down(sandbox: SandboxThread, dial: Dial) -> None:
    sandbox.faults.every(1, "500_before")
    async with client_of(sandbox, dial, replace(Patience(), attempts=2)) as client:
        with pytest.raises(ServiceDown, match="gave up after 2 attempts"):
            await client.find(["c1"])
    assert dial.slept == [0.5]


async def test_a_write_that_had_its_attempts_is_a_doubt_and_no_end(sandbox: SandboxThread, dial: Dial) -> None:
    sandbox.faults.every(1, "500_before", {"DELETE"})
    async with client_of(sandbox, dial, replace(Patience(), attempts=2)) as client:
        with pytest.raises(OutcomeUnknown, match="DELETE failed 2 times"):
            await client.delete("someone")


async def test_a_create_that_may_have_been_carried_out_is_not_sent_again(
    client: OpenPhone, sandbox: SandboxThread, dial: Dial
) -> None:
    sandbox.faults.every(1, "500_after", {"POST"})
    async with client:
        with pytest.raises(OutcomeUnknown):
            await client.create({"defaultFields": {"firstName": "Ana"}, "externalId": "c1"})
    assert (len(sandbox.writes()), dial.slept) == (1, [])


async def test_a_create_that_met_a_429_is_in_doubt_and_the_pause_holds_for_the_look(
    client: OpenPhone, sandbox: SandboxThread, dial: Dial
) -> None:
    sandbox.faults.next("429", retry_after=7)
    async with client:
        with pytest.raises(OutcomeUnknown, match="429"):
            await client.create({"defaultFields": {"firstName": "Ana"}, "externalId": "c1"})
        assert (len(sandbox.writes()), dial.slept) == (1, [])
        assert await client.find(["c1"]) == {}
    assert dial.slept == [7]


async def test_a_change_that_met_a_429_is_sent_again(client: OpenPhone, sandbox: SandboxThread, dial: Dial) -> None:
    sandbox.faults.next("429", retry_after=7)
    async with client:
        assert await client.delete("someone") is False
    assert dial.slept == [0.5, 6.5]  # the pause goes on while it holds back


async def test_retry_after_may_be_a_date(client: OpenPhone, sandbox: SandboxThread, dial: Dial) -> None:
    sandbox.faults.next("429", retry_after=formatdate(dial.at + 20, usegmt=True))
    async with client:
        await client.find(["c1"])
    assert dial.slept == [0.5, 19.5]


async def test_a_429_that_says_nothing_asks_for_a_second(client: OpenPhone, sandbox: SandboxThread, dial: Dial) -> None:
    sandbox.faults.next("429")
    async with client:
        await client.find(["c1"])
    assert sum(dial.slept) >= 1


async def test_a_pause_longer_than_a_run_may_wait_ends_it(
    client: OpenPhone, sandbox: SandboxThread, dial: Dial
) -> None:
    sandbox.faults.next("down", retry_after=61)
    async with client:
        with pytest.raises(ServiceDown, match="next 61 seconds"):
            await client.find(["c1"])
    assert dial.slept == []


async def test_a_key_that_is_refused_is_not_tried_again(sandbox: SandboxThread, dial: Dial) -> None:
    options = OpenPhoneOptions.model_validate({"api_key": "another", "base_url": sandbox.url})
    async with OpenPhone(options, clock=dial.clock) as client:
        with pytest.raises(Unauthorized, match=r"Check openphone\.api_key"):
            await client.custom_fields()
    assert len(sandbox.requests) == 1
