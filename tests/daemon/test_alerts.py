"""Notices: one for each change of state, by webhook and by e-mail, remembered across restarts."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_string
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from sync.config.daemon import SmtpOptions
from sync.daemon.alerts import QUEUE, Alerts, Notice, NotSent, condition_of
from sync.daemon.notify import DEADLINE, Mail, Webhook
from sync.run.report import SyncReport
from sync.sandbox import SandboxOptions, SandboxThread
from sync.state.store import State
from tests.support.daemons import CSV, DaemonProcess, until


def report(error: str | None = None, **counts: int) -> SyncReport:
    made = SyncReport("customers", error=error)
    made.counts.update({"rows": 20} | counts)
    return made


@dataclass
class Listener:
    """A channel that keeps what it is told, or is out of order."""

    name: str = "listener"
    told: list[str] = field(default_factory=list)
    broken: bool = False

    async def send(self, notice: Notice) -> None:
        if self.broken:
            raise NotSent("out of order")
        self.told.append(notice.subject)


class Told:
    """Alerts over one state, as the daemon asks for them."""

    def __init__(self, folder: Path, *listeners: Listener) -> None:
        self.alerts = Alerts()
        self.url = f"sqlite:///{folder / 'state.db'}"
        self.listeners = listeners
        State.open(self.url).close()

    async def __call__(self, *reports: SyncReport) -> None:
        for each in reports:
            self.hand_over(each)
            await self.alerts.delivered()

    def hand_over(self, *reports: SyncReport) -> None:
        """Without waiting for anybody to be told."""
        for each in reports:
            self.alerts.consider(each, self.listeners, rejected_share=0.1, state_url=self.url, more="Look at the page.")


@pytest.mark.parametrize(
    ("made", "condition"),
    [
        (report(), "well"),
        (report("gone"), "failing"),
        (report("gone", held=3), "failing"),
        (report(held=3, rejected=20), "held"),
        (report(rejected=2), "well"),
        (report(rejected=3), "rejecting"),
        (report(rows=0), "well"),
        (SyncReport("customers", locked=True, error="held by another"), None),
        (SyncReport("customers", dry_run=True, error="gone"), None),
    ],
)
def test_how_a_sync_is_after_a_run(made: SyncReport, condition: str | None) -> None:
    assert condition_of(made, 0.1) == condition


async def test_one_notice_for_each_change_of_state(tmp_path: Path) -> None:
    listener = Listener()
    tell = Told(tmp_path, listener)
    await tell(report(), report("gone"), report("gone"), report(held=9), report(held=9), report(), report())
    assert listener.told == ["customers fails", "customers: 9 changes are held back", "customers is well again"]


async def test_rejected_rows_are_told_by_their_share(tmp_path: Path) -> None:
    listener = Listener()
    await Told(tmp_path, listener)(report(rejected=2), report(rejected=3), report(rejected=4), report(rejected=1))
    assert listener.told == ["customers: 3 of 20 rows are rejected", "customers is well again"]


async def test_a_restart_repeats_nothing_and_forgets_nothing(tmp_path: Path) -> None:
    listener = Listener()
    await Told(tmp_path, listener)(report("gone"))
    await Told(tmp_path, listener)(report("gone"), report())
    assert listener.told == ["customers fails", "customers is well again"]


async def test_a_channel_out_of_order_hears_later_and_the_other_only_once(tmp_path: Path) -> None:
    broken, good = Listener("broken", broken=True), Listener("good")
    tell = Told(tmp_path, broken, good)
    await tell(report("gone"), report("gone"))
    broken.broken = False
    await tell(report("gone"), report("gone"))
    assert (broken.told, good.told) == (["customers fails"], ["customers fails"])


async def test_a_state_that_cannot_be_used_is_told_of_once(tmp_path: Path) -> None:
    listener = Listener()
    tell = Told(tmp_path, listener)
    (tmp_path / "state.db").write_text("not a database, by any means, and long enough to be looked at" * 20)
    await tell(report("gone"), report("gone"))
    assert listener.told == ["customers fails"]


@dataclass
class Slow(Listener):
    """A channel that takes its time."""

    release: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, notice: Notice) -> None:
        await self.release.wait()
        await super().send(notice)


async def test_a_slow_channel_holds_up_nobody_and_is_told_everything_in_order(tmp_path: Path) -> None:
    slow, quick = Slow("slow"), Listener("quick")
    tell = Told(tmp_path, slow, quick)
    tell.hand_over(report("gone"), report("gone"), report(), report(held=3))
    expected = ["customers fails", "customers is well again", "customers: 3 changes are held back"]
    async with asyncio.timeout(10):
        while quick.told != expected:  # noqa: ASYNC110 - it is told by nobody else
            await asyncio.sleep(0.01)
    assert slow.told == []
    slow.release.set()
    await tell.alerts.delivered()
    assert slow.told == expected


async def test_a_queue_is_bounded_and_what_found_no_room_is_told_later(tmp_path: Path) -> None:
    slow = Slow("slow")
    tell = Told(tmp_path, slow)
    with capture_logs() as logs:
        tell.hand_over(*(report("gone") if n % 2 == 0 else report() for n in range(QUEUE + 50)))
    slow.release.set()
    await tell.alerts.delivered()
    assert len(slow.told) == QUEUE
    assert any("notices before it" in line["reason"] for line in logs)
    await tell(report("gone"))
    assert slow.told[-1] == "customers fails"


async def test_what_an_end_cut_off_is_told_by_the_next_program(tmp_path: Path) -> None:
    slow = Slow("listener")
    tell = Told(tmp_path, slow)
    tell.hand_over(report("gone"))
    await tell.alerts.finish(0.05)
    tell.hand_over(report(held=3))
    assert slow.told == []
    listener = Listener()
    await Told(tmp_path, listener)(report("gone"))
    assert listener.told == ["customers fails"]


class Hook:
    """A webhook's other end."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.status = 200
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.bodies.append(json.loads(body))
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/services/T0/s3cret"

    def texts(self) -> list[str]:
        return [str(body["text"]) for body in self.bodies]


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    thread = Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()


