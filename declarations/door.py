"""The front door for schedulers: each call does some of what `declarations run` does, and gives back counts only."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TypedDict

from declarations import pipeline
from declarations.errors import Retryable
from declarations.model import BatchStatus
from declarations.operations import HandOn, bundled
from declarations.sla import due
from declarations.steps.distribute import conclude
from declarations.steps.distribute import distribute as send
from declarations.steps.post import post
from declarations.steps.receive import receive
from declarations.steps.world import World
from declarations.world import opened

AGAIN = timedelta(seconds=60)
"""After a fault of ours a batch is left alone for so long."""

AT_ONCE, TAKING = 50, timedelta(seconds=90)
"""Drops that are taken from an inbox before they are answered, and how long one intake goes on: then runs start."""

INBOXES = 4
"""Inboxes that are read at once: most of the time is spent waiting for the server and for the disk."""

POST_EVERY = 10
"""Batches of a bundle after which its answers leave."""


class Run(TypedDict):
    """What a run of `process_batch` is called and told."""

    run: str
    batches: list[int]
    large: bool
    reference: str  # of its first batch
    arrived_at: str  # of the one that came first
    due_at: str  # when that one is late


def intake() -> list[Run]:
    """Receive and accept; the runs to start for batches that nobody works on."""
    with opened() as world:
        _take_in(world)
        conclude(world)
        now, limits = world.clock(), world.limits
        waiting = world.ledger.hand_on(world.holder, now, limits.handed_seconds, limits.in_hand)
    return [_run(each, now) for each in bundled(waiting)]


def _take_in(world: World) -> None:
    """Some of each inbox at a time, so that each drop is answered soon however many lie there."""
    until = world.clock() + TAKING
    with ThreadPoolExecutor(INBOXES) as pool:
        while receive(world, AT_ONCE, pool.map) and world.clock() < until:
            pipeline.work_all(world, "accept")
    pipeline.work_all(world, "accept")
    post(world)


def _run(given: HandOn, now: datetime) -> Run:
    arrived_at = min(each.arrived_at for each in given.batches)
    return Run(
        run=f"{given.name}__{now:%Y%m%dT%H%M%S}",
        batches=[each.batch_id for each in given.batches],
        large=given.large,
        reference=given.batches[0].reference,
        arrived_at=arrived_at.isoformat(),
        due_at=due(arrived_at).isoformat(),
    )


def bundle(batches: Sequence[int]) -> dict[str, int]:
    """Do every step for each of these batches; how many are through, held, or to be taken up again later.

    A batch that fails or is another's keeps no other waiting.
    """
    done: list[int] = []
    held: list[int] = []
    later: list[int] = []
    with opened() as world:
        for count, batch_id in enumerate(batches, start=1):
            status = pipeline.take_through(world, batch_id)
            (held if status is BatchStatus.HELD else later if status in pipeline.NEXT else done).append(batch_id)
            if count % POST_EVERY == 0:
                post(world)
        post(world)
        world.ledger.hand_back([*done, *held], later, world.clock() + AGAIN)
    return {"through": len(done), "held": len(held), "later": len(later)}


def step(name: str, batch_id: int) -> str:
    """Do one step for one batch, unless it stands elsewhere; its status afterwards.

    Raises Retryable where it still stands before the step, so that the scheduler tries again.
    """
    before, _ = pipeline.WORK[name]
    with opened() as world:
        pipeline.work(world, name, world.ledger.batch(batch_id))
        post(world)
        batch = world.ledger.batch(batch_id)
        if batch.status not in pipeline.NEXT:
            world.ledger.hand_back([batch_id], [], world.clock())
    if batch.status is before:
        raise Retryable(f"batch {batch_id} still stands {before}; {batch.last_error or 'another process has it'}")
    return str(batch.status)


def shares(batch_id: int) -> list[list[int]]:
    """The slices of a large batch, by number, in a share for each task that works ahead of its steps."""
    with opened() as world:
        _keep_in_hand(world, batch_id)
        return pipeline.shared_out(world, batch_id)


def ahead(step: str, batch_id: int, slices: Sequence[int]) -> int:
    """Do those slices of a batch ahead of a step, unless that is done; how many. Raises Retryable where it failed."""
    with opened() as world:
        _keep_in_hand(world, batch_id)
        if pipeline.work_ahead(world, step, batch_id, slices):
            return len(slices)
        error = world.ledger.batch(batch_id).last_error
    raise Retryable(f"batch {batch_id}: a share of {step} failed; {error}")


def _keep_in_hand(world: World, batch_id: int) -> None:
    """The run is heard of: its batch is handed to no other for as long again."""
    world.ledger.hand_back([], [batch_id], world.clock() + timedelta(seconds=world.limits.handed_seconds))


def distribute() -> dict[str, int]:
    """Send what is due, take in receipts, close what is done."""
    with opened() as world:
        moved = send(world)
        received = receive(world)
        accepted = pipeline.work_all(world, "accept")
        return {"moved": moved, "received": received, "accepted": accepted, "closed": conclude(world)}
