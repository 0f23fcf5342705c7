"""The operators' door, as the DAGs call it: names come from the login, and what cannot be done is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from declarations import desk, door, pipeline
from declarations.errors import Configuration
from declarations.model import BatchStatus
from declarations.settings import HOME_VARIABLE, Limits
from tests.worlds import Place, document, place, write_settings

LIMITS = Limits(max_age_days=36500)
WHY = "repaired"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = place(tmp_path, LIMITS)
    write_settings(tmp_path, LIMITS)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    return made


@pytest.fixture
def reference(here: Place) -> str:
    """A batch that was accepted."""
    dropped = here.drop(document())
    for step in ("receive", "accept"):
        pipeline.STEPS[step](here.world)
    return dropped


def test_a_batch_is_held_and_released_by_two_persons(here: Place, reference: str) -> None:
    number = str(here.batch(reference).id)
    assert desk.act("hold", reference, "jan", "wait") == "done"
    assert desk.act("propose-release", number, "jan", WHY) == "proposed"
    with pytest.raises(Configuration, match="another person"):
        desk.act("release", number, "jan", WHY)
    assert desk.act("release", number, "els", WHY) == "done"
    assert here.batch(reference).status is BatchStatus.ACCEPTED


def test_a_held_batch_gets_one_run_of_quarantine(here: Place, reference: str) -> None:
    desk.act("hold", reference, "jan", "wait")
    first, second = desk.oversee(), desk.oversee()
    assert first["alarms"]["held"] == 1
    assert first["held"] == second["held"]
    assert [each["batch"] for each in first["held"]] == [here.batch(reference).id]


def mail_to(here: Place, addresses: str) -> None:
    """From now on alarms go to these."""
    with (here.root / "settings.toml").open("a", encoding="utf-8") as settings:
        settings.write(f"[alarms]\nmail_to = [{addresses}]\n")


def test_an_alarm_is_mailed_once_to_those_who_asked_for_it(here: Place, reference: str) -> None:
    mail_to(here, '"duty@example.org", "night@example.org"')
    desk.act("hold", reference, "jan", "wait")
    mails: list[tuple[list[str], str, str]] = []
    for _ in range(2):
        desk.oversee()
        desk.mail(lambda to, subject, text: mails.append((to, subject, text)))
    batch = here.batch(reference)
    ((to, subject, text),) = mails
    assert (to, subject) == (["duty@example.org", "night@example.org"], "Declarations: 4 alarms")  # it is late, too
    assert f"<li>held:{batch.id}: {batch.reference} held from accepted</li>" in text


def test_an_alarm_that_no_mail_took_is_mailed_the_next_time(here: Place, reference: str) -> None:
    mail_to(here, '"duty@example.org"')
    desk.act("hold", reference, "jan", "wait")
    desk.oversee()

    def fail(to: list[str], subject: str, text: str) -> None:
        raise OSError("no route to host")

    with pytest.raises(OSError, match="no route"):
        desk.mail(fail)
    mails: list[str] = []
    assert desk.mail(lambda to, subject, text: mails.append(subject)) == 4
    assert len(mails) == 1


def test_where_nobody_asked_for_mail_or_a_webhook_nobody_is_told(here: Place, reference: str) -> None:
    desk.act("hold", reference, "jan", "wait")
    desk.oversee()
    assert (desk.call(), desk.mail(lambda to, subject, text: None)) == (0, 0)


def test_the_answers_of_quarantine_are_kept(here: Place, reference: str) -> None:
    batch = here.batch(reference)
    desk.act("hold", reference, "jan", "wait")
    desk.propose_release(batch.id, "jan", WHY)
    assert desk.release(batch.id, "els", approved=False) == "rejected"
    assert here.batch(reference).status is BatchStatus.HELD
    with pytest.raises(Configuration, match="nothing to decide"):
        desk.release(batch.id, "els", approved=True)


def test_a_pause_is_entered_with_its_moments(here: Place, reference: str) -> None:
    moments = {"since": "2026-04-23T10:00:00+02:00", "until": "2026-04-23T12:00:00+02:00"}
    assert desk.act("pause", reference, "jan", "server down", attributed_to="990001", **moments) == "paused"
    ((pause, _),) = here.world.ledger.pauses([here.batch(reference).id])
    assert (pause.until - pause.since).total_seconds() == 7200


@pytest.mark.parametrize("reason", ["", "  ", "ok "])
def test_whoever_proposes_says_what_was_repaired(here: Place, reference: str, reason: str) -> None:
    desk.act("hold", reference, "jan", "wait")
    with pytest.raises(Configuration, match="what was repaired"):
        desk.propose_release(here.batch(reference).id, "jan", reason)


@pytest.mark.parametrize(
    ("action", "subject", "said"),
    [
        ("hold", "DMFA.000101.20260423.99999.R", "0 batches"),
        ("resend", "pensions-000001", "no delivery is called"),
        ("dance", "1", "no action"),
        ("release", "1", "nothing to decide"),
    ],
)
def test_what_cannot_be_done_is_said(here: Place, reference: str, action: str, subject: str, said: str) -> None:
    with pytest.raises(Configuration, match=said):
        desk.act(action, subject, "jan", WHY)


def test_a_batch_is_handed_on_once_and_again_when_asked_for(here: Place, reference: str) -> None:
    (run,) = door.intake()
    assert run["run"].startswith(f"batch__{here.batch(reference).id}__")
    assert door.intake() == []
    desk.act("rerun", reference, "jan", "at once")
    assert [each["batches"] for each in door.intake()] == [run["batches"]]


def test_a_bundle_tells_what_came_of_it(here: Place, reference: str) -> None:
    lost = here.drop(document(seed=2), sequence="00002")
    for step in ("receive", "accept"):
        pipeline.STEPS[step](here.world)
    (run,) = door.intake()
    part = next(file for file in here.batch(lost).files if file.kind == "FI")
    here.world.archive.local(part.sha256).unlink()
    assert door.bundle(run["batches"]) == {"through": 1, "held": 0, "later": 1}
    assert len(here.answers("NOTI")) == 1
    assert door.intake() == []  # a failed one is left alone for a minute


def test_a_large_batch_goes_step_by_step(here: Place, reference: str) -> None:
    (run,) = door.intake()
    done = [door.step(step, run["batches"][0]) for step in ("normalize", "control", "split")]
    assert done == ["normalized", "controlled", "split"]


def test_housekeeping_tells_counts(here: Place) -> None:
    assert set(desk.housekeeping()) == {"outboxes", "archive", "leases", "sightings"}
