"""The page: what it says, what it escapes, who may see and do what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sync.sandbox import SandboxOptions, SandboxThread
from tests.support.daemons import TOKEN, DaemonProcess, until
from tests.support.visitor import Visitor

HOSTILE = "<script>alert(1)</script>"
ROWS = f'id,first,last,phone\nc1,Ann,Lee,+1 555 555 0101\nc2,Bob,Ray,12\nc3,{HOSTILE},"O\'Neil & Co",\n'
STAFF = "id,first\n" + "".join(f"{n},Person {n}\n" for n in range(1, 21))
PAGES = ("/", "/syncs/customers", "/syncs/customers/runs", "/syncs/customers/contacts", "/syncs/customers/mapping",
         "/runs/1", "/runs/2", "/runs/1.csv", "/runs/1.json", "/syncs/customers/problems.csv", "/contacts/c2",
         "/search?q=Lee", "/previews/0", "/progress")  # fmt: skip
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
    def test_how_all_are_in_numbers_that_add_up(self, daemon: DaemonProcess) -> None:
        text = Visitor(daemon).go("/")
        assert "1 needs you, 1 fine" in text
        assert text.index("customers") < text.index("staff")
        assert "Powered by OpenPhone" in text

    def test_those_of_one_state_are_picked_out(self, daemon: DaemonProcess) -> None:
        visitor = Visitor(daemon)
        assert "customers" not in visitor.go("/?state=fine")
        assert "staff" not in visitor.go("/?state=needs")
        assert "staff" in visitor.go("/?state=fails")  # nobody is so: all are shown

    def test_everything_is_escaped(self, daemon: DaemonProcess, cookie: str) -> None:
        for path in ("/search?q=Neil", "/runs/1", "/contacts/c3", "/syncs/customers/contacts"):
            text = daemon.get(path, Cookie=cookie).text
            assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
            assert "<script>alert" not in text

    def test_when_it_runs_and_what_it_holds(self, daemon: DaemonProcess) -> None:
        assert "csv, every hour" in Visitor(daemon).go("/syncs/customers")
        assert "by the schedule 0 7 * * mon-fri" in Visitor(daemon).go("/syncs/staff")
        assert "20 contacts" in Visitor(daemon).go("/")

    def test_the_last_runs_in_words_and_in_svg(self, daemon: DaemonProcess) -> None:
        text = daemon.get("/").text
        assert 'role="img" aria-label="The last 1 run: 1 fine."' in text
        assert "fine, 20 changes</title>" in text

    def test_the_key_and_the_token_are_nowhere(self, daemon: DaemonProcess, cookie: str) -> None:
        for path in PAGES:
            text = daemon.get(path, Cookie=cookie).text
            assert daemon.sandbox.key not in text
            assert TOKEN not in text


class TestWhoeverHasNotSignedIn:
    def test_sees_counts_and_states_but_no_names_and_no_values(self, daemon: DaemonProcess) -> None:
        for path in PAGES:
            text = daemon.get(path).text
            for secret in ("Lee", "Bob", "Person 7", "O&#39;Neil", "15555550101", "too short"):
                assert secret not in text, path

    def test_is_sent_to_sign_in_and_comes_back(self, daemon: DaemonProcess) -> None:
        answer = daemon.get("/contacts?sync=customers&key=c1")
        assert (answer.status, answer.headers["Location"]) == (303, "/login?to=/contacts?sync%3Dcustomers%26key%3Dc1")
        assert 'name="to" value="/contacts?sync=customers&amp;key=c1"' in daemon.get(answer.headers["Location"]).text
        answer = daemon.post("/login", {"token": TOKEN, "to": "/contacts?sync=customers&key=c1"})
        assert answer.headers["Location"] == "/contacts?sync=customers&key=c1"

    @pytest.mark.parametrize("elsewhere", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:1"])
    def test_is_never_sent_elsewhere(self, daemon: DaemonProcess, elsewhere: str) -> None:
        assert daemon.post("/login", {"token": TOKEN, "to": elsewhere}).headers["Location"] == "/"


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
        for path in ("/", "/syncs/customers", "/runs/1"):
            text = daemon.get(path).text
            assert "<form" not in text
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
    def test_a_preview_is_only_for_whoever_may_ask_for_it_and_changes_nothing(self, own_daemon: DaemonProcess) -> None:
        visitor = Visitor(own_daemon).sign_in()
        own_daemon.csv.write_text(ROWS.replace("Lee", "Leigh"))
        writes = len(own_daemon.sandbox.writes())
        visitor.go("/syncs/customers")
        visitor.press("Preview")
        assert "Last name Lee → Leigh" in visitor.text
        assert own_daemon.get(visitor.at).status == 303
        assert len(own_daemon.sandbox.writes()) == writes

    def test_what_is_taken_along_is_no_formula(self, own_daemon: DaemonProcess) -> None:
        visitor = Visitor(own_daemon).sign_in()
        own_daemon.csv.write_text(ROWS.replace("Ann", "=1+1"))
        visitor.go("/syncs/customers")
        visitor.press("Sync now")
        visitor.go("/syncs/customers/runs")
        run = max(map(int, re.findall(r"/runs/(\d+)", visitor.page)))
        visitor.go(f"/runs/{run}.csv")
        assert ",firstName,Ann,'=1+1" in visitor.page

    def test_sync_now(self, own_daemon: DaemonProcess) -> None:
        visitor = Visitor(own_daemon).sign_in()
        own_daemon.csv.write_text(ROWS.replace("Ann", "Anna"))
        visitor.go("/syncs/customers")
        visitor.press("Sync now")
        assert own_daemon.sandbox.by_external_id("c1")[0]["defaultFields"]["firstName"] == "Anna"
        assert "First name Ann → Anna" in visitor.text

    def test_deletes_held_back_come_with_what_to_do(self, own_daemon: DaemonProcess) -> None:
        visitor = Visitor(own_daemon).sign_in()
        (own_daemon.folder / "staff.csv").write_text("id,first\n1,Person 1\n")
        visitor.go("/syncs/staff")
        visitor.press("Sync now")
        text = visitor.go("/syncs/staff")
        assert "19 deletes are held back until you decide" in text
        assert "19 deletes of 20 contacts tracked are more than max_deletes (10%) allows" in text
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
