"""Alarms: raised once, cleared when over, told to who asked for it."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from declarations.adapters.webhook import Webhook
from declarations.errors import Retryable
from declarations.model import BatchStatus, Outcome
from declarations.operations import Alarm, Channel
from declarations.steps.oversee import oversee, tell
from tests.worlds import NOW, Place, document, place


@pytest.fixture
def here(tmp_path: Path) -> Place:
    return place(tmp_path)


@pytest.fixture
def waiting(here: Place) -> str:
    """A batch that was received and goes no further."""
    from declarations.steps.receive import receive

    reference = here.drop(document())
    receive(here.world)
    return reference


def keys(here: Place) -> list[str]:
    return [alarm.key for alarm in here.world.ledger.alarms()]


def test_a_batch_is_warned_of_twice_and_then_late_each_once(here: Place, waiting: str) -> None:
    batch = here.batch(waiting)
    seen = []
    for days in (1, 1, 1, 1, 1):
        here.clock.pass_(days=days)
        oversee(here.world)
        oversee(here.world)
        seen.append([key for key in keys(here) if not key.startswith("stuck")])
    half, most, breach = (f"{kind}:{batch.id}" for kind in ("sla50", "sla75", "breach"))
    assert seen == [[], [half], [half, most], [half, most, breach], [half, most, breach]]


def test_the_alarms_of_a_batch_end_when_its_clock_does(here: Place, waiting: str) -> None:
    here.clock.pass_(days=5)
    oversee(here.world)
    batch = here.batch(waiting)
    here.world.ledger.advance(batch, Outcome(BatchStatus.REFUSED), here.clock())
    here.world.ledger.stop_clock(batch, here.clock())
    assert oversee(here.world) == {}
    assert keys(here) == []


def test_a_test_environment_has_no_four_days(here: Place) -> None:
    from declarations.steps.receive import receive

    here.drop(document(), environment="T")
    receive(here.world)
    here.clock.pass_(days=9)
    oversee(here.world)
    assert [key for key in keys(here) if not key.startswith("stuck")] == []


def test_a_held_batch_is_an_alarm_until_it_is_released(here: Place, waiting: str) -> None:
    batch = here.batch(waiting)
    here.world.ledger.hold(batch, "jan", "wait", here.clock())
    assert oversee(here.world) == {"held": 1}
    from declarations.operations import Action, Verdict

    here.world.ledger.propose(batch.id, Action.RELEASE, "jan", "repaired", here.clock())
    here.world.ledger.decide(batch.id, Action.RELEASE, "els", Verdict.APPROVED, here.clock())
    assert oversee(here.world) == {}


def test_a_batch_that_does_not_move_for_an_hour_is_stuck_until_it_moves(here: Place, waiting: str) -> None:
    here.clock.pass_(minutes=59)
    assert oversee(here.world) == {}
    here.clock.pass_(minutes=2)
    assert oversee(here.world) == {"stuck": 1}
    here.world.ledger.advance(here.batch(waiting), Outcome(BatchStatus.ACCEPTED), here.clock())
    assert oversee(here.world) == {}


def test_an_alarm_of_another_step_stays_until_that_step_calms_it(here: Place) -> None:
    here.world.ledger.alarm("line:pensions", "line", "pensions", "no answer", NOW)
    assert oversee(here.world) == {"line": 1}


def test_an_alarm_is_in_the_log_once_and_names_no_person(
    here: Place, waiting: str, caplog: pytest.LogCaptureFixture
) -> None:
    here.clock.pass_(days=5)
    with caplog.at_level(logging.INFO):
        oversee(here.world)
        oversee(here.world)
    said = [record for record in caplog.records if record.getMessage() == "alarm"]
    assert len(said) == len(keys(here)) == 4
    assert all(waiting in record.__dict__["detail"] for record in said)


# The webhook


@dataclass
class Hook:
    """A real server that takes alarms, and answers as it is told to."""

    address: str = ""
    answers: list[int] = field(default_factory=list)
    bodies: list[dict[str, list[dict[str, str]]]] = field(default_factory=list)


@pytest.fixture
def hook() -> Iterator[Hook]:
    told = Hook()

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(told.answers.pop(0) if told.answers else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        told.address = f"http://127.0.0.1:{server.server_port}/alarms?secret=s3cret"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield told
        server.shutdown()


ALARM = Alarm(1, "breach:17", "breach", "17", "DMFA.000101.20260423.00001.R accepted", NOW)


def test_a_webhook_takes_alarms_as_json(hook: Hook) -> None:
    Webhook(hook.address)([ALARM])
    said = {"key": "breach:17", "kind": "breach", "subject": "17", "detail": ALARM.detail}
    assert hook.bodies == [{"alarms": [said | {"raised_at": "2026-04-23T20:00:00+00:00"}]}]


def test_a_webhook_that_fails_is_tried_again(hook: Hook) -> None:
    hook.answers = [500, 503]
    Webhook(hook.address, waits=(0, 0))([ALARM])
    assert len(hook.bodies) == 3


def test_a_webhook_that_never_answers_well_is_told_next_time_and_its_secret_is_not_quoted(
    here: Place, hook: Hook, waiting: str, caplog: pytest.LogCaptureFixture
) -> None:
    here.clock.pass_(days=5)
    oversee(here.world)
    hook.answers = [500, 500, 500]
    webhook = Webhook(hook.address, waits=(0, 0))
    with pytest.raises(Retryable) as fault:
        tell(here.world, Channel.WEBHOOK, webhook)
    assert "s3cret" not in caplog.text + str(fault.value)
    assert tell(here.world, Channel.WEBHOOK, webhook) == 4
    assert tell(here.world, Channel.WEBHOOK, webhook) == 0


def test_nobody_listening_is_to_be_tried_again_later() -> None:
    with pytest.raises(Retryable, match="did not take 1 alarms"):
        Webhook("http://127.0.0.1:9/", waits=())([ALARM])
