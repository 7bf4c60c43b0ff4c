"""The six things we ask of Google Sheets, off the event loop and bounded in time. Imports gspread.

Nothing here is tried again; callers do so with their ``Patience``, a write together with the read that it rests on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from requests import JSONDecodeError

from connectors.google_sheets.credentials import find_credentials
from connectors.google_sheets.errors import Transient
from connectors.google_sheets.grid import Values
from connectors.google_sheets.options import GoogleSheetsOptions
from connectors.google_sheets.transport import Transport
from connectors.patience import Timing
from connectors.threads import in_thread

T = TypeVar("T")

_AS_TYPED = {"valueRenderOption": "UNFORMATTED_VALUE", "dateTimeRenderOption": "FORMATTED_STRING"}
"""Numbers as numbers, booleans as booleans, dates as the sheet shows them."""

_METADATA = "sheets.properties(sheetId,title,index,hidden,gridProperties(rowCount,columnCount))"
_NOT_SHEETS = "An answer was not one of Google Sheets'. Is there a proxy in between that wants a password?"

_DEADLINE = 3
"""Time-outs that one call may take: one to sign in, one to ask, one for an answer that comes in drops."""


class SheetsClient:
    """One spreadsheet, signed in. Every failure is a SourceError."""

    def __init__(self, transport: Transport, spreadsheet: str) -> None:
        self._transport = transport
        self._spreadsheet = spreadsheet

    @classmethod
    async def open(cls, options: GoogleSheetsOptions, folder: Path, timing: Timing) -> SheetsClient:
        """A client with the credentials that ``options`` name; the first request signs in."""
        writes = options.write_back is not None
        credentials = await _aside(partial(find_credentials, options.credentials, folder, writes=writes))
        transport = Transport(
            credentials,
            options.spreadsheet,
            writes=writes,
            api_url=options.api_url,
            timeout=options.timeout,
            timing=timing,
        )
        return cls(transport, options.spreadsheet)

    @property
    def requests(self) -> int:
        """How many requests were made so far."""
        return self._transport.requests

    async def worksheets(self) -> Sequence[Mapping[str, Any]]:
        """The properties of all tabs, hidden ones and charts included."""
        answer = await self._ask(lambda http, id: http.spreadsheets_get(id, params={"fields": _METADATA}))
        found: Sequence[Mapping[str, Any]] = answer.get("sheets", [])
        return found

    async def values(self, area: str) -> Values:
        """The cells of one range."""
        answer = await self._ask(lambda http, id: http.values_get(id, area, params=dict(_AS_TYPED)))
        found: Values = answer.get("values", [])
        return found

    async def values_of(self, areas: Sequence[str]) -> list[Values]:
        """The cells of several ranges as they stood at one moment."""
        answer = await self._ask(lambda http, id: http.values_batch_get(id, list(areas), params=dict(_AS_TYPED)))
        found = [part.get("values", []) for part in answer.get("valueRanges", [])]
        if len(found) != len(areas):
            raise Transient(_NOT_SHEETS)
        return found

    async def write(self, areas: Mapping[str, Sequence[Sequence[str]]]) -> None:
        """Write ranges in one request. RAW: no text is ever taken for a formula, a date or a number."""
        data = [{"range": area, "values": values} for area, values in areas.items()]
        body = {"valueInputOption": "RAW", "data": data}
        await self._ask(lambda http, id: http.values_batch_update(id, body))

    async def touch(self, areas: Sequence[str]) -> None:
        """A write that changes nothing, for the service skips null: whether we may write is asked in no other way."""
        data = [{"range": area, "values": [[None]]} for area in areas]
        body = {"valueInputOption": "RAW", "data": data}
        await self._ask(lambda http, id: http.values_batch_update(id, body))

    async def append_columns(self, worksheet_id: int, number: int) -> None:
        """Widen a worksheet at its right edge."""
        change = {"sheetId": worksheet_id, "dimension": "COLUMNS", "length": number}
        await self._ask(lambda http, id: http.batch_update(id, {"requests": [{"appendDimension": change}]}))

    async def close(self) -> None:
        """Give the connections back."""
        self._transport.session.close()

    async def _ask(self, call: Callable[[Transport, str], Any]) -> Any:
        timeout = self._transport.timeout
        deadline = _DEADLINE * timeout if isinstance(timeout, (int, float)) else None
        try:
            async with asyncio.timeout(deadline):
                answer = await _aside(partial(call, self._transport, self._spreadsheet))
        except TimeoutError as error:
            raise Transient(f"Google Sheets did not finish its answer within {deadline:g} seconds.") from error
        except JSONDecodeError as error:
            raise Transient(_NOT_SHEETS) from error
        if not isinstance(answer, dict):
            raise Transient(_NOT_SHEETS)
        return answer


async def _aside(call: Callable[[], T]) -> T:
    return await in_thread(call, "google-sheets")
