"""What the ledger tells as facts, of one party's own, and of what is measured; on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

import pytest

from declarations.adapters.database import DatabaseLedger, values
from declarations.kpi.facts import Answered, Ended, Fact, Found, Judged, Outage, Parcelled, Paused, Received, Refused
from declarations.kpi.months import Month
from declarations.kpi.overview import Stage
from declarations.metrics import MEASURES, Reading
from declarations.model import (
    AnomalyCount,
    Batch,
    BatchStatus,
    Drop,
    FormVerdict,
    Kind,
    Outcome,
    Receipt,
)
from declarations.operations import Pause
from tests.ledger.given import (
    FOLDER,
    NOW,
    WITHHELD,
    advanced,
    answer,
    delivered,
    drop,
    later,
    packed,
    parcel,
    recorded,
    split,
)

APRIL = Month(2026, 4)
HOUR = timedelta(hours=1)
F = TypeVar("F", bound=Fact)


def facts(ledger: DatabaseLedger, as_of: datetime = APRIL.final_at, genuine: bool = True) -> list[Fact]:
    return list(ledger.facts(APRIL.start, APRIL.end, as_of, lambda pause, signature: genuine))


def named(number: int = 1, **other: object) -> Drop:
    """A drop whose GO has a proper name."""
    return drop(number, name=f"GO.DMFA.{FOLDER}.20260423.{number:05}.R.1", **other)  # type: ignore[arg-type]


def only(kind: type[F], given: list[Fact]) -> Iterator[F]:
    return (each for each in given if isinstance(each, kind))


def judged(ledger: DatabaseLedger, at: datetime = NOW) -> Batch:
    """A batch with two forms, one of them refused, and its answer in the outbox."""
    batch = advanced(ledger, recorded(ledger), Outcome(BatchStatus.ACCEPTED, answers=(answer("ACRF"),)))
    batch = advanced(ledger, batch, Outcome(BatchStatus.NORMALIZED))
    forms = (FormVerdict(0, 1, 1, "A" * 13, True, 0), FormVerdict(1, 1, 2, "B" * 13, False, 2))
    counts = (AnomalyCount("00036-008", "B", 2),)
    outcome = Outcome(BatchStatus.CONTROLLED, answers=(answer("NOTI"),), forms=forms, counts=counts)
    batch = advanced(ledger, batch, outcome, at)
    for each in ledger.unsent(FOLDER, 10):
        ledger.sent(each, at)
    return batch


def test_a_batch_is_told_by_its_sender_its_name_and_its_start(ledger: DatabaseLedger) -> None:
    batch = recorded(ledger, named())
    assert facts(ledger) == [Received(batch.id, FOLDER, "R", "DMFA", "DMFA.006400.20260423.00001.R", NOW, None, None)]


def test_a_faulty_name_is_not_told(ledger: DatabaseLedger) -> None:
    recorded(ledger, drop(reference="JANSSENS 85073003328", name="GO.JANSSENS 85073003328"))
    (told,) = only(Received, facts(ledger))
    assert (told.reference, told.family) == ("", "")


def test_receipts_and_cancellations_are_no_batches_of_declarations(ledger: DatabaseLedger) -> None:
    recorded(ledger, drop(name="GO.ACRF.990001.20260423.00001.R.1", reference="ACRF.990001.20260423.00001.R"))
    recorded(ledger, drop(kind=Kind.CANCELLATION))
    assert facts(ledger) == []


def test_a_batch_belongs_to_the_month_in_which_its_days_began(ledger: DatabaseLedger) -> None:
    recorded(ledger, named(1, first_seen_at=APRIL.start - timedelta(seconds=1)))
    recorded(ledger, named(2, first_seen_at=APRIL.start))
    recorded(ledger, named(3, first_seen_at=APRIL.end - timedelta(seconds=1)))
    recorded(ledger, named(4, first_seen_at=APRIL.end))
    told = [each.reference[-7:-2] for each in only(Received, facts(ledger))]
    assert told == ["00002", "00003"]


def test_verdicts_and_answers_are_told_with_their_moments(ledger: DatabaseLedger) -> None:
    batch = judged(ledger, later(9))
    told = facts(ledger)
    assert list(only(Answered, told)) == [Answered(batch.id, "ACRF", later(9)), Answered(batch.id, "NOTI", later(9))]
    assert list(only(Judged, told)) == [Judged(batch.id, 2, 1, later(9))]
    assert list(only(Found, told)) == [Found(batch.id, "00036-008", "B", 2)]


def test_a_refusal_is_told_with_its_codes(ledger: DatabaseLedger) -> None:
    batch = recorded(ledger)
    advanced(ledger, batch, Outcome(BatchStatus.REFUSED, codes=("125", "133")), later(1))
    ledger.stop_clock(batch, later(2))
    told = facts(ledger)
    assert list(only(Refused, told)) == [Refused(batch.id, ("125", "133"), later(1))]
    assert list(only(Ended, told)) == [Ended(batch.id, "refused", later(2))]


def test_a_parcel_is_told_with_its_delivery(ledger: DatabaseLedger) -> None:
    batch, (file,) = delivered(ledger, parcel())
    receipt = recorded(ledger, drop(9, folder="000777", first_seen_at=later(-60 * 24 * 60)))
    confirming = Outcome(BatchStatus.CLOSED, receipts=(Receipt("000777", f"GO.{file.stem}", True),))
    advanced(ledger, receipt, confirming, later(30))
    assert list(only(Parcelled, facts(ledger))) == [Parcelled(batch.id, "pensions", file.delivery_id, NOW, later(30))]


def test_a_delivery_that_is_sent_again_was_confirmed_all_the_same(ledger: DatabaseLedger) -> None:
    _, (file,) = delivered(ledger, parcel())
    receipt = recorded(ledger, drop(9, folder="000777", first_seen_at=later(-60 * 24 * 60)))
    confirming = Outcome(BatchStatus.CLOSED, receipts=(Receipt("000777", f"GO.{file.stem}", True),))
    advanced(ledger, receipt, confirming, later(30))
    before = facts(ledger)
    assert file.delivery_id is not None
    assert ledger.resend(ledger.delivery(file.delivery_id), "an operator", later(40))
    assert facts(ledger) == before


def test_a_parcel_that_nobody_may_have_is_not_told(ledger: DatabaseLedger) -> None:
    split(ledger, WITHHELD)
    assert list(only(Parcelled, facts(ledger))) == []


def test_a_parcel_that_waits_has_no_delivery(ledger: DatabaseLedger) -> None:
    batch = split(ledger, parcel())
    assert list(only(Parcelled, facts(ledger))) == [Parcelled(batch.id, "pensions", None, None, None)]


def test_what_came_after_the_moment_of_the_log_is_not_in_it(ledger: DatabaseLedger) -> None:
    batch = judged(ledger, later(9))
    early = facts(ledger, later(8))
    batch = brought_to_end(ledger, batch)
    ledger.stop_clock(batch, later(20))
    assert facts(ledger, later(8)) == early
    assert len(early) == 1


def brought_to_end(ledger: DatabaseLedger, batch: Batch) -> Batch:
    for status in (BatchStatus.SPLIT, BatchStatus.DISTRIBUTED, BatchStatus.CLOSED):
        batch = advanced(ledger, batch, Outcome(status), later(15))
    return batch


def test_the_same_bytes_under_the_same_name_are_a_repetition(ledger: DatabaseLedger) -> None:
    first = recorded(ledger)
    recorded(ledger)
    other = tuple(replace(each, sha256="f" * 64) for each in drop().files)
    recorded(ledger, drop(files=other))
    assert [each.duplicate_of for each in only(Received, facts(ledger))] == [None, first.id, None]


def test_a_pause_is_told_with_what_its_signature_is_worth(ledger: DatabaseLedger) -> None:
    batch = recorded(ledger)
    entered = Pause(batch.id, "pensions", "its server was down", NOW, NOW + HOUR, "an operator", later(90))
    ledger.enter_pause(entered, "signature")
    told = Paused(batch.id, "pensions", NOW, NOW + HOUR, True)
    assert list(only(Paused, facts(ledger))) == [told]
    assert list(only(Paused, facts(ledger, genuine=False))) == [replace(told, signed=False)]
    assert list(only(Paused, facts(ledger, later(89)))) == []


def test_outages_are_told_from_the_alarms(ledger: DatabaseLedger) -> None:
    ledger.alarm("line:990001", "line", "990001", "", NOW)
    ledger.calm("line:990001", NOW + HOUR)
    ledger.alarm("line:990001", "line", "990001", "", NOW + 5 * HOUR)
    told = list(only(Outage, facts(ledger)))
    assert told == [Outage("990001", NOW, NOW + HOUR), Outage("990001", NOW + 5 * HOUR, None)]
    assert list(only(Outage, facts(ledger, later(30)))) == [Outage("990001", NOW, None)]


def test_more_batches_than_one_statement_asks_for_are_told_in_their_order(
    ledger: DatabaseLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(values, "CHUNK", 4)
    numbers = [recorded(ledger, drop(number)).id for number in range(1, 12)]
    assert [each.batch for each in only(Received, facts(ledger))] == numbers


# One party's own


def test_a_sender_sees_its_batches_and_not_those_of_others(ledger: DatabaseLedger) -> None:
    judged(ledger)
    recorded(ledger, drop(2, folder="000777"))
    (own,) = ledger.own_batches(FOLDER, NOW - HOUR)
    assert (own.stage, own.forms, own.accepted) == (Stage.IN_PROCESS, 2, 1)
    assert [each.name.split(".")[1] for each in own.answers] == ["ACRF", "NOTI"]


def test_a_sender_is_not_told_that_a_batch_is_held(ledger: DatabaseLedger) -> None:
    ledger.stumbled(recorded(ledger), "a fault of ours", NOW, hold=True)
    (own,) = ledger.own_batches(FOLDER, NOW - HOUR)
    assert own.stage is Stage.IN_PROCESS


def test_what_is_old_and_has_ended_is_left_out(ledger: DatabaseLedger) -> None:
    old = recorded(ledger, drop(1))
    recorded(ledger, drop(2))
    ledger.stop_clock(old, later(5))
    (own,) = ledger.own_batches(FOLDER, NOW + HOUR)
    assert own.name.split(".")[4] == "00002"


def test_a_recipient_sees_its_deliveries_and_what_awaits_its_receipt(ledger: DatabaseLedger) -> None:
    _, (file,) = delivered(ledger, parcel())
    split(ledger, parcel(), number=2)
    (own,) = ledger.own_deliveries("pensions", NOW - HOUR)
    assert (own.name, own.batches, own.rows, own.awaits_receipt) == ("pensions-000001", 1, 7, True)
    assert own.files == (f"FO.{file.stem}",)
    assert ledger.parcels_waiting("pensions") == 1
    assert ledger.own_deliveries("statistics", NOW - HOUR) == ()


def test_a_delivery_of_which_a_file_has_not_left_awaits_no_receipt(ledger: DatabaseLedger) -> None:
    split(ledger, parcel())
    packed(ledger)
    (own,) = ledger.own_deliveries("pensions", NOW - HOUR)
    assert not own.awaits_receipt


def test_a_key_is_known_once_its_file_was_entrusted(ledger: DatabaseLedger) -> None:
    ledger.entrust(answer("KPIM"), "kpi:2026-04:006400", NOW)
    assert ledger.entrusted(["kpi:2026-04:006400", "kpi:2026-05:006400"]) == {"kpi:2026-04:006400"}


# What is measured


def value(given: list[Reading], name: str, **tags: str) -> float:
    (found,) = [each.value for each in given if each.name == name and each.tags == tags]
    return found


def test_everything_is_measured_in_an_empty_ledger(ledger: DatabaseLedger) -> None:
    told = ledger.measured(NOW, HOUR)
    assert {each.name for each in told} == set(MEASURES)
    assert {each.value for each in told} == {0}


def test_no_two_readings_are_the_same(ledger: DatabaseLedger) -> None:
    told = [each.dotted for each in ledger.measured(NOW, HOUR)]
    assert len(set(told)) == len(told)


def test_queues_and_ages_are_measured(ledger: DatabaseLedger) -> None:
    recorded(ledger, drop(1))
    recorded(ledger, drop(2, first_seen_at=later(-10)))
    told = ledger.measured(NOW, HOUR)
    assert value(told, "batches", status="received") == 2
    assert value(told, "oldest_seconds", status="received") == 600
    assert value(told, "received_last_hour") == 2


def test_throughput_counts_declarations_and_no_receipts(ledger: DatabaseLedger) -> None:
    for given in (drop(1), drop(2, name="GO.ACRF.1", reference="ACRF.990001.20260423.00001.R")):
        batch = recorded(ledger, given)
        advanced(ledger, batch, Outcome(BatchStatus.REFUSED))
        ledger.stop_clock(batch, NOW)
    told = ledger.measured(NOW, HOUR)
    assert value(told, "ended_last_hour", status="refused") == 1
    assert value(told, "received_last_hour") == 1


def test_what_is_late_is_measured(ledger: DatabaseLedger) -> None:
    recorded(ledger)
    assert value(ledger.measured(NOW + timedelta(days=5), HOUR), "overdue") == 1


def test_deliveries_that_wait_are_measured(ledger: DatabaseLedger) -> None:
    delivered(ledger, parcel(), parcel("statistics"))
    split(ledger, parcel(), replace(WITHHELD, recipient="statistics"), number=2)
    told = ledger.measured(NOW + HOUR, HOUR)
    assert value(told, "deliveries", status="sent") == 2
    assert value(told, "delivery_oldest_seconds", status="sent") == 3600
    assert (value(told, "parcels_waiting"), value(told, "parcels_withheld")) == (1, 1)


def test_alarms_that_stand_and_recipients_that_are_down_are_measured(ledger: DatabaseLedger) -> None:
    ledger.alarm("breach:1", "breach", "1", "", NOW)
    ledger.alarm("breach:2", "breach", "2", "", NOW)
    ledger.calm("breach:2", NOW)
    ledger.unreachable("990001", "no answer", later(5), NOW)
    told = ledger.measured(NOW, HOUR)
    assert value(told, "alarms", kind="breach") == 1
    assert value(told, "recipients_down") == 1


def test_files_that_have_not_left_are_measured(ledger: DatabaseLedger) -> None:
    advanced(ledger, recorded(ledger), Outcome(BatchStatus.ACCEPTED, answers=(answer(),)))
    told = ledger.measured(NOW + HOUR, HOUR)
    assert (value(told, "files_waiting"), value(told, "files_oldest_seconds")) == (1, 3600)
