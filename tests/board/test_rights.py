"""Who may see the board and act through it: a real Airflow decides, in the process of the tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from declarations.board.actions import token
from declarations.model import Batch, BatchStatus
from tests.ledger.given import NOW, brought_to, drop, recorded

pytest.importorskip("airflow")

from tests.board.airflow import ORIGIN, SECRET, Host, hosted

pytestmark = pytest.mark.airflow

PAGES = ("", "batches", "batches?status=held", "search?q=DMFA", "recipients", "batch/1", "run/process_batch/batch__1")
SELF = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """Airflow with the board in it, and batch 1 held."""
    with hosted(tmp_path_factory.mktemp("board")) as given:
        _held(given)
        yield given


def _held(host: Host) -> Batch:
    batch = brought_to(host.ledger, recorded(host.ledger, drop(1)), BatchStatus.NORMALIZED)
    host.ledger.stumbled(batch, "control: Invariant: no schema", NOW, hold=True)
    return host.ledger.batch(batch.id)


def form(host: Host, user: str, action: str = "propose-release") -> dict[str, str]:
    """The fields that a user's page of batch 1 sends for that button."""
    text = host.visitor(user).get("/board/batch/1").text
    forms = [part for part in text.split("<form")[1:] if f'value="{action}"' in part.partition("</form>")[0]]
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', forms[0].partition("</form>")[0]))
    return fields | {"reason": "the schema is there now"}


@pytest.mark.parametrize("page", [*PAGES, "no/such/page", "docs", "openapi.json"])
def test_an_anonymous_visitor_gets_401_from_every_page(host: Host, page: str) -> None:
    answer = host.visitor().get(f"/board/{page}")
    assert answer.status_code == 401
    assert "DMFA" not in answer.text


def test_an_anonymous_visitor_cannot_act(host: Host) -> None:
    assert host.visitor().post("/board/act", data=form(host, "ann"), headers=SELF).status_code == 401


@pytest.mark.parametrize("page", PAGES[:-1])
def test_a_viewer_sees_every_page_without_a_button(host: Host, page: str) -> None:
    answer = host.visitor("vera").get(f"/board/{page}")
    assert answer.status_code == 200
    assert 'method="post"' not in answer.text
    assert "Signed in as vera: you may look." in answer.text


def test_a_viewer_cannot_act_even_with_a_form_of_their_own(host: Host) -> None:
    stolen = form(host, "ann")
    before = len(host.runs("operate"))
    assert host.visitor("vera").post("/board/act", data=stolen, headers=SELF).status_code == 403
    own = stolen | {"token": token(SECRET.encode(), "vera", datetime.now(UTC))}
    answer = host.visitor("vera").post("/board/act", data=own, headers=SELF)
    assert (answer.status_code, len(host.runs("operate"))) == (403, before)
    assert "You may look, and not act" in answer.text


def test_an_operators_button_starts_a_run_of_operate_in_the_operators_name(host: Host) -> None:
    answer = host.visitor("otto").post("/board/act", data=form(host, "otto"), headers=SELF)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/board/batch/1?asked=propose-release&run=")
    newest = host.runs("operate")[-1]
    assert newest["triggering_user_name"] == "otto"
    assert newest["conf"] == {"action": "propose-release", "subject": "1", "reason": "the schema is there now"}


def test_the_page_says_what_was_asked_and_leads_to_the_run(host: Host) -> None:
    client = host.visitor("otto")
    answer = client.post("/board/act", data=form(host, "otto"), headers=SELF)
    page = client.get(answer.headers["location"]).text
    assert "Propose release: Airflow carries it out now." in page
    assert '<a href="/dags/operate/runs/manual__' in page


