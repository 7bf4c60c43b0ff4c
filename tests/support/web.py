"""A web server with a certificate of its own making, and a proxy that leads there; both on this machine alone."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, TCPServer, ThreadingTCPServer
from types import TracebackType
from typing import Self

import trustme


@dataclass(frozen=True)
class Page:
    """What a path answers. ``length``: what is said of the body's length; None where nothing is said."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = -1


@dataclass(frozen=True)
class Asked:
    path: str
    headers: dict[str, str]


class _Served:
    """A server that serves as long as a block lasts."""

    def __init__(self, server: TCPServer) -> None:
        self._server = server
        self._server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
        self.port: int = server.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()


class WebServer(_Served):
    """``https`` where it has authorities of its own, ``http`` else. ``asked`` are the requests that came."""

    def __init__(
        self, answer: Callable[[Asked], Page], issuer: trustme.CA | None = None, host: str = "localhost"
    ) -> None:
        self.asked: list[Asked] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()})
                server.asked.append(asked)
                page = answer(asked)
                self.send_response(page.status)
                for name, value in page.headers.items():
                    self.send_header(name, value)
                if page.length is not None:
                    self.send_header("Content-Length", str(len(page.body) if page.length < 0 else page.length))
                self.send_header("Connection", "close")
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(page.body)
                self.close_connection = True

            do_HEAD = do_POST = do_GET

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        super().__init__(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        self.url = f"http://127.0.0.1:{self.port}"
        if issuer is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            issuer.issue_cert(host, "127.0.0.1").configure_cert(context)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
            self.url = f"https://127.0.0.1:{self.port}"


class Proxy(_Served):
    """A CONNECT proxy: wherever one wants to go, it leads to ``port`` of this machine. ``asked``: where to."""

    def __init__(self, port: int, refuses: int | None = None) -> None:
        self.asked: list[str] = []
        proxy = self

        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                proxy.asked.append(self.rfile.readline().decode().split()[1])
                while self.rfile.readline().strip():
                    pass
                if refuses:
                    self.wfile.write(f"HTTP/1.1 {refuses} No\r\nContent-Length: 0\r\n\r\n".encode())
                    return
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                with socket.create_connection(("127.0.0.1", port)) as there:
                    _between(self.connection, there)

        listening = ThreadingTCPServer(("127.0.0.1", 0), Handler)
        listening.daemon_threads = True
        super().__init__(listening)
        self.url = f"http://127.0.0.1:{self.port}"


def _between(one: socket.socket, other: socket.socket) -> None:
    """Carries what each says to the other, until one of them ends."""
    while True:
        ready, _, _ = select.select([one, other], [], [], 10)
        for speaker in ready:
            said = speaker.recv(65536)
            if not said:
                return
            (other if speaker is one else one).sendall(said)
        if not ready:
            return


def trust_file(issuer: trustme.CA, folder: Path) -> str:
    """The issuer's certificate as a PEM file."""
    path = folder / "issuer.pem"
    path.write_bytes(issuer.cert_pem.bytes())
    return str(path)
