"""A local Google: the Sheets v4 endpoints and the token endpoints, over plain HTTP, for unmodified clients.

    with SheetsServer() as google:
        sheet = google.add("sheet-1", "Sheet1", [["id", "name"], ["c1", "Jane"]])
        key_file = google.key_file(tmp_path)      # a service account's key, its token_uri being this server
        ... read the spreadsheet "sheet-1" at google.url ...

It is as strict as the service: grid limits, scopes, sharing, RAW and USER_ENTERED, trailing empty cells left out, null
skipped. ``calls`` holds what was asked of Sheets, ``token_calls`` what was asked of the token endpoints. ``once`` lets
a person edit in between; ``fail`` makes the service fail.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.google_keys import private_key, verified
from tests.support.sheets_grid import Refused, Sheet, area_of, as_typed, beyond, values_in

ACCOUNT = "robot@example-project.iam.gserviceaccount.com"
READ = "https://www.googleapis.com/auth/spreadsheets.readonly"
WRITE = "https://www.googleapis.com/auth/spreadsheets"


@dataclass(frozen=True)
class Call:
    """One request to Sheets."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    body: Any

    @property
    def writes(self) -> bool:
        """Whether it changes something. The service skips null: with nothing else a call only asks whether it might."""
        data = (self.body or {}).get("data") or []
        asks = bool(data) and all(value is None for part in data for row in part["values"] for value in row)
        return self.method != "GET" and not asks


@dataclass
class Fault:
    """Answers matching requests otherwise than asked, ``times`` times: an error, a delay, a closed connection."""

    match: str
    status: int
    payload: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    skip: int = 0
    delay: float = 0.0