@pytest.mark.parametrize(
    ("headers", "changes"),
    [
        ({"Origin": "http://elsewhere.example"}, {}),
        ({"Origin": "null"}, {}),
        (SELF | {"Sec-Fetch-Site": "cross-site"}, {}),
        (SELF | {"Sec-Fetch-Site": "same-site"}, {}),
        (SELF, {"token": "0" * 64}),
        (SELF, {"token": ""}),
    ],
)
def test_a_form_from_elsewhere_does_nothing(host: Host, headers: dict[str, str], changes: dict[str, str]) -> None:
    before = len(host.runs("operate"))
    answer = host.visitor("ann").post("/board/act", data=form(host, "ann") | changes, headers=headers)
    assert (answer.status_code, len(host.runs("operate"))) == (403, before)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"action": "delete"}, 400),
        ({"subject": "1; DROP"}, 400),
        ({"reason": " ab "}, 400),
        ({"reason": "x" * 501}, 400),
        ({"reason": "x" * 9000}, 413),
    ],
)
def test_a_form_that_is_not_one_of_ours_does_nothing(host: Host, changes: dict[str, str], status: int) -> None:
    before = len(host.runs("operate"))
    answer = host.visitor("ann").post("/board/act", data=form(host, "ann") | changes, headers=SELF)
    assert (answer.status_code, len(host.runs("operate"))) == (status, before)


def test_a_form_never_leads_to_another_server(host: Host) -> None:
    given = form(host, "ann") | {"back": "//elsewhere.example/"}
    answer = host.visitor("ann").post("/board/act", data=given, headers=SELF)
    assert answer.headers["location"].startswith("/board/?asked=")


def test_every_answer_keeps_scripts_frames_and_caches_of_others_out(host: Host) -> None:
    for page in ("", "batch/1", "no/such/page"):
        headers = host.visitor("vera").get(f"/board/{page}").headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'self'" in headers["content-security-policy"]
        assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


def test_a_page_that_stands_gets_its_main_part_alone(host: Host) -> None:
    text = host.visitor("vera").get("/board/", headers={"X-Board": "live"}).text
    assert text.startswith("<main ")
    assert "<script" not in text


def test_the_tab_of_a_run_shows_its_batch(host: Host) -> None:
    run = _run(host, {"action": "rerun", "subject": "1", "reason": "test", "batch": 1})
    answer = host.visitor("vera").get(f"/board/run/operate/{run}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/board/batch/1")


def test_the_tab_of_an_operation_shows_the_batch_that_was_meant(host: Host) -> None:
    run = _run(host, {"action": "rerun", "subject": "1", "reason": "test"})
    assert host.visitor("vera").get(f"/board/run/operate/{run}").headers["location"] == "/board/batch/1"


def test_the_tab_of_a_run_of_several_batches_lists_them(host: Host) -> None:
    other = recorded(host.ledger, drop(77))
    run = _run(host, {"action": "rerun", "subject": "1", "reason": "test", "batches": [1, other.id, 987654]})
    text = host.visitor("vera").get(f"/board/run/operate/{run}").text
    assert "2 batches in this run" in text
    assert other.reference in text


@pytest.mark.parametrize("run", ["run/operate/none", "run/no_such_dag/none"])
def test_the_tab_of_a_run_without_a_batch_says_so(host: Host, run: str) -> None:
    assert "This run is not about single batches." in host.visitor("vera").get(f"/board/{run}").text


def _run(host: Host, conf: dict[str, object]) -> str:
    answer = host.visitor("ann").post("/api/v2/dags/operate/dagRuns", json={"logical_date": None, "conf": conf})
    run: str = answer.json()["dag_run_id"]
    return run


def test_airflow_shows_the_board_in_its_navigation_and_on_each_run(host: Host) -> None:
    plugins = host.visitor("vera").get("/api/v2/plugins").json()["plugins"]
    (ours,) = [each for each in plugins if each["name"] == "declarations_board"]
    assert [(each["destination"], each["href"]) for each in ours["external_views"]] == [
        ("nav", "board/"),
        ("dag_run", "board/run/{DAG_ID}/{RUN_ID}"),
    ]
