"""Batches worked together: what fails, hangs or is another's keeps no other waiting."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from declarations import pipeline
from declarations.model import BatchStatus
from tests.worlds import Place, document, place


@pytest.fixture
def here(tmp_path: Path) -> Place:
    return place(tmp_path)


def accepted(here: Place, count: int) -> list[int]:
    """Batches that were taken in."""
    references = [here.drop(document(seed=number), sequence=f"{number:05}") for number in range(1, count + 1)]
    for step in ("receive", "accept"):
        pipeline.STEPS[step](here.world)
    return [here.batch(reference).id for reference in references]


def lose(here: Place, batch_id: int) -> None:
    """Take a batch's file out of the archive: a fault of ours."""
    part = next(file for file in here.world.ledger.batch(batch_id).files if file.kind == "FI")
    here.world.archive.local(part.sha256).unlink()


def test_a_batch_is_taken_through_every_step(here: Place) -> None:
    (batch_id,) = accepted(here, 1)
    assert pipeline.take_through(here.world, batch_id) is BatchStatus.SPLIT


def test_a_batch_that_is_through_is_left_alone(here: Place) -> None:
    (batch_id,) = accepted(here, 1)
    pipeline.take_through(here.world, batch_id)
    before = here.world.ledger.story(batch_id)
    assert pipeline.take_through(here.world, batch_id) is BatchStatus.SPLIT
    assert here.world.ledger.story(batch_id) == before


def test_a_failed_batch_is_counted_and_then_held_and_the_next_goes_on(here: Place) -> None:
    first, second = accepted(here, 2)
    lose(here, first)
    assert [pipeline.take_through(here.world, each) for each in (first, second)] == [
        BatchStatus.ACCEPTED,
        BatchStatus.SPLIT,
    ]
    assert [pipeline.take_through(here.world, first) for _ in range(2)] == [BatchStatus.ACCEPTED, BatchStatus.HELD]


def test_what_another_works_on_is_left_to_it(here: Place) -> None:
    (batch_id,) = accepted(here, 1)
    here.world.ledger.acquire(f"batch:{batch_id}", "another", here.clock(), 60)
    assert pipeline.take_through(here.world, batch_id) is BatchStatus.ACCEPTED


def test_a_batch_that_kills_its_process_three_times_is_held(here: Place) -> None:
    (batch_id,) = accepted(here, 1)
    stands = []
    for number in range(3):
        here.world.ledger.acquire(f"batch:{batch_id}", f"killed {number}", here.clock(), 60)
        here.clock.pass_(minutes=2)
        stands.append(pipeline.take_through(here.world, batch_id))
    assert stands == [BatchStatus.ACCEPTED, BatchStatus.ACCEPTED, BatchStatus.HELD]
    assert "ended without a word" in (here.world.ledger.batch(batch_id).last_error or "")


def test_a_batch_of_a_killed_process_goes_on_the_next_time(here: Place) -> None:
    (batch_id,) = accepted(here, 1)
    here.world.ledger.acquire(f"batch:{batch_id}", "killed", here.clock(), 60)
    here.clock.pass_(minutes=2)
    pipeline.take_through(here.world, batch_id)
    assert pipeline.take_through(here.world, batch_id) is BatchStatus.SPLIT


def test_batches_that_never_come_through_block_no_newer_one(here: Place) -> None:
    ids = accepted(here, 4)
    handed = [each.batch_id for each in here.world.ledger.hand_on("run 1", here.clock(), 600, 2)]
    here.clock.pass_(minutes=11)
    again = [each.batch_id for each in here.world.ledger.hand_on("run 2", here.clock(), 600, 2)]
    assert (handed, again) == (ids[:2], ids[2:])


def test_a_released_batch_goes_on_by_itself(here: Place) -> None:
    from declarations.operations import Action, Verdict

    (batch_id,) = accepted(here, 1)
    ledger = here.world.ledger
    ledger.hand_on("run 1", here.clock(), 600, 9)
    ledger.hold(ledger.batch(batch_id), "jan", "wait", here.clock())
    ledger.propose(batch_id, Action.RELEASE, "jan", "repaired", here.clock())
    ledger.decide(batch_id, Action.RELEASE, "els", Verdict.APPROVED, here.clock())
    later = here.clock() + timedelta(seconds=1)
    assert [each.batch_id for each in ledger.hand_on("run 2", later, 600, 9)] == [batch_id]
    assert pipeline.take_through(here.world, batch_id) is BatchStatus.SPLIT
