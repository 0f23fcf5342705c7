"""Whatever is tried, in whatever order: a batch takes only steps that follow, and ends once."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from declarations.adapters.database import DatabaseLedger
from declarations.adapters.database.kinds import ForeignText
from declarations.errors import Invariant
from declarations.model import FOLLOWS, Batch, BatchStatus, Kind, Outcome
from tests.ledger.given import NOW, drop, recorded, released

QUICK = settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])

ATTEMPTS = st.one_of(
    st.tuples(st.just("advance"), st.sampled_from(BatchStatus)),
    st.sampled_from([("stumble", None), ("hold", None), ("free", None), ("cancel", None)]),
)


def tried(ledger: DatabaseLedger, batch: Batch, what: str, status: BatchStatus | None) -> None:
    """Do that to the batch, in order or out of order."""
    try:
        if what == "advance" and status is not None:
            ledger.advance(batch, Outcome(status), NOW)
        elif what in ("stumble", "hold"):
            ledger.stumbled(batch, "broken", NOW, hold=what == "hold")
        elif what == "free":
            released(ledger, batch)
        else:
            td = recorded(ledger, drop(kind=Kind.CANCELLATION))
            ledger.advance(td, Outcome(BatchStatus.CLOSED, cancels=batch.id), NOW)
    except Invariant:
        return


@QUICK
@given(attempts=st.lists(ATTEMPTS, min_size=1, max_size=12), stale=st.lists(st.booleans(), min_size=12, max_size=12))
def test_a_batch_takes_only_steps_that_follow_and_ends_once(
    ledger: DatabaseLedger, attempts: list[tuple[str, BatchStatus | None]], stale: list[bool]
) -> None:
    known = [recorded(ledger)]
    for (what, status), old in zip(attempts, stale, strict=False):
        tried(ledger, known[0] if old else known[-1], what, status)
        known.append(ledger.batch(known[0].id))
    steps = [(before, after) for before, after in pairwise(known) if before.status is not after.status]
    assert all(after.status in FOLLOWS[before.status] for before, after in steps)
    assert sum(after.status.ended for _, after in steps) <= 1


ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=[]))


@QUICK
@given(text=ANY_TEXT)
def test_any_text_comes_back_as_it_was_given(text: str) -> None:
    kind = ForeignText()
    dialect = create_engine("sqlite://").dialect
    kept = kind.process_bind_param(text, dialect)
    assert kept is not None
    kept.encode()
    assert kind.process_result_value(kept, dialect) == text


@QUICK
@given(names=st.lists(ANY_TEXT, unique=True, max_size=8))
def test_names_of_any_kind_are_told_apart(ledger: DatabaseLedger, names: list[str]) -> None:
    assert ledger.sight("000001", "IN", names, NOW) == dict.fromkeys(names, NOW)
    assert set(ledger.sight("000001", "IN", names, NOW)) == set(names)
