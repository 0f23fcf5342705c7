"""What operators do on the running system, through Airflow's own interface and with their own rights."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from declarations.model import BatchStatus, DeliveryStatus
from declarations.operations import Action, Verdict
from tests.system.conftest import DUTY, SENDER, Running, until

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

WHY = "the disk is back"
PAGES = ("", "batches", "search?q=DMFA", "recipients", "batch/1", "run/process_batch/any", "no/such/page")


@pytest.mark.parametrize("page", PAGES)
def test_an_anonymous_visitor_gets_401_from_every_page(running: Running, page: str) -> None:
    assert httpx.get(f"{running.url}/board/{page}", trust_env=False, timeout=60).status_code == 401


def test_a_viewer_sees_the_board_and_starts_nothing(running: Running) -> None:
    reference = running.standing(BatchStatus.SPLIT, BatchStatus.DISTRIBUTED, BatchStatus.CLOSED)
    viewer = running.viewer
    assert reference in viewer.web.get("/board/").text
    assert reference in viewer.web.get(f"/board/batch/{running.the(reference).id}").text
    conf = {"action": "hold", "subject": reference, "reason": WHY}
    for dag_id in ("operate", "intake", "quarantine"):
        answer = viewer.web.post(f"/api/v2/dags/{dag_id}/dagRuns", json={"logical_date": None, "conf": conf})
        assert answer.status_code == 403


def held(running: Running) -> tuple[str, str]:
    """A batch that the operator stopped, and the run of `quarantine` that oversight has started for it."""
    with running.stopped():
        reference = running.waiting()
        assert running.operator.run("operate", action="hold", subject=reference, reason="wait") == "success"
    assert running.admin.run("oversight") == "success"
    runs = running.admin.told("/api/v2/dags/quarantine/dagRuns?order_by=-run_after")["dag_runs"]
    number = running.the(reference).id
    (run,) = [each["dag_run_id"] for each in runs if each["conf"] == {"batch": number}]
    until(lambda: running.admin.asked(run, "propose"), bool)
    return reference, run


def test_one_operator_proposes_to_release_a_held_batch_and_another_releases_it(running: Running) -> None:
    reference, run = held(running)
    assert running.viewer.answers(run, "propose", "Release", reason=WHY) == 403
    assert running.operator.decides(run, "propose", "Release", reason=WHY) == "success"
    assert running.admin.decides(run, "release", "Release") == "success"
    assert running.admin.ended("quarantine", run) == "success"
    batch = running.the(reference)
    (decision,) = [each for each in running.book.decisions(batch.id) if each.action is Action.RELEASE]
    told = (decision.proposed_by, decision.decided_by, decision.verdict, decision.reason)
    assert told == ("operator", "admin", Verdict.APPROVED, WHY)
    until(lambda: running.the(reference).status, lambda status: status not in (BatchStatus.HELD, BatchStatus.ACCEPTED))
    page = running.viewer.web.get(f"/board/batch/{batch.id}").text
    assert "operator" in page
    assert "admin" in page


def test_whoever_proposed_is_refused_and_another_answers_the_cleared_task(running: Running) -> None:
    reference, run = held(running)
    assert running.operator.decides(run, "propose", "Release", reason=WHY) == "success"
    assert running.operator.decides(run, "release", "Release") == "success"
    assert running.admin.ended("quarantine", run) == "failed"
    assert running.the(reference).status is BatchStatus.HELD
    again = {"dry_run": False, "dag_run_id": run, "task_ids": ["release"], "only_failed": False}
    where = "/api/v2/dags/quarantine/clearTaskInstances"
    running.admin.made("POST", where, again | {"include_downstream": True})
    assert running.admin.decides(run, "release", "Release") == "success"
    assert running.admin.ended("quarantine", run) == "success"
    assert running.the(reference).status is not BatchStatus.HELD


def test_an_alarm_goes_by_mail_and_to_the_webhook_once(running: Running) -> None:
    reference, _ = held(running)
    assert running.admin.run("oversight") == "success"
    key = f"held:{running.the(reference).id}"
    assert [each["key"] for each in running.hook.alarms].count(key) == 1
    (mail,) = [each for each in running.post.mails if f"{key}:" in each.text]
    assert (mail.to, mail.sender) == ((DUTY,), SENDER)
    assert reference in mail.text


def test_two_operators_withdraw_a_batch(running: Running) -> None:
    with running.stopped():
        reference = running.waiting()
        asked = {"action": "cancel", "subject": reference, "reason": "sent by mistake"}
        assert running.operator.run("operate", **asked) == "success"
        assert running.the(reference).status is BatchStatus.ACCEPTED
        assert running.operator.run("operate", **asked) == "failed"
        assert running.admin.run("operate", **asked) == "success"
    assert running.the(reference).status is BatchStatus.CANCELED


def test_a_batch_that_waits_is_taken_up_at_once_when_an_operator_asks(running: Running) -> None:
    with running.stopped():
        reference = running.waiting()
        until(lambda: _runs(running, reference), lambda found: len(found) == 1)
        assert running.operator.run("operate", action="rerun", subject=reference, reason=WHY) == "success"
        until(lambda: _runs(running, reference), lambda found: len(found) == 2)
    until(lambda: running.the(reference).status, lambda status: status is not BatchStatus.ACCEPTED)
    assert len([each for each in running.story(reference).events if each.what == "split"]) <= 1


def _runs(running: Running, reference: str) -> list[str]:
    """The runs of `process_batch` that a batch was handed to."""
    number = running.the(reference).id
    runs = running.admin.told("/api/v2/dags/process_batch/dagRuns?limit=100&order_by=-run_after")["dag_runs"]
    return [each["dag_run_id"] for each in runs if number in each["conf"]["batches"]]


def test_a_delivery_is_sent_again_when_an_operator_asks(running: Running) -> None:
    reference = running.standing(BatchStatus.SPLIT, BatchStatus.DISTRIBUTED, BatchStatus.CLOSED)
    assert running.admin.run("distribution") == "success"
    delivery = next(each for each in running.story(reference).deliveries if each.status is not DeliveryStatus.PENDING)
    assert running.operator.run("operate", action="resend", subject=delivery.name, reason="lost there") == "success"
    assert running.book.delivery(delivery.id).resent == delivery.resent + 1


def test_a_pause_is_entered_signed_and_seen_in_the_story(running: Running) -> None:
    reference = running.standing(BatchStatus.SPLIT, BatchStatus.DISTRIBUTED, BatchStatus.CLOSED)
    until_, since = datetime.now(UTC), datetime.now(UTC) - timedelta(hours=1)
    moments = {"since": since.isoformat(), "until": until_.isoformat(), "attributed_to": "990001"}
    form = {"action": "pause", "subject": reference, "reason": "their server was down"}
    assert running.operator.run("operate", **form, **moments) == "success"
    ((pause, signature),) = running.book.pauses([running.the(reference).id])
    assert (pause.attributed_to, pause.operator, bool(signature)) == ("990001", "operator", True)
    assert "990001" in running.viewer.web.get(f"/board/batch/{running.the(reference).id}").text


def test_the_tab_of_a_batchs_run_is_the_batchs_story(running: Running) -> None:
    reference = running.standing(BatchStatus.SPLIT, BatchStatus.DISTRIBUTED, BatchStatus.CLOSED)
    (run,) = _runs(running, reference)
    page = running.viewer.web.get(f"/board/run/process_batch/{run}", follow_redirects=True)
    assert reference in page.text
    assert running.the(reference).ticket in page.text


def test_airflow_shows_when_a_run_is_late_by_the_four_days(running: Running) -> None:
    with running.stopped():  # Airflow forgets the deadline of a run that ended in time
        reference = running.waiting()
        (run,) = until(lambda: _runs(running, reference), bool)
        (deadline,) = running.viewer.told(f"/ui/dags/process_batch/dagRuns/{run}/deadlines")["deadlines"]
    clock = running.story(reference).clock
    assert clock is not None
    assert datetime.fromisoformat(deadline["deadline_time"]) == clock.due


def test_a_batch_is_found_by_the_ticket_of_its_acknowledgment(running: Running) -> None:
    reference = running.standing(BatchStatus.SPLIT, BatchStatus.DISTRIBUTED, BatchStatus.CLOSED)
    batch = running.the(reference)
    out = running.demo.home / "mailboxes" / batch.folder / "OUT"
    until(lambda: [path for path in out.glob("FO.ACRF.*") if batch.name in path.read_text()], bool)
    (acrf,) = [path.read_text() for path in out.glob("FO.ACRF.*") if batch.name in path.read_text()]
    ticket = acrf.partition("<ReferenceNbr>")[2].partition("<")[0]
    found = running.viewer.web.get("/board/search", params={"q": ticket}, follow_redirects=True).text
    assert reference in found


def test_what_is_measured_arrives_at_statsd(running: Running) -> None:
    running.standing(BatchStatus.SPLIT, BatchStatus.DISTRIBUTED, BatchStatus.CLOSED)
    assert running.admin.run("oversight") == "success"
    ours = until(
        lambda: {name for name in running.gauges.values if name.startswith("airflow.declarations.")},
        lambda found: len(found) > 10,
    )
    assert any(".batches" in name for name in ours)


def test_nothing_of_the_system_has_listened_beyond_this_machine(running: Running) -> None:
    port = running.url.rpartition(":")[2]
    lines = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    listening = {line[1] for line in lines if line[3] == "0A"}
    assert f"0100007F:{int(port):04X}" in listening
    assert f"00000000:{int(port):04X}" not in listening
