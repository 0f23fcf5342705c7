"""The whole system as `make up` starts it, once for these tests, with who listens to it and who works with it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from declarations.demo import components, system
from declarations.demo.home import lay_out
from declarations.ledger import Ledger
from declarations.model import Batch, BatchStatus, Story
from declarations.settings import load
from declarations.world import ledger
from tests.airflow.conftest import ROOT, Demo
from tests.system.listeners import Gauges, Hook, Postbox, listening

Told = TypeVar("Told")

PATIENCE_SECONDS, READING_SECONDS = 420, 4
ENDED = ("success", "failed")
SMTP = "smtp_default"
SENDER = "declarations@example.org"
DUTY = "duty@example.org"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is logged in to Airflow, and asks it by its REST interface or looks at our pages."""

    name: str
    web: httpx.Client

    def run(self, dag_id: str, **conf: object) -> str:
        """Start a run of that DAG and wait for it; how it ended."""
        return self.ended(dag_id, self.started(dag_id, **conf))

    def started(self, dag_id: str, **conf: object) -> str:
        """Start a run of that DAG; its id."""
        run = f"asked__{uuid.uuid4().hex}"
        body = {"dag_run_id": run, "logical_date": None, "conf": conf}
        self.made("POST", f"/api/v2/dags/{dag_id}/dagRuns", body)
        return run

    def made(self, method: str, path: str, body: Mapping[str, object]) -> None:
        """Change something by its name; Airflow on SQLite may answer 500 while tasks start, and then is asked again."""
        answer = until(
            lambda: self.web.request(method, path, json=body),
            lambda answer: answer.status_code != httpx.codes.INTERNAL_SERVER_ERROR,
        )
        if answer.status_code != httpx.codes.CONFLICT:
            answer.raise_for_status()

    def ended(self, dag_id: str, run: str) -> str:
        """How that run ended, once it has."""
        where = f"/api/v2/dags/{dag_id}/dagRuns/{run}"
        return until(lambda: str(self.told(where)["state"]), lambda state: state in ENDED)

    def told(self, path: str) -> dict[str, Any]:
        """What Airflow's interface says there."""
        answer = until(
            lambda: self.web.get(path), lambda answer: answer.status_code != httpx.codes.INTERNAL_SERVER_ERROR
        )
        said: dict[str, Any] = answer.raise_for_status().json()
        return said

    def asked(self, run: str, task: str) -> bool:
        """Whether that task of a run of `quarantine` awaits an answer."""
        found = self.told(f"/api/v2/dags/quarantine/dagRuns/{run}/taskInstances/{task}")
        return str(found["state"]) == "awaiting_input"

    def decides(self, run: str, task: str, choice: str, **params: str) -> str:
        """Answer what that task asks until it has ended; how.

        Airflow may lose an answer that comes before its scheduler knows of the question. Then it asks again.
        """
        where = f"/api/v2/dags/quarantine/dagRuns/{run}/taskInstances/{task}"

        def state() -> str:
            if self.asked(run, task):
                self.answers(run, task, choice, **params)
            return str(self.told(where)["state"])

        return until(state, lambda state: state in ENDED)

    def answers(self, run: str, task: str, choice: str, **params: str) -> int:
        """Answer what that task asks, having read it; the status of HTTP."""
        time.sleep(READING_SECONDS)
        where = f"/api/v2/dags/quarantine/dagRuns/{run}/taskInstances/{task}/-1/hitlDetails"
        body = {"chosen_options": [choice], "params_input": params}
        return until(
            lambda: self.web.patch(where, json=body).status_code,
            lambda status: status != httpx.codes.INTERNAL_SERVER_ERROR,
        )


