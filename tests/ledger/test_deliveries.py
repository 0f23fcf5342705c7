"""Files that leave, what recipients say of them, and when nothing is awaited any more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from declarations.adapters.database import DatabaseLedger
from declarations.errors import Invariant
from declarations.model import (
    Artifact,
    Batch,
    BatchStatus,
    Delivery,
    DeliveryStatus,
    Environment,
    Exchange,
    Kind,
    Line,
    Outcome,
    ParcelStatus,
    Receipt,
)
from tests.ledger.given import (
    FOLDER,
    NOW,
    WITHHELD,
    advanced,
    answer,
    brought_to,
    delivered,
    drop,
    later,
    packed,
    packing,
    parcel,
    recorded,
    split,
)


def only(ledger: DatabaseLedger, batch: Batch) -> Delivery:
    (delivery,) = ledger.story(batch.id).deliveries
    return delivery


def receive(ledger: DatabaseLedger, receipt: Receipt, minutes: float = 5) -> Batch:
    """A recipient drops its ACRF, and we take it in."""
    return advanced(
        ledger,
        recorded(ledger, drop(900, folder="000777")),
        Outcome(BatchStatus.CLOSED, receipts=(receipt,)),
        later(minutes),
    )


def receipt_on(exchange: Exchange, accepted: bool = True, codes: tuple[str, ...] = ()) -> Receipt:
    return Receipt("000777", f"GO.{exchange.stem}", accepted, codes)


def test_an_answer_waits_in_its_outbox_until_it_is_sent(ledger: DatabaseLedger) -> None:
    outcome = Outcome(BatchStatus.ACCEPTED, answers=(answer(), answer("NOTI"), answer(folder="000002")))
    batch = advanced(ledger, recorded(ledger), outcome)
    assert ledger.outboxes() == ["000002", FOLDER]
    first, second = ledger.unsent(FOLDER, 10)
    assert ledger.unsent(FOLDER, 1) == [first]
    ledger.sent(first, later(1))
    assert ledger.unsent(FOLDER, 10) == [second]
    assert ledger.story(batch.id).exchanges[0] == replace(first, sent_at=later(1))


def test_a_file_is_noted_as_sent_once(ledger: DatabaseLedger) -> None:
    batch = advanced(ledger, recorded(ledger), Outcome(BatchStatus.ACCEPTED, answers=(answer(),)))
    (exchange,) = ledger.unsent(FOLDER, 10)
    ledger.sent(exchange, later(1))
    ledger.sent(exchange, later(2))
    story = ledger.story(batch.id)
    assert story.exchanges[0].sent_at == later(1)
    assert [event.what for event in story.events].count("exchange sent") == 1


def test_what_came_in_waits_in_no_outbox(ledger: DatabaseLedger) -> None:
    recorded(ledger)
    assert (ledger.outboxes(), ledger.unsent(FOLDER, 10)) == ([], [])


def test_parcels_of_several_batches_travel_in_one_delivery(ledger: DatabaseLedger) -> None:
    one, other = split(ledger, parcel()), split(ledger, parcel(), number=2)
    delivery = packed(ledger)
    assert (delivery.name, delivery.status, delivery.rows) == ("pensions-000001", DeliveryStatus.PENDING, 14)
    assert [each.batch_id for each in ledger.carried(delivery.id)] == [one.id, other.id]
    assert only(ledger, one) == only(ledger, other) == delivery
    assert (ledger.awaiting(), ledger.waiting("pensions", 10)) == ({}, [])


def test_the_deliveries_of_a_recipient_are_numbered_without_a_gap(ledger: DatabaseLedger) -> None:
    for number in (1, 2, 3):
        split(ledger, parcel(), parcel("work"), number=number)
        assert [packed(ledger, recipient).number for recipient in ("pensions", "work")] == [number, number]
    assert [each.number for each in ledger.deliveries_of("pensions", 2)] == [3, 2]


def test_a_parcel_is_packed_once(ledger: DatabaseLedger) -> None:
    split(ledger, parcel())
    wanted = packing(*ledger.waiting("pensions", 10))
    assert ledger.pack(wanted, 1, NOW) is not None
    assert ledger.pack(wanted, 1, NOW) is None
    assert ledger.pack(wanted, 2, NOW) is None
    assert (ledger.next_number("pensions"), len(ledger.unsent("000777", 10))) == (2, 1)


def test_every_file_of_a_delivery_has_a_name_of_its_own(ledger: DatabaseLedger) -> None:
    split(ledger, parcel())
    files = ledger.files_of(packed(ledger, files=3).id)
    assert [(file.part, file.stem) for file in files] == [
        (part, f"DMFA.999999.20260423.{part:05}.R") for part in (1, 2, 3)
    ]


def test_a_delivery_is_sent_when_its_last_file_is(ledger: DatabaseLedger) -> None:
    batch = split(ledger, parcel())
    one, other = ledger.files_of(packed(ledger, files=2).id)
    ledger.sent(one, later(2))
    assert only(ledger, batch).status is DeliveryStatus.PENDING
    ledger.sent(other, later(3))
    assert (only(ledger, batch).status, only(ledger, batch).sent_at) == (DeliveryStatus.SENT, later(3))


def test_a_withheld_parcel_is_not_packed(ledger: DatabaseLedger) -> None:
    batch = split(ledger, WITHHELD)
    assert ledger.awaiting() == {}
    (withheld,) = ledger.withheld()
    assert ledger.story(batch.id).parcels == (withheld,)
    assert ledger.pack(packing(withheld), 1, NOW) is None


def test_a_withheld_parcel_waits_for_a_delivery_once_it_is_cut_anew(ledger: DatabaseLedger) -> None:
    batch = split(ledger, WITHHELD)
    (withheld,) = ledger.withheld()
    cut = Artifact("cut", "1/form", "a" * 64, 3)
    assert ledger.recut(withheld, parcel(), [cut], NOW)
    assert not ledger.recut(withheld, parcel(), [cut], NOW)
    assert [each.parcel for each in ledger.waiting("pensions", 10)] == [parcel()]
    assert (ledger.withheld(), ledger.artifacts(batch.id)) == ([], [cut])


def test_a_withheld_parcel_that_turns_out_to_concern_nobody_is_awaited_no_more(ledger: DatabaseLedger) -> None:
    batch = split(ledger, WITHHELD)
    (withheld,) = ledger.withheld()
    assert ledger.recut(withheld, replace(WITHHELD, status=ParcelStatus.VOID, reason=None, cut_under="x"), [], NOW)
    assert (ledger.withheld(), ledger.distributed()) == ([], [batch])


def test_nobody_gets_the_cut_of_another(ledger: DatabaseLedger) -> None:
    split(ledger, WITHHELD)
    with pytest.raises(Invariant, match="not for its recipient"):
        ledger.recut(ledger.withheld()[0], parcel("other"), [], NOW)


def test_a_parcel_that_was_cut_anew_is_not_packed_as_it_was(ledger: DatabaseLedger) -> None:
    split(ledger, parcel())
    (before,) = ledger.waiting("pensions", 10)
    assert ledger.recut(before, replace(parcel(), cut_under="other"), [], NOW)
    assert ledger.pack(packing(before), 1, NOW) is None
    assert packed(ledger).number == 1


def test_a_packed_parcel_is_not_cut_anew(ledger: DatabaseLedger) -> None:
    split(ledger, parcel())
    (kept,) = ledger.waiting("pensions", 10)
    packed(ledger)
    assert not ledger.recut(kept, parcel(), [], NOW)


def test_a_delivery_that_is_sent_again_keeps_its_names_and_bytes(ledger: DatabaseLedger) -> None:
    batch, files = delivered(ledger, parcel())
    receive(ledger, receipt_on(files[0]))
    before = only(ledger, batch)
    assert ledger.resend(before, "jan", later(9))
    assert not ledger.resend(before, "jan", later(9))
    (again,) = ledger.unsent("000777", 10)
    assert (again.stem, again.outgoing) == (files[0].stem, files[0].outgoing)
    assert (only(ledger, batch).status, only(ledger, batch).resent) == (DeliveryStatus.PENDING, 1)
    assert "delivery sent again" in [event.what for event in ledger.told_of(before.id)]


def test_a_delivery_of_which_no_receipt_came_is_told(ledger: DatabaseLedger) -> None:
    batch, (exchange,) = delivered(ledger, parcel())
    assert ledger.unconfirmed() == [only(ledger, batch)]
    receive(ledger, receipt_on(exchange))
    assert ledger.unconfirmed() == []


def test_a_file_that_belongs_to_no_batch_is_entered_once(ledger: DatabaseLedger) -> None:
    entered = ledger.entrust(answer("KPIM"), "kpi:2026-04", NOW)
    assert entered is not None
    assert ledger.entrust(answer("KPIM"), "kpi:2026-04", NOW) is None
    assert ledger.unsent(FOLDER, 10) == [entered]


def test_a_line_is_down_since_its_first_failure_until_it_answers(ledger: DatabaseLedger) -> None:
    ledger.unreachable("000777", "timed out", later(1), NOW)
    ledger.unreachable("000777", "refused", later(3), later(1))
    assert ledger.line("000777") == Line("000777", 2, NOW, later(3), None, "refused")
    ledger.reached("000777", later(4))
    assert ledger.lines() == [Line("000777", last_ok_at=later(4))]
    assert ledger.line("000778") == Line("000778")


def test_a_receipt_confirms_the_delivery_it_names(ledger: DatabaseLedger) -> None:
    batch, (exchange,) = delivered(ledger, parcel())
    receive(ledger, receipt_on(exchange))
    confirmed = only(ledger, batch)
    assert (confirmed.status, confirmed.confirmed_at) == (DeliveryStatus.CONFIRMED, later(5))


def test_a_receipt_that_comes_twice_confirms_once(ledger: DatabaseLedger) -> None:
    batch, (exchange,) = delivered(ledger, parcel())
    receive(ledger, receipt_on(exchange))
    receive(ledger, receipt_on(exchange), 9)
    assert only(ledger, batch).confirmed_at == later(5)
    assert [event.what for event in ledger.story(batch.id).events].count("delivery confirmed") == 1


def test_a_negative_receipt_contests_the_delivery_with_its_codes(ledger: DatabaseLedger) -> None:
    batch, (exchange,) = delivered(ledger, parcel())
    receive(ledger, receipt_on(exchange, False, ("102", "125")))
    contested = only(ledger, batch)
    assert (contested.status, contested.last_error) == (DeliveryStatus.CONTESTED, "102, 125")


def test_a_contested_delivery_may_be_confirmed_after_all(ledger: DatabaseLedger) -> None:
    batch, (exchange,) = delivered(ledger, parcel())
    receive(ledger, receipt_on(exchange, False, ("102",)))
    receive(ledger, receipt_on(exchange))
    assert only(ledger, batch).status is DeliveryStatus.CONFIRMED


def test_what_was_confirmed_is_not_contested_any_more(ledger: DatabaseLedger) -> None:
    batch, (exchange,) = delivered(ledger, parcel())
    receive(ledger, receipt_on(exchange))
    receive(ledger, receipt_on(exchange, False, ("102",)))
    assert only(ledger, batch).status is DeliveryStatus.CONFIRMED


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("000778", "GO.DMFA.999999.20260423.00001.R"),
        ("000777", "GO.DMFA.999999.20260423.00002.R"),
        ("000777", "FO.DMFA.999999.20260423.00001.R"),
        ("000777", "DMFA.999999.20260423.00001.R"),
    ],
)
def test_a_receipt_on_what_we_never_sent_there_changes_nothing(ledger: DatabaseLedger, folder: str, name: str) -> None:
    batch, _ = delivered(ledger, parcel())
    before = only(ledger, batch)
    theirs = receive(ledger, Receipt(folder, name, True))
    assert only(ledger, batch) == before
    assert ledger.file_named(folder, name) is None
    assert ledger.story(theirs.id).events[-1].what == "receipt names no delivery"


def test_a_file_is_found_by_the_name_that_its_recipient_quotes(ledger: DatabaseLedger) -> None:
    _, (exchange,) = delivered(ledger, parcel())
    found = ledger.file_named("000777", f"GO.{exchange.stem}")
    assert found == replace(exchange, sent_at=NOW)


def test_a_delivery_of_several_files_is_confirmed_with_the_last_of_them(ledger: DatabaseLedger) -> None:
    batch = split(ledger, parcel())
    one, other = ledger.files_of(packed(ledger, files=2).id)
    for file in (one, other):
        ledger.sent(file, NOW)
    receive(ledger, receipt_on(one), 5)
    assert only(ledger, batch).status is DeliveryStatus.SENT
    receive(ledger, receipt_on(other), 6)
    assert (only(ledger, batch).status, only(ledger, batch).confirmed_at) == (DeliveryStatus.CONFIRMED, later(6))


def test_a_receipt_may_be_faster_than_our_own_note(ledger: DatabaseLedger) -> None:
    batch = split(ledger, parcel())
    (exchange,) = ledger.files_of(packed(ledger).id)
    receive(ledger, receipt_on(exchange))
    ledger.sent(exchange, later(6))
    delivery = only(ledger, batch)
    assert (delivery.status, delivery.sent_at) == (DeliveryStatus.CONFIRMED, later(6))


def test_a_batch_is_distributed_when_its_last_parcel_is_sent(ledger: DatabaseLedger) -> None:
    batch = split(ledger, parcel("a"), parcel("b"))
    one, other = [packed(ledger, each) for each in ledger.awaiting()]
    ledger.sent(ledger.files_of(one.id)[0], NOW)
    assert ledger.distributed() == []
    ledger.sent(ledger.files_of(other.id)[0], NOW)
    assert ledger.distributed() == [batch]


@pytest.mark.parametrize("parcels", [(), (WITHHELD,)])
def test_a_batch_that_concerns_nobody_is_distributed_at_once(ledger: DatabaseLedger, parcels: tuple[()]) -> None:
    batch = split(ledger, *parcels)
    assert ledger.distributed() == [batch]


def test_a_batch_is_finished_when_its_last_delivery_is_confirmed(ledger: DatabaseLedger) -> None:
    batch, (one, other) = delivered(ledger, parcel("a"), parcel("b"), replace(WITHHELD, recipient="c"))
    receive(ledger, receipt_on(one), 5)
    assert batch not in [each for each, _ in ledger.finished()]
    receive(ledger, receipt_on(other), 7)
    assert (batch, later(7)) in ledger.finished()


def test_a_batch_is_not_finished_while_a_delivery_is_contested(ledger: DatabaseLedger) -> None:
    batch, (exchange,) = delivered(ledger, parcel())
    receive(ledger, receipt_on(exchange, False, ("102",)))
    assert batch not in [each for each, _ in ledger.finished()]


def test_a_refused_batch_is_finished_when_its_answer_is_sent(ledger: DatabaseLedger) -> None:
    batch = advanced(ledger, recorded(ledger), Outcome(BatchStatus.REFUSED, answers=(answer(),)))
    assert ledger.finished() == []
    ledger.sent(ledger.unsent(FOLDER, 1)[0], later(2))
    assert ledger.finished() == [(batch, later(2))]


def test_a_canceled_batch_is_finished_when_it_was_canceled(ledger: DatabaseLedger) -> None:
    batch = advanced(ledger, recorded(ledger), Outcome(BatchStatus.ACCEPTED, answers=(answer(),)))
    td = recorded(ledger, drop(kind=Kind.CANCELLATION))
    ledger.advance(td, Outcome(BatchStatus.CLOSED, cancels=batch.id, answers=(answer(),)), later(4))
    assert ledger.finished() == [(ledger.batch(batch.id), later(4))]


def test_a_batch_without_answer_or_delivery_is_finished_when_it_ended(ledger: DatabaseLedger) -> None:
    batch = advanced(ledger, recorded(ledger), Outcome(BatchStatus.CLOSED), later(3))
    assert ledger.finished() == [(batch, later(3))]


def test_a_clock_is_stopped_once_and_its_batch_is_done(ledger: DatabaseLedger) -> None:
    batch = advanced(ledger, recorded(ledger), Outcome(BatchStatus.CLOSED))
    ledger.stop_clock(batch, later(3))
    ledger.stop_clock(batch, later(9))
    clock = ledger.story(batch.id).clock
    assert clock is not None
    assert clock.end == later(3)
    assert ledger.finished() == []


def test_a_distributed_batch_with_a_stopped_clock_can_still_be_closed(ledger: DatabaseLedger) -> None:
    batch = brought_to(ledger, recorded(ledger), BatchStatus.DISTRIBUTED)
    ledger.stop_clock(batch, NOW)
    assert [each for each, _ in ledger.finished()] == [batch]


def test_a_production_batch_is_overdue_from_its_due_moment_until_its_clock_stops(ledger: DatabaseLedger) -> None:
    batch = recorded(ledger)
    recorded(ledger, drop(2, environment=Environment.CIRCUIT))
    due = later(0).replace(day=26, hour=22, minute=0, second=0, microsecond=0)
    assert ledger.overdue(due.replace(hour=21, minute=59)) == []
    assert ledger.overdue(due) == [batch]
    ledger.stop_clock(batch, due)
    assert ledger.overdue(due) == []
