"""How a batch moves on, is held, freed and canceled."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from declarations.adapters.database import DatabaseLedger
from declarations.errors import Invariant
from declarations.model import (
    AnomalyCount,
    Artifact,
    BatchStatus,
    Environment,
    Event,
    FormVerdict,
    Kind,
    Outcome,
)
from tests.ledger.given import NOW, advanced, answer, brought_to, drop, later, parcel, recorded, released


def test_an_outcome_is_taken_whole(ledger: DatabaseLedger) -> None:
    forms = tuple(FormVerdict(number, 1, number + 1, f"T{number}", number % 2 == 0, 3) for number in range(3))
    counts = (AnomalyCount("00024-004", "B", 2), AnomalyCount("00024-004", "W", 1))
    artifacts = (Artifact("block", "form", "a" * 64, 3), Artifact("findings", "all", "b" * 64, 3))
    outcome = Outcome(
        BatchStatus.ACCEPTED, "2 of 3", ("ACRF-1",), (answer(),), artifacts, forms, counts, (parcel(), parcel("work"))
    )
    batch = advanced(ledger, recorded(ledger), outcome, later(1))
    story = ledger.story(batch.id)
    assert (batch.status, batch.codes) == (BatchStatus.ACCEPTED, ("ACRF-1",))
    assert (story.forms, story.counts, story.artifacts) == (forms, counts, artifacts)
    assert tuple(each.parcel for each in story.parcels) == outcome.parcels
    assert tuple(each.outgoing for each in story.exchanges) == outcome.answers
    assert story.events[-2:] == (
        Event(later(1), "accepted", "2 of 3"),
        Event(later(1), "exchange decided", "ACRF.999999.20260423.00001.R"),
    )


def test_a_batch_that_moved_on_does_not_move_again(ledger: DatabaseLedger) -> None:
    batch = recorded(ledger)
    outcome = Outcome(BatchStatus.ACCEPTED, answers=(answer(),))
    assert ledger.advance(batch, outcome, NOW)
    assert not ledger.advance(batch, outcome, NOW)
    assert len(ledger.story(batch.id).exchanges) == 1


def test_a_status_that_does_not_follow_is_an_invariant(ledger: DatabaseLedger) -> None:
    batch = recorded(ledger)
    with pytest.raises(Invariant, match="does not follow"):
        ledger.advance(batch, Outcome(BatchStatus.SPLIT), NOW)
    assert ledger.batch(batch.id) == batch


def test_an_outcome_that_contradicts_itself_leaves_nothing(ledger: DatabaseLedger) -> None:
    batch = recorded(ledger)
    twins = Outcome(BatchStatus.ACCEPTED, answers=(answer(),), parcels=(parcel(), parcel()))
    with pytest.raises(Invariant):
        ledger.advance(batch, twins, NOW)
    assert ledger.batch(batch.id) == batch
    assert ledger.outboxes() == []


def test_ten_thousand_forms_are_kept_in_order(ledger: DatabaseLedger) -> None:
    forms = tuple(FormVerdict(number, 1, number + 1, f"T{number}", True, 0) for number in range(10_000))
    batch = advanced(ledger, recorded(ledger), Outcome(BatchStatus.ACCEPTED, forms=forms))
    assert ledger.story(batch.id).forms == forms


def test_our_files_are_numbered_by_day_and_environment(ledger: DatabaseLedger) -> None:
    circuit = answer(environment=Environment.CIRCUIT)
    answers = (answer(), circuit, answer("NOTI"), circuit)
    batch = advanced(ledger, recorded(ledger), Outcome(BatchStatus.ACCEPTED, answers=answers))
    advanced(ledger, batch, Outcome(BatchStatus.NORMALIZED, answers=(answer(),)), later(24 * 60))
    assert [each.stem for each in ledger.story(batch.id).exchanges] == [
        "ACRF.999999.20260423.00001.R",
        "ACRF.999999.20260423.00001.T",
        "NOTI.999999.20260423.00002.R",
        "ACRF.999999.20260423.00002.T",
        "ACRF.999999.20260424.00001.R",
    ]


def test_our_files_are_numbered_folder_by_folder(ledger: DatabaseLedger) -> None:
    for number, folder in enumerate(("006400", "006500", "006500"), start=1):
        batch = recorded(ledger, drop(number, folder=folder))
        advanced(ledger, batch, Outcome(BatchStatus.ACCEPTED, answers=(answer(folder=folder),)))
    assert [len(ledger.unsent(folder, 10)) for folder in ("006400", "006500")] == [1, 2]
    assert ledger.unsent("006400", 10)[0].stem == ledger.unsent("006500", 10)[0].stem == "ACRF.999999.20260423.00001.R"


def test_our_files_carry_the_day_of_brussels(ledger: DatabaseLedger) -> None:
    night = datetime(2026, 4, 23, 22, 0, tzinfo=UTC)
    batch = advanced(ledger, recorded(ledger), Outcome(BatchStatus.ACCEPTED, answers=(answer(),)), night)
    assert ledger.story(batch.id).exchanges[0].stem == "ACRF.999999.20260424.00001.R"


def test_a_failed_attempt_is_counted_and_success_forgets_it(ledger: DatabaseLedger) -> None:
    batch = recorded(ledger)
    for _ in range(2):
        ledger.stumbled(batch, "accept: Retryable", NOW, hold=False)
    failed = ledger.batch(batch.id)
    assert (failed.attempts, failed.last_error, failed.status) == (2, "accept: Retryable", BatchStatus.RECEIVED)
    batch = advanced(ledger, failed, Outcome(BatchStatus.ACCEPTED))
    assert (batch.attempts, batch.last_error) == (0, None)


def test_a_batch_that_moved_on_does_not_stumble(ledger: DatabaseLedger) -> None:
    batch = recorded(ledger)
    moved = advanced(ledger, batch, Outcome(BatchStatus.ACCEPTED))
    ledger.stumbled(batch, "too late", NOW, hold=True)
    assert ledger.batch(batch.id) == moved


def test_a_held_batch_goes_back_where_it_stood(ledger: DatabaseLedger) -> None:
    batch = brought_to(ledger, recorded(ledger), BatchStatus.NORMALIZED)
    ledger.stumbled(batch, "control: Invariant", later(1), hold=True)
    held = ledger.batch(batch.id)
    assert (held.status, held.held_from, held.attempts) == (BatchStatus.HELD, BatchStatus.NORMALIZED, 1)
    assert released(ledger, held, later(2))
    assert ledger.batch(batch.id) == batch
    assert [event.what for event in ledger.story(batch.id).events[-3:]] == ["held", "release proposed", "freed"]


def test_a_held_batch_is_freed_once(ledger: DatabaseLedger) -> None:
    batch = recorded(ledger)
    ledger.stumbled(batch, "broken", NOW, hold=True)
    held = ledger.batch(batch.id)
    assert [released(ledger, held) for _ in range(2)] == [True, False]


def test_a_batch_that_is_not_held_cannot_be_freed(ledger: DatabaseLedger) -> None:
    assert not released(ledger, recorded(ledger))


def test_an_outcome_may_hold_a_batch(ledger: DatabaseLedger) -> None:
    held = advanced(ledger, recorded(ledger), Outcome(BatchStatus.HELD, "the engine broke"))
    assert held.held_from is BatchStatus.RECEIVED


def test_what_is_distributed_cannot_be_held(ledger: DatabaseLedger) -> None:
    batch = brought_to(ledger, recorded(ledger), BatchStatus.DISTRIBUTED)
    with pytest.raises(Invariant, match="does not follow"):
        ledger.stumbled(batch, "broken", NOW, hold=True)


@pytest.mark.parametrize("status", [None, BatchStatus.ACCEPTED, BatchStatus.NORMALIZED])
def test_a_cancellation_ends_what_was_not_controlled(ledger: DatabaseLedger, status: BatchStatus | None) -> None:
    batch = recorded(ledger)
    batch = brought_to(ledger, batch, status) if status else batch
    td = recorded(ledger, drop(kind=Kind.CANCELLATION))
    assert ledger.advance(td, Outcome(BatchStatus.CLOSED, cancels=batch.id), later(1))
    assert ledger.batch(batch.id).status is BatchStatus.CANCELED
    assert ledger.story(batch.id).events[-1] == Event(later(1), "canceled", td.name)


def test_a_cancellation_ends_what_is_held_from_before_the_control(ledger: DatabaseLedger) -> None:
    batch = brought_to(ledger, recorded(ledger), BatchStatus.NORMALIZED)
    ledger.stumbled(batch, "broken", NOW, hold=True)
    td = recorded(ledger, drop(kind=Kind.CANCELLATION))
    assert ledger.advance(td, Outcome(BatchStatus.CLOSED, cancels=batch.id), NOW)
    canceled = ledger.batch(batch.id)
    assert (canceled.status, canceled.held_from) == (BatchStatus.CANCELED, None)


def test_a_cancellation_that_comes_too_late_changes_nothing(ledger: DatabaseLedger) -> None:
    batch = brought_to(ledger, recorded(ledger), BatchStatus.CONTROLLED)
    td = recorded(ledger, drop(kind=Kind.CANCELLATION))
    outcome = Outcome(BatchStatus.CLOSED, answers=(answer(),), cancels=batch.id)
    assert not ledger.advance(td, outcome, NOW)
    assert (ledger.batch(batch.id), ledger.batch(td.id)) == (batch, td)
    assert ledger.outboxes() == []


def test_a_cancellation_does_not_reach_what_is_held_after_the_control(ledger: DatabaseLedger) -> None:
    batch = brought_to(ledger, recorded(ledger), BatchStatus.CONTROLLED)
    ledger.stumbled(batch, "broken", NOW, hold=True)
    td = recorded(ledger, drop(kind=Kind.CANCELLATION))
    assert not ledger.advance(td, Outcome(BatchStatus.CLOSED, cancels=batch.id), NOW)
    assert ledger.batch(batch.id).status is BatchStatus.HELD


def test_what_is_derived_between_two_steps_is_entered_once(ledger: DatabaseLedger) -> None:
    batch = recorded(ledger)
    first, again, other = (Artifact("read", name, sha * 64, 1) for name, sha in (("0", "a"), ("0", "b"), ("1", "c")))
    assert ledger.derived(batch, [first])
    assert ledger.derived(batch, [again, other])
    assert ledger.artifacts(batch.id) == [first, other]
    assert ledger.batch(batch.id) == batch


def test_nothing_is_entered_of_a_batch_that_has_moved_on(ledger: DatabaseLedger) -> None:
    batch = recorded(ledger)
    advanced(ledger, batch, Outcome(BatchStatus.ACCEPTED))
    assert not ledger.derived(batch, [Artifact("read", "0", "a" * 64, 1)])
    assert ledger.artifacts(batch.id) == []