@dataclass(frozen=True, slots=True)
class Running:
    """The running system, the people who know its password, and what its listeners heard."""

    demo: Demo
    people: Mapping[str, Person]
    url: str
    post: Postbox
    hook: Hook
    gauges: Gauges
    folders: Iterator[Path] = field(repr=False)

    @property
    def admin(self) -> Person:
        return self.people["admin"]

    @property
    def operator(self) -> Person:
        return self.people["operator"]

    @property
    def viewer(self) -> Person:
        return self.people["viewer"]

    @property
    def book(self) -> Ledger:
        return ledger(load(self.demo.home))

    def batch(self, reference: str) -> Batch | None:
        """The batch of that reference, once it was received."""
        found = self.book.find(reference)
        return found[0] if found else None

    def story(self, reference: str) -> Story:
        return self.book.story(self.the(reference).id)

    def the(self, reference: str) -> Batch:
        """The batch of that reference."""
        found = self.batch(reference)
        if found is None:
            raise LookupError(reference)
        return found

    def dropped(self) -> str:
        """Drop a batch and have it taken in; its reference."""
        reference = self.demo.drop(next(self.folders))
        self.admin.started("intake")
        return reference

    def standing(self, *statuses: BatchStatus) -> str:
        """A batch that was dropped and has come that far by itself."""
        reference = self.dropped()
        until(lambda: self.batch(reference), lambda found: found is not None and found.status in statuses)
        return reference

    def waiting(self) -> str:
        """An accepted batch that no run takes further while `stopped` lasts."""
        return self.standing(BatchStatus.ACCEPTED)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Nothing is taken further than accepted meanwhile."""
        self._pause(True)
        try:
            yield
        finally:
            self._pause(False)

    def _pause(self, paused: bool) -> None:
        self.admin.made("PATCH", "/api/v2/dags/process_batch", {"is_paused": paused})


def until(ask: Callable[[], Told], good: Callable[[Told], bool]) -> Told:
    """What was told at last, once it is good."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not good(told := ask()):
        if time.monotonic() > end:
            raise TimeoutError(f"still {told} after {PATIENCE_SECONDS} seconds")
        time.sleep(0.5)
    return told


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("up")
    post, hook, gauges = Postbox(), Hook(), Gauges()
    with listening(post), listening(hook), listening(gauges):
        made = system.prepare(home, sftp_port=0, airflow_port=0)
        lay_out(home, ROOT / "sample_batches", made.sftp_port, {}, datetime.now(UTC))
        _tell(home, hook, gauges)
        try:
            components.start_mailboxes(home, made, ROOT / "dags", print)
            components.start_airflow(home, made, ROOT / "dags", print)
            components.start_institutions(home, made, ROOT / "dags")
            people = {name: Person(name, _client(made, name)) for name in system.USERS}
            _name(people["admin"], post)
            folders = (tmp_path_factory.mktemp("drop") for _ in iter(int, 1))
            yield Running(Demo(home, made.sftp_port), people, made.url, post, hook, gauges, folders)
        finally:
            components.stop(home, grace_seconds=2)


def _tell(home: Path, hook: Hook, gauges: Gauges) -> None:
    """Who is told, in our settings, and in Airflow's who measures."""
    with (home / "settings.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'[alarms]\nwebhook = "http://127.0.0.1:{hook.server_port}/"\nmail_to = ["{DUTY}"]\n')
    measuring = f"[metrics]\nstatsd_on = True\nstatsd_host = 127.0.0.1\nstatsd_port = {gauges.server_address[1]}\n"
    (system.airflow_home(home) / "airflow.cfg").write_text(measuring, encoding="utf-8")


def _client(made: system.System, name: str | None) -> httpx.Client:
    client = httpx.Client(base_url=made.url, timeout=60, trust_env=False)
    if name is not None:
        login = client.post("/auth/token", json={"username": name, "password": made.password})
        client.headers["Authorization"] = f"Bearer {login.raise_for_status().json()['access_token']}"
    return client


def _name(admin: Person, post: Postbox) -> None:
    """The mail server, as an administrator enters it."""
    host, port = post.server_address[:2]
    extra = f'{{"from_email": "{SENDER}", "disable_ssl": true, "disable_tls": true}}'
    body = {"connection_id": SMTP, "conn_type": "smtp", "host": host, "port": port, "extra": extra}
    admin.made("POST", "/api/v2/connections", body)
