"""Many rows at once: the same rows as one by one, and all of them or none."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from declarations.adapters.database import DatabaseLedger
from declarations.adapters.database.engine import Conflict
from declarations.adapters.database.tables import form
from declarations.adapters.database.values import FEW
from declarations.model import AnomalyCount, BatchStatus, FormVerdict, Outcome, ParcelStatus
from tests.ledger.conftest import Shared
from tests.ledger.given import NOW, brought_to, parcel, recorded

MANY = FEW * 2 + 7


def verdicts(count: int) -> tuple[FormVerdict, ...]:
    return tuple(
        FormVerdict(number, 1, number + 1, f"T{number:011}", number % 3 > 0, number % 5) for number in range(count)
    )


def test_many_forms_and_counts_come_back_as_they_were_given(ledger: DatabaseLedger) -> None:
    counts = tuple(AnomalyCount(f"{number:05}-008", "NP", number) for number in range(MANY))
    batch = brought_to(ledger, recorded(ledger), BatchStatus.NORMALIZED)
    assert ledger.advance(batch, Outcome(BatchStatus.CONTROLLED, forms=verdicts(MANY), counts=counts), NOW)
    story = ledger.story(batch.id)
    assert (story.forms, set(story.counts)) == (verdicts(MANY), set(counts))


def test_many_parcels_keep_their_ranges_their_status_and_their_authorizations(ledger: DatabaseLedger) -> None:
    given = tuple(parcel(f"recipient-{number:05}") for number in range(MANY))
    batch = brought_to(ledger, recorded(ledger), BatchStatus.CONTROLLED)
    assert ledger.advance(batch, Outcome(BatchStatus.SPLIT, parcels=given), NOW)
    last = ledger.waiting(f"recipient-{MANY - 1:05}", 1)
    assert [each.parcel for each in last] == [given[-1]]
    assert last[0].parcel.status is ParcelStatus.PENDING


def test_of_many_rows_with_one_that_cannot_be_none_are_entered(ledger: DatabaseLedger, shared: Shared) -> None:
    batch = brought_to(ledger, recorded(ledger), BatchStatus.NORMALIZED)
    twice = (*verdicts(MANY), verdicts(MANY)[-1])
    with pytest.raises(Conflict) as raised:
        ledger.advance(batch, Outcome(BatchStatus.CONTROLLED, forms=twice), NOW + timedelta(minutes=1))
    assert verdicts(MANY)[-1].ticket not in str(raised.value)
    assert ledger.batch(batch.id).status is BatchStatus.NORMALIZED
    with shared.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(form)) == 0
