"""The board as a web application, over a ledger that is simulated where it has to fail."""

from __future__ import annotations

from datetime import datetime

import pytest

pytest.importorskip("fastapi")

from fastapi import Request
from starlette.testclient import TestClient

from declarations.board.actions import Operation
from declarations.board.desk import Desk
from declarations.board.values import Overview
from declarations.board.web import Asked, Gate, Run, User, application
from declarations.errors import Configuration, Retryable
from tests.board.given import NAMES, NOW, Sample, desk


class Ann:
    """An operator."""

    def get_id(self) -> str:
        return "1"

    def get_name(self) -> str:
        return "ann"


class Broken(Sample):
    """A ledger that cannot be read."""

    def __init__(self, fault: Exception) -> None:
        super().__init__()
        self.fault = fault

    def overview(self, now: datetime) -> Overview:
        raise self.fault


def open_gate(asked: Asked | None = None) -> Gate:
    """A host that lets everybody in and do everything, and answers so to an operation."""

    async def operate(request: Request, operation: Operation) -> Asked:
        return asked or Asked(200, "run")

    async def run(request: Request, dag_id: str, run_id: str) -> Run | None:
        return Run({"batch": "not a number", "batches": None}, run_id)

    def may_act(user: User) -> bool:
        return True

    return Gate(lambda: None, Ann, may_act, operate, run, b"secret", "/runs/{run}")


def visited(here: Desk, asked: Asked | None = None) -> TestClient:
    """A browser at such a host."""
    web = application(lambda: here, open_gate(asked))
    return TestClient(web, raise_server_exceptions=False, follow_redirects=False)


@pytest.mark.parametrize(
    ("fault", "status", "told"),
    [
        (Retryable("/secret/place is locked"), 503, "The ledger does not answer."),
        (Configuration("/secret/place has no tables"), 500, "The board cannot read the ledger."),
    ],
)
def test_a_ledger_that_cannot_be_read_is_said_without_its_fault(fault: Exception, status: int, told: str) -> None:
    answer = visited(Desk(Broken(fault), lambda: NAMES, lambda: NOW)).get("/")
    assert answer.status_code == status
    assert told in answer.text
    assert "/secret/place" not in answer.text


def test_a_batch_that_is_not_there_is_not_found() -> None:
    client = visited(desk())
    assert [client.get(f"/batch/{number}").status_code for number in ("18", "9" * 40, "x")] == [404, 404, 404]


@pytest.mark.parametrize("query", ["status=none", "before=-1", "before=x", f"before={'9' * 40}", "mark=maybe"])
def test_a_list_that_is_asked_for_wrongly_is_the_list_of_all(query: str) -> None:
    answer = visited(desk()).get(f"/batches?{query}")
    assert answer.status_code == 200
    assert "<h1>All batches</h1>" in answer.text


def test_a_run_whose_configuration_names_no_batch_is_about_none() -> None:
    assert "This run is not about single batches." in visited(desk()).get("/run/x/y").text


def test_where_the_host_does_not_know_the_operations_nothing_is_said_to_be_done() -> None:
    client = visited(desk(), Asked(404))
    page = client.get("/batch/17").text
    token = page.partition('name="token" value="')[2].partition('"')[0]
    fields = {"action": "rerun", "subject": "17", "reason": "it stands still", "back": "batch/17", "token": token}
    answer = client.post("/act", data=fields)
    assert answer.status_code == 404
    assert "Airflow does not know the DAG" in answer.text


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("queued", "Run again: Airflow carries it out now."),
        ("success", "Run again: done."),
        ("failed", "Run again: refused, and nothing was done; Airflow says why."),
    ],
)
def test_the_page_says_what_came_of_a_button(state: str, told: str) -> None:
    page = visited(desk()).get(f"/batch/17?asked=rerun&run={state}").text
    assert told in page
    assert f'<a href="/runs/{state}" data-airflow="1">' in page


def test_an_address_that_claims_an_answer_to_nothing_says_nothing() -> None:
    assert 'class="answer"' not in visited(desk()).get("/batch/17?asked=<script>&run=x").text
