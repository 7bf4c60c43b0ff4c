"""s3:// and sftp:// through their packages, against servers on this machine."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from connectors.base import Context
from connectors.contract import check_refuses
from connectors.csv_file import CsvConnector, CsvOptions
from tests.support.web import Asked, Page, WebServer

PEOPLE = b"id,name\nc1,Ana\n"


def csv(folder: Path, address: str) -> CsvConnector:
    return CsvConnector(CsvOptions(path=address), Context(folder))


async def names(connector: CsvConnector) -> list[object]:
    try:
        return [row.cells["name"] async for row in connector.read(None)]
    finally:
        await connector.close()


def bucket(asked: Asked) -> Page:
    """What S3 answers for the one object that there is."""
    if asked.path.partition("?")[0] == "/people/exports/a.csv":
        headers = {"ETag": '"1"', "Last-Modified": "Tue, 24 Nov 2026 12:00:00 GMT", "Content-Type": "text/csv"}
        return Page(PEOPLE, headers=headers)
    if "secret" in asked.path:
        return Page(b"<Error><Code>AccessDenied</Code></Error>", status=403)
    return Page(b"<Error><Code>NoSuchKey</Code></Error>", status=404)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    with WebServer(bucket) as served:
        monkeypatch.setenv("AWS_ENDPOINT_URL", served.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden-word")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield served


async def test_an_object_of_a_bucket(store: WebServer, tmp_path: Path) -> None:
    assert await names(csv(tmp_path, "s3://people/exports/a.csv")) == ["Ana"]


@pytest.mark.parametrize(("key", "said"), [("none.csv", "does not exist"), ("secret.csv", "AWS credentials")])
async def test_an_object_that_is_not_given(key: str, said: str, store: WebServer, tmp_path: Path) -> None:
    error = await check_refuses(lambda: csv(tmp_path, f"s3://people/{key}"))
    assert said in str(error)
    assert "hidden-word" not in str(error)


class _Users(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("me", "word-of-mine")


@pytest.fixture
def sftp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of an SFTP server with one file, which a home without other keys knows."""
    home, files = tmp_path / "home", tmp_path / "files"
    (home / ".ssh").mkdir(parents=True)
    files.mkdir()
    (files / "a.csv").write_bytes(PEOPLE)
    monkeypatch.setenv("HOME", str(home))
    key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def listen() -> asyncssh.SSHAcceptor:
        root = lambda channel: asyncssh.SFTPServer(channel, chroot=str(files).encode())  # noqa: E731
        return await asyncssh.listen("127.0.0.1", 0, server_factory=_Users, server_host_keys=[key], sftp_factory=root)

    served = asyncio.run_coroutine_threadsafe(listen(), loop).result(20)
    port = int(served.get_port())
    public = key.export_public_key().decode().strip()
    (home / ".ssh" / "known_hosts").write_text(f"[127.0.0.1]:{port} {public}\n")
    yield port
    loop.call_soon_threadsafe(served.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


async def test_a_file_of_an_sftp_server(sftp: int, tmp_path: Path) -> None:
    assert await names(csv(tmp_path, f"sftp://me:word-of-mine@127.0.0.1:{sftp}/a.csv")) == ["Ana"]


async def test_a_server_whose_key_is_not_known_is_not_trusted(sftp: int, tmp_path: Path) -> None:
    (tmp_path / "home" / ".ssh" / "known_hosts").write_text("")
    error = await check_refuses(lambda: csv(tmp_path, f"sftp://me:word-of-mine@127.0.0.1:{sftp}/a.csv"))
    assert "the server's key is not known here" in str(error)
    assert "word-of-mine" not in str(error)


async def test_a_file_that_a_server_does_not_have(sftp: int, tmp_path: Path) -> None:
    error = await check_refuses(lambda: csv(tmp_path, f"sftp://me:word-of-mine@127.0.0.1:{sftp}/none.csv"))
    assert "does not exist" in str(error)


async def test_a_wrong_password_is_said(sftp: int, tmp_path: Path) -> None:
    error = await check_refuses(lambda: csv(tmp_path, f"sftp://me:wrong-one@127.0.0.1:{sftp}/a.csv"))
    assert "a key in ~/.ssh or a password" in str(error)
    assert "wrong-one" not in str(error)
