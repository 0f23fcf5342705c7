"""What the board reads of a ledger that the ledger itself wrote, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from declarations.adapters.database import DatabaseLedger
from declarations.adapters.database.board import DatabaseBoard
from declarations.board.clock import Mark, mark
from declarations.board.values import Marks, Standing, Wanted
from declarations.model import AnomalyCount, Batch, BatchStatus, Environment, FormVerdict, Kind, Outcome, Receipt
from declarations.operations import Action, AlarmKind, Pause, Verdict
from declarations.sla import due
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
    parcel,
    recorded,
    split,
)


def arrived(ledger: DatabaseLedger, number: int, at: datetime, **other: object) -> Batch:
    """A batch that came at that moment."""
    return recorded(ledger, drop(number, first_seen_at=at, **other), at)


def test_batches_are_counted_by_status_with_the_oldest(ledger: DatabaseLedger, board: DatabaseBoard) -> None:
    for number, minutes in ((1, 5), (2, 1), (3, 9)):
        arrived(ledger, number, later(minutes))
    brought_to(ledger, ledger.batch(ledger.find("00003")[0].id), BatchStatus.ACCEPTED)
    seen = board.overview(later(60)).open
    assert seen == (
        Standing(BatchStatus.RECEIVED, 2, later(1)),
        Standing(BatchStatus.ACCEPTED, 1, later(9)),
    )


def test_tests_and_withdrawals_are_not_counted_as_batches(ledger: DatabaseLedger, board: DatabaseBoard) -> None:
    arrived(ledger, 1, NOW, environment=Environment.CIRCUIT)
    arrived(ledger, 2, NOW, kind=Kind.CANCELLATION)
    assert board.overview(later(1)).open == (Standing(BatchStatus.RECEIVED, 0, None, tests=1),)


def test_a_recipients_receipt_is_no_batch_on_the_board(ledger: DatabaseLedger, board: DatabaseBoard) -> None:
    arrived(ledger, 1, NOW, reference="ACRF.990001.20260423.00001.R", folder="990001")
    seen = board.overview(later(1))
    assert (seen.open, seen.newest) == ((), ())
    assert board.batches(Wanted(), NOW).rows == ()


def test_ends_are_counted_for_what_arrived_within_a_day(ledger: DatabaseLedger, board: DatabaseBoard) -> None:
    for number, at in ((1, NOW - timedelta(days=3)), (2, NOW)):
        advanced(ledger, arrived(ledger, number, at), Outcome(BatchStatus.REFUSED, codes=("312",)))
    seen = board.overview(later(60))
    assert seen.ended == (Standing(BatchStatus.REFUSED, 1, NOW),)
    assert seen.open == ()


def test_marks_count_each_open_batch_once_by_how_far_its_clock_has_run(
    ledger: DatabaseLedger, board: DatabaseBoard
) -> None:
    for number, hours in enumerate((1, 50, 60, 80, 100, 120), start=1):
        arrived(ledger, number, NOW - timedelta(hours=hours))
    seen = board.overview(NOW)
    marks = [mark(row.arrived_at, row.due_at, NOW) for row in seen.urgent]
    assert seen.marks == Marks(marks.count(Mark.OVERDUE), marks.count(Mark.THREE_QUARTERS), marks.count(Mark.HALF))
    assert seen.marks == Marks(2, 2, 1)


def test_a_list_by_mark_holds_exactly_what_bears_it(ledger: DatabaseLedger, board: DatabaseBoard) -> None:
    for number, hours in enumerate((1, 50, 60, 80, 100, 120), start=1):
        arrived(ledger, number, NOW - timedelta(hours=hours))
    listed = {each: board.batches(Wanted(mark=each), NOW).rows for each in Mark}
    assert all(mark(row.arrived_at, row.due_at, NOW) is each for each, rows in listed.items() for row in rows)
    assert {each: len(rows) for each, rows in listed.items()} == {
        Mark.OVERDUE: 2,
        Mark.THREE_QUARTERS: 2,
        Mark.HALF: 1,
        Mark.EARLY: 1,
    }


def test_what_has_least_time_left_comes_first_whatever_its_status(ledger: DatabaseLedger, board: DatabaseBoard) -> None:
    young = arrived(ledger, 1, NOW - timedelta(days=1))
    old = brought_to(ledger, arrived(ledger, 2, NOW - timedelta(days=3)), BatchStatus.NORMALIZED)
    arrived(ledger, 3, NOW - timedelta(days=3), environment=Environment.SIMULATION)
    assert [row.id for row in board.overview(NOW).urgent] == [old.id, young.id]


def test_overdue_batches_are_those_that_the_ledger_calls_overdue(ledger: DatabaseLedger, board: DatabaseBoard) -> None:
    for number, hours in enumerate((70, 90, 110), start=1):
        arrived(ledger, number, NOW - timedelta(hours=hours))
    for moment in (NOW, later(60 * 15)):
        listed = board.batches(Wanted(mark=Mark.OVERDUE), moment).rows
        assert [row.id for row in listed] == [batch.id for batch in ledger.overdue(moment)]
        assert board.overview(moment).marks.overdue == len(listed)


def test_a_held_batch_names_its_fault_and_who_proposed_its_release(
    ledger: DatabaseLedger, board: DatabaseBoard
) -> None:
    batch = arrived(ledger, 1, NOW)
    ledger.stumbled(batch, "accept: Invariant: the archive lost it", later(1), hold=True)
    ledger.propose(batch.id, Action.RELEASE, "ann", "found again", later(2))
    (held,) = board.overview(later(3)).held
    assert (held.last_error, held.since, held.proposed_by) == (
        "accept: Invariant: the archive lost it",
        later(1),
        "ann",
    )


def test_alarms_that_stand_are_shown_and_cleared_ones_are_not(ledger: DatabaseLedger, board: DatabaseBoard) -> None:
    ledger.alarm("line:pensions", AlarmKind.LINE, "pensions", "down", NOW)
    ledger.alarm("line:statistics", AlarmKind.LINE, "statistics", "down", NOW)
    ledger.calm("line:pensions", later(1))
    assert [alarm.subject for alarm in board.overview(later(2)).alarms] == ["statistics"]


def test_a_line_that_does_not_answer_is_shown_until_it_does(ledger: DatabaseLedger, board: DatabaseBoard) -> None:
    ledger.unreachable("990007", "connection refused", later(9), NOW)
    assert [line.folder for line in board.overview(later(1)).down] == ["990007"]
    ledger.reached("990007", later(2))
    assert board.overview(later(3)).down == ()
    assert [line.last_ok_at for line in board.lines()] == [later(2)]


def test_a_list_goes_on_where_its_page_ended(ledger: DatabaseLedger, board: DatabaseBoard) -> None:
    made = [arrived(ledger, number, NOW).id for number in range(1, 56)]
    first = board.batches(Wanted(status=BatchStatus.RECEIVED), NOW)
    second = board.batches(Wanted(status=BatchStatus.RECEIVED, before=first.more), NOW)
    assert [row.id for row in (*first.rows, *second.rows)] == sorted(made, reverse=True)
    assert (len(first.rows), second.more) == (50, None)


def test_a_list_of_a_sender_holds_no_other_sender(ledger: DatabaseLedger, board: DatabaseBoard) -> None:
    arrived(ledger, 1, NOW, folder="000102", reference="DMFA.000102.20260423.00001.R")
    mine = arrived(ledger, 2, NOW)
    assert [row.id for row in board.batches(Wanted(folder=FOLDER), NOW).rows] == [mine.id]


FORM = FormVerdict(0, 1, 1, "0A7BCDEFGHI12", accepted=False, anomalies=1)

SEARCHES: dict[str, Callable[[Batch], str]] = {
    "its reference": lambda batch: batch.reference,
    "the name of its GO": lambda batch: f"{batch.name}.1",
    "the name of a part": lambda batch: batch.files[1].name,
    "a part of its reference": lambda batch: ".00007.",
    "small letters": lambda batch: batch.reference.lower(),
    "its sender": lambda batch: FOLDER,
    "its ticket": lambda batch: batch.ticket,
    "a form's ticket": lambda batch: FORM.ticket,
    "its answer": lambda batch: "FO.NOTI.999999.20260423.00001.R",
    "a delivery of it": lambda batch: "pensions-000001",
}


def test_a_batch_is_found_by_all_that_people_know_of_it(ledger: DatabaseLedger, board: DatabaseBoard) -> None:
    batch = arrived(ledger, 7, NOW)
    arrived(ledger, 8, NOW, folder="000102", reference="DMFA.000102.20260423.00008.R")
    batch = brought_to(ledger, batch, BatchStatus.NORMALIZED)
    batch = advanced(ledger, batch, Outcome(BatchStatus.CONTROLLED, forms=(FORM,), answers=(answer("NOTI"),)))
    advanced(ledger, batch, Outcome(BatchStatus.SPLIT, parcels=(parcel(),)))
    packed(ledger)
    found = {what: [row.id for row in board.search(text(batch)).rows] for what, text in SEARCHES.items()}
    assert found == {what: [batch.id] for what in SEARCHES}


NOWHERE = ("", "%", "_", "no such thing", "\x00", "\ud800", "' OR 1=1", "9" * 40)


def test_a_search_for_what_is_nowhere_finds_nothing(ledger: DatabaseLedger, board: DatabaseBoard) -> None:
    arrived(ledger, 1, NOW)
    assert [text for text in NOWHERE if board.search(text).rows] == []


def test_a_queue_counts_what_waits_what_is_withheld_and_what_is_out(
    ledger: DatabaseLedger, board: DatabaseBoard
) -> None:
    split(ledger, parcel(), number=1)
    packed(ledger, at=later(1))
    split(ledger, parcel(), number=2)
    split(ledger, WITHHELD, number=3)
    (queue,) = board.queues()
    assert (queue.recipient, queue.waiting, queue.withheld, queue.sending, queue.sent) == ("pensions", 1, 1, 1, 0)
    assert (queue.waiting_since, queue.unconfirmed_since, queue.last_receipt_at) == (NOW, later(1), None)


def test_a_queue_tells_the_last_receipt_and_what_is_contested(ledger: DatabaseLedger, board: DatabaseBoard) -> None:
    _, files = delivered(ledger, parcel("pensions"), parcel("statistics"))
    names = [
        Receipt("000777", f"GO.{file.stem}", accepted=at == 0, codes=("312",) * at) for at, file in enumerate(files)
    ]
    said = arrived(ledger, 9, later(5))
    advanced(ledger, said, Outcome(BatchStatus.CLOSED, receipts=tuple(names)), later(6))
    pensions, statistics = board.queues()
    assert (pensions.last_receipt_at, pensions.sent, pensions.contested) == (later(6), 0, 0)
    assert (statistics.last_receipt_at, statistics.sent, statistics.contested) == (None, 0, 1)


def test_a_tale_holds_the_deliveries_that_carry_the_batch_and_what_became_of_them(
    ledger: DatabaseLedger, board: DatabaseBoard
) -> None:
    batch, (file,) = delivered(ledger, parcel())
    said = arrived(ledger, 9, later(5))
    receipt = Receipt("000777", f"GO.{file.stem}", accepted=True)
    advanced(ledger, said, Outcome(BatchStatus.CLOSED, receipts=(receipt,)), later(6))
    tale = board.tale(batch.id)
    assert tale is not None
    (shipment,) = tale.shipments
    assert shipment.delivery is not None
    assert (shipment.recipient, shipment.rows, shipment.delivery.name) == ("pensions", 7, "pensions-000001")
    assert ("delivery confirmed", "pensions-000001") in [(event.what, event.detail) for event in tale.events]
    assert [each.name for each in tale.crossings if each.outgoing] == [f"FO.{file.stem}"]
    assert [each.confirmed_at for each in tale.crossings if each.outgoing] == [later(6)]


def test_a_tale_holds_forms_anomalies_decisions_pauses_and_alarms(ledger: DatabaseLedger, board: DatabaseBoard) -> None:
    batch = brought_to(ledger, arrived(ledger, 1, NOW), BatchStatus.NORMALIZED)
    good = FormVerdict(1, 1, 2, "0A7BCDEFGHI13", accepted=True, anomalies=0)
    counts = (AnomalyCount("00024-004", "B", 1), AnomalyCount("90012-212", "NP", 5))
    batch = advanced(ledger, batch, Outcome(BatchStatus.CONTROLLED, forms=(FORM, good), counts=counts))
    ledger.stumbled(batch, "split: Invariant: no route", later(1), hold=True)
    ledger.propose(batch.id, Action.RELEASE, "ann", "route added", later(2))
    ledger.decide(batch.id, Action.RELEASE, "bob", Verdict.APPROVED, later(3))
    ledger.enter_pause(Pause(batch.id, FOLDER, "power cut", NOW, later(1), "bob", later(4)), "signature")
    ledger.alarm(f"sla50:{batch.id}", AlarmKind.HALF, str(batch.id), "half", later(5))
    ledger.alarm("sla50:999999", AlarmKind.HALF, "999999", "another's", later(5))
    tale = board.tale(batch.id)
    assert tale is not None
    assert (tale.forms.accepted, tale.forms.refused, tale.forms.refused_tickets) == (1, 1, (FORM.ticket,))
    assert [count.count for count in tale.counts] == [5, 1]
    assert [(each.proposed_by, each.decided_by) for each in tale.decisions] == [("ann", "bob")]
    assert [each.attributed_to for each in tale.pauses] == [FOLDER]
    assert [each.detail for each in tale.alarms] == ["half"]
    assert (tale.clock.start, tale.clock.due, tale.clock.end) == (NOW, due(NOW), None)


def test_there_is_no_tale_of_a_batch_that_is_not_there(ledger: DatabaseLedger, board: DatabaseBoard) -> None:
    assert board.tale(987654) is None


def test_the_batches_of_a_run_are_given_in_order_without_those_that_are_not_there(
    ledger: DatabaseLedger, board: DatabaseBoard
) -> None:
    first, second = arrived(ledger, 1, NOW), arrived(ledger, 2, NOW)
    assert [row.id for row in board.chosen([second.id, 987654, first.id])] == [first.id, second.id]
    assert board.chosen([]) == ()
