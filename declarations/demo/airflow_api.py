"""Airflow asked from outside, through its public REST interface."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from declarations.errors import Retryable

TIMEOUT_SECONDS = 20
COMPONENTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")
MOVING = ("queued", "running")
EXISTS = 409
WAITS = (1, 2, 4, 8)
"""Seconds between tries to make something."""


@dataclass(slots=True)
class AirflowApi:
    """One Airflow on this machine; logs in when it is first needed."""

    url: str
    user: str
    password: str
    _token: str = field(default="", repr=False)

    def token(self) -> str:
        """What a request carries to be this user's. Raises Retryable."""
        if not self._token:
            login = {"username": self.user, "password": self.password}
            self._token = self._send("POST", "/auth/token", {}, login)["access_token"]
        return self._token

    def healthy(self) -> bool:
        """Whether every component reports that it lives."""
        try:
            given = self._send("GET", "/api/v2/monitor/health", {})
        except Retryable:
            return False
        return all((given.get(name) or {}).get("status") == "healthy" for name in COMPONENTS)

    def knows(self, dag_ids: Collection[str]) -> bool:
        """Whether these DAGs have been read and are not paused."""
        given = self._call("GET", "/api/v2/dags?limit=100")
        return set(dag_ids) <= {each["dag_id"] for each in given["dags"] if not each["is_paused"]}

    def shows(self, path: str) -> bool:
        """Whether a page of that path is there."""
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {self.token()}"})
        try:
            with _direct().open(request, timeout=TIMEOUT_SECONDS) as answer:
                return bool(answer.read())
        except (OSError, http.client.HTTPException):
            return False

    def make_pool(self, name: str, slots: int) -> None:
        """Have a pool of that name; one that is there stays as it is."""
        known = {each["name"] for each in self._call("GET", "/api/v2/pools?limit=100")["pools"]}
        if name not in known:
            self._make("/api/v2/pools", {"name": name, "slots": slots})

    def trigger(self, dag_id: str) -> str:
        """Start a run now; its id."""
        run_id = f"asked__{uuid.uuid4().hex}"
        self._make(f"/api/v2/dags/{dag_id}/dagRuns", {"dag_run_id": run_id, "logical_date": None})
        return run_id

    def state(self, dag_id: str, run_id: str) -> str:
        """How that run stands: queued, running, success or failed."""
        state: str = self._call("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}")["state"]
        return state

    def moving(self, dag_ids: Collection[str]) -> int:
        """How many runs of these DAGs are queued or running."""
        return sum(self._count(dag_id, state) for dag_id in dag_ids for state in MOVING)

    def failed(self, dag_ids: Collection[str]) -> int:
        """How many runs of these DAGs have failed."""
        return sum(self._count(dag_id, "failed") for dag_id in dag_ids)

    def _count(self, dag_id: str, state: str) -> int:
        given = self._call("GET", f"/api/v2/dags/{dag_id}/dagRuns?state={state}&limit=1")
        total: int = given["total_entries"]
        return total

    def _make(self, path: str, body: Mapping[str, object]) -> None:
        """Make a thing that has a name, once: Airflow on SQLite may answer 500 while a task starts."""
        for wait in (*WAITS, None):
            try:
                self._call("POST", path, body)
                return
            except Retryable:
                if wait is None:
                    raise
                time.sleep(wait)

    def _call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        return self._send(method, path, {"Authorization": f"Bearer {self.token()}"}, body)

    def _send(
        self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, object] | None = None
    ) -> dict[str, Any]:
        """The answer, read; an empty one where the thing to be made exists. Raises Retryable."""
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, content, {"Content-Type": "application/json", **headers}, method=method
        )
        try:
            with _direct().open(request, timeout=TIMEOUT_SECONDS) as answer:
                read: dict[str, Any] = json.load(answer)
                return read
        except urllib.error.HTTPError as fault:
            if fault.code == EXISTS:
                return {}
            raise Retryable(f"Airflow answered {fault.code} to {method} {path}") from fault
        except (OSError, http.client.HTTPException, json.JSONDecodeError) as fault:
            raise Retryable(f"Airflow did not answer {method} {path}: {fault}") from fault


def _direct() -> urllib.request.OpenerDirector:
    """Without the proxies that the environment may name: the way is over loopback."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))
