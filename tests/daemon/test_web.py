"""The page: what it says, what it escapes, who may do what, and how it looks in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sync.sandbox import SandboxOptions, SandboxThread
from tests.support.browser import CHROMIUM, chromium
from tests.support.daemons import TOKEN, DaemonProcess, until

HOSTILE = "<script>alert(1)</script>"
ROWS = f'id,first,last,phone\nc1,Ann,Lee,+1 555 555 0101\nc2,Bob,Ray,12\nc3,{HOSTILE},"O\'Neil & Co",\n'
STAFF = "id,first\n" + "".join(f"{n},Person {n}\n" for n in range(1, 21))
MORE = (
    "  staff:\n    schedule: '0 7 * * mon-fri'\n    source: {type: csv, path: staff.csv}\n    key: id\n"
    "    key_prefix: staff-\n    fields: {firstName: first}\n"
)


@contextmanager
def served(folder: Path) -> Iterator[DaemonProcess]:
    """Two syncs that have run once: one with a row that needs a person, one with nothing to say."""
    with SandboxThread(SandboxOptions(requests_per_second=1000)) as sandbox:
        made = DaemonProcess(folder, sandbox, server=f", token: {TOKEN}", schedule="1h")
        made.write_config(more_syncs=MORE)
        text = made.config.read_text().replace("openphone: {", "openphone: {requests_per_second: 900, ")
        made.config.write_text(text)
        made.csv.write_text(ROWS)
        (folder / "staff.csv").write_text(STAFF)
        with made:
            until(lambda: made.get("/readyz").status == 200)
            yield made


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaemonProcess]:
    """One for all who only look."""
    with served(tmp_path_factory.mktemp("daemon")) as made:
        yield made


@pytest.fixture
def own_daemon(tmp_path: Path) -> Iterator[DaemonProcess]:
    """One for a test that changes something."""
    with served(tmp_path) as made:
        yield made


@pytest.fixture
def cookie(daemon: DaemonProcess) -> str:
    return sign_in(daemon)


def sign_in(daemon: DaemonProcess) -> str:
    answer = daemon.post("/login", {"token": TOKEN})
    assert answer.status == 303
    return answer.headers["Set-Cookie"].partition(";")[0]


def form_token(daemon: DaemonProcess, cookie: str) -> str:
    match = re.search(r'name="form_token" value="([0-9a-f]+)"', daemon.get("/", Cookie=cookie).text)
    assert match is not None
    return match[1]


class TestWhatItSays:
    def test_how_each_sync_is(self, daemon: DaemonProcess) -> None:
        text = daemon.get("/").text
        for expected in ("1 of 2 syncs needs you", "1 row needs you", "Everything is in place", "Powered by OpenPhone"):
            assert expected in text

    def test_rows_that_need_a_person(self, daemon: DaemonProcess) -> None:
        row = re.search(r'<td data-label="Row">3 .*?</tr>', daemon.get("/").text, re.DOTALL)
        assert row is not None
        assert ">phone<" in row[0]
        assert "<code>12</code>" in row[0]
        assert "too short" in row[0]

    def test_everything_is_escaped(self, daemon: DaemonProcess) -> None:
        text = daemon.get("/").text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
        assert "<script" not in text

    def test_when_it_runs_and_what_it_holds(self, daemon: DaemonProcess) -> None:
        text = daemon.get("/").text
        assert "csv, every hour" in text
        assert "by the schedule 0 7 * * mon-fri" in text
        assert "<strong>20 contacts</strong>" in text
        assert "Next run" in text

    def test_a_chart_in_words_and_in_svg(self, daemon: DaemonProcess) -> None:
        text = daemon.get("/").text
        assert '<svg viewBox="0 0 560 112" role="img" aria-label="The last four weeks. From 0 to 20 contacts' in text
        assert "20 changes, 20 contacts</title>" in text

    def test_the_key_and_the_token_are_nowhere(self, daemon: DaemonProcess, cookie: str) -> None:
        text = daemon.get("/", Cookie=cookie).text
        assert daemon.sandbox.key not in text
        assert TOKEN not in text


class TestWhoMayDoWhat:
    def test_nothing_comes_from_elsewhere_and_no_script_runs(self, daemon: DaemonProcess) -> None:
        answer = daemon.get("/")
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"

    def test_a_stranger_sees_no_buttons(self, daemon: DaemonProcess) -> None:
        text = daemon.get("/").text
        assert "<button" not in text
        assert 'href="/login"' in text

    def test_a_wrong_token_is_refused(self, daemon: DaemonProcess) -> None:
        answer = daemon.post("/login", {"token": TOKEN[:-1]})
        assert answer.status == 403
        assert "Set-Cookie" not in answer.headers

    def test_the_cookie_is_for_this_site_alone(self, daemon: DaemonProcess) -> None:
        cookie = daemon.post("/login", {"token": TOKEN}).headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie

    @pytest.mark.parametrize("forged", ["openphone_sync=9999999999.x.0000", "openphone_sync=", "openphone_sync=a.b.c"])
    def test_a_forged_cookie_signs_nobody_in(self, daemon: DaemonProcess, forged: str) -> None:
        assert "<button" not in daemon.get("/", Cookie=forged).text
        assert daemon.post("/syncs/staff/run", {"form_token": ""}, Cookie=forged).status == 403

    @pytest.mark.parametrize(
        "headers",
        [{"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}, {"Origin": "http://evil.example"},
         {"Origin": "null"}],
    )  # fmt: skip
    def test_a_form_of_another_site_is_refused(
        self, daemon: DaemonProcess, cookie: str, headers: dict[str, str]
    ) -> None:
        form = {"form_token": form_token(daemon, cookie)}
        assert daemon.post("/syncs/staff/run", form, Cookie=cookie, **headers).status == 403
        assert daemon.post("/login", {"token": TOKEN}, **headers).status == 403

    def test_a_form_without_its_token_is_refused(self, daemon: DaemonProcess, cookie: str) -> None:
        for form in ({}, {"form_token": "0" * 64}):
            assert daemon.post("/syncs/staff/run", form, Cookie=cookie).status == 403
        assert daemon.get("/syncs/staff/run", Cookie=cookie).status == 405

    def test_another_name_for_this_machine_is_refused(self, daemon: DaemonProcess) -> None:
        assert daemon.get("/", Host="rebound.example:80").status == 421
        for ours in ("localhost:8080", "127.0.0.1", "[::1]:8080", "10.0.0.7"):
            assert daemon.get("/", Host=ours).status == 200
        assert daemon.get("/healthz", Host="rebound.example").status == 200

    def test_a_program_may_send_the_token_itself(self, daemon: DaemonProcess) -> None:
        assert daemon.post("/syncs/staff/preview", Authorization=f"Bearer {TOKEN}").status == 202
        assert daemon.post("/syncs/staff/run", Authorization="Bearer wrong").status == 403
        assert daemon.post("/syncs/nobody/run", Authorization=f"Bearer {TOKEN}").status == 404

    def test_signing_out_ends_it(self, daemon: DaemonProcess, cookie: str) -> None:
        answer = daemon.post("/logout", {"form_token": form_token(daemon, cookie)}, Cookie=cookie)
        assert answer.status == 303
        assert "openphone_sync=" in answer.headers["Set-Cookie"]
        assert "Max-Age=0" in answer.headers["Set-Cookie"]


class TestWithoutAToken:
    def test_the_page_only_reads(self, tmp_path: Path) -> None:
        (tmp_path / "customers.csv").write_text(ROWS)
        with (
            SandboxThread(SandboxOptions(requests_per_second=1000)) as sandbox,
            DaemonProcess(tmp_path, sandbox, schedule="1h") as daemon,
        ):
            assert "This page only reads" in daemon.get("/").text
            assert daemon.post("/login", {"token": ""}).status == 403
            assert daemon.post("/syncs/customers/run", {"form_token": ""}).status == 403
            assert daemon.post("/syncs/customers/run", Authorization="Bearer ").status == 403


class TestWhatCanBeDone:
    def test_a_preview_shows_what_would_change_and_changes_nothing(self, own_daemon: DaemonProcess) -> None:
        cookie = sign_in(own_daemon)
        own_daemon.csv.write_text(ROWS.replace("Lee", "Leigh"))
        writes = len(own_daemon.sandbox.writes())
        form = {"form_token": form_token(own_daemon, cookie)}
        answer = own_daemon.post("/syncs/customers/preview", form, Cookie=cookie)
        assert (answer.status, answer.headers["Location"]) == (303, "/?wait#customers")
        text = own_daemon.get("/?wait", Cookie=cookie).text
        assert "A sync now would touch 1 contact: 1 changed." in text
        assert "<del>Lee</del>" in text
        assert "<ins>Leigh</ins>" in text
        assert "A sync now would touch" not in own_daemon.get("/").text  # only for whoever may ask for it
        assert len(own_daemon.sandbox.writes()) == writes

    def test_sync_now(self, own_daemon: DaemonProcess) -> None:
        cookie = sign_in(own_daemon)
        own_daemon.csv.write_text(ROWS.replace("Ann", "Anna"))
        form = {"form_token": form_token(own_daemon, cookie)}
        assert own_daemon.post("/syncs/customers/run", form, Cookie=cookie).status == 303
        assert own_daemon.sandbox.by_external_id("c1")[0]["defaultFields"]["firstName"] == "Anna"
        assert "<del>Ann</del>" in own_daemon.get("/").text

    def test_deletes_held_back_come_with_what_to_do(self, own_daemon: DaemonProcess) -> None:
        cookie = sign_in(own_daemon)
        (own_daemon.folder / "staff.csv").write_text("id,first\n1,Person 1\n")
        form = {"form_token": form_token(own_daemon, cookie)}
        assert own_daemon.post("/syncs/staff/run", form, Cookie=cookie).status == 303
        text = own_daemon.get("/").text
        assert "19 deletes held back until you decide" in text
        assert "19 deletes of 20 contacts held are more than max_deletes (10%) allows" in text
        assert f"openphone-sync run -c {own_daemon.config} staff --max-deletes 19" in text
        assert own_daemon.get("/readyz").status == 200

    def test_a_state_that_cannot_be_read_is_said_on_the_page(self, own_daemon: DaemonProcess) -> None:
        state = own_daemon.folder / "state.db"
        kept = state.read_bytes()
        state.write_bytes(b"not a database, by any means" * 100)
        try:
            answer = own_daemon.get("/")
        finally:
            state.write_bytes(kept)
        assert answer.status == 200
        assert "cannot be shown" in answer.text


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
class TestInABrowser:
    @pytest.mark.parametrize("dark", [False, True])
    @pytest.mark.parametrize("width", [320, 390, 1280])
    async def test_it_fits_and_complains_of_nothing(
        self, daemon: DaemonProcess, tmp_path: Path, width: int, dark: bool
    ) -> None:
        address = f"http://127.0.0.1:{daemon.port}/"
        async with chromium(tmp_path) as tab:
            await tab.size(width, 800, dark=dark)
            await tab.open(address)
            assert {url for url in await tab.requested() if not url.startswith("data:")} == {address}
            assert await tab.evaluate("document.documentElement.scrollWidth") == width
            style = "getComputedStyle(document.querySelector('.card'))"
            assert await tab.evaluate(f"{style}.backgroundColor") == (
                "rgb(30, 33, 37)" if dark else "rgb(255, 255, 255)"
            )
            assert await tab.evaluate("document.querySelector('h1').textContent") == "1 of 2 syncs needs you"
            assert tab.complaints == []

    async def test_a_person_signs_in_and_syncs_without_scripts(self, own_daemon: DaemonProcess, tmp_path: Path) -> None:
        async with chromium(tmp_path / "profile") as tab:
            await tab.call("Emulation.setScriptExecutionDisabled", value=True)
            await tab.open(f"http://127.0.0.1:{own_daemon.port}/login")
            await tab.evaluate(f"document.querySelector('#token').value = '{TOKEN}'")
            await tab.submit(".login button")
            assert await tab.evaluate("document.querySelectorAll('.actions').length") == 2
            await tab.submit("#customers form[action$=preview] button")
            assert "A sync now would" in str(await tab.evaluate("document.querySelector('.preview').textContent"))
            await tab.submit("#customers form[action$=run] button")
            assert await tab.evaluate("location.hash") == "#customers"
            assert tab.complaints == []
