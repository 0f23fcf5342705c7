"""Files that leave, what recipients say of them, and when nothing is awaited any more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from declarations.adapters.database import DatabaseLedger
from declarations.errors import Invariant
from declarations.model import (
    Batch,
    BatchStatus,
    Delivery,
    DeliveryStatus,
    Environment,
    Exchange,
    Kind,
    Outcome,
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
    dispatched,
    drop,
    later,
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


def test_a_pending_delivery_is_dispatched_once(ledger: DatabaseLedger) -> None:
    split(ledger, parcel())
    (delivery,) = ledger.undispatched(10)
    exchange = dispatched(ledger, delivery)
    assert (exchange.stem, exchange.delivery_id) == ("DMFA.999999.20260423.00001.R", delivery.id)
    assert ledger.dispatch(delivery, answer("DMFA"), NOW) is None
    assert ledger.undispatched(10) == []


def test_a_delivery_is_sent_when_its_file_is(ledger: DatabaseLedger) -> None:
    batch = split(ledger, parcel())
    exchange = dispatched(ledger, only(ledger, batch))
    assert only(ledger, batch).parcel.status is DeliveryStatus.PENDING
    ledger.sent(exchange, later(3))
    sent = only(ledger, batch)
    assert (sent.parcel.status, sent.sent_at, sent.stem) == (DeliveryStatus.SENT, later(3), exchange.stem)


def test_a_withheld_parcel_is_not_dispatched(ledger: DatabaseLedger) -> None:
    batch = split(ledger, WITHHELD)
    assert ledger.undispatched(10) == []
    assert ledger.withheld() == [only(ledger, batch)]
    assert ledger.dispatch(only(ledger, batch), answer("DMFA"), NOW) is None


def test_an_authorization_turns_a_withheld_delivery_into_a_pending_one(ledger: DatabaseLedger) -> None:
    batch = split(ledger, WITHHELD)
    withheld = only(ledger, batch)
    assert ledger.grant(withheld, parcel(), NOW)
    assert not ledger.grant(withheld, parcel(), NOW)
    assert only(ledger, batch).parcel == parcel()
    assert ledger.withheld() == []


def test_nobody_is_granted_the_parcel_of_another(ledger: DatabaseLedger) -> None:
    batch = split(ledger, WITHHELD)
    with pytest.raises(Invariant, match="not pending for its recipient"):
        ledger.grant(only(ledger, batch), parcel("other"), NOW)


def test_a_pending_delivery_that_is_withheld_loses_its_extract(ledger: DatabaseLedger) -> None:
    batch = split(ledger, parcel())
    assert ledger.withhold(only(ledger, batch), "A-1 ended", NOW)
    withheld = only(ledger, batch)
    assert (withheld.parcel.status, withheld.parcel.extract) == (DeliveryStatus.WITHHELD, None)
    assert withheld.last_error == "A-1 ended"


def test_a_dispatched_delivery_is_no_longer_withheld(ledger: DatabaseLedger) -> None:
    batch = split(ledger, parcel())
    dispatched(ledger, only(ledger, batch))
    assert not ledger.withhold(only(ledger, batch), "A-1 ended", NOW)


def test_a_parcel_that_was_cut_again_is_not_sent_as_it_was(ledger: DatabaseLedger) -> None:
    batch = split(ledger, parcel())
    before = only(ledger, batch)
    ledger.withhold(before, "A-1 changed", NOW)
    ledger.grant(only(ledger, batch), replace(parcel(), extract="f" * 64), NOW)
    assert ledger.dispatch(before, answer("DMFA"), NOW) is None


def test_a_receipt_confirms_the_delivery_it_names(ledger: DatabaseLedger) -> None:
    batch, (exchange,) = delivered(ledger, parcel())
    receive(ledger, receipt_on(exchange))
    confirmed = only(ledger, batch)
    assert (confirmed.parcel.status, confirmed.confirmed_at) == (DeliveryStatus.CONFIRMED, later(5))


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
    assert (contested.parcel.status, contested.last_error) == (DeliveryStatus.CONTESTED, "102, 125")


def test_a_contested_delivery_may_be_confirmed_after_all(ledger: DatabaseLedger) -> None:
    batch, (exchange,) = delivered(ledger, parcel())
    receive(ledger, receipt_on(exchange, False, ("102",)))
    receive(ledger, receipt_on(exchange))
    assert only(ledger, batch).parcel.status is DeliveryStatus.CONFIRMED


def test_what_was_confirmed_is_not_contested_any_more(ledger: DatabaseLedger) -> None:
    batch, (exchange,) = delivered(ledger, parcel())
    receive(ledger, receipt_on(exchange))
    receive(ledger, receipt_on(exchange, False, ("102",)))
    assert only(ledger, batch).parcel.status is DeliveryStatus.CONFIRMED


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
    assert ledger.delivery_named(folder, name) is None
    assert ledger.story(theirs.id).events[-1].what == "receipt names no delivery"


def test_a_delivery_is_found_by_the_name_that_its_recipient_quotes(ledger: DatabaseLedger) -> None:
    batch, (exchange,) = delivered(ledger, parcel())
    assert ledger.delivery_named("000777", f"GO.{exchange.stem}") == only(ledger, batch)


def test_a_receipt_may_be_faster_than_our_own_note(ledger: DatabaseLedger) -> None:
    batch = split(ledger, parcel())
    exchange = dispatched(ledger, only(ledger, batch))
    receive(ledger, receipt_on(exchange))
    ledger.sent(exchange, later(6))
    delivery = only(ledger, batch)
    assert (delivery.parcel.status, delivery.sent_at) == (DeliveryStatus.CONFIRMED, later(6))


def test_a_batch_is_distributed_when_its_last_parcel_is_sent(ledger: DatabaseLedger) -> None:
    batch = split(ledger, parcel("a"), parcel("b"))
    one, other = [dispatched(ledger, each) for each in ledger.undispatched(10)]
    ledger.sent(one, NOW)
    assert ledger.distributed() == []
    ledger.sent(other, NOW)
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
