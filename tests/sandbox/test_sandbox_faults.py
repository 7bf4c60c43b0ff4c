"""The sandbox spoils exactly the requests that it was asked to spoil, counts what arrives, and lets people edit."""

from __future__ import annotations

import asyncio
import logging
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sync.sandbox import KINDS, CustomField, FaultKind, Sandbox, SandboxOptions, ShelfError

CONTACTS = "/v1/contacts"
LIST = f"{CONTACTS}?maxResults=50"
OPTIONS = SandboxOptions(requests_per_second=1000)
PATIENCE = aiohttp.ClientTimeout(total=0.3)  # for requests that are left hanging on purpose
NO_ANSWER = 0


@dataclass
class Clock:
    """A monotonic clock that stands still until it is moved."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(OPTIONS) as opened:
        yield opened


@pytest.fixture
async def session(sandbox: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": sandbox.key, "Connection": "close"}
    async with aiohttp.ClientSession(sandbox.url, headers=headers, timeout=PATIENCE) as opened:
        yield opened


def body(external_id: str) -> dict[str, Any]:
    return {"externalId": external_id, "defaultFields": {"firstName": "Ann"}}


async def post(session: aiohttp.ClientSession, external_id: str = "c1") -> int:
    """The status of the answer, or NO_ANSWER."""
    try:
        async with session.post(CONTACTS, json=body(external_id)) as response:
            await response.read()
            return response.status
    except (aiohttp.ClientConnectionError, TimeoutError):
        return NO_ANSWER


async def get(session: aiohttp.ClientSession, path: str = LIST) -> int:
    async with session.get(path) as response:
        return response.status


async def until(reached: Callable[[], bool]) -> None:
    """Return as soon as ``reached`` holds; fail where it never does."""
    async with asyncio.timeout(5):
        while True:
            if reached():
                return
            await asyncio.sleep(0.01)


# What each fault does

OUTCOMES: dict[FaultKind, tuple[int, bool]] = {
    "drop_before": (NO_ANSWER, False),
    "drop_after": (NO_ANSWER, True),
    "hang": (NO_ANSWER, False),
    "hang_after": (NO_ANSWER, True),
    "429": (429, False),
    "500_before": (500, False),
    "500_after": (500, True),
    "html_502": (502, False),
    "html_after": (502, True),
    "401": (401, False),
    "403": (403, False),
    "400_refuse": (400, False),
    "down": (503, False),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_fault_answers_as_it_says_and_carries_out_or_not(
    sandbox: Sandbox, session: aiohttp.ClientSession, kind: FaultKind
) -> None:
    sandbox.faults.next(kind)
    status = await post(session)
    carried_out = bool(sandbox.contacts)

    assert (status, carried_out) == OUTCOMES[kind]
    (request,) = sandbox.writes()
    assert (request.status, request.fault, request.external_ids) == (status, kind, ("c1",))
    sandbox.faults.clear()
    assert await post(session) == (409 if carried_out else 201)


async def test_a_429_carries_the_retry_after_it_was_given(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    date = "Wed, 21 Oct 2026 07:28:00 GMT"
    for wait in (3, 0.5, date, None):
        sandbox.faults.next("429", retry_after=wait)
    waits = []
    for _ in range(4):
        async with session.get(LIST) as response:
            waits.append(response.headers.get("Retry-After"))

    assert waits == ["3", "0.5", date, None]


async def test_a_refusal_gives_its_reason_and_a_proxy_speaks_html(
    sandbox: Sandbox, session: aiohttp.ClientSession
) -> None:
    sandbox.faults.next("400_refuse", reason="No more contacts")
    sandbox.faults.next("html_502")
    async with session.post(CONTACTS, json=body("c1")) as response:
        assert (await response.json())["message"] == "No more contacts"
    async with session.post(CONTACTS, json=body("c1")) as response:
        assert response.content_type == "text/html"


async def test_a_service_that_is_down_stays_down_until_cleared(
    sandbox: Sandbox, session: aiohttp.ClientSession
) -> None:
    sandbox.faults.down()
    assert [await get(session), await post(session), await get(session)] == [503, 503, 503]
    sandbox.faults.clear()
    assert await get(session) == 200


# Which requests a fault strikes


async def test_every_third_post_is_struck_after_the_first_two_and_only_twice(
    sandbox: Sandbox, session: aiohttp.ClientSession
) -> None:
    sandbox.faults.every(3, "500_before", methods={"POST"}, times=2, after=2)
    statuses = []
    for n in range(12):
        assert await get(session) == 200
        statuses.append(await post(session, f"c{n}"))

    assert [n for n, status in enumerate(statuses) if status == 500] == [4, 7]


async def test_a_request_meets_one_fault_and_the_next_rule_waits(
    sandbox: Sandbox, session: aiohttp.ClientSession
) -> None:
    sandbox.faults.next("500_before", count=2)
    sandbox.faults.next("403", methods="get")
    sandbox.faults.next("401", path="/v1/contact-custom-fields")

    assert [await get(session) for _ in range(4)] == [500, 500, 403, 200]
    assert await get(session, "/v1/contact-custom-fields") == 401


def test_a_fault_that_does_not_exist_cannot_be_asked_for() -> None:
    faults = Sandbox().faults
    with pytest.raises(ValueError, match="no such fault: flood"):
        faults.next("flood")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="every 0th"):
        faults.every(0, "429")


# The rate


@asynccontextmanager
async def open_limited(retry_after: float | None = None) -> AsyncIterator[tuple[Sandbox, aiohttp.ClientSession, Clock]]:
    """A sandbox that allows ten requests in a second of a clock that stands still until it is moved."""
    clock = Clock()
    async with Sandbox(SandboxOptions(retry_after=retry_after), clock=clock) as sandbox:
        headers = {"Authorization": sandbox.key, "Connection": "close"}
        async with aiohttp.ClientSession(sandbox.url, headers=headers) as session:
            yield sandbox, session, clock


async def test_an_eleventh_request_in_a_sliding_second_is_a_429() -> None:
    async with open_limited(retry_after=2) as (sandbox, session, clock):
        for _ in range(10):
            assert await get(session) == 200
            clock.now += 0.0625
        async with session.get(LIST) as refused:
            assert (refused.status, refused.headers["Retry-After"]) == (429, "2")
        clock.now = Clock.now + 1.0  # the first is out of the window, and the one refused is in it
        assert await get(session) == 429

        assert sandbox.windows_exceeded == 2
        assert sandbox.max_in_window() == 11


async def test_ten_requests_in_each_second_are_let_through() -> None:
    async with open_limited() as (sandbox, session, clock):
        for _ in range(30):
            assert await get(session) == 200
            clock.now += 0.125
        for _ in range(2):
            clock.now += 1.0
            assert [await get(session) for _ in range(10)] == [200] * 10

        assert sandbox.windows_exceeded == 0
        assert sandbox.max_in_window() == 10


async def test_every_answer_tells_the_rate() -> None:
    async with open_limited() as (sandbox, session, _):
        sandbox.faults.next("500_before", methods={"POST"})
        for room, path, method in ((9, LIST, "GET"), (8, "/v1/nothing", "GET"), (7, CONTACTS, "POST")):
            async with session.request(method, path) as response:
                assert response.headers["ratelimit"] == f'"per-second"; r={room}; t=1'
                assert response.headers["ratelimit-policy"] == '"per-second"; q=10; w=1'


# Time


async def test_a_write_whose_client_gave_up_is_carried_out_all_the_same() -> None:
    async with Sandbox(SandboxOptions(latency=0.2)) as sandbox:
        impatient = aiohttp.ClientTimeout(total=0.1)
        async with aiohttp.ClientSession(
            sandbox.url, headers={"Authorization": sandbox.key}, timeout=impatient
        ) as session:
            assert await post(session) == NO_ANSWER
        await until(lambda: bool(sandbox.contacts))

        assert sandbox.requests[0].status == NO_ANSWER


async def test_latency_keeps_a_request_waiting_after_it_has_arrived() -> None:
    async with Sandbox(SandboxOptions(latency=0.1)) as sandbox:
        async with aiohttp.ClientSession(sandbox.url, headers={"Authorization": sandbox.key}) as session:
            begun = asyncio.get_running_loop().time()
            assert await asyncio.gather(*(get(session) for _ in range(10))) == [200] * 10
            took = asyncio.get_running_loop().time() - begun

        arrivals = [request.at for request in sandbox.requests]
        assert took >= 0.1
        assert max(arrivals) - min(arrivals) < took  # they waited side by side


async def test_stopping_lets_the_clients_go_that_hang(caplog: pytest.LogCaptureFixture) -> None:
    async with Sandbox(OPTIONS) as sandbox, aiohttp.ClientSession(sandbox.url) as session:
        sandbox.faults.next("hang")
        hanging = asyncio.create_task(post(session))
        await until(lambda: bool(sandbox.requests))
    async with asyncio.timeout(5):
        assert await hanging == NO_ANSWER
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


# Behind the API's back


async def test_contacts_can_be_seeded_edited_and_removed_without_a_request(sandbox: Sandbox) -> None:
    first, second = sandbox.seed(
        [
            {
                "externalId": "c1",
                "firstName": "Ann",
                "phone": "+15555555555",
                "emails": {"work": ["a@example.com", "b@example.com"]},
                "customFields": {"notes": "n", "customer-since": "2026-03-01"},
            },
            {"firstName": "Bob", "phoneNumbers": [{"name": "home", "value": "not even a number"}]},
        ]
    )
    sandbox.edit(first, lastName="Roe", customFields={"notes": "edited"}, emails={})
    sandbox.remove(second)

    (contact,) = sandbox.contacts.values()
    default = contact["defaultFields"]
    assert (default["firstName"], default["lastName"], default["emails"]) == ("Ann", "Roe", [])
    assert [(item["name"], item["value"]) for item in default["phoneNumbers"]] == [("primary", "+15555555555")]
    assert {item["key"]: item["value"] for item in contact["customFields"]} == {
        "notes": "edited",
        "customer-since": "2026-03-01T00:00:00.000+0000",
    }
    assert sandbox.requests == []
    with pytest.raises(ValueError, match="a contact has no nickname"):
        sandbox.edit(first, nickname="A")


async def test_custom_fields_can_be_redefined(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    sandbox.custom_fields = (CustomField("Score", "score", "number"),)
    async with session.get("/v1/contact-custom-fields") as response:
        assert (await response.json())["data"] == [{"name": "Score", "key": "score", "type": "number"}]


# The file


def test_contacts_outlive_the_sandbox_in_a_file_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "workspace.json"
    sandbox = Sandbox(SandboxOptions(file=file))
    kept, removed = sandbox.seed([{"externalId": "c1", "firstName": "Ann"}, {"firstName": "Bob"}])
    sandbox.remove(removed)

    again = Sandbox(SandboxOptions(file=file))
    assert again.contacts == sandbox.contacts
    assert [contact["id"] for contact in again.by_external_id("c1")] == [kept]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("text", ["", "[]", '{"contacts": 7}', '{"people": []}', '{"contacts": [{"id": 1}]}'])
def test_a_file_that_is_not_a_sandboxs_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    file = tmp_path / "workspace.json"
    file.write_text(text)

    with pytest.raises(ShelfError, match=r"workspace\.json"):
        Sandbox(SandboxOptions(file=file))
    assert file.read_text() == text
