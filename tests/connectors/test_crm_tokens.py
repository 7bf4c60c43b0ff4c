"""Tokens that change with every use, kept from run to run; and secrets wherever they stand under ``auth``."""

from __future__ import annotations

import asyncio
import stat
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from connectors.base import Context, SourceError
from connectors.crm import CrmConnector, CrmOptions
from sync.clock import Clock
from sync.state.lock import hold
from sync.state.secrets import Secrets
from tests.support.crm_server import CrmServer, broken, rows_of

KEY = "a key of more than sixteen characters"


class Rotating:
    """A token address that takes each refresh token once. ``granted`` are the requests it saw, in order."""

    def __init__(self) -> None:
        self.number = 0
        self.seen: list[str] = []

    def __call__(self, form: dict[str, str]) -> web.Response:
        self.seen.append(form["refresh_token"])
        if form["refresh_token"] != f"rotated-token-{self.number}":
            return web.json_response({"error": "invalid_grant", "error_description": "spent"}, status=400)
        self.number += 1
        granted = {"access_token": f"access-token-{self.number}", "refresh_token": f"rotated-token-{self.number}"}
        return web.json_response(granted)


def reader(server: CrmServer, keeper: Secrets | None, **auth: Any) -> CrmConnector:
    """A source whose token rotates."""
    described = {
        "url": f"{server.url}/page",
        "paging": {"type": "page"},
        "records": "data",
        "requests_per_second": 10_000,
        "auth": {
            "type": "oauth2", "client_id": "me", "client_secret": "s3cr3t-value", "token_url": f"{server.url}/token",
            "refresh_token": "rotated-token-0", **auth,
        },
    }  # fmt: skip
    return CrmConnector(CrmOptions.model_validate(described), Context(Path(), secrets=keeper))


@pytest.mark.parametrize("key", [None, KEY])
async def test_a_refresh_token_that_rotates_is_good_for_the_next_run(tmp_path: Path, key: str | None) -> None:
    keeper, grants = Secrets(f"sqlite:///{tmp_path / 'state.db'}", key=key), Rotating()
    async with CrmServer(token_answer=grants) as server:
        for _ in range(3):
            assert len(await rows_of(reader(server, keeper))) == 25
        assert grants.seen == ["rotated-token-0", "rotated-token-1", "rotated-token-2"]
        _, error = await broken(reader(server, None))
        assert "spent" in str(error)
    stored = (tmp_path / "state.db").read_bytes()
    assert (b"rotated-token-3" in stored) == (key is None)
    assert stat.S_IMODE((tmp_path / "state.db").stat().st_mode) == 0o600


async def test_the_new_token_is_kept_before_it_is_used(tmp_path: Path) -> None:
    keeper, grants = Secrets(f"sqlite:///{tmp_path / 'state.db'}"), Rotating()

    def down(request: web.Request) -> bool:
        assert b"rotated-token-1" in (tmp_path / "state.db").read_bytes()
        return False

    async with CrmServer(token_answer=grants, allow=down) as server:
        await broken(reader(server, keeper))
        server.allow = lambda request: True
        assert len(await rows_of(reader(server, keeper))) == 25


async def test_one_uses_the_token_at_a_time(tmp_path: Path) -> None:
    keeper, grants = Secrets(f"sqlite:///{tmp_path / 'state.db'}"), Rotating()
    async with CrmServer(token_answer=grants) as server:
        read = await asyncio.gather(*(rows_of(reader(server, keeper)) for _ in range(4)))
    assert [len(rows) for rows in read] == [25] * 4
    assert grants.seen == [f"rotated-token-{n}" for n in range(4)]


async def test_whoever_does_not_let_go_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    async def sleep(seconds: float) -> None:
        return None

    url = f"sqlite:///{tmp_path / 'state.db'}"
    keeper = Secrets(url, Clock(sleep=sleep))
    with hold(url, "refresh"), pytest.raises(SourceError, match="renewing the same token for 60 seconds"):
        async with keeper.alone("refresh"):
            pass


