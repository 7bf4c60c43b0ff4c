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
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt

ACCOUNT = "robot@example-project.iam.gserviceaccount.com"
READ = "https://www.googleapis.com/auth/spreadsheets.readonly"
WRITE = "https://www.googleapis.com/auth/spreadsheets"


@dataclass(frozen=True)
class Date:
    """A cell that holds a number and shows it as a date."""

    serial: float
    shown: str


@dataclass(frozen=True)
class Formula:
    """A cell that somebody typed ``=…`` into, and what it shows."""

    typed: str
    shows: str = "#NAME?"


class Refused(Exception):
    """An answer in the shape that Google gives errors."""

    def __init__(self, code: int, message: str, status: str, reason: str = "", **metadata: str) -> None:
        super().__init__(message)
        error: dict[str, Any] = {"code": code, "message": message, "status": status}
        if reason:
            info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}
            error["details"] = [info | {"metadata": metadata}]
        self.code, self.payload = code, {"error": error}


@dataclass
class Sheet:
    """One worksheet: ``rows[0]`` is row 1. People edit it directly, the server through requests."""

    title: str
    rows: list[list[Any]]
    id: int = 0
    row_count: int = 1000
    column_count: int = 26
    hidden: bool = False
    chart: bool = False

    def column(self, name: str, header_row: int = 1) -> list[Any]:
        """The cells under a header, empty ones as ""."""
        position = self.rows[header_row - 1].index(name)
        return [
            row[position] if position < len(row) and row[position] is not None else "" for row in self.body(header_row)
        ]

    def body(self, header_row: int = 1) -> list[list[Any]]:
        """The rows below the header."""
        return self.rows[header_row:]

    def sort(self, key: Callable[[list[Any]], Any], header_row: int = 1) -> None:
        """A person sorts the rows below the header."""
        self.rows[header_row:] = sorted(self.rows[header_row:], key=key)

    def insert(self, number: int, cells: Sequence[Any] = ()) -> None:
        """A person inserts a row, which then has this number."""
        self.rows.insert(number - 1, list(cells))
        self.row_count += 1

    def delete(self, number: int) -> None:
        """A person deletes a row."""
        del self.rows[number - 1]
        self.row_count -= 1

    def get(self, row: int, column: int) -> Any:
        """The cell at a row number and a position from 0."""
        cells = self.rows[row - 1] if row <= len(self.rows) else []
        return cells[column] if column < len(cells) else None

    def put(self, row: int, column: int, value: Any) -> None:
        """Set a cell; what lies between it and the cells there are becomes empty."""
        while len(self.rows) < row:
            self.rows.append([])
        cells = self.rows[row - 1]
        cells.extend([None] * (column + 1 - len(cells)))
        cells[column] = value

    @property
    def properties(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "sheetId": self.id,
            "title": self.title,
            "sheetType": "OBJECT" if self.chart else "GRID",
        }
        if self.hidden:
            found["hidden"] = True
        if not self.chart:
            found["gridProperties"] = {"rowCount": self.row_count, "columnCount": self.column_count}
        return found


