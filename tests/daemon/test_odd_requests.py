"""Requests that nobody should send: answered with 400 or 421, never with an error of ours, and with no version."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.sandbox import SandboxOptions, SandboxThread
from tests.support.daemons import CSV, TOKEN, Answer, DaemonProcess, until

FORM = b"Content-Type: application/x-www-form-urlencoded"
PARTS = b"Content-Type: multipart/form-data"
PART = b'--x\r\nContent-Disposition: form-data; name="token"\r\n'


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaemonProcess]:
    folder = tmp_path_factory.mktemp("odd")
    (folder / "customers.csv").write_text(CSV)
    with (
        SandboxThread(SandboxOptions(requests_per_second=1000)) as sandbox,
        DaemonProcess(folder, sandbox, schedule="1h", server=f", token: {TOKEN}") as made,
    ):
        until(lambda: made.get("/readyz").status == 200)
        yield made


def exchange(daemon: DaemonProcess, request: bytes) -> Answer:
    """Bytes as they are, and what is answered to them."""
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=10) as connection:
        connection.sendall(request)
        received = b""
        while more := connection.recv(65536):
            received += more
    head, _, body = received.decode("utf-8", "replace").partition("\r\n\r\n")
    status, *headers = head.split("\r\n")
    named = (line.partition(": ") for line in headers)
    return Answer(int(status.split()[1]), body, {name: value for name, _, value in named})


def sent(
    daemon: DaemonProcess, path: str, *headers: bytes, body: bytes | None = None, host: bytes = b"127.0.0.1"
) -> Answer:
    method = b"GET" if body is None else b"POST"
    length = [] if body is None else [b"Content-Length: %d" % len(body)]
    hosts = [b"Host: " + host] if host else []
    lines = [method + b" " + path.encode() + b" HTTP/1.1", *hosts, b"Connection: close", *headers, *length]
    return exchange(daemon, b"\r\n".join(lines) + b"\r\n\r\n" + (body or b""))


@pytest.mark.parametrize("path", ["/", "/login", "/metrics", "/readyz", "/healthz"])
@pytest.mark.parametrize(
    "host", [b"[", b"[::1", b"]", b"a b", b"\xff\xfe", b"user@127.0.0.1", b"x:http", b"a/b", b"\xc3\xbc"]
)
def test_a_host_that_is_none(daemon: DaemonProcess, path: str, host: bytes) -> None:
    assert sent(daemon, path, host=host).status == 400


@pytest.mark.parametrize(
    "header",
    [
        b"Cookie: openphone_sync=\xff.\xfe",
        b"Authorization: Bearer \xff\xfe",
        b"Origin: http://\xff",
        b"Origin: http://[",
        b"Origin: http://[::1",
        b"Sec-Fetch-Site: \xff",
        b"X-Forwarded-Proto: \xff",
        b"Authorization: Bearer a\r\nAuthorization: Bearer b",
    ],
)
@pytest.mark.parametrize(("path", "body"), [("/", None), ("/login", b"token=x"), ("/syncs/customers/run", b"")])
def test_headers_that_are_none(daemon: DaemonProcess, header: bytes, path: str, body: bytes | None) -> None:
    assert sent(daemon, path, header, FORM, body=body).status == 400


@pytest.mark.parametrize(
    "cookie",
    [b"openphone_sync=\xc3\xbc.a", b"theirs=\xc3\xa4; openphone_sync=a.b.c", b'=;;="', b'a="\\377\\000"', b"x" * 4000],
)
def test_cookies_of_others_on_this_host_do_no_harm(daemon: DaemonProcess, cookie: bytes) -> None:
    assert sent(daemon, "/", b"Cookie: " + cookie).status == 200


def test_two_proxies_in_a_row_may_both_say_how_they_were_asked(daemon: DaemonProcess) -> None:
    assert sent(daemon, "/", b"X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http").status == 200


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([FORM + b"; charset=nonsense"], b"token=x"),
        ([FORM + b"; charset=hex"], b"token=x"),
        ([FORM + b"; charset=utf-16"], b"token=x"),
        ([FORM], b"token=\xff\xfe"),
        ([FORM + b"; charset=ascii"], b"token=\xc3\xbc"),
        ([PARTS], b"token=x"),
        ([PARTS + b"; boundary=x"], b"token=x"),
        ([PARTS + b"; boundary=x"], PART),
        ([FORM, b"Content-Encoding: gzip"], b"no gzip"),
        ([PARTS + b"; boundary=x"], PART + b"Content-Type: text/plain; charset=nonsense\r\n\r\ny\r\n--x--\r\n"),
    ],
)  # fmt: skip
def test_forms_that_are_none(daemon: DaemonProcess, headers: list[bytes], body: bytes) -> None:
    assert sent(daemon, "/login", *headers, body=body).status == 400


def test_a_form_that_is_read_and_wrong_is_still_only_wrong(daemon: DaemonProcess) -> None:
    assert sent(daemon, "/login", FORM, body=b"token=%FF%FE").status == 403
    assert sent(daemon, "/login", FORM + b"; charset=latin-1", body=b"token=\xfc").status == 403
    assert sent(daemon, "/login", FORM, body=b"token=" + b"x" * 20_000).status == 413
    assert sent(daemon, "/syncs/%ff/run", b"Authorization: Bearer " + TOKEN.encode(), body=b"").status == 404


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
def test_what_machines_ask_is_not_for_a_strangers_name(daemon: DaemonProcess, path: str) -> None:
    assert sent(daemon, path, host=b"rebound.example:8080").status == 421
    assert sent(daemon, path, host=b"rebound").status == 421  # listens to this machine alone
    for ours in (b"127.0.0.1:8080", b"10.1.2.3:8080", b"[::1]:8080", b"[fe80::1%eth0]", b"localhost"):
        assert sent(daemon, path, host=ours).status == 200
    assert exchange(daemon, b"GET %s HTTP/1.0\r\n\r\n" % path.encode()).status == 200  # an old probe sends none


def test_what_listens_to_the_network_keeps_answering_probes(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text(CSV)
    with (
        SandboxThread(SandboxOptions(requests_per_second=1000)) as sandbox,
        DaemonProcess(tmp_path, sandbox, schedule="1h", server=", host: 0.0.0.0, names: [sync.example.com]") as daemon,
    ):
        until(lambda: daemon.get("/readyz").status == 200)
        for path in ("/metrics", "/readyz"):
            for ours in (b"10.1.2.3:8080", b"openphone-sync:8080", b"sync.crm.svc.cluster.local", b"sync.example.com"):
                assert sent(daemon, path, host=ours).status == 200
            assert sent(daemon, path, host=b"rebound.example").status == 421
        assert sent(daemon, "/", host=b"openphone-sync:8080").status == 421  # the page is for people: by its names


def test_no_answer_tells_a_version(daemon: DaemonProcess) -> None:
    answers = [sent(daemon, path) for path in ("/", "/metrics", "/healthz", "/nowhere")]
    answers += [
        sent(daemon, "/", host=b"["),
        exchange(daemon, b"no HTTP at all\r\n\r\n"),
        exchange(daemon, b"\x16\x03\x01\r\n\r\n"),
    ]
    assert {answer.headers["Server"] for answer in answers} == {"openphone-sync"}


def test_nothing_of_this_is_an_error_of_ours(daemon: DaemonProcess) -> None:
    sent(daemon, "/", host=b"[")
    assert "Traceback" not in (daemon.folder / "stderr.txt").read_text()
    assert not daemon.logged("the page could not be made")
