"""Who listens to the system: a mail server, a webhook and a StatsD, each real, on a port of this machine."""

from __future__ import annotations

import email
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail server took."""

    to: tuple[str, ...]
    sender: str
    text: str


class Postbox(socketserver.ThreadingTCPServer):
    """A mail server (RFC 5321) that keeps what it is sent."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        super().__init__((HOST, 0), _Letter)


class _Letter(socketserver.StreamRequestHandler):
    server: Postbox

    def handle(self) -> None:
        to: list[str] = []
        self._say("220 ready")
        for line in iter(self.rfile.readline, b""):
            verb = line.split(b":")[0].strip().upper()
            if verb.startswith(b"EHLO"):
                self._say("250 8BITMIME")
            elif verb == b"RCPT TO":
                to.append(line.decode().partition("<")[2].partition(">")[0])
                self._say("250 ok")
            elif verb == b"DATA":
                self._say("354 go on")
                said = email.message_from_bytes(b"".join(iter(self.rfile.readline, b".\r\n")))
                self.server.mails.append(Mail(tuple(to), said["From"], _text(said)))
                self._say("250 taken")
            elif verb == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


def _text(said: Message) -> str:
    parts = [part.get_payload(decode=True) for part in said.walk() if not part.is_multipart()]
    return "".join(part.decode() for part in parts if isinstance(part, bytes))


class Hook(HTTPServer):
    """An address that takes alarms as JSON."""

    def __init__(self) -> None:
        self.alarms: list[dict[str, str]] = []
        super().__init__((HOST, 0), _Call)


class _Call(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        self.server.alarms += json.loads(self.rfile.read(int(self.headers["Content-Length"])))["alarms"]
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Gauges(socketserver.ThreadingUDPServer):
    """A StatsD that keeps the newest value of each gauge: lines such as `airflow.declarations.queue:3|g`."""

    max_packet_size = 65536
    daemon_threads = True

    def __init__(self) -> None:
        self.values: dict[str, float] = {}
        super().__init__((HOST, 0), _Packet)


class _Packet(socketserver.DatagramRequestHandler):
    server: Gauges

    def handle(self) -> None:
        for line in self.rfile.read().decode().splitlines():
            name, _, rest = line.rpartition(":")
            value, kind, *_ = rest.split("|")
            if kind == "g":
                self.server.values[name] = float(value)


@contextmanager
def listening(server: socketserver.BaseServer) -> Iterator[None]:
    """It answers while the body runs."""
    with server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield
        server.shutdown()
        thread.join()
