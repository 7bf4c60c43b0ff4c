"""Files at addresses: all of them or none, no secret in a message, a web page called what it is."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from yarl import URL

from connectors.base import Connector, Context, SourceError
from connectors.contract import check_connector, check_refuses
from connectors.csv_file import CsvConnector, CsvOptions
from connectors.excel import ExcelConnector, ExcelOptions
from connectors.files import GivenFile
from connectors.files.pages import what_page
from connectors.vcard import VcardConnector, VcardOptions
from sync.redaction import secrets_in_address
from tests.support import workbooks
from tests.support.web import Asked, Page, WebServer

PEOPLE = b"id,name\nc1,Ana\nc2,Bo\n"


class Shelf:
    """What lies at each path; ``served`` are the requests."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}

    def __call__(self, asked: Asked) -> Page:
        page = self.pages.get(asked.path.partition("?")[0], Page(status=404))
        tag = page.headers.get("ETag")
        return Page(status=304) if tag and asked.headers.get("if-none-match") == tag else page


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def server(shelf: Shelf) -> Iterator[WebServer]:
    with WebServer(shelf) as served:
        yield served


def csv(folder: Path, address: str) -> CsvConnector:
    return CsvConnector(CsvOptions(path=address), Context(folder))


async def names(connector: Connector) -> list[object]:
    try:
        await connector.columns()
        return [row.cells["name"] async for row in connector.read(None)]
    finally:
        await connector.close()


async def test_each_kind_of_file_is_read_from_an_address(server: WebServer, shelf: Shelf, tmp_path: Path) -> None:
    book = workbooks.xlsx(tmp_path / "a.xlsx", [["id", "name"], [1, "Ana"]]).read_bytes()
    card = b"BEGIN:VCARD\nVERSION:3.0\nUID:c1\nFN:Ana\nEND:VCARD\n"
    shelf.pages = {"/a.csv": Page(PEOPLE), "/a.xlsx": Page(book), "/a.vcf": Page(card)}
    context = Context(tmp_path)
    assert len(await check_connector(lambda: csv(tmp_path, f"{server.url}/a.csv"))) == 2
    assert await check_connector(lambda: ExcelConnector(ExcelOptions(path=f"{server.url}/a.xlsx"), context))
    assert await check_connector(lambda: VcardConnector(VcardOptions(path=f"{server.url}/a.vcf"), context))


@pytest.mark.parametrize("asked", ["3600", "Fri, 31 Dec 2100 23:59:59 GMT"])
async def test_a_server_that_asks_for_too_long_a_wait_is_not_waited_for(
    server: WebServer, shelf: Shelf, tmp_path: Path, asked: str
) -> None:
    shelf.pages["/a.csv"] = Page(status=503, headers={"Retry-After": asked})
    error = await check_refuses(lambda: csv(tmp_path, f"{server.url}/a.csv"))
    assert "is not to be had now (HTTP 503)" in str(error)
    assert "asks to wait" in str(error)
    assert len(server.asked) == 1


async def test_a_file_that_did_not_change_is_not_loaded_again(server: WebServer, shelf: Shelf, tmp_path: Path) -> None:
    shelf.pages["/a.csv"] = Page(PEOPLE, headers={"ETag": '"1"'})
    address = f"{server.url}/a.csv"
    assert await names(csv(tmp_path, address)) == await names(csv(tmp_path, address)) == ["Ana", "Bo"]
    assert server.asked[-1].headers["if-none-match"] == '"1"'
    shelf.pages["/a.csv"] = Page(PEOPLE.replace(b"Bo", b"Ida"), headers={"ETag": '"2"'})
    assert await names(csv(tmp_path, address)) == ["Ana", "Ida"]


async def test_who_reads_a_file_keeps_it_while_a_newer_one_comes(
    server: WebServer, shelf: Shelf, tmp_path: Path
) -> None:
    shelf.pages["/a.csv"] = Page(PEOPLE, headers={"ETag": '"1"'})
    first = csv(tmp_path, f"{server.url}/a.csv")
    await first.columns()
    shelf.pages["/a.csv"] = Page(b"id,name\nc3,Eve\n", headers={"ETag": '"2"'})
    assert await names(csv(tmp_path, f"{server.url}/a.csv")) == ["Eve"]
    assert await names(first) == ["Ana", "Bo"]


