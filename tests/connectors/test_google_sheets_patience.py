"""How long the Google Sheets connector waits for a service that is busy, in trouble or not there."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from connectors.contract import check_refuses
from tests.support.google_sheet_bench import ID, PEOPLE, Clock, Make, maker, rows_of
from tests.support.paths import ROOT
from tests.support.sheets_server import SheetsServer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(google: SheetsServer, tmp_path: Path, clock: Clock) -> Make:
    return maker(google, tmp_path, clock)


class TestPatience:
    async def test_a_quota_is_waited_for_as_long_as_the_service_asks(
        self, google: SheetsServer, make: Make, clock: Clock
    ) -> None:
        google.add(ID, "Sheet1", PEOPLE)
        google.fail("GET", 429, headers={"Retry-After": "17"})
        assert len(await rows_of(make())) == 3
        assert clock.waits == [17]

    async def test_a_quota_without_a_word_is_waited_for_into_the_next_minute_and_no_longer(
        self, google: SheetsServer, make: Make, clock: Clock
    ) -> None:
        google.fail("GET", 429, times=99)
        error = await check_refuses(make)
        assert "quota of requests per minute" in str(error)
        assert 60 < sum(clock.waits) < 120
        assert len(google.calls) == len(clock.waits) + 1

    async def test_a_wait_that_is_too_long_is_not_begun(self, google: SheetsServer, make: Make, clock: Clock) -> None:
        google.fail("GET", 429, headers={"Retry-After": "3600"}, times=99)
        await check_refuses(make)
        assert clock.waits == []

    @pytest.mark.parametrize("status", [500, 502, 503, 408, 0])
    async def test_trouble_that_passes_is_survived(
        self, google: SheetsServer, make: Make, clock: Clock, status: int
    ) -> None:
        google.add(ID, "Sheet1", PEOPLE)
        google.fail("GET", status, "<html>", times=2)
        assert len(await rows_of(make())) == 3
        assert clock.waits == [1, 2]

    async def test_trouble_that_stays_is_given_up(self, google: SheetsServer, make: Make, clock: Clock) -> None:
        google.fail("GET", 503, times=99)
        assert "HTTP 503" in str(await check_refuses(make))
        assert (len(google.calls), sum(clock.waits)) == (5, 15)

    async def test_a_service_that_does_not_answer_is_given_up(self, google: SheetsServer, make: Make) -> None:
        google.fail("GET", 200, delay=0.5, times=99)
        assert "did not answer within 0.1 seconds" in str(await check_refuses(lambda: make(timeout=0.1)))

    async def test_an_address_where_nobody_is(self, make: Make) -> None:
        error = await check_refuses(lambda: make(api_url="http://127.0.0.1:1"))
        assert str(error) == (
            "http://127.0.0.1:1/v4/spreadsheets could not be reached (Connection refused). "
            "Check the network and the proxy."
        )

    async def test_a_sign_in_where_nobody_is(self, google: SheetsServer, make: Make, tmp_path: Path) -> None:
        google.key_file(tmp_path, token_uri="http://127.0.0.1:1/token")
        assert "Google's sign-in could not be reached (Connection refused)" in str(await check_refuses(make))

    async def test_reading_leaves_the_event_loop_free(self, google: SheetsServer, make: Make) -> None:
        google.add(ID, "Sheet1", PEOPLE)
        google.fail("GET", 500, delay=0.3)
        reading_rows = asyncio.create_task(rows_of(make()))
        ticks = 0
        while not reading_rows.done():
            await asyncio.sleep(0.01)
            ticks += 1
        assert ticks > 10


def test_a_request_that_hangs_does_not_keep_the_process_from_ending(google: SheetsServer, tmp_path: Path) -> None:
    google.key_file(tmp_path)
    google.fail("GET", 200, delay=20)
    script = f"""
import asyncio, pathlib
from connectors.base import Context
from connectors.google_sheets import GoogleSheetsConnector, GoogleSheetsOptions
options = GoogleSheetsOptions(spreadsheet="{ID}", credentials="service-account.json", api_url="{google.url}")
async def main():
    connector = GoogleSheetsConnector(options, Context(pathlib.Path({str(tmp_path)!r})))
    await asyncio.wait([asyncio.ensure_future(connector.columns())], timeout=1)
    await connector.close()
asyncio.run(main())
"""
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT, timeout=15)
    assert time.monotonic() - started < 10
    assert google.calls
