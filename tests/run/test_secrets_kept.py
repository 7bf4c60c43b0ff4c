"""No secret leaves us, whoever repeats it: by its value, wherever text goes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from connectors.base import SourceError
from sync.config.file import loads
from sync.daemon.web.home import read
from sync.redaction import LONGEST, MASK, Redactor, secrets_in_address
from sync.state.address import StateError, address, shown_address
from sync.state.store import State
from tests.support.commands import command, in_json
from tests.support.odd_service import OddService, Told, error, odd_workbench, told
from tests.support.workbench import Workbench, people, person

KEY = "sk/live+Zx81&<quoted>\"key'"
Odd = tuple[Workbench, OddService]


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[Odd]:
    with odd_workbench(tmp_path, key=KEY) as made:
        made[0].write(people(2))
        yield made


def leaks(bench: Workbench, *texts: str) -> bool:
    everything = [*texts, *(file.read_bytes().decode(errors="replace") for file in bench.folder.glob("state.db*"))]
    return any(form in text for text in everything for form in (KEY, quote(KEY), quote(KEY, safe=""), "Zx81"))


REPEATS: dict[str, Told] = {
    "400": error(400, f"the key {KEY} may not do this"),
    "400 in errors": told(400, {"message": "no", "errors": [{"path": f"/{KEY}", "message": KEY}], "code": KEY}),
    "401": told(401, {"error": {"message": f"unknown key {KEY}"}}),
    "402": error(402, f"{KEY} is not paid for"),
    "409": error(409, KEY),
    "in an address": told(302, None, Location=f"https://x.example/{quote(KEY)}?key={quote(KEY)}"),
    "a long message": error(400, "x" * (LONGEST - 5) + KEY),
}


@pytest.mark.parametrize("kind", REPEATS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_service_that_repeats_the_key_puts_it_nowhere(odd: Odd, kind: str, method: str) -> None:
    bench, service = odd
    service.instead = lambda asked: REPEATS[kind] if asked.method == method else None
    bench.hurry = 1 / 100
    first = bench.run("--log-level", "debug")
    second = command(bench, "run")
    said = [command(bench, name) for name in ("status", "check")] + [in_json(bench, "status")]
    texts = [text for result in (first, second, *said) for text in (result.stdout, result.stderr)]
    assert not leaks(bench, *texts)


def test_what_an_older_version_kept_is_not_told_either(odd: Odd) -> None:
    bench, service = odd
    service.once(error(400), lambda asked: asked.is_create)
    bench.run()
    with closing(sqlite3.connect(bench.state)) as state, state:
        state.execute("UPDATE refusals SET reason = ?", [f"OpenPhone refused it (400): {KEY}"])
        state.execute("UPDATE problems SET reason = ?", [f"OpenPhone refused it (400): {KEY}"])
        state.execute("UPDATE runs SET error = ?", [f"{KEY}: no"])
    said = [command(bench, "status"), in_json(bench, "status"), bench.run()]
    assert not any("Zx81" in result.stdout + result.stderr for result in said)


def test_the_page_does_not_show_what_an_older_version_kept(odd: Odd) -> None:
    bench, service = odd
    service.once(error(400, "no"), lambda asked: asked.is_create)
    bench.run()
    with closing(sqlite3.connect(bench.state)) as state, state:
        state.execute("UPDATE problems SET reason = ?", [KEY])
        state.execute("UPDATE runs SET error = ?", [KEY])
    with State.open(f"sqlite:///{bench.state}", read_only=True) as kept:
        facts = read(kept, ["customers"], Redactor([KEY]))["customers"]
    assert facts.runs[0].error == MASK


@pytest.mark.parametrize("exception", ["SourceError", "ValueError"])
def test_a_source_that_repeats_its_secret_puts_it_nowhere(
    odd: Odd, monkeypatch: pytest.MonkeyPatch, exception: str
) -> None:
    bench, _ = odd
    kinds: dict[str, type[Exception]] = {"SourceError": SourceError}
    kind = kinds.get(exception, ValueError)
    content = yaml.safe_load(bench.config.read_text())
    content["syncs"]["customers"]["source"] = {
        "type": "crm",
        "url": "https://crm.example.com/v1",
        "records": "data",
        "paging": "none",
        "auth": {"type": "bearer", "token": "tok-Zx81-token"},
    }
    bench.config.write_text(yaml.safe_dump(content))

    async def broken(*args: Any, **kwargs: Any) -> Any:
        raise kind("Bearer tok-Zx81-token is over")

    monkeypatch.setattr("sync.run.story.read_and_decide", broken)
    monkeypatch.setattr("sync.run.check._columns", broken)
    for result in (bench.run("--log-level", "debug"), command(bench, "check"), command(bench, "status")):
        assert not leaks(bench, result.stdout, result.stderr)
    assert MASK in in_json(bench, "check").stdout


# --- addresses ----------------------------------------------------------------------------------------------------

ADDRESSES = [
    "postgresql://u:hunter22@db.example/name",
    "postgresql://u:hunt%40er22@db.example/name",
    "postgresql://u:hunt@er22@db.example/name",
    "postgresql://u:hunter22/x@db.example/name",
    "postgresql://u@db.example/name?password=hunter22",
    "postgresql://db.example/name?user=u&password=hunter22&sslpassword=er22",
]


@pytest.mark.parametrize("written", ADDRESSES)
def test_a_database_is_shown_without_its_password(written: str) -> None:
    shown = shown_address(address(written))
    assert "er22" not in shown
    assert "db.example" in shown
    clean = Redactor(secrets_in_address(written)).clean
    assert "er22" not in clean(f"cannot reach {written}")


@pytest.mark.parametrize("written", ["postgresql://u:hunter22@db:port/name", "postgresql://u:hunter22@[/x", "hunter22"])
def test_an_address_that_cannot_be_read_is_not_shown(written: str) -> None:
    try:
        said = shown_address(address(written))
    except StateError as error:
        said = str(error)
    assert "hunter22" not in said


@pytest.mark.parametrize("written", [address for address in ADDRESSES if "hunter22/" not in address])
@pytest.mark.parametrize("name", ["run", "check", "status"])
def test_no_command_shows_the_password_of_the_state(odd: Odd, written: str, name: str) -> None:
    bench, _ = odd
    content = yaml.safe_load(bench.config.read_text()) | {"state": written.replace("db.example", "127.0.0.1:1")}
    bench.config.write_text(yaml.safe_dump(content))
    for result in (command(bench, name), in_json(bench, name)):
        assert result.exit in (1, 2)
        assert "er22" not in result.stdout + result.stderr
        assert "unexpected" not in result.stdout + result.stderr


@pytest.mark.parametrize("user", ["me:hunter22@", "hunter22@", ":hunter22@"])
def test_a_base_url_with_a_user_is_refused_and_not_shown(odd: Odd, user: str) -> None:
    bench, service = odd
    bench.openphone["base_url"] = service.url.replace("://", f"://{user}")
    bench.configure()
    for name in ("run", "check", "status"):
        result = in_json(bench, name)
        assert result.exit == 2
        assert "base_url" in result.document["error"]
        assert "hunter22" not in result.stdout + result.stderr
    assert service.asked == []


@pytest.mark.parametrize(
    "address", ["http://a..b", "https://api.example.com?key=hunter22", "https://x.example/#hunter22"]
)
def test_what_is_no_base_url_is_exit_2(odd: Odd, address: str) -> None:
    bench, _ = odd
    bench.openphone["base_url"] = address
    bench.configure()
    assert "base_url" in in_json(bench, "run").document["error"]
    assert command(bench, "run").exit == 2


def test_a_key_that_travels_in_the_clear_is_a_warning_in_check_and_run(odd: Odd) -> None:
    bench, service = odd
    assert bench.run().sync["warnings"] == []
    bench.openphone["base_url"] = service.url.replace("127.0.0.1", "0.0.0.0")
    bench.configure()
    result = bench.run()
    assert (result.exit, result.counts) == (0, {"unchanged": 2})
    (warning,) = result.sync["warnings"]
    assert (warning["kind"], "http://" in warning["text"]) == ("in_the_clear", True)
    assert "note: openphone.base_url" in command(bench, "check").stdout
    assert in_json(bench, "check").document["syncs"][0]["warnings"]
    assert command(bench, "check").exit == 0


# --- the redactor -------------------------------------------------------------------------------------------------


def test_short_secrets_are_taken_out_as_words_only_and_the_shortest_not_at_all() -> None:
    clean = Redactor(["test", "abc", "true", "sesame-open"]).clean
    assert clean("test failed: the latest test, abc, true") == f"{MASK} failed: the latest {MASK}, abc, true"
    assert clean("xsesame-openx") == f"x{MASK}x"


def test_a_secret_within_another_leaves_nothing_of_either() -> None:
    assert Redactor(["secret-1", "secret-1-and-more"]).clean("secret-1-and-more, secret-1") == f"{MASK}, {MASK}"


def test_messages_are_bounded_and_command_no_terminal() -> None:
    redactor = Redactor()
    assert len(redactor.said("x" * 10**6)) == LONGEST
    assert len(redactor.message("\n".join(["x" * 10**4] * 10**4))) < 50 * LONGEST
    assert "\x1b" not in redactor.said("\x1b[31mred\x07")
    assert redactor.message("one\ntwo") == "one\ntwo"
    again = redactor.message("x" * 10**6)
    assert redactor.message(again) == again


def test_every_secret_of_a_configuration_is_known() -> None:
    loaded = loads(
        """