class SheetsServer:
    """The local Google. Thread-safe as far as tests need: one request at a time."""

    def __init__(self) -> None:
        self.spreadsheets: dict[str, list[Sheet]] = {}
        self.roles: dict[str, str] = {}
        self.calls: list[Call] = []
        self.token_calls: list[dict[str, str]] = []
        self.scopes: dict[str, str] = {}
        self.headers: list[Mapping[str, str]] = []
        self._faults: list[Fault] = []
        self._once: list[tuple[str, int, Callable[[], object]]] = []
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> SheetsServer:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    # What a test arranges.

    def add(self, spreadsheet: str, title: str, rows: Sequence[Sequence[Any]], **grid: Any) -> Sheet:
        """A worksheet in a spreadsheet that is shared with us as Editor. The grid is as large as a new sheet's."""
        sheets = self.spreadsheets.setdefault(spreadsheet, [])
        width = max([26, *map(len, rows)])
        grid = {"row_count": max(1000, len(rows)), "column_count": width, "id": len(sheets) * 7} | grid
        sheets.append(Sheet(title, [list(row) for row in rows], **grid))
        self.roles.setdefault(spreadsheet, "writer")
        return sheets[-1]

    def key_file(self, folder: Path, **changes: Any) -> Path:
        """A service account's key file, as the console downloads it."""
        info = {
            "type": "service_account",
            "project_id": "example-project",
            "private_key_id": "0123456789abcdef",
            "private_key": private_key(),
            "client_email": ACCOUNT,
            "client_id": "1",
            "token_uri": f"{self.url}/token",
        }
        file = folder / "service-account.json"
        file.write_text(json.dumps(info | changes))
        return file

    def federation_file(self, folder: Path) -> Path:
        """A workload identity federation's file: an outside token is exchanged for one of Google's."""
        (folder / "outside-token").write_text("outside")
        pool = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q"
        file = folder / "federation.json"
        file.write_text(
            json.dumps(
                {
                    "type": "external_account",
                    "audience": pool,
                    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                    "token_url": f"{self.url}/sts",
                    "credential_source": {"file": str(folder / "outside-token")},
                }
            )
        )
        return file

    def once(self, match: str, action: Callable[[], object], *, skip: int = 0) -> None:
        """Do something just before the first request whose "METHOD path" contains ``match``, after ``skip`` others."""
        self._once.append((match, skip, action))

    def fail(self, match: str, status: int, payload: Any = None, **more: Any) -> None:
        """Answer requests whose "METHOD path" contains ``match`` with an error. Status 0 closes the connection."""
        self._faults.append(Fault(match, status, payload, **more))

    @property
    def writes(self) -> list[Call]:
        """The calls that change something."""
        return [call for call in self.calls if call.writes]

    # What the server answers.

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Status, payload and headers for one request."""
        parts = urlsplit(target)
        with self._lock:
            delay = 0.0
            self.headers.append(headers)
            if parts.path.startswith("/v4/"):
                data = json.loads(body) if body else None
                self.calls.append(Call(method, unquote(parts.path), parse_qs(parts.query), data))
            label = f"{method} {unquote(parts.path)}"
            self._run_once(label)
            fault = self._fault(label)
            if fault is None:
                try:
                    return 200, self._serve(method, parts.path, parse_qs(parts.query), headers, body), {}
                except Refused as refused:
                    return refused.code, refused.payload, {}
            delay = fault.delay
        time.sleep(delay)
        return fault.status, fault.payload, fault.headers

    def _run_once(self, label: str) -> None:
        for index, (match, skip, action) in enumerate(self._once):
            if match in label:
                if skip:
                    self._once[index] = (match, skip - 1, action)
                    continue
                del self._once[index]
                action()
                return

    def _fault(self, label: str) -> Fault | None:
        for fault in self._faults:
            if fault.match in label and fault.times:
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                return fault
        return None

    def _serve(
        self, method: str, path: str, query: Mapping[str, list[str]], headers: Mapping[str, str], body: bytes
    ) -> Any:
        if path in ("/token", "/sts"):
            return self._token({name: values[0] for name, values in parse_qs(body.decode()).items()})
        found = re.fullmatch(r"/v4/spreadsheets/([^/:]+)(?:/values/(.+)|/(values:\w+)|:(batchUpdate))?", path)
        if not found:
            raise Refused(404, "Not found", "NOT_FOUND")
        spreadsheet, area, values, change = found.groups()
        writes = change is not None or values == "values:batchUpdate"
        sheets = self._allowed(headers.get("authorization", ""), spreadsheet, writes=writes)
        data = json.loads(body) if body else {}
        if change:
            return self._change(spreadsheet, sheets, data)
        if values == "values:batchUpdate":
            return self._write(spreadsheet, sheets, data)
        if values == "values:batchGet":
            return {"spreadsheetId": spreadsheet, "valueRanges": [values_in(sheets, a, query) for a in query["ranges"]]}
        if area:
            return values_in(sheets, unquote(area), query)
        properties = [sheet.properties | {"index": index} for index, sheet in enumerate(sheets)]
        return {"spreadsheetId": spreadsheet, "sheets": [{"properties": found} for found in properties]}

    def _token(self, form: dict[str, str]) -> dict[str, Any]:
        self.token_calls.append(form)
        if "assertion" in form:
            scope = verified(form["assertion"])["scope"]
        else:
            if form.get("subject_token") != "outside":
                raise Refused(400, "unknown subject token", "INVALID_ARGUMENT")
            scope = form["scope"]
        token = f"token-{len(self.token_calls)}"
        self.scopes[token] = scope
        kind = "urn:ietf:params:oauth:token-type:access_token"
        return {"access_token": token, "expires_in": 3600, "token_type": "Bearer", "issued_token_type": kind}

    def _allowed(self, authorization: str, spreadsheet: str, *, writes: bool) -> list[Sheet]:
        scope = self.scopes.get(authorization.removeprefix("Bearer "))
        if scope is None:
            raise Refused(401, "Request had invalid authentication credentials.", "UNAUTHENTICATED")
        if scope not in ((WRITE,) if writes else (READ, WRITE)):
            reason = "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
            raise Refused(403, "Request had insufficient authentication scopes.", "PERMISSION_DENIED", reason)
        if spreadsheet not in self.spreadsheets:
            raise Refused(404, "Requested entity was not found.", "NOT_FOUND")
        if self.roles[spreadsheet] not in (("writer",) if writes else ("writer", "reader")):
            raise Refused(403, "The caller does not have permission", "PERMISSION_DENIED")
        return self.spreadsheets[spreadsheet]

    def _change(self, spreadsheet: str, sheets: list[Sheet], data: Any) -> Any:
        for request in data["requests"]:
            change = request["appendDimension"]
            sheet = next(sheet for sheet in sheets if sheet.id == change["sheetId"])
            if change["dimension"] != "COLUMNS":
                raise Refused(400, "only columns here", "INVALID_ARGUMENT")
            sheet.column_count += change["length"]
        return {"spreadsheetId": spreadsheet, "replies": [{} for _ in data["requests"]]}

    def _write(self, spreadsheet: str, sheets: list[Sheet], data: Any) -> Any:
        responses = []
        for part in data["data"]:
            area = area_of(sheets, part["range"])
            if area.bottom > area.sheet.row_count or area.right >= area.sheet.column_count:
                raise beyond(area)
            if len(part["values"]) > area.bottom - area.top + 1:
                raise Refused(400, "Requested writing within range, but tried writing to row", "INVALID_ARGUMENT")
            for down, row in enumerate(part["values"]):
                for across, value in enumerate(row):
                    if value is not None:
                        typed = as_typed(value, data["valueInputOption"])
                        area.sheet.put(area.top + down, area.left + across, typed)
            responses.append({"spreadsheetId": spreadsheet, "updatedRange": part["range"]})
        cells = sum(len(row) for part in data["data"] for row in part["values"])
        return {"spreadsheetId": spreadsheet, "totalUpdatedCells": cells, "responses": responses}


def _handler(server: SheetsServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, payload, more = server.answer(self.command, self.path, headers, body)
            if status == 0:
                self.close_connection = True
                return
            text = payload if isinstance(payload, str) else json.dumps(payload if payload is not None else {})
            data = text.encode()
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_PUT = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            """Tests are quiet."""

    return Handler
