"""Getting in to a CRM and staying safe: credentials where they belong and nowhere else, bounds on what comes back."""

from __future__ import annotations

import base64
import gzip
import logging
import shutil
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from connectors.base import Context, IncompleteRead
from connectors.crm import CrmConnector, CrmOptions
from connectors.crm.secrets import Scrubber, what_it_said
from connectors.patience import Timing
from tests.support.crm_server import NOW, CrmServer, Fault, broken, connector, rows_of

SECRET = "s3cr3t/+ token"
OAUTH: dict[str, Any] = {"type": "oauth2", "client_id": "me", "client_secret": SECRET}


def header(name: str, value: str) -> Callable[[web.Request], bool]:
    """Lets in whoever sends this header."""
    return lambda request: request.headers.get(name) == value


@pytest.mark.parametrize(
    ("auth", "allow"),
    [
        ({"type": "bearer", "token": SECRET}, header("Authorization", f"Bearer {SECRET}")),
        ({"type": "bearer", "token": SECRET, "scheme": "Token"}, header("Authorization", f"Token {SECRET}")),
        ({"type": "api_key", "key": SECRET, "header": "X-Key"}, header("X-Key", SECRET)),
        ({"type": "api_key", "key": SECRET, "param": "key"}, lambda request: request.query.get("key") == SECRET),
        (
            {"type": "basic", "username": "me", "password": SECRET},
            header("Authorization", "Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode()),
        ),
    ],
)
@pytest.mark.parametrize("way", ["page", "next", "link"])
async def test_every_page_is_asked_for_with_the_credentials(
    auth: dict[str, str], allow: Callable[[web.Request], bool], way: str
) -> None:
    async with CrmServer(allow=allow) as server:
        assert len(await rows_of(connector(server, way, auth=auth))) == 25


async def test_a_wrong_token_is_explained_in_the_words_of_the_crm() -> None:
    async with CrmServer(allow=lambda request: False) as server:
        _, error = await broken(connector(server, token="wrong"))
        assert len(server.seen) == 1
    assert "401 Unauthorized: Your token is not valid. (check the token" in str(error)
    assert "wrong" not in str(error)


async def test_a_token_that_is_revoked_half_way_makes_the_read_incomplete() -> None:
    async with CrmServer(allow=lambda request: "start" not in request.query) as server:
        rows, error = await broken(connector(server, "next", token="t"))
    assert isinstance(error, IncompleteRead)
    assert len(rows) == 10


async def test_client_credentials_fetch_a_token_once() -> None:
    async with CrmServer() as server:
        server.allow = lambda request: request.headers.get("Authorization") == f"Bearer {server.tokens[-1]}"
        auth = {**OAUTH, "token_url": f"{server.url}/token", "scope": "read", "params": {"audience": "crm"}}
        assert len(await rows_of(connector(server, auth=auth))) == 25
        assert len(server.tokens) == 1
        assert server.bodies[0] == {
            "grant_type": "client_credentials", "client_id": "me", "client_secret": SECRET, "scope": "read",
            "audience": "crm",
        }  # fmt: skip


async def test_a_refresh_token_is_exchanged_and_followed_when_it_rotates() -> None:
    def grant(form: dict[str, str]) -> web.Response:
        number = int(form["refresh_token"].removeprefix("refresh-")) + 1
        return web.json_response({"access_token": f"access-{number}", "refresh_token": f"refresh-{number}"})

    async with CrmServer(token_answer=grant) as server:
        # Access token 1 opens the first two pages only, as if it had been revoked.
        server.allow = lambda request: (
            request.headers["Authorization"] == f"Bearer access-{2 if request.query['page'] > '2' else 1}"
        )
        auth = {**OAUTH, "token_url": f"{server.url}/token", "refresh_token": "refresh-0", "client_auth": "basic"}
        assert len(await rows_of(connector(server, auth=auth))) == 25
        forms = [body for body in server.bodies if body]
    assert [form["refresh_token"] for form in forms] == ["refresh-0", "refresh-1"]
    assert "client_secret" not in forms[0]


async def test_a_token_is_renewed_before_it_expires() -> None:
    clock = [0.0]

    def grant(form: dict[str, str]) -> web.Response:
        return web.json_response({"access_token": f"at-{clock[0]:g}", "expires_in": 100})

    async with CrmServer(token_answer=grant) as server:
        options = {"auth": {**OAUTH, "token_url": f"{server.url}/token"}, "requests_per_second": 10_000}
        options |= {"url": f"{server.url}/page", "paging": {"type": "page"}, "records": "data"}
        timing = Timing(now=lambda: NOW, monotonic=lambda: clock[0])
        source = CrmConnector(CrmOptions.model_validate(options), Context(Path()), timing=timing)
        read = source.read(None)
        await anext(read)
        clock[0] = 51.0
        assert len([row async for row in read]) == 24
        await source.close()
        used = [request.headers.get("Authorization") for request in server.seen]
    assert used == [None, "Bearer at-0", None, "Bearer at-51", "Bearer at-51", "Bearer at-51"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda: web.json_response({"error": "invalid_client", "error_description": "No such app"}, status=400),
         "the token was refused: 400 Bad Request: No such app"),
        (lambda: web.json_response({"error": "invalid_code"}), "gave no access token: invalid_code"),
        (lambda: web.Response(text="hello"), "gave no access token: hello"),
    ],
)  # fmt: skip
async def test_a_refused_token_is_explained(answer: Callable[[], web.Response], said: str) -> None:
    async with CrmServer(token_answer=lambda form: answer()) as server:
        _, error = await broken(connector(server, auth={**OAUTH, "token_url": f"{server.url}/token"}))
    assert said in str(error)


