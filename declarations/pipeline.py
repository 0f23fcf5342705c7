"""The flow, from a drop in an inbox to a closed batch: the only place where the stages meet the world.

    receive -> accept -> normalize -> control -> split -> distribute -> conclude

The status of a batch in the ledger is the queue. A step takes what stands in one status, does one thing and
leaves it in the next; the ledger takes what was decided whole or not at all. Any step may run again at any time,
in any number of processes, and changes nothing that was done.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from declarations.errors import Invariant, Retryable
from declarations.model import (
    Batch,
    BatchStatus,
    Outcome,
)
from declarations.steps.accept import accept
from declarations.steps.distribute import conclude, distribute
from declarations.steps.post import post
from declarations.steps.process import control, judge_ahead, normalize, read_ahead, shares
from declarations.steps.receive import receive
from declarations.steps.split import split
from declarations.steps.world import World, advanced, lease, told

log = logging.getLogger(__name__)


AT_ONCE = 50
"""Batches after which the answers of a step are posted."""

MOST = 20_000
"""Batches that a step takes in one go."""

WORK: dict[str, tuple[BatchStatus, Callable[[World, Batch], Outcome]]] = {
    "accept": (BatchStatus.RECEIVED, accept),
    "normalize": (BatchStatus.ACCEPTED, normalize),
    "control": (BatchStatus.NORMALIZED, control),
    "split": (BatchStatus.CONTROLLED, split),
}
"""The steps that work batch by batch: where a batch must stand, and what is decided for it."""

AHEAD: dict[str, Callable[[World, Batch, Sequence[int]], None]] = {
    "normalize": read_ahead,
    "control": judge_ahead,
}
"""What several tasks do of a step for one large batch before the step itself: some slices each, by number."""

NEXT = {status: step for step, (status, _) in WORK.items() if step != "accept"}
"""The step that a batch waits for, once it is accepted."""

STEPS: dict[str, Callable[[World], int]] = {
    "receive": receive,
    **{name: partial(lambda name, world: work_all(world, name), name) for name in WORK},
    "post": post,
    "distribute": distribute,
    "conclude": conclude,
}
"""Every step, in the order of the flow; each tells how much it moved."""


def work_all(world: World, step: str) -> int:
    """Do one step for every batch that stands before it, once, and post the answers as they come."""
    status, _ = WORK[step]
    waiting = world.ledger.standing(status, MOST)
    moved = 0
    for start in range(0, len(waiting), AT_ONCE):
        done = sum(work(world, step, batch) for batch in waiting[start : start + AT_ONCE])
        if done:
            post(world)
        moved += done
    return moved


def work(world: World, step: str, batch: Batch) -> bool:
    """Do one step for one batch; False where it was not its turn, was taken by another, or failed."""
    with lease(world, f"batch:{batch.id}") as mine:
        return mine and _worked(world, step, world.ledger.batch(batch.id)) is not None


def shared_out(world: World, batch_id: int) -> list[list[int]]:
    """The slices of a large batch, by number, in shares for tasks that work ahead; none where a step works alone."""
    return shares(world, world.ledger.batch(batch_id))


def work_ahead(world: World, step: str, batch_id: int, numbers: Sequence[int]) -> bool:
    """Do some slices ahead of a step; False where that failed. A batch that stands elsewhere needs nothing more.

    Any number of processes may do so at once, without a lease. Raises Retryable where something did not answer.
    """
    batch = world.ledger.batch(batch_id)
    if batch.status is not WORK[step][0]:
        return True
    try:
        AHEAD[step](world, batch, numbers)
    except Retryable:
        raise
    except Exception as fault:  # noqa: BLE001  it counts as one of the step
        _stumble(world, batch, step, fault)
        return False
    return True


def take_through(world: World, batch_id: int) -> BatchStatus:
    """Do every step that a batch waits for, one after the other; where it stands then.

    Whoever took it before and died in the middle of it has failed it: a file that kills its process is held, too.
    """
    died = world.ledger.abandoned(f"batch:{batch_id}", world.clock())
    with lease(world, f"batch:{batch_id}") as mine:
        batch = world.ledger.batch(batch_id)
        step = NEXT.get(batch.status)
        if mine and died and step is not None:
            _stumble(world, batch, step, Invariant("the process that worked on it ended without a word"))
            return world.ledger.batch(batch_id).status
        while mine and step is not None:
            after = _worked(world, step, batch)
            if after is None:
                return world.ledger.batch(batch_id).status
            batch, step = after, NEXT.get(after.status)
    return batch.status


def _worked(world: World, step: str, batch: Batch) -> Batch | None:
    """The batch as the step leaves it; None where it was not its turn, it has moved on, or the step failed."""
    status, decide = WORK[step]
    if batch.status is not status:
        return None
    try:
        outcome = decide(world, batch)
        return replace(batch, status=outcome.status, attempts=0) if advanced(world, batch, outcome) else None
    except Retryable as fault:
        log.warning("step postponed", extra={"batch": batch.id, "step": step, "error": str(fault)})
    except Exception as fault:  # noqa: BLE001  one batch's failure never stops the others
        _stumble(world, batch, step, fault)
    return None


def _stumble(world: World, batch: Batch, step: str, fault: Exception) -> None:
    """Count the failure; after some of them the batch is held."""
    error = f"{step}: {told(fault)}"
    hold = batch.attempts + 1 >= world.limits.attempts
    world.ledger.stumbled(batch, error, world.clock(), hold)
    log.error("step failed", extra={"batch": batch.id, "step": step, "error": error, "held": hold})
