"""What operators are told and decide, and which batches are handed to runs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from declarations.adapters.database import DatabaseLedger
from declarations.errors import Invariant
from declarations.model import Batch, BatchStatus, Outcome
from declarations.operations import Action, Channel, Pause, Ruling, Verdict
from tests.ledger.given import NOW, advanced, brought_to, drop, later, recorded

JAN, ELS = "jan", "els"


def held(ledger: DatabaseLedger) -> Batch:
    batch = brought_to(ledger, recorded(ledger), BatchStatus.NORMALIZED)
    ledger.stumbled(batch, "control: Invariant", NOW, hold=True)
    return ledger.batch(batch.id)


def proposed(ledger: DatabaseLedger, batch: Batch, action: Action = Action.RELEASE) -> Ruling:
    return ledger.propose(batch.id, action, JAN, "repaired", later(1))


def decided(ledger: DatabaseLedger, batch: Batch, operator: str, verdict: Verdict = Verdict.APPROVED) -> Ruling:
    return ledger.decide(batch.id, Action.RELEASE, operator, verdict, later(2))


# Four eyes


def test_one_proposes_and_another_releases(ledger: DatabaseLedger) -> None:
    batch = held(ledger)
    assert proposed(ledger, batch) is Ruling.PROPOSED
    assert ledger.batch(batch.id).status is BatchStatus.HELD
    assert decided(ledger, batch, ELS) is Ruling.DONE
    assert ledger.batch(batch.id).status is BatchStatus.NORMALIZED
    (decision,) = ledger.decisions(batch.id)
    assert (decision.proposed_by, decision.decided_by, decision.verdict) == (JAN, ELS, Verdict.APPROVED)


@pytest.mark.parametrize("operator", [JAN, " Jan", "JAN "])
def test_whoever_proposed_may_not_approve(ledger: DatabaseLedger, operator: str) -> None:
    batch = held(ledger)
    proposed(ledger, batch)
    assert decided(ledger, batch, operator) is Ruling.SAME_PERSON
    assert ledger.batch(batch.id).status is BatchStatus.HELD


def test_whoever_proposed_may_take_it_back(ledger: DatabaseLedger) -> None:
    batch = held(ledger)
    proposed(ledger, batch)
    assert decided(ledger, batch, JAN, Verdict.REJECTED) is Ruling.REJECTED
    assert decided(ledger, batch, ELS) is Ruling.NOTHING


def test_nobody_releases_what_nobody_proposed(ledger: DatabaseLedger) -> None:
    assert decided(ledger, held(ledger), ELS) is Ruling.NOTHING


def test_what_is_not_held_is_not_proposed_for_release(ledger: DatabaseLedger) -> None:
    assert proposed(ledger, recorded(ledger)) is Ruling.NOTHING


def test_a_proposal_is_made_once(ledger: DatabaseLedger) -> None:
    batch = held(ledger)
    assert [proposed(ledger, batch) for _ in range(2)] == [Ruling.PROPOSED] * 2
    assert len(ledger.decisions(batch.id)) == 1


def test_a_proposal_of_the_last_time_releases_nothing_the_next_time(ledger: DatabaseLedger) -> None:
    batch = held(ledger)
    proposed(ledger, batch)
    decided(ledger, batch, ELS)
    ledger.stumbled(ledger.batch(batch.id), "control: again", later(3), hold=True)
    assert decided(ledger, batch, ELS) is Ruling.NOTHING


def test_a_batch_is_canceled_by_two_persons(ledger: DatabaseLedger) -> None:
    batch = recorded(ledger)
    assert proposed(ledger, batch, Action.CANCEL) is Ruling.PROPOSED
    ruling = ledger.decide(batch.id, Action.CANCEL, ELS, Verdict.APPROVED, later(2))
    assert (ruling, ledger.batch(batch.id).status) == (Ruling.DONE, BatchStatus.CANCELED)


def test_what_was_controlled_meanwhile_is_canceled_no_more(ledger: DatabaseLedger) -> None:
    batch = brought_to(ledger, recorded(ledger), BatchStatus.NORMALIZED)
    proposed(ledger, batch, Action.CANCEL)
    controlled = advanced(ledger, batch, Outcome(BatchStatus.CONTROLLED))
    assert ledger.decide(batch.id, Action.CANCEL, ELS, Verdict.APPROVED, later(2)) is Ruling.NOTHING
    assert ledger.batch(batch.id) == controlled
    assert ledger.decisions(batch.id)[0].verdict is Verdict.VOID


def test_one_person_stops_a_batch_and_it_takes_two_to_go_on(ledger: DatabaseLedger) -> None:
    batch = brought_to(ledger, recorded(ledger), BatchStatus.ACCEPTED)
    assert ledger.hold(batch, JAN, "the sender called", NOW) is Ruling.DONE
    proposed(ledger, batch)
    assert decided(ledger, batch, JAN) is Ruling.SAME_PERSON
    assert decided(ledger, batch, ELS) is Ruling.DONE
    assert ledger.batch(batch.id).status is BatchStatus.ACCEPTED


def test_what_has_ended_is_not_held(ledger: DatabaseLedger) -> None:
    batch = advanced(ledger, recorded(ledger), Outcome(BatchStatus.REFUSED))
    assert ledger.hold(batch, JAN, "too late", NOW) is Ruling.NOTHING


def test_nothing_is_decided_about_a_batch_that_is_not_there(ledger: DatabaseLedger) -> None:
    with pytest.raises(Invariant):
        ledger.propose(17, Action.RELEASE, JAN, "why", NOW)


# Alarms


def raised(ledger: DatabaseLedger, key: str = "sla50:17", minutes: float = 0) -> bool:
    kind, _, subject = key.partition(":")
    return ledger.alarm(key, kind, subject, "half of its time has passed", later(minutes))


def test_an_alarm_is_raised_once_until_it_is_calmed(ledger: DatabaseLedger) -> None:
    assert [raised(ledger), raised(ledger), ledger.calm("sla50:17", later(5)), raised(ledger, minutes=6)] == [
        True,
        False,
        True,
        True,
    ]
    assert [alarm.raised_at for alarm in ledger.alarms()] == [later(6)]


def test_what_is_not_raised_cannot_be_calmed(ledger: DatabaseLedger) -> None:
    assert not ledger.calm("line:pensions", NOW)


def test_an_alarm_waits_until_the_webhook_was_told(ledger: DatabaseLedger) -> None:
    raised(ledger)
    (waiting,) = ledger.untold(Channel.WEBHOOK, 10)
    ledger.told(Channel.WEBHOOK, [waiting.id], later(1))
    assert ledger.untold(Channel.WEBHOOK, 10) == []
    assert ledger.alarms()[0].told_at == later(1)


def test_each_channel_is_told_apart_from_the_other(ledger: DatabaseLedger) -> None:
    raised(ledger)
    (waiting,) = ledger.untold(Channel.MAIL, 10)
    ledger.told(Channel.MAIL, [waiting.id], later(1))
    assert ledger.untold(Channel.MAIL, 10) == []
    assert ledger.untold(Channel.WEBHOOK, 10) == [waiting]


def test_the_alarms_of_a_batch_end_with_its_clock(ledger: DatabaseLedger) -> None:
    batch = recorded(ledger)
    raised(ledger, f"sla50:{batch.id}")
    raised(ledger, f"held:{batch.id}")
    assert ledger.calm_ended(["sla50"], later(1)) == 0
    ledger.stop_clock(batch, later(2))
    assert ledger.calm_ended(["sla50"], later(3)) == 1
    assert [alarm.kind for alarm in ledger.alarms()] == ["held"]


# Pauses


def test_a_pause_is_given_back_as_it_was_signed(ledger: DatabaseLedger) -> None:
    batch = recorded(ledger)
    pause = Pause(batch.id, "990001", "server down", NOW, later(90), JAN, later(200))
    ledger.enter_pause(pause, "signature")
    assert ledger.pauses([batch.id]) == [(pause, "signature")]
    assert ledger.pauses([batch.id])[0][0].signed_text() == pause.signed_text()


# Which run has a batch


def accepted(ledger: DatabaseLedger, count: int) -> list[int]:
    return [
        brought_to(ledger, recorded(ledger, drop(number)), BatchStatus.ACCEPTED).id for number in range(1, count + 1)
    ]


def handed(ledger: DatabaseLedger, minutes: float = 0, most: int = 100) -> list[int]:
    return [each.batch_id for each in ledger.hand_on("intake", later(minutes), 600, most)]


def test_a_batch_is_handed_to_one_run(ledger: DatabaseLedger) -> None:
    ids = accepted(ledger, 3)
    assert handed(ledger) == ids
    assert handed(ledger, minutes=1) == []


def test_what_a_run_never_finished_is_handed_on_again(ledger: DatabaseLedger) -> None:
    ids = accepted(ledger, 2)
    handed(ledger)
    assert handed(ledger, minutes=11) == ids


def test_what_came_back_keeps_no_new_one_waiting(ledger: DatabaseLedger) -> None:
    ids = accepted(ledger, 4)
    assert handed(ledger, most=2) == ids[:2]
    ledger.hand_back([], ids[:2], later(1))
    assert handed(ledger, minutes=2, most=2) == ids[2:]
    assert handed(ledger, minutes=2, most=4) == ids[:2]


def test_what_is_done_is_handed_to_nobody(ledger: DatabaseLedger) -> None:
    first, second = accepted(ledger, 2)
    handed(ledger)
    brought = ledger.batch(first)
    for status in (BatchStatus.NORMALIZED, BatchStatus.CONTROLLED, BatchStatus.SPLIT):
        brought = advanced(ledger, brought, Outcome(status))
    ledger.hand_back([first], [second], later(1))
    assert handed(ledger, minutes=2) == [second]


def test_a_released_batch_is_handed_on_at_once(ledger: DatabaseLedger) -> None:
    (batch_id,) = accepted(ledger, 1)
    handed(ledger)
    ledger.hold(ledger.batch(batch_id), JAN, "stop", NOW)
    proposed(ledger, ledger.batch(batch_id))
    decided(ledger, ledger.batch(batch_id), ELS)
    assert handed(ledger, minutes=1) == [batch_id]


def test_a_held_batch_is_handed_to_nobody(ledger: DatabaseLedger) -> None:
    (batch_id,) = accepted(ledger, 1)
    ledger.hold(ledger.batch(batch_id), JAN, "stop", NOW)
    assert handed(ledger) == []


def test_what_is_handed_on_tells_its_size_and_failures(ledger: DatabaseLedger) -> None:
    (batch_id,) = accepted(ledger, 1)
    ledger.stumbled(ledger.batch(batch_id), "broken", NOW, hold=False)
    (waiting,) = ledger.hand_on("intake", NOW, 600, 10)
    assert (waiting.size, waiting.attempts, waiting.arrived_at) == (36, 1, NOW)


def test_a_lease_that_ran_out_was_abandoned_and_one_given_back_was_not(ledger: DatabaseLedger) -> None:
    for name in ("one", "other"):
        ledger.acquire(f"batch:{name}", "host:1", NOW, 60)
    ledger.release("batch:other", "host:1")
    later_on = later(2)
    assert ledger.abandoned("batch:one", later_on)
    assert not ledger.abandoned("batch:other", later_on)
    assert not ledger.abandoned("batch:one", NOW)


def test_old_leases_and_sightings_are_forgotten(ledger: DatabaseLedger) -> None:
    ledger.acquire("batch:1", "host:1", NOW, 60)
    ledger.sight("006400", "IN", ["FI.1"], NOW)
    assert ledger.sweep(NOW) == {"leases": 0, "sightings": 0}
    assert ledger.sweep(NOW + timedelta(days=30)) == {"leases": 1, "sightings": 1}
