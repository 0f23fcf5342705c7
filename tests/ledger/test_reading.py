"""What the ledger tells of the batches it knows."""

from __future__ import annotations

import pytest

from declarations.adapters.database import DatabaseLedger
from declarations.errors import Invariant
from declarations.model import AnomalyCount, BatchStatus, Clock, Kind, Outcome
from declarations.sla import due
from tests.ledger.given import NOW, advanced, brought_to, drop, parcel, recorded


def test_the_oldest_batch_stands_first(ledger: DatabaseLedger) -> None:
    one, two, three = [recorded(ledger, drop(number)) for number in (3, 1, 2)]
    assert ledger.standing(BatchStatus.RECEIVED, 2) == [one, two]
    advanced(ledger, two, Outcome(BatchStatus.ACCEPTED))
    assert ledger.standing(BatchStatus.RECEIVED, 5) == [one, three]


def test_a_cancellation_stands_before_the_batches_received(ledger: DatabaseLedger) -> None:
    batch = recorded(ledger)
    td = recorded(ledger, drop(kind=Kind.CANCELLATION))
    assert ledger.standing(BatchStatus.RECEIVED, 5) == [td, batch]


def test_a_batch_that_was_never_entered_is_an_invariant(ledger: DatabaseLedger) -> None:
    with pytest.raises(Invariant, match="no batch 7"):
        ledger.batch(7)
    with pytest.raises(Invariant, match="no batch 7"):
        ledger.story(7)


def test_batches_are_found_by_a_part_of_their_name_in_either_case(ledger: DatabaseLedger) -> None:
    one, two = recorded(ledger, drop(11)), recorded(ledger, drop(112))
    assert ledger.find("dmfa.006400.20260423.0011") == [two]
    assert ledger.find("0001") == [one]
    assert ledger.find("DMFA") == [two, one]


@pytest.mark.parametrize("text", ["%", "_", "DMFA%R", "'", "\\"])
def test_a_search_takes_signs_as_they_are(ledger: DatabaseLedger, text: str) -> None:
    recorded(ledger)
    assert ledger.find(text) == []


def test_namesakes_are_the_batches_of_one_folder_and_reference(ledger: DatabaseLedger) -> None:
    one, two = recorded(ledger), recorded(ledger)
    td = recorded(ledger, drop(kind=Kind.CANCELLATION))
    recorded(ledger, drop(folder="000002", reference=one.reference))
    assert ledger.namesakes(td) == ledger.namesakes(two) == [one, two]


def test_the_newest_batches_come_with_clock_counts_and_parcels(ledger: DatabaseLedger) -> None:
    old = recorded(ledger, drop(1))
    batch = recorded(ledger, drop(2))
    counts = (AnomalyCount("00024-004", "B", 2),)
    batch = advanced(ledger, batch, Outcome(BatchStatus.ACCEPTED, counts=counts, parcels=(parcel(), parcel("work"))))
    newest, older = ledger.recent(5)
    assert (newest.batch, newest.counts, newest.clock) == (batch, counts, Clock(NOW, due(NOW)))
    assert [each.parcel for each in newest.parcels] == [parcel(), parcel("work")]
    assert (older.batch, older.counts, older.parcels) == (old, (), ())
    assert [each.batch for each in ledger.recent(1)] == [batch]


def test_artifacts_are_those_of_the_batch(ledger: DatabaseLedger) -> None:
    batch = brought_to(ledger, recorded(ledger), BatchStatus.NORMALIZED)
    assert ledger.artifacts(batch.id) == []