@dataclass(frozen=True)
class Call:
    """One request to Sheets."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    body: Any

    @property
    def writes(self) -> bool:
        return self.method != "GET"


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
            "private_key": _private_key(),
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
            return {"spreadsheetId": spreadsheet, "valueRanges": [_values(sheets, a, query) for a in query["ranges"]]}
        if area:
            return _values(sheets, unquote(area), query)
        properties = [sheet.properties | {"index": index} for index, sheet in enumerate(sheets)]
        return {"spreadsheetId": spreadsheet, "sheets": [{"properties": found} for found in properties]}

    def _token(self, form: dict[str, str]) -> dict[str, Any]:
        self.token_calls.append(form)
        if "assertion" in form:
            scope = _verified(form["assertion"])["scope"]
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
            area = _area(sheets, part["range"])
            if area.bottom > area.sheet.row_count or area.right >= area.sheet.column_count:
                raise _beyond(area)
            if len(part["values"]) > area.bottom - area.top + 1:
                raise Refused(400, "Requested writing within range, but tried writing to row", "INVALID_ARGUMENT")
            for down, row in enumerate(part["values"]):
                for across, value in enumerate(row):
                    if value is not None:
                        typed = _typed(value, data["valueInputOption"])
                        area.sheet.put(area.top + down, area.left + across, typed)
            responses.append({"spreadsheetId": spreadsheet, "updatedRange": part["range"]})
        cells = sum(len(row) for part in data["data"] for row in part["values"])
        return {"spreadsheetId": spreadsheet, "totalUpdatedCells": cells, "responses": responses}


@dataclass
class _Area:
    sheet: Sheet
    top: int
    bottom: int
    left: int
    right: int
    text: str


def _area(sheets: list[Sheet], text: str) -> _Area:
    """A range in A1 notation: a whole sheet, cells, rows, or columns; open ends reach to the edge of the grid."""
    found = re.fullmatch(r"('(?:[^']|'')+'|[^'!]+)(?:!([A-Z]*)(\d*)(?::([A-Z]*)(\d*))?)?", text)
    title = found[1] if found else ""
    title = title[1:-1].replace("''", "'") if title.startswith("'") else title
    sheet = next((sheet for sheet in sheets if sheet.title == title), None)
    if found is None or sheet is None:
        raise Refused(400, f"Unable to parse range: {text}", "INVALID_ARGUMENT")
    left, top, right, bottom = found[2] or "", found[3] or "", found[4], found[5]
    if right is None and (left or top):
        right, bottom = left, top
    return _Area(
        sheet,
        int(top or 1),
        int(bottom or sheet.row_count),
        _position(left) if left else 0,
        _position(right) if right else sheet.column_count - 1,
        text,
    )


def _position(column: str) -> int:
    position = 0
    for letter in column:
        position = position * 26 + ord(letter) - ord("A") + 1
    return position - 1


def _beyond(area: _Area) -> Refused:
    limits = f"Max rows: {area.sheet.row_count}, max columns: {area.sheet.column_count}"
    return Refused(400, f"Range ({area.text}) exceeds grid limits. {limits}", "INVALID_ARGUMENT")


def _values(sheets: list[Sheet], text: str, query: Mapping[str, list[str]]) -> dict[str, Any]:
    area = _area(sheets, text)
    if area.bottom > area.sheet.row_count or area.right >= area.sheet.column_count or area.top > area.sheet.row_count:
        raise _beyond(area)
    rows = [
        _without_tail([_rendered(area.sheet.get(row, column), query) for column in range(area.left, area.right + 1)])
        for row in range(area.top, min(area.bottom, len(area.sheet.rows)) + 1)
    ]
    rows = _without_tail(rows)
    answer: dict[str, Any] = {"range": text, "majorDimension": "ROWS"}
    return answer | {"values": rows} if rows else answer


def _without_tail(items: list[Any]) -> list[Any]:
    """What the service leaves out: empty cells at a row's end, empty rows at a range's end."""
    end = len(items)
    while end and items[end - 1] in ("", []):
        end -= 1
    return items[:end]


def _rendered(value: Any, query: Mapping[str, list[str]]) -> Any:
    formatted = query.get("valueRenderOption", ["FORMATTED_VALUE"])[0] == "FORMATTED_VALUE"
    if value is None:
        return ""
    if isinstance(value, Date):
        as_text = formatted or query.get("dateTimeRenderOption", ["SERIAL_NUMBER"])[0] == "FORMATTED_STRING"
        return value.shown if as_text else value.serial
    if isinstance(value, Formula):
        return value.shows
    if formatted and isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value) if formatted else value


def _typed(value: Any, option: str) -> Any:
    """What a written value becomes: as it is with RAW, as if typed by a person with USER_ENTERED."""
    if value == "":
        return None
    if option == "USER_ENTERED" and isinstance(value, str):
        return Formula(value) if value.startswith("=") else int(value) if value.isdigit() else value
    return value


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


@cache
def _keys() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _private_key() -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return _keys().private_bytes(encoding, form, serialization.NoEncryption()).decode()


def _public_key() -> bytes:
    return (
        _keys().public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def _verified(assertion: str) -> Any:
    """The claims that a service account signed with its key."""
    decode: Callable[..., Any] = jwt.decode
    return decode(assertion, certs=_public_key())