async def test_another_token_in_the_configuration_begins_anew(tmp_path: Path) -> None:
    keeper, grants = Secrets(f"sqlite:///{tmp_path / 'state.db'}"), Rotating()
    async with CrmServer(token_answer=grants) as server:
        await rows_of(reader(server, keeper))
        grants.number = 40  # a new consent
        await rows_of(reader(server, keeper, refresh_token="rotated-token-40"))
        assert grants.seen == ["rotated-token-0", "rotated-token-40"]
        _, error = await broken(reader(server, keeper))  # the old one, as kept, is spent by now
    assert "spent (the refresh token is the one that this CRM gave last time" in str(error)
    assert "rotated-token-1" not in str(error)


def test_a_sealed_token_needs_its_key(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'state.db'}"
    Secrets(url, key=KEY).keep("t", "rotated-token-1")
    assert Secrets(url, key=KEY).kept("t") == "rotated-token-1"
    with pytest.raises(SourceError, match="give 'state_key' again"):
        Secrets(url).kept("t")
    with pytest.raises(SourceError, match="another 'state_key'"):
        Secrets(url, key="another key of sixteen").kept("t")


async def test_a_token_that_stays_leaves_no_trace(tmp_path: Path) -> None:
    keeper = Secrets(f"sqlite:///{tmp_path / 'state.db'}")

    def grant(form: dict[str, str]) -> web.Response:
        return web.json_response({"access_token": "access-token", "refresh_token": form["refresh_token"]})

    async with CrmServer(token_answer=grant) as server:
        assert len(await rows_of(reader(server, keeper))) == 25
    assert not (tmp_path / "state.db").exists()


# --- secrets ------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def echoing() -> Any:
    """A CRM that repeats everything that it is told."""

    async def echo(request: web.Request) -> web.Response:
        told = [*request.headers.values(), str(request.url), (await request.read()).decode()]
        return web.json_response({"message": f"you sent {told}"}, status=403)

    async with CrmServer(extra={"/echo/api": echo, "/echo/token": echo}) as server:
        yield server


@pytest.mark.parametrize(
    "secrets",
    [
        {"auth": {"type": "basic", "username": "k3y-of-the-api"}},
        {"auth": {"type": "basic", "username": "k3y-of-the-api", "password": "x"}},
        {"params": {"api_key": "k3y-of-the-api"}},
        {"url": "{url}/echo/api?access_token=k3y-of-the-api"},
        {
            "auth": {
                "type": "oauth2", "token_url": "{url}/echo/token", "client_id": "the-client", "client_secret": "s",
                "params": {"grant_type": "password", "username": "k3y-of-the-api", "password": "hunter2"},
            }
        },
    ],
)  # fmt: skip
async def test_everything_under_auth_is_a_secret(secrets: dict[str, Any]) -> None:
    async with echoing() as server:
        described = {"url": "{url}/echo/api", **secrets}
        filled = CrmOptions.model_validate({"paging": "none", **_filled(described, server.url)})
        source = CrmConnector(filled, Context(Path()))
        _, error = await broken(source)
    assert "403" in str(error)
    for secret in ("k3y-of-the-api", "hunter2", "k3y-of", "azN5LW9mLXRoZS1hcGk"):
        assert secret not in str(error)
    assert "***" in str(error)
    assert "k3y-of-the-api" not in repr(filled.auth)


def _filled(value: Any, url: str) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, url) for key, inner in value.items()}
    return value.replace("{url}", url) if isinstance(value, str) else value


async def test_a_token_that_stays_needs_no_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    keeper = Secrets(f"sqlite:///{tmp_path / 'file' / 'state.db'}")
    async with CrmServer() as server:
        assert len(await rows_of(reader(server, keeper))) == 25
    async with CrmServer(token_answer=Rotating()) as server:
        _, error = await broken(reader(server, keeper))
    assert "the new token cannot be kept, and the old one is spent" in str(error)
