"""The page in a headless Chromium: it fits, complains of nothing, and every decision can be made, scripts or none."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.daemon.conftest import rows
from tests.support.browser import CHROMIUM, Tab, chromium
from tests.support.daemons import TOKEN
from tests.support.visitor import Visitor

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")

VIEWS = (
    "/", "/syncs/customers", "/syncs/customers/runs", "/syncs/customers/contacts", "/syncs/customers/mapping",
    "/runs/1", "/contacts?sync=customers&key=c7", "/search?q=Ana7", "/login", "/runs/99",
)  # fmt: skip


async def sign_in(tab: Tab, address: str) -> None:
    await tab.open(f"{address}/login")
    await tab.evaluate(f"document.querySelector('#token').value = '{TOKEN}'")
    await tab.submit(".login button")


async def text(tab: Tab) -> str:
    """What is to be read; nothing while the page is being loaded again."""
    return " ".join(str(await tab.evaluate("document.querySelector('main')?.innerText ?? ''")).split())


async def test_every_view_fits_and_complains_of_nothing(decided: Visitor, tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{decided.daemon.port}"
    decided.daemon.csv.write_text(rows({"c9": "x" * 90}, without=range(1, 31)).replace("+14155550050", "12"))
    decided.go("/syncs/customers")
    decided.press("Sync now")
    async with chromium(tmp_path / "profile") as tab:
        await sign_in(tab, address)
        for path in VIEWS:
            for width, dark in ((320, False), (390, True), (1280, False)):
                await tab.size(width, 800, dark=dark)
                await tab.open(address + path)
                asked = {url for url in await tab.requested() if not url.startswith("data:")}
                assert asked == {address + path}, path
                assert await tab.evaluate("document.documentElement.scrollWidth") == width, (path, width)
                back = await tab.evaluate("getComputedStyle(document.body).backgroundColor")
                assert back == ("rgb(21, 23, 26)" if dark else "rgb(246, 246, 244)")
        assert [each for each in tab.complaints if "404" not in each] == []  # that of the run that is none


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_person_decides(decided: Visitor, tmp_path: Path, scripts: bool) -> None:
    address, daemon = f"http://127.0.0.1:{decided.daemon.port}", decided.daemon
    async with chromium(tmp_path / "profile") as tab:
        await tab.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        await sign_in(tab, address)
        # which forty deletes wait, and thirty-eight of them go
        daemon.csv.write_text(rows({"c45": "Ode"}, without=range(1, 41)))
        await tab.open(f"{address}/syncs/customers")
        await tab.submit("form[action$='/run'] button")
        await tab.open(f"{address}/syncs/customers")
        assert "40 deletes held back" in await text(tab)
        for key in ("c3", "c4"):
            await tab.evaluate(f"document.querySelector('input[value={key}]').click()")
        label = await tab.evaluate("document.querySelector('.decide button').textContent")
        assert label == ("Delete these 38" if scripts else "Delete these 40")
        await tab.submit(".decide button.main")
        assert "38 deleted" in await text(tab)
        # who was deleted, and what became of her
        await tab.open(f"{address}/search?q=Ana12")
        # the run before is undone, shown first
        await tab.open(f"{address}/runs/2")
        assert "Ode" in await text(tab)
        await tab.submit("form[action$=undo] button")
        assert "This would touch 1 contact" in await text(tab)
        await tab.submit("form[action$=apply] button")
        assert "It put back run 2" in await text(tab)
        # exactly what a preview showed
        await tab.open(f"{address}/syncs/customers")
        await tab.submit("form[action$=preview] button")
        await tab.submit("form[action$=apply] button")
        assert "1 changed" in await text(tab)
        # a look, and one contact put back
        await tab.open(f"{address}/contacts?sync=customers&key=c45")
        await tab.submit("form[action$=look] button")
        assert "As OpenPhone answered" in await text(tab)
        await tab.submit("form[action$=back] button")
        await tab.submit("form[action$=apply] button")
        assert "By the page" in (await text(tab)).replace("\n", " ")
        assert tab.complaints == []


async def test_progress_is_live_and_the_page_ends_as_it_shall(decided: Visitor, tmp_path: Path) -> None:
    address, daemon = f"http://127.0.0.1:{decided.daemon.port}", decided.daemon
    many = "".join(f"d{n},Bo{n},Ode,+1415666{n:04d}\n" for n in range(150))
    daemon.csv.write_text(rows() + many)
    async with chromium(tmp_path / "profile") as tab:
        await sign_in(tab, address)
        await asyncio.to_thread(decided.daemon.post, "/syncs/customers/run", Authorization=f"Bearer {TOKEN}")
        await tab.open(f"{address}/syncs/customers")
        until = asyncio.get_running_loop().time() + 60
        while "of 150" not in await text(tab):
            assert asyncio.get_running_loop().time() < until, await text(tab)
            await asyncio.sleep(0.1)
        while "150 added" not in await text(tab):
            assert asyncio.get_running_loop().time() < until, await text(tab)
            await asyncio.sleep(0.1)
        assert tab.complaints == []
