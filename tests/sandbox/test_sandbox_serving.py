"""How the sandbox is run: on a thread beside synchronous code, until cancelled, in a process that takes orders."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from typing import Any
from urllib.request import Request, urlopen

import aiohttp
import pytest

from sync.sandbox import SandboxOptions, SandboxThread, serve
from tests.support.paths import ROOT

LIST = "/v1/contacts?maxResults=50"
OPTIONS = SandboxOptions(requests_per_second=1000)


def order(url: str, method: str, sent: Any = None) -> Any:
    """Speak to a sandbox as a synchronous test does."""
    data = None if sent is None else json.dumps(sent).encode()
    with urlopen(Request(url, data=data, method=method), timeout=5) as response:
        text = response.read()
        return json.loads(text) if text else None


def test_a_sandbox_on_a_thread_serves_synchronous_code() -> None:
    with SandboxThread(OPTIONS) as sandbox:
        (contact_id,) = sandbox.seed([{"externalId": "c1", "firstName": "Ann"}])
        sandbox.edit(contact_id, firstName="Eve")
        listing = Request(sandbox.url + LIST, headers={"Authorization": sandbox.key})
        with urlopen(listing, timeout=5) as response:
            assert json.load(response)["data"] == list(sandbox.contacts.values())
        assert [(request.method, request.query) for request in sandbox.requests] == [("GET", {"maxResults": ["50"]})]

    assert sandbox.by_external_id("c1")[0]["defaultFields"]["firstName"] == "Eve"
    assert (sandbox.max_in_window(), sandbox.windows_exceeded, sandbox.writes()) == (1, 0, [])


def test_a_port_in_use_is_said_at_once() -> None:
    with SandboxThread() as first, pytest.raises(OSError), SandboxThread(port=int(first.url.rpartition(":")[2])):
        pass


async def test_serve_tells_its_address_and_runs_until_cancelled() -> None:
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(OPTIONS, 0, told.set_result))
    url = await asyncio.wait_for(told, 5)
    headers = {"Authorization": OPTIONS.key}
    async with aiohttp.request("GET", url + LIST, headers=headers) as response:
        assert response.status == 200
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) != 0


SERVER = """
import asyncio
from sync.sandbox import SandboxOptions, serve
asyncio.run(serve(SandboxOptions(), 0, lambda url: print(url, flush=True)))
"""


def test_a_sandbox_in_another_process_takes_orders_over_http() -> None:
    root = ROOT
    with subprocess.Popen([sys.executable, "-c", SERVER], cwd=root, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            control = process.stdout.readline().strip() + "/_sandbox"
            _give_orders(control)
        finally:
            process.kill()


def _give_orders(control: str) -> None:
    people = [{"externalId": "c1", "firstName": "Ann"}, {"firstName": "Bob"}]
    first, second = order(f"{control}/seed", "POST", people)["data"]
    order(f"{control}/edit", "POST", {"id": first, "firstName": "Eve"})
    order(f"{control}/remove", "POST", {"id": second})
    (contact,) = order(f"{control}/contacts", "GET")["data"]
    assert contact["defaultFields"]["firstName"] == "Eve"

    order(f"{control}/faults", "POST", {"kind": "500_before", "every": 2, "methods": ["GET"]})
    order(f"{control}/faults", "POST", {"kind": "401"})
    order(f"{control}/custom-fields", "POST", [])
    fields = f"{control.removesuffix('/_sandbox')}/v1/contact-custom-fields"
    for status in (401, 500, 401):  # the second fault, the first, and at last what comes of having no key
        with pytest.raises(OSError, match=str(status)):
            order(fields, "GET")
    seen = order(f"{control}/requests", "GET")
    assert [request["fault"] for request in seen["data"]] == ["401", "500_before", None]
    assert (seen["windows_exceeded"], seen["max_in_window"]) == (0, 3)

    order(f"{control}/faults", "DELETE")
    order(f"{control}/requests", "DELETE")
    order(f"{control}/ghost", "POST", {"id": first})
    assert order(f"{control}/requests", "GET")["data"] == []
    assert order(f"{control}/contacts", "GET")["data"] == []
    senseless: tuple[Any, ...] = ({"kind": "flood"}, {"every": 1}, {"kind": "429", "often": 1}, [])
    for nonsense in senseless:
        with pytest.raises(OSError, match="400"):
            order(f"{control}/faults", "POST", nonsense)
    with pytest.raises(OSError, match="404"):
        order(f"{control}/remove", "POST", {"id": "nobody"})