openphone: {api_key: key-aaaa-1}
state: postgresql://u:state-pass-2@h/db
server: {token: server-token-3}
alerts:
  webhook: https://hooks.example.com/services/webhook-4
  smtp: {host: h, sender: a@example.com, to: b@example.com, username: me, password: smtp-pass-5}
syncs:
  a:
    source: {type: sql, url: "postgresql://u@h/db?password=sql-pass-6", query: select 1}
    key: id
    fields: {firstName: n}
  b:
    source:
      type: crm
      url: https://crm.example.com
      records: data
      paging: none
      headers: {X-Secret: header-7, Accept: application/json}
      auth: {type: basic, username: basic-user-key-8}
    key: id
    fields: {firstName: n}
""",
        Path("config.yaml"),
        {},
    )
    clean = loaded.redactor().clean
    for secret in (
        "key-aaaa-1",
        "state-pass-2",
        "server-token-3",
        "smtp-pass-5",
        "sql-pass-6",
        "header-7",
        "basic-user-key-8",
    ):
        assert clean(f"x {secret} y") == f"x {MASK} y", secret
    assert "webhook-4" not in clean("cannot post to https://hooks.example.com/services/webhook-4")
    assert clean("application/json and a@example.com") == "application/json and a@example.com"
    assert "aaaa" not in repr(loaded.config)


def test_a_row_that_holds_the_key_is_a_row_like_any_other(odd: Odd) -> None:
    bench, _ = odd
    bench.write([person(0, notes="Zx81")])
    assert bench.run().counts == {"created": 1}
    assert bench.wrong() == []
