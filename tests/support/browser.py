"""A headless Chromium, spoken to by its own protocol: real pages, real sizes, no driver to install. For tests."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE = 30.0


class Tab:
    """One tab. ``complaints``: what the browser's console said, violations of the page's policy among it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self._events: list[dict[str, Any]] = []
        self.complaints: list[str] = []

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": params})
        while True:
            message = await self._receive()
            if message.get("id") == self._number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                result: dict[str, Any] = message["result"]
                return result

    async def start(self) -> None:
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.call(f"{domain}.enable")

    async def size(self, width: int, height: int, *, dark: bool = False) -> None:
        mobile = width < 500
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])

    async def open(self, url: str) -> None:
        self._events.clear()
        await self.call("Page.navigate", url=url)
        await self.loaded()

    async def loaded(self) -> None:
        """Wait until the page that is on its way is there."""
        while not any(event["method"] == "Page.loadEventFired" for event in self._events):
            await self._receive()

    async def submit(self, selector: str) -> None:
        """Send a form, as a press of its button would."""
        self._events.clear()
        await self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")
        await self.loaded()

    async def evaluate(self, expression: str) -> Any:
        result = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(str(result["exceptionDetails"]))
        return result["result"].get("value")

    async def requested(self) -> list[str]:
        """The addresses that were asked for since the last page was opened."""
        events = [event for event in self._events if event["method"] == "Network.requestWillBeSent"]
        return [str(event["params"]["request"]["url"]) for event in events]

    async def screenshot(self, path: Path) -> None:
        result = await self.call("Page.captureScreenshot", captureBeyondViewport=True)
        await asyncio.to_thread(path.write_bytes, base64.b64decode(result["data"]))

    async def _receive(self) -> dict[str, Any]:
        message: dict[str, Any] = await self._socket.receive_json(timeout=PATIENCE)
        if "method" in message:
            self._events.append(message)
            if message["method"] == "Log.entryAdded":
                self.complaints.append(str(message["params"]["entry"]["text"]))
        return message


@asynccontextmanager
async def chromium(profile: Path) -> AsyncIterator[Tab]:
    """A tab of a fresh browser."""
    assert CHROMIUM is not None
    process = await asyncio.create_subprocess_exec(
        CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
        "--no-first-run", "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
            port = await _port(profile / "DevToolsActivePort")
            async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                pages = await answer.json()
            address = next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page")
            async with session.ws_connect(address, max_msg_size=0) as socket:
                tab = Tab(socket)
                await tab.start()
                yield tab
    finally:
        process.terminate()
        await process.wait()


async def _port(path: Path) -> int:
    while True:
        text = await asyncio.to_thread(lambda: path.read_text() if path.exists() else "")
        if text.count("\n"):
            return int(text.splitlines()[0])
        await asyncio.sleep(0.05)