async def test_a_401_that_stays_ends_the_read() -> None:
    async with CrmServer(allow=lambda request: False) as server:
        _, error = await broken(connector(server, auth={**OAUTH, "token_url": f"{server.url}/token"}))
        assert len(server.tokens) == 2
    assert "401" in str(error)


@pytest.mark.parametrize("way", ["next", "link"])
@pytest.mark.parametrize("origin", ["http://localhost:{port}", "https://127.0.0.1:{port}", "http://127.0.0.1:1"])
async def test_a_next_address_elsewhere_is_refused(way: str, origin: str) -> None:
    """Same machine, but another name, scheme or port: the credentials must not go there."""
    async with CrmServer() as server:
        server.next_origin = origin.format(port=server.url.rsplit(":", 1)[1])
        rows, error = await broken(connector(server, way, token=SECRET))
        assert len(server.seen) == 1
    assert isinstance(error, IncompleteRead)
    assert "refused, because the credentials would go there" in str(error)
    assert len(rows) == 10


async def test_redirects_are_not_followed() -> None:
    async with CrmServer() as other:
        fault = Fault(status=307, headers={"Location": f"{other.url}/page?page=2&secret=1"})
        async with CrmServer(faults={2: fault}) as server:
            _, error = await broken(connector(server, token=SECRET))
        assert other.seen == []
    assert f"redirects to {other.url}/page, which is not followed" in str(error)


@pytest.mark.parametrize("encoding", [None, "gzip"])
async def test_the_size_of_a_page_is_bounded_after_decompression(encoding: str | None) -> None:
    body = b'{"data": [' + b" " * 60_000_000 + b"]}"
    fault = Fault(status=200, body=gzip.compress(body) if encoding else body)
    if encoding:
        fault.headers = {"Content-Encoding": encoding}
    async with CrmServer(faults={2: fault}) as server:
        rows, error = await broken(connector(server, max_page_mb=1))
        assert len(server.seen) == 2  # asking again would not make it smaller
    assert "larger than 1 MB" in str(error)
    assert len(rows) == 10


async def test_a_body_without_end_is_given_up() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"[" * 100_000)

    async with CrmServer(extra={"/endless/api": endless}) as server:
        _, error = await broken(connector(server, url=f"{server.url}/endless/api", max_page_mb=1))
    assert "larger than 1 MB" in str(error)


async def test_deep_nesting_is_no_way_to_crash() -> None:
    async with CrmServer(faults={1: Fault(status=200, body="[" * 200_000)}) as server:
        _, error = await broken(connector(server))
    assert "not JSON" in str(error)


async def test_certificates_are_checked(tmp_path: Path) -> None:
    async with CrmServer(tls=self_signed(tmp_path)) as server:
        _, error = await broken(connector(server, token=SECRET))
        assert server.seen == []
    assert "certificate of 127.0.0.1 is not trusted" in str(error)


async def test_a_host_that_is_not_there_is_named() -> None:
    async with CrmServer() as server:
        source = connector(server, url="http://127.0.0.1:1/people", retries=0)
        _, error = await broken(source)
    assert "127.0.0.1:1: Connect" in str(error) or "127.0.0.1:1: Connection refused" in str(error)


ECHOES = [
    {"token": SECRET},
    {"auth": {"type": "api_key", "param": "key", "key": SECRET}},
    {"auth": {"type": "basic", "username": "me", "password": SECRET}},
    {"headers": {"X-Secret": SECRET}},
]


@pytest.mark.parametrize("secrets", ECHOES)
async def test_secrets_never_show_even_if_the_crm_echoes_them(
    secrets: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    async def echo(request: web.Request) -> web.Response:
        told = [request.headers.get("Authorization"), request.headers.get("X-Secret"), str(request.url), SECRET]
        return web.json_response({"message": f"you sent {told}"}, status=403)

    caplog.set_level(logging.DEBUG)
    async with CrmServer(extra={"/echo/api": echo}) as server:
        source = connector(server, url=f"{server.url}/echo/api", **secrets)
        _, error = await broken(source)
    encoded = base64.b64encode(f"me:{SECRET}".encode()).decode()
    for form in (SECRET, "s3cr3t", encoded):
        assert form not in str(error)
        assert form not in repr(source._options)
        assert form not in "".join(r.getMessage() for r in caplog.records if not r.name.startswith("aiohttp.access"))
    assert "you sent" in str(error)
    assert error.__cause__ is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"message": "Session expired"}', "Session expired"),
        ('[{"errorCode": "INVALID_SESSION_ID", "message": "Session expired"}]', "Session expired"),
        ('{"error": {"type": "AUTHENTICATION_REQUIRED", "message": "Log in first"}}', "Log in first"),
        ('{"errors": [{"detail": "Bad scope"}]}', "Bad scope"),
        ('{"error": "unauthorized access", "success": false}', "unauthorized access"),
        ("<html><style>p{}</style><p>Not\n allowed</p></html>", "Not allowed"),
        ("", ""),
        ("x" * 1000, "x" * 300 + "…"),
    ],
)  # fmt: skip
def test_what_a_crm_said_is_found(body: str, said: str) -> None:
    assert what_it_said(body) == said


def test_a_secret_within_a_secret_leaves_nothing_behind() -> None:
    scrubber = Scrubber()
    scrubber.add("abc")
    scrubber.add("abcdef")
    assert scrubber.clean("abcdef, abc") == "***, ***"


def self_signed(folder: Path) -> ssl.SSLContext:
    """A certificate that nobody has signed."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: no certificate to be wrong")
    key, certificate = str(folder / "key.pem"), str(folder / "certificate.pem")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "2"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
