"""Airflow asked from outside: what is to be made is made once, though the server stumbles first."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from declarations.demo import airflow_api
from declarations.demo.airflow_api import AirflowApi
from declarations.errors import Retryable


class Stumbling(ThreadingHTTPServer):
    """A server that fails so many times, after or before it did what was asked."""

    failures = 0
    runs: list[str]


class Handler(BaseHTTPRequestHandler):
    server: Stumbling

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/auth/token":
            return self._answer(201, {"access_token": "token"})
        run = body["dag_run_id"]
        known = run in self.server.runs
        if not known:
            self.server.runs.append(run)
        if self.server.failures:
            self.server.failures -= 1
            return self._answer(500, {})
        return self._answer(409 if known else 200, {"dag_run_id": run})

    def do_GET(self) -> None:
        self._answer(200 if self.path == "/board/" else 404, {})

    def _answer(self, code: int, content: object) -> None:
        text = json.dumps(content).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stumbling]:
    monkeypatch.setattr(airflow_api, "WAITS", (0, 0))
    with Stumbling(("127.0.0.1", 0), Handler) as server:
        server.runs = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def api(server: Stumbling) -> AirflowApi:
    return AirflowApi(f"http://127.0.0.1:{server.server_port}", "admin", "secret")


def test_a_run_is_started_once_though_the_first_answer_is_a_fault(server: Stumbling) -> None:
    server.failures = 2
    assert [api(server).trigger("intake")] == server.runs


def test_a_server_that_keeps_failing_is_a_fault(server: Stumbling) -> None:
    server.failures = 99
    with pytest.raises(Retryable, match="500"):
        api(server).trigger("intake")


def test_a_page_is_shown_once_it_is_there(server: Stumbling) -> None:
    assert [api(server).shows(path) for path in ("/board/", "/nowhere")] == [True, False]
