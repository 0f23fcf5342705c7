"""The front door for schedulers: each call does some of what `declarations run` does, and gives back counts only."""

from __future__ import annotations

from declarations import pipeline
from declarations.errors import Invariant, Retryable
from declarations.model import BatchStatus
from declarations.steps.distribute import conclude
from declarations.steps.distribute import distribute as send
from declarations.steps.post import post
from declarations.steps.receive import receive
from declarations.world import opened

TO_START = 200
"""Batches that one intake hands on."""


def intake() -> list[dict[str, str | int]]:
    """Receive and accept; the batches that wait to be processed, as `batch`, `reference` and `arrived_at`."""
    with opened() as world:
        receive(world)
        pipeline.work_all(world, "accept")
        post(world)
        conclude(world)
        waiting = world.ledger.standing(BatchStatus.ACCEPTED, TO_START)
    return [
        {"batch": batch.id, "reference": batch.reference, "arrived_at": batch.first_seen_at.isoformat()}
        for batch in waiting
    ]


def step(name: str, batch_id: int) -> str:
    """Do one step for one batch, unless it stands behind it already; its status afterwards.

    Raises Retryable where the batch still stands before the step, so that the scheduler tries again, and Invariant
    where it is held, so that the task turns red.
    """
    before, _ = pipeline.WORK[name]
    with opened() as world:
        pipeline.work(world, name, world.ledger.batch(batch_id))
        post(world)
        batch = world.ledger.batch(batch_id)
    if batch.status is before:
        raise Retryable(f"batch {batch_id} still stands {before}; {batch.last_error or 'another process has it'}")
    if batch.status is BatchStatus.HELD:
        raise Invariant(f"batch {batch_id} is held: {batch.last_error}; mend the cause, then `declarations release` it")
    return str(batch.status)


def distribute() -> dict[str, int]:
    """Send what is due, take in receipts, close what is done."""
    with opened() as world:
        moved = send(world)
        received = receive(world)
        accepted = pipeline.work_all(world, "accept")
        return {"moved": moved, "received": received, "accepted": accepted, "closed": conclude(world)}


def oversee() -> dict[str, int]:
    """Look at the clocks and at what is stuck."""
    with opened() as world:
        conclude(world)
        return pipeline.oversee(world)
