"""Proxies and certificates: the same for OpenPhone, CRMs, Google and files. A local proxy, a certificate of our own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import trustme
from google.oauth2.credentials import Credentials
from gspread.urls import SPREADSHEETS_API_V4_BASE_URL
from yarl import URL

from connectors.base import Context, SourceError
from connectors.crm.transport import Failure, Request
from connectors.crm.transport import Transport as CrmTransport
from connectors.csv_file import CsvConnector, CsvOptions
from connectors.google_sheets.transport import Transport as GoogleTransport
from connectors.network import NetworkMisconfigured, proxy_for, tls
from connectors.patience import Timing
from sync.openphone.client import OpenPhone
from sync.openphone.errors import ServiceDown
from sync.openphone.options import OpenPhoneOptions
from tests.support.web import Asked, Page, Proxy, WebServer, trust_file

HOST = "service.test"
URL_THERE = f"https://{HOST}"
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
ENVIRONMENT = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
)


def answer(asked: Asked) -> Page:
    if asked.path.endswith(".csv"):
        return Page(b"id\nc1\n")
    return Page(b'{"data": [], "values": []}', headers={"Content-Type": "application/json"})


async def openphone(folder: Path, url: str = URL_THERE) -> None:
    options = OpenPhoneOptions.model_validate({"api_key": "key-of-tests", "base_url": url})
    async with OpenPhone(options) as client:
        await client.custom_fields()


async def crm(folder: Path, url: str = URL_THERE) -> None:
    transport = CrmTransport(requests_per_second=100, timeout=10, max_bytes=10_000)
    try:
        assert (await transport.send(Request(URL(url)))).status == 200
    finally:
        await transport.close()


async def google(folder: Path, url: str = URL_THERE) -> None:
    credentials = Credentials(token="t")  # type: ignore[no-untyped-call]
    transport = GoogleTransport(credentials, "sheet", writes=False, api_url=url, timeout=10, timing=Timing())
    transport.request("get", f"{SPREADSHEETS_API_V4_BASE_URL}/x")


async def file(folder: Path, url: str = URL_THERE) -> None:
    connector = CsvConnector(CsvOptions(path=f"{url}/people.csv"), Context(folder))
    try:
        assert await connector.columns() == ("id",)
    finally:
        await connector.close()


Way = Callable[..., Awaitable[None]]
WAYS: list[Way] = [openphone, crm, google, file]
each_way = pytest.mark.parametrize("way", WAYS)
SAID = (ServiceDown, Failure, SourceError)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def issuer() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server(issuer: trustme.CA) -> Iterator[WebServer]:
    with WebServer(answer, issuer, HOST) as served:
        yield served


@each_way
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
async def test_a_proxy_and_an_organisations_certificate(
    way: Way, variable: str, server: WebServer, issuer: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, trust_file(issuer, tmp_path))
    with Proxy(server.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        await way(tmp_path)
        assert set(proxy.asked) == {f"{HOST}:443"}
    assert server.asked


@each_way
async def test_a_certificate_that_is_not_trusted_is_said_at_once(
    way: Way, server: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy(server.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(SAID, match=r"certificate of .* is not trusted .*SSL_CERT_FILE"):
            await way(tmp_path)
        assert len(proxy.asked) == 1
    assert not server.asked


@each_way
async def test_a_certificate_for_another_host_is_said_at_once(
    way: Way, server: WebServer, issuer: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", trust_file(issuer, tmp_path))
    with pytest.raises(SAID, match=r"is not trusted .*another machine than the certificate is for"):
        await way(tmp_path, f"https://localhost:{server.port}")
    assert not server.asked


@pytest.mark.parametrize("way", [openphone, crm, file])
@pytest.mark.parametrize(("status", "said"), [(407, "wants a user and password"), (403, "refused to lead there")])
async def test_a_proxy_that_refuses_is_said_at_once(
    way: Way, status: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy(1, refuses=status) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(SAID, match=said):
            await way(tmp_path)
        assert len(proxy.asked) == 1


@pytest.mark.parametrize("way", [openphone, crm, file])
async def test_a_file_of_certificates_that_is_not_there_is_said(
    way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(SAID, match=r"SSL_CERT_FILE names .*none.pem, which does not exist"):
        await way(tmp_path)


def test_a_file_without_certificates_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "some.pem").write_text("none here")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "some.pem"))
    with pytest.raises(NetworkMisconfigured, match="holds no certificates in PEM form"):
        tls()


@pytest.mark.parametrize(
    ("address", "goes_past"),
    [
        ("https://crm.example.com/x", True),
        ("https://example.com/x", True),
        ("https://other.test/x", False),
        ("https://10.1.2.3/x", True),
        ("https://127.0.0.1:8443/x", True),
        ("https://localhost/x", True),
    ],
)
def test_what_no_proxy_names_is_asked_directly(address: str, goes_past: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "example.com,10.0.0.0/8")
    assert (proxy_for(URL(address)) is None) is goes_past


def test_a_proxy_of_another_kind_is_said_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://user:hidden-word@proxy.test:1080")
    with pytest.raises(NetworkMisconfigured, match="HTTPS_PROXY") as raised:
        proxy_for(URL(URL_THERE))
    assert "hidden-word" not in str(raised.value)