async def test_the_webhook_gets_slacks_json_without_slacks_commands(hook: Hook) -> None:
    await Webhook(SecretStr(hook.url)).send(Notice("customers fails", "a <!channel> & more"))
    assert hook.bodies == [{"text": "*openphone-sync: customers fails*\na &lt;!channel&gt; &amp; more"}]


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_a_webhook_that_refuses_is_told_without_its_address(hook: Hook, status: int) -> None:
    hook.status = status
    with pytest.raises(NotSent, match=f"answered {status}") as caught:
        await Webhook(SecretStr(hook.url)).send(Notice("a", "b"))
    assert "s3cret" not in str(caught.value)


async def test_a_webhook_that_is_away_is_told_without_its_address() -> None:
    for address in ("http://127.0.0.1:1/s3cret", "http://[s3cret/"):
        with pytest.raises(NotSent, match="cannot be reached") as caught:
            await Webhook(SecretStr(address)).send(Notice("a", "b"))
        assert "s3cret" not in str(caught.value)


@asynccontextmanager
async def mail_server(mails: list[str], refuse: str = "", silent: str = "") -> AsyncIterator[int]:
    """As much of SMTP as a client needs to hand over a mail."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        while line := (await reader.readline()).decode().strip():
            verb = line.split()[0].upper()
            if verb == silent:
                continue
            if verb == refuse:
                writer.write(b"550 not here\r\n")
            elif verb == "DATA":
                writer.write(b"354 go on\r\n")
                mails.append((await reader.readuntil(b"\r\n.\r\n")).decode())
                writer.write(b"250 taken\r\n")
            else:
                writer.write(b"250 fine\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


def mail(port: int, security: str = "none", deadline: float = DEADLINE) -> Mail:
    fields = {"host": "127.0.0.1", "port": port, "security": security, "sender": "sync@example.com"}
    return Mail(SmtpOptions.model_validate(fields | {"to": ["one@example.com", "two@example.com"]}), deadline)


async def test_a_mail_is_sent_to_everyone() -> None:
    mails: list[str] = []
    async with mail_server(mails) as port:
        await mail(port).send(Notice("customers fails\nBcc: evil@example.com", "Nothing is left to read – ö."))
    (text,) = mails
    message = message_from_string(text)
    assert message["To"] == "one@example.com, two@example.com"
    assert message["Subject"] == "openphone-sync: customers fails Bcc: evil@example.com"
    assert message["Bcc"] is None
    assert b"left to read" in (message.get_payload(decode=True) or b"")


async def test_a_mail_server_that_refuses_is_told() -> None:
    async with mail_server([], refuse="MAIL") as port:
        with pytest.raises(NotSent, match=r"127\.0\.0\.1 did not take it.*not here"):
            await mail(port).send(Notice("a", "b"))


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_no_mail_goes_unsecured_where_it_is_to_be_secured(security: str) -> None:
    mails: list[str] = []
    async with mail_server(mails) as port:
        with pytest.raises(NotSent, match=r"127\.0\.0\.1 did not take it"):
            await mail(port, security).send(Notice("a", "b"))
    assert mails == []


async def test_a_goodbye_that_does_not_come_makes_no_mail_unsent() -> None:
    mails: list[str] = []
    async with mail_server(mails, silent="QUIT") as port:
        await mail(port).send(Notice("a", "b"))
    assert len(mails) == 1


async def test_a_mail_server_that_is_away_is_told() -> None:
    with pytest.raises(NotSent, match="refused"):
        await mail(1).send(Notice("a", "b"))


def test_the_daemon_tells_of_trouble_once_and_of_its_end_once(tmp_path: Path, hook: Hook) -> None:
    (tmp_path / "customers.csv").write_text(CSV)
    with SandboxThread(SandboxOptions(requests_per_second=1000)) as sandbox:
        daemon = DaemonProcess(tmp_path, sandbox, schedule="0.3s", extra=f"alerts: {{webhook: '{hook.url}'}}")
        with daemon:
            until(lambda: daemon.get("/readyz").status == 200)
            daemon.csv.rename(tmp_path / "away.csv")
            until(lambda: 'runs_total{status="failed",sync="customers"} 3.0' in daemon.get("/metrics").text)
            assert daemon.stop()[0] == 0
        with daemon:
            until(lambda: daemon.get("/readyz").status == 503 and "not exist" in daemon.get("/readyz").text)
            (tmp_path / "away.csv").rename(daemon.csv)
            until(lambda: len(hook.bodies) > 1)
            assert daemon.stop()[0] == 0
        failing, well = hook.texts()
        assert "customers fails" in failing
        assert "customers.csv does not exist" in failing
        assert "customers is well again" in well
        assert "s3cret" not in (tmp_path / "stderr.txt").read_text()


@contextmanager
def a_byte_a_second() -> Iterator[int]:
    """A server that answers anybody with one byte a second, for ever."""
    over = Event()

    def drip(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while not over.wait(1):
                connection.sendall(b"2")

    def accept() -> None:
        with suppress(OSError):
            while True:
                Thread(target=drip, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=accept, daemon=True).start()
        yield int(server.getsockname()[1])
        over.set()


SMTP = "smtp: {{host: 127.0.0.1, port: {port}, security: {security}, sender: a@example.com, to: b@example.com}}"


@pytest.mark.parametrize(
    "alerts",
    [SMTP.replace("{security}", "none"), SMTP.replace("{security}", "tls"), "webhook: 'http://127.0.0.1:{port}/hook'"],
)
def test_who_answers_a_byte_a_second_holds_up_neither_the_sync_nor_the_end(tmp_path: Path, alerts: str) -> None:
    (tmp_path / "customers.csv").write_text(CSV)
    with a_byte_a_second() as port, SandboxThread(SandboxOptions(requests_per_second=1000)) as sandbox:
        extra = f"alerts: {{{alerts.format(port=port)}}}"
        with DaemonProcess(tmp_path, sandbox, schedule="0.3s", extra=extra) as daemon:
            until(lambda: daemon.get("/readyz").status == 200)
            daemon.csv.rename(tmp_path / "away.csv")
            until(lambda: 'runs_total{status="failed",sync="customers"} 4.0' in daemon.get("/metrics").text)
            (tmp_path / "away.csv").rename(daemon.csv)
            until(lambda: daemon.get("/readyz").status == 200)
            code, seconds = daemon.stop()
    assert code == 0
    assert seconds < 5


async def test_a_mail_that_takes_too_long_is_given_up_as_a_whole() -> None:
    with a_byte_a_second() as port, pytest.raises(NotSent, match="did not take it within 2 s"):
        await mail(port, deadline=2).send(Notice("a", "b"))