@pytest.mark.parametrize(
    "page",
    [
        Page(PEOPLE[:10], length=len(PEOPLE)),
        Page(gzip.compress(PEOPLE)[:-6], headers={"Content-Encoding": "gzip"}),
        Page(b"5\r\nid,na\r\n", headers={"Transfer-Encoding": "chunked"}, length=None),
    ],
    ids=["fewer bytes than said", "packed and cut", "a chunk without an end"],
)
async def test_what_did_not_arrive_whole_is_not_read(
    page: Page, server: WebServer, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connectors.files import web
    from connectors.patience import Patience

    monkeypatch.setattr(web, "_PATIENCE", Patience(attempts=2, first_wait=0.01))
    shelf.pages["/a.csv"] = page
    error = await check_refuses(lambda: csv(tmp_path, f"{server.url}/a.csv"))
    assert "did not arrive whole" in str(error)
    assert len(server.asked) == 2


async def test_an_answer_without_a_length_shows_no_one_moment(server: WebServer, shelf: Shelf, tmp_path: Path) -> None:
    shelf.pages = {"/a.csv": Page(PEOPLE, length=None), "/b.csv": Page(PEOPLE)}
    for name, sure in (("a", False), ("b", True)):
        connector = csv(tmp_path, f"{server.url}/{name}.csv")
        assert await names(connector) == ["Ana", "Bo"]
        assert connector.summary().one_moment is sure


async def test_what_a_server_packs_is_unpacked(server: WebServer, shelf: Shelf, tmp_path: Path) -> None:
    shelf.pages["/a.csv"] = Page(gzip.compress(PEOPLE), headers={"Content-Encoding": "gzip"})
    assert await names(csv(tmp_path, f"{server.url}/a.csv")) == ["Ana", "Bo"]


async def test_a_password_goes_to_its_host_alone(server: WebServer, shelf: Shelf, tmp_path: Path) -> None:
    with WebServer(Shelf()) as elsewhere:
        shelf.pages["/a.csv"] = Page(status=302, headers={"Location": f"{elsewhere.url}/x.csv"})
        address = server.url.replace("http://", "http://me:hidden-word@") + "/a.csv?token=other-word"
        error = await check_refuses(lambda: csv(tmp_path, address))
        assert "authorization" in server.asked[0].headers
        assert "authorization" not in elsewhere.asked[0].headers
    assert "hidden-word" not in str(error)
    assert "other-word" not in str(error)
    assert "does not exist (HTTP 404)" in str(error)


@pytest.mark.parametrize(
    ("status", "said"), [(404, "does not exist"), (401, "share it by link"), (403, "share it"), (418, "HTTP 418")]
)
async def test_a_refusal_is_said(status: int, said: str, server: WebServer, shelf: Shelf, tmp_path: Path) -> None:
    shelf.pages["/a.csv"] = Page(status=status)
    assert said in str(await check_refuses(lambda: csv(tmp_path, f"{server.url}/a.csv")))


async def test_a_web_page_is_no_file(server: WebServer, shelf: Shelf, tmp_path: Path) -> None:
    shelf.pages["/s/a.csv"] = Page(b"<!DOCTYPE html><html>Sign in</html>", headers={"Content-Type": "text/html"})
    error = await check_refuses(lambda: csv(tmp_path, f"{server.url}/s/a.csv?dl=0"))
    assert "gives a web page (HTML) and not the file" in str(error)


@pytest.mark.parametrize(
    ("address", "advice"),
    [
        ("https://www.dropbox.com/scl/fi/abc/people.csv?rlkey=k&dl=0", "dl=1"),
        ("https://acme-my.sharepoint.com/:x:/g/personal/abc", "download=1"),
        ("https://onedrive.live.com/edit?id=1", "download=1"),
        ("https://docs.google.com/spreadsheets/d/abc/edit", "type: google_sheets"),
        ("https://docs.google.com/spreadsheets/d/e/2PACX-abc/pubhtml", "Comma-separated values"),
        ("https://accounts.google.com/ServiceLogin", "sign in"),
        ("https://drive.google.com/file/d/abc/view", "export=download"),
        ("https://crm.example.com/export/people.csv", "asks to sign in"),
    ],
)
def test_a_share_links_page_says_how_to_get_the_file(address: str, advice: str) -> None:
    assert advice in what_page(URL(address), "it")


@pytest.mark.parametrize(
    "address", ["ftp://example.com/a.csv", "file:///etc/passwd", "https://example.com", "https:///a"]
)
def test_an_address_that_cannot_be_read_is_a_mistake(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        CsvOptions(path=address)


def test_an_address_is_shown_without_what_lets_in(tmp_path: Path) -> None:
    address = "https://me:word@files.example.com:8443/share/s3cr3t/people.csv?sig=abcdef&se=2026"
    assert str(GivenFile(address, tmp_path, "file")) == "https://files.example.com:8443/…/people.csv?…"
    assert {"word", "abcdef"} <= secrets_in_address(address)


def test_http_to_another_machine_is_said(tmp_path: Path) -> None:
    [note] = GivenFile("http://intranet.example.com/people.csv", tmp_path, "file").notes
    assert "whoever is on the way" in note
    assert not GivenFile("http://127.0.0.1/people.csv", tmp_path, "file").notes


async def test_a_path_stays_a_path(tmp_path: Path) -> None:
    (tmp_path / "people:new.csv").write_bytes(PEOPLE)
    assert await names(csv(tmp_path, "people:new.csv")) == ["Ana", "Bo"]


async def test_nobody_there_is_a_source_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from connectors.files import web
    from connectors.patience import Patience

    monkeypatch.setattr(web, "_PATIENCE", Patience(attempts=1))
    assert "cannot be reached" in str(
        await check_refuses(lambda: csv(tmp_path, "http://127.0.0.1:1/a.csv"), SourceError)
    )
